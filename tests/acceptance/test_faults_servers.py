"""Servers that let us down: the fault is told with the server's name, and all keep the old release."""

from collections.abc import Iterator

import docker
import pytest

from sandbox.servers import LABEL
from tests.acceptance.faults import explained, refused, serves
from tests.acceptance.world import WEB, Repo, World, a_world, tiny, wait_until

pytestmark = pytest.mark.acceptance

SLOW_START = "import time\ntime.sleep(4)\n"
SMALL_DISK = "size=1100m"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world of this module's own: it breaks servers."""
    with a_world(tmp_path_factory.mktemp("servers")) as made:
        yield made


@pytest.fixture(scope="module")
def shop(world: World) -> Repo:
    repo = world.repo("shop", tiny())
    world.slipway("apps", "servers", "web1", "web2", "--app", "shop")
    repo.push()
    return repo


def end_sessions(world: World, server: int) -> None:
    """End every SSH session of a server, as a network or an OOM killer would; sshd itself stays."""
    listed = world.on(server, "ps -eo pid=,args=")
    pids = [
        line.split()[0] for line in listed.splitlines() if " sshd-session: " in line or "sshd: root" in line
    ]
    assert pids, listed
    world.on(server, f"kill -9 {' '.join(pids)}")


def test_a_server_that_is_down_is_named_and_comes_back_serving(world: World, shop: Repo) -> None:
    live = world.live("shop") or 0
    world.sandbox.stop("web2")
    shop.write({"main.py": WEB + "# web2 is down\n"}, "web2 is down")
    shown = shop.push(ok=False)
    port = world.servers[1].ssh_port
    explained(
        shown,
        f"web2: cannot be reached at 127.0.0.1:{port}: ",
        f"still serving: shop v{live}",
        "next: is it up, and does its firewall let SSH in from here?",
    )
    assert world.get("shop", server=0).json()["release"] == f"v{live}"
    world.sandbox.start("web2")
    wait_until(lambda: world.get("shop", server=1).status_code == 200, 30, "web2 serving again")
    shop.push()
    serves(world, "shop", world.live("shop") or 0)


def test_a_server_that_refuses_the_key_is_told_with_the_line_to_add(world: World, shop: Repo) -> None:
    world.on(1, "mv /root/.ssh/authorized_keys /root/.ssh/away")
    end_sessions(world, 1)
    shop.write({"main.py": WEB + "# refused\n"}, "Refused")
    key = world.json("/ssh-key")["public_key"].split()[1]
    refused(
        world, shop, "web2: refuses slipway's key for root", f"| ssh-ed25519 {key}", "/.ssh/authorized_keys"
    )
    world.on(1, "mv /root/.ssh/away /root/.ssh/authorized_keys")


def test_another_host_key_is_refused_until_a_person_trusts_it(world: World, shop: Repo) -> None:
    key = "/etc/ssh/ssh_host_ed25519_key"
    world.on(1, f"rm {key} && ssh-keygen -q -t ed25519 -N '' -f {key} && kill $(cat /run/sshd.pid)")
    end_sessions(world, 1)
    pinned = world.json("/servers/web2")["fingerprint"]
    wait_until(lambda: world.on(1, "ss -Hltn 'sport = :22'"), 10, "sshd")
    shop.write({"main.py": WEB + "# another key\n"}, "Another key")
    shown = refused(world, shop, "web2: shows another host key than the pinned one: SHA256:", pinned)
    explained(shown, "`slipway server trust` pins the new key", "somebody may be listening in between")
    world.slipway("server", "trust", "web2", "--yes")
    shop.write({"main.py": WEB + "# trusted\n"}, "Trusted")
    shop.push()


def test_a_lost_connection_in_mid_rollout_leaves_both_servers_as_they_were(world: World, shop: Repo) -> None:
    live = world.live("shop") or 0
    shop.write({"main.py": SLOW_START + WEB}, "Lost")
    push = shop.start_push()
    wait_until(lambda: starting(world, "Lost"), 60, "the start of the new release")
    end_sessions(world, 1)
    shown, _ = push.communicate(timeout=90)
    shop.git("reset", "--quiet", "--hard", "HEAD~1")
    assert push.returncode != 0, shown
    explained(shown, "web2: the SSH connection broke: ", f"still serving: shop v{live}", "slipway ssh web2")
    serves(world, "shop", live)
    for server in range(2):
        running = world.on(server, "docker ps --filter label=slipway.app=shop --format '{{.Names}}'").split()
        assert running == [f"shop-v{live}-web-1"]


def test_a_server_that_falls_silent_is_given_up_in_time(world: World, shop: Repo) -> None:
    live = world.live("shop") or 0
    shop.write({"main.py": SLOW_START + WEB}, "Silence")
    push = shop.start_push()
    wait_until(lambda: starting(world, "Silence"), 60, "the start of the new release")
    world.on(1, "iptables -I INPUT -p tcp --dport 22 -j DROP")
    shown, _ = push.communicate(timeout=90)
    world.on(1, "iptables -D INPUT -p tcp --dport 22 -j DROP")
    shop.git("reset", "--quiet", "--hard", "HEAD~1")
    assert push.returncode != 0, shown
    explained(shown, "web2: the SSH connection broke: ", f"still serving: shop v{live}")
    serves(world, "shop", live)


def test_a_full_disk_is_refused_before_anything_is_changed(world: World, small: Repo) -> None:
    live = world.live("small") or 0
    world.on(2, "fallocate -l 500m /var/lib/docker/filler")
    small.write({"main.py": WEB + "# full\n"}, "Full")
    shown = small.push(ok=False)
    explained(
        shown, "small: has ", " MB free; the image needs ", f"still serving: small v{live}", "next: make room"
    )
    assert world.get("small", server=2).json()["release"] == f"v{live}"
    world.on(2, "rm /var/lib/docker/filler")
    small.push()
    assert world.get("small", server=2).json()["release"] == f"v{world.live('small')}"


def test_a_disk_that_fills_up_in_mid_rollout_is_told(world: World, small: Repo) -> None:
    live = world.live("small") or 0
    folder = "/opt/slipway/apps/small/releases"
    world.on(2, f"mount -t tmpfs -o size=64k tmpfs {folder} && fallocate -l 64k {folder}/filler")
    small.write({"main.py": WEB + "# fills up\n"}, "Fills up")
    shown = small.push(ok=False)
    explained(
        shown,
        "small: its disk is full",
        "No space left on device",
        f"still serving: small v{live}",
        "make room",
    )
    assert world.get("small", server=2).json()["release"] == f"v{live}"
    world.on(2, f"umount {folder}")
    small.push()


def test_a_taken_port_80_is_told_by_its_program_and_can_be_freed(world: World) -> None:
    key = world.json("/ssh-key")["public_key"]
    taken = world.sandbox.create("taken", key)
    container = world.sandbox.container("taken")
    container.exec_run(["/usr/sbin/sshd", "-p", "80", "-o", "PidFile=/run/other.pid"])
    address = f"root@127.0.0.1:{taken.ssh_port}"
    done = world.slipway("server", "add", address, "--name", "taken", "--yes", ok=False)
    explained(
        done.stdout + done.stderr,
        "taken: port 80 belongs to sshd; slipway's proxy needs 80 and 443",
        "stop it (`slipway ssh taken`)",
        "slipway server bootstrap taken",
    )
    container.exec_run(["sh", "-c", "kill $(cat /run/other.pid)"])
    world.slipway("server", "bootstrap", "taken")


@pytest.fixture(scope="module")
def small(world: World, shop: Repo) -> Iterator[Repo]:
    """An app on a third server, whose Docker has a disk of 1.1 GB: a file system in memory."""
    del shop
    name = f"slipway-sandbox-{world.sandbox.name}.small"
    options = {"type": "tmpfs", "device": "tmpfs", "o": SMALL_DISK}
    docker.from_env().volumes.create(name, driver_opts=options, labels={LABEL: world.sandbox.name})
    server = world.sandbox.create("small", world.json("/ssh-key")["public_key"])
    world.servers.append(server)
    world.slipway("server", "add", f"root@127.0.0.1:{server.ssh_port}", "--name", "small", "--yes")
    repo = world.repo("small", tiny())
    world.slipway("apps", "servers", "small", "--app", "small")
    repo.push()
    yield repo
    world.servers.remove(server)


def starting(world: World, subject: str) -> bool:
    """Whether the deploy of a commit has begun to start its release."""
    deploy = world.deploys("shop")[0]
    records = world.json(f"/deploys/{deploy['id']}/transcript")
    return deploy["source"]["subject"] == subject and any(item["stage"] == "start" for item in records)

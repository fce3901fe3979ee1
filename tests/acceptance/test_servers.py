"""Domains and TLS, drift and repair, isolation, ssh, and servers that come and go."""

import http.client
import json
import os
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.acceptance.byhand import answers, by_hand, containers, differences, on_servers, settle
from tests.acceptance.world import SLIPWAY, Repo, World, tiny, wait_until

pytestmark = pytest.mark.acceptance

ROOT_CERTIFICATE = "/var/lib/docker/volumes/slipway-caddy-data/_data/caddy/pki/authorities/local/root.crt"
REACH = """\
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 2).close()
    print("reached")
except OSError as error:
    print("not reached")
"""


@pytest.fixture(scope="module")
def site(world: World) -> Repo:
    repo = world.repo("site", tiny(slipway__toml='[volumes]\ndata = "/data"\n'))
    repo.push()
    return repo


@pytest.fixture(scope="module")
def other(world: World) -> Repo:
    repo = world.repo("other", tiny())
    repo.push()
    return repo


def page_of(world: World, domain: str, server: int = 0) -> tuple[int, str]:
    """Status and text of a domain's page over HTTP."""
    url = f"http://127.0.0.1:{world.servers[server].http_port}/"
    answer = httpx.get(url, headers={"Host": domain}, timeout=20)
    return answer.status_code, answer.text


def secure_page_of(world: World, domain: str, server: int) -> tuple[int, str]:
    """The same over HTTPS; the certificate must be the server's own CA's, for that very domain."""
    trusted = ssl.create_default_context(cadata=by_hand(world, f"cat {ROOT_CERTIFICATE}", server))
    with (
        socket.create_connection(("127.0.0.1", world.servers[server].https_port), 20) as plain,
        trusted.wrap_socket(plain, server_hostname=domain) as secure,
    ):
        secure.sendall(f"GET / HTTP/1.1\r\nHost: {domain}\r\nConnection: close\r\n\r\n".encode())
        with http.client.HTTPResponse(secure) as answer:
            answer.begin()
            return answer.status, answer.read().decode()


def test_domains_by_http_and_by_https_of_the_proxys_own_ca(world: World, site: Repo) -> None:
    world.slipway("domains", "add", "www.site.test", "--app", "site")
    world.slipway("domains", "add", "secure.site.test", "--tls", "internal", "--app", "site")
    for server in range(2):
        assert page_of(world, "www.site.test", server)[0] == 200
        status, text = secure_page_of(world, "secure.site.test", server)
        assert (status, json.loads(text)["greeting"]) == (200, "hello")
        assert page_of(world, "secure.site.test", server)[0] == 308
    assert "https://secure.site.test" in world.slipway("status", "site").stdout
    world.slipway("domains", "remove", "www.site.test", "--app", "site")
    assert page_of(world, "www.site.test") == (404, "There is no app at this address. (slipway)\n")
    del site


def test_a_domain_of_another_app_is_refused(world: World, site: Repo, other: Repo) -> None:
    live = world.live("other")
    refused = world.slipway("domains", "add", "site.localhost", "--app", "other", ok=False)
    assert "site" in refused.stderr
    assert world.live("other") == live
    assert [it["name"] for it in world.json("/apps/other/domains")] == ["other.localhost"]
    del site, other


def test_an_app_lives_without_a_domain_and_is_given_one_later(world: World) -> None:
    repo = world.repo("hidden", tiny())
    world.slipway("domains", "remove", "hidden.localhost", "--app", "hidden")
    assert "no domain yet" in repo.push()
    assert page_of(world, "hidden.localhost")[0] == 404
    assert all(server["ok"] for server in on_servers(world, "hidden"))
    world.slipway("domains", "add", "hidden.localhost", "--app", "hidden")
    assert page_of(world, "hidden.localhost", 1)[0] == 200
    world.slipway("domains", "remove", "hidden.localhost", "--app", "hidden")
    assert page_of(world, "hidden.localhost", 1)[0] == 404
    assert all(server["ok"] for server in on_servers(world, "hidden"))


def test_status_shows_drift_and_a_deploy_repairs_it(world: World, site: Repo) -> None:
    site.replace("main.py", '"hello"', '"second"')
    site.push()
    settle(world, "site")
    by_hand(world, f"docker stop {containers(world, 'site')[0]}", 0)
    by_hand(world, "echo site-v1-web > /opt/slipway/proxy/serving/site", 1)
    old, new = (
        it["image"] for it in (world.json("/apps/site/releases/1"), world.json("/apps/site/releases")[0])
    )
    assert differences(world, "site", 0) == ["web: 0 of 1 replicas run"]
    assert differences(world, "site", 1) == ["the proxy serves site-v1-web"]
    current = "/opt/slipway/apps/site/current"
    by_hand(world, f"cd {current} && sed -i 's#{new}#{old}#' compose.yaml && docker compose up --detach", 0)
    assert differences(world, "site", 0) == [f"web: runs {old} instead of {new}"]
    shown = world.slipway("status", "site").stdout
    assert "is not the release's" in shown
    assert "the proxy serves site-v1-web" in shown
    site.replace("main.py", '"second"', '"repaired"')
    site.push()
    assert differences(world, "site", 0) == differences(world, "site", 1) == []
    assert {world.get("site", server=server).json()["greeting"] for server in range(2)} == {"repaired"}


def test_bootstrap_repairs_a_proxy_that_is_gone(world: World, site: Repo) -> None:
    by_hand(world, "docker rm --force slipway-proxy && rm /opt/slipway/proxy/Caddyfile")
    assert not answers(world, "site")
    assert "the proxy does not run" in differences(world, "site")
    shown = world.slipway("server", "plan", "web1").stdout
    assert "start the proxy" in shown
    assert not answers(world, "site")
    world.slipway("server", "bootstrap", "web1")
    wait_until(lambda: answers(world, "site"), 10, "an answer after the repair")
    assert differences(world, "site") == []
    assert "Nothing to do" in world.slipway("server", "plan", "web1").stdout
    del site


def test_an_app_reaches_no_other_apps_processes_and_publishes_no_port(
    world: World, site: Repo, other: Repo
) -> None:
    mine, theirs = containers(world, "site")[0], containers(world, "other")[0]
    port = by_hand(world, f"docker exec {theirs} printenv PORT").strip()
    inspect = "docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}'"
    address = by_hand(world, f"{inspect} {theirs}").split()[0]
    name = f"other-v{world.live('other')}-web"

    def reach(container: str, host: str) -> str:
        return by_hand(world, f"docker exec {container} python -c '{REACH}' {host} {port}").strip()

    assert reach(theirs, name) == reach(theirs, address) == "reached"
    assert reach(mine, name) == reach(mine, address) == "not reached"
    ports = by_hand(world, "docker ps --filter label=slipway.app --format '{{.Ports}}'")
    assert "->" not in ports
    del site, other


@contextmanager
def a_key(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """A person's key in an ssh-agent: its public part, and the environment that leads to it."""
    key, door = folder / "key", folder / "agent"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(door)], stdout=subprocess.DEVNULL)
    try:
        wait_until(door.exists, 10, "the agent")
        environment = {"SSH_AUTH_SOCK": str(door)}
        subprocess.run(
            ["ssh-add", "-q", str(key)], env={**os.environ, **environment}, check=True, capture_output=True
        )
        yield key.with_suffix(".pub").read_text(), environment
    finally:
        agent.terminate()
        agent.wait(10)


def test_ssh_trusts_the_pinned_host_key_and_no_other(world: World, tmp_path: Path) -> None:
    def ssh(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(SLIPWAY), "ssh", "web1", *command],
            env={**world.environment, **agent},
            stdin=subprocess.DEVNULL,
            text=True,
            capture_output=True,
            check=False,
            timeout=60,
        )

    with a_key(tmp_path) as (public, agent):
        by_hand(world, f"printf '\\n%s\\n' '{public.strip()}' >> /root/.ssh/authorized_keys")
        done = ssh("hostname;", "exit", "3")
        assert (done.stdout, done.returncode) == ("web1\n", 3), done.stderr
        pinned, another = (world.json(f"/servers/{name}")["host_key"] for name in ("web1", "web2"))
        world.api("POST", "/servers/web1/trust", json={"host_key": another}).raise_for_status()
        try:
            refused = ssh("hostname")
            assert refused.returncode != 0
            assert "web1" not in refused.stdout
            assert "Host key verification failed" in refused.stderr
            assert "another host key" in world.json("/servers/web1/status")["error"]
        finally:
            world.slipway("server", "trust", "web1", "--yes")
        assert world.json("/servers/web1")["host_key"] == pinned
        assert ssh("hostname").stdout == "web1\n"


def test_servers_come_and_go_without_a_build_and_data_stays(world: World, site: Repo) -> None:
    refused = world.slipway("server", "remove", "web1", "--yes", "web1", ok=False)
    assert "slipway apps servers" in refused.stderr
    world.servers.append(world.sandbox.create("web3", world.json("/ssh-key")["public_key"]))
    try:
        port = world.servers[2].ssh_port
        world.slipway("server", "add", f"root@127.0.0.1:{port}", "--name", "web3", "--yes")
        image = world.json("/apps/site/releases")[0]["image"]
        world.slipway("apps", "servers", "web1", "web3", "--app", "site")
        release = world.json("/apps/site/releases")[0]
        assert (release["kind"], release["image"]) == ("servers", image)
        assert answers(world, "site", 0)
        assert answers(world, "site", 2)
        assert_has_left(world, "site", 1)
        world.slipway("apps", "servers", "web1", "web2", "--app", "site")
        assert answers(world, "site", 1)
        assert_has_left(world, "site", 2)
    finally:
        for app in world.json("/apps"):
            if "web3" in app["servers"]:
                world.slipway("apps", "servers", "web1", "web2", "--app", app["name"])
        world.slipway("server", "remove", "web3", "--yes", "web3")
        world.sandbox.remove("web3")
        world.servers.pop()
    assert [server["name"] for server in world.json("/servers")] == ["web1", "web2"]
    del site


def test_a_removed_app_is_gone_from_its_servers_but_for_its_volumes(world: World, site: Repo) -> None:
    refused = world.slipway("apps", "remove", "site", "--yes", "other", ok=False)
    assert "the name is 'site'" in refused.stderr
    world.slipway("apps", "remove", "site", "--yes", "site")
    for server in range(2):
        assert_has_left(world, "site", server)
    assert "site" not in {app["name"] for app in world.json("/apps")}
    del site


def assert_has_left(world: World, app: str, server: int) -> None:
    assert not by_hand(world, f"docker ps --all --quiet --filter label=slipway.app={app}", server)
    assert f"slipway-app-{app}\n" not in by_hand(world, "docker network ls --format '{{.Name}}'", server)
    assert not by_hand(world, f"find /opt/slipway -name {app} -o -name {app}.caddy", server)
    assert f"slipway-{app}-data\n" in by_hand(world, "docker volume ls --quiet", server)
    assert not answers(world, app, server)

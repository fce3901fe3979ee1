"""Servers: a host key is accepted by a person or by its fingerprint, and pinned."""

from pathlib import Path

import pytest

from api.cli import hostkeys
from api.schemas import HostKeyAsked, HostKeyShown, HostKeyTrusted, PlanShown, ServerNew, ServerStatus
from tests.api.cli import shapes
from tests.api.cli.conftest import Cli, Recorded

SHOWN = HostKeyShown(host="192.0.2.7", port=2201, host_key=shapes.KEY, fingerprint=shapes.FINGERPRINT)
ADD = ("server", "add", "root@192.0.2.7:2201", "--name", "web1")


@pytest.fixture
def machine(api: Recorded) -> Recorded:
    api.on("POST /servers/host-key", SHOWN)
    api.on("POST /servers", shapes.server())
    api.on("GET /servers/web1", shapes.server())
    api.on("GET /servers/web1/plan", PlanShown(title="set up web1", hash="0123456789ab", servers=[]))
    api.on("POST /servers/web1/bootstrap", shapes.started())
    api.on("POST /servers/web1/trust", shapes.server())
    api.stream("GET /deploys/k3v9x2m7qa/events", shapes.said("ready", "head"), shapes.end())
    return api


@pytest.mark.parametrize(
    ("words", "typed"), [((), "y\n"), (("--yes",), None), (("--fingerprint", shapes.FINGERPRINT), None)]
)
def test_add(machine: Recorded, cli: Cli, words: tuple[str, ...], typed: str | None) -> None:
    shown = cli(*ADD, *words, input=typed).stdout
    assert shapes.FINGERPRINT in shown
    assert shown.index("set up web1") < shown.index("-----> ready")
    assert HostKeyAsked.model_validate(machine.body(0)).port == 2201
    new = ServerNew.model_validate(machine.body(1))
    assert (new.name, new.user, new.host, new.port, new.host_key) == (
        "web1", "root", "192.0.2.7", 2201, shapes.KEY,
    )  # fmt: skip
    assert machine.routes()[2:] == [
        "GET /servers/web1/plan",
        "POST /servers/web1/bootstrap",
        "GET /deploys/k3v9x2m7qa/events",
    ]


def test_add_plan_sets_nothing_up(machine: Recorded, cli: Cli) -> None:
    assert "Nothing was set up" in cli(*ADD, "--yes", "--plan").stdout
    assert machine.routes()[-1] == "GET /servers/web1/plan"


@pytest.mark.parametrize(("words", "typed"), [((), "n\n"), (("--fingerprint", "SHA256:other"), None)])
def test_another_key_pins_nothing(
    machine: Recorded, cli: Cli, words: tuple[str, ...], typed: str | None
) -> None:
    cli(*ADD, *words, input=typed, code=1)
    assert machine.routes() == ["POST /servers/host-key"]


def test_a_failing_plan_says_that_the_server_stays_added(machine: Recorded, cli: Cli) -> None:
    machine.on("GET /servers/web1/plan", shapes.problem(detail="refused"), status=502)
    assert "slipway server bootstrap web1" in cli(*ADD, "--yes", code=1).stderr


def test_trust(machine: Recorded, cli: Cli) -> None:
    assert "nothing was changed" in cli("server", "trust", "web1", "--yes").stdout
    assert machine.routes()[-1] == "POST /servers/host-key"
    machine.on("GET /servers/web1", shapes.server().model_copy(update={"host_key": "ssh-ed25519 AAAAold"}))
    cli("server", "trust", "web1", "--fingerprint", shapes.FINGERPRINT)
    assert HostKeyTrusted.model_validate(machine.body()).host_key == shapes.KEY


def test_remove_asks_for_the_name(api: Recorded, cli: Cli) -> None:
    api.on("DELETE /servers/web1", "", status=204)
    cli("server", "remove", "web1", input="web2\n", code=1)
    cli("server", "remove", "web1", "--yes", "web2", code=2)
    assert api.requests == []
    cli("server", "remove", "web1", input="web1\n")
    cli("server", "remove", "web1", "--yes", "web1")
    assert len(api.requests) == 2


def test_status(api: Recorded, cli: Cli) -> None:
    fine = ServerStatus(
        name="web1", ok=True, os="Debian 12", cpus=2, disk_total=10 * 10**9, disk_free=5 * 10**9
    )
    api.on("GET /servers/web1/status", fine, ServerStatus(name="web1", ok=False, error="no route"))
    assert "5.0 GB of 10 GB free" in cli("server", "status", "web1").stdout
    assert "no route" in cli("server", "status", "web1", code=1).stdout


def test_ssh_trusts_the_pinned_key_only(machine: Recorded, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr("os.execvp", lambda _, argv: ran.append(argv))
    cli("ssh", "web1", "docker", "ps", "--all")
    assert machine.routes() == ["GET /servers/web1"]
    argv = ran[0]
    known = next(word for word in argv if word.startswith("UserKnownHostsFile="))
    path = Path(known.partition("=")[2].strip('"'))
    assert path.read_text() == f"[192.0.2.7]:2201 {shapes.KEY}\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert {"StrictHostKeyChecking=yes", "GlobalKnownHostsFile=/dev/null"} < set(argv)
    assert argv[-8:] == ["2201", "-l", "root", "--", "192.0.2.7", "docker", "ps", "--all"]


@pytest.mark.parametrize(
    ("given", "user", "host", "port"),
    [
        ("root@web1", "root", "web1", 22),
        ("web1.example.org:2222", "root", "web1.example.org", 2222),
        ("ops@[2001:db8::1]:2222", "ops", "2001:db8::1", 2222),
    ],
)
def test_addresses(given: str, user: str, host: str, port: int) -> None:
    assert hostkeys.parse(given) == hostkeys.Address(user, host, port)


@pytest.mark.parametrize("given", ["", "root@", "root@a b", "a:x", "root@-oProxyCommand=x", "::1", "a:1:2"])
def test_odd_addresses_are_usage_errors(cli: Cli, given: str) -> None:
    assert "USER@HOST[:PORT]" in cli("server", "add", "--yes", "--", given, code=2).stderr


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("web1.example.org", "web1"),
        ("192.0.2.7", "s-192-0-2-7"),
        ("2001:db8::1", "s-2001-db8-1"),
        ("A_b", "a-b"),
    ],
)
def test_a_name_from_the_host(host: str, name: str) -> None:
    assert hostkeys.name_for(host) == name

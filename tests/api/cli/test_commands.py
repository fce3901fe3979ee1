"""Config, domains, scale, templates, tokens, logs, run, events, status: what is asked and what is shown."""

import json
from pathlib import Path

import pytest

from api.schemas import (
    AppServers,
    AppStatus,
    ConfigChange,
    ConfigShown,
    ConfigVar,
    ContainerShown,
    DomainInfo,
    DomainNew,
    Ejected,
    EventInfo,
    Explained,
    FileShown,
    LineExplained,
    OutputEvent,
    PlacementShown,
    Role,
    RunAsked,
    Scale,
    State,
    TemplateInfo,
    TemplateShown,
    TemplateText,
    TokenMade,
    TokenNew,
)
from tests.api.cli import shapes
from tests.api.cli.conftest import Cli, Recorded

APP = ("--app", "shop")


@pytest.fixture
def live(api: Recorded) -> Recorded:
    api.stream("GET /deploys/k3v9x2m7qa/events", shapes.said("live", "head"), shapes.end())
    for route in ("PATCH /apps/shop/config", "POST /apps/shop/domains", "PUT /apps/shop/scale"):
        api.on(route, shapes.started())
    return api


def test_config_set_and_unset(live: Recorded, cli: Cli) -> None:
    assert cli("config", "set", "A=1", "B=a=b", "C=", *APP).stdout == "-----> live\n"
    assert ConfigChange.model_validate(live.body(0)).set == {"A": "1", "B": "a=b", "C": ""}
    cli("config", "unset", "A", "B", *APP)
    assert ConfigChange.model_validate(live.body(2)).unset == ["A", "B"]


@pytest.mark.parametrize(("typed", "value"), [("s3cret\n", "s3cret"), ("a\nb\n\n", "a\nb\n"), ("", "")])
def test_config_set_reads_a_value_from_stdin(live: Recorded, cli: Cli, typed: str, value: str) -> None:
    result = cli("config", "set", "A=1", "KEY", *APP, input=typed)
    assert ConfigChange.model_validate(live.body(0)).set == {"A": "1", "KEY": value}
    assert "s3cret" not in result.output


def test_stdin_holds_one_value(api: Recorded, cli: Cli) -> None:
    assert "A, B" in cli("config", "set", "A", "B", *APP, input="x", code=2).stderr
    assert api.requests == []


def test_config_import(live: Recorded, cli: Cli) -> None:
    Path(".env").write_text("B=s3cret\nA=1\n")
    result = cli("config", "import", ".env", *APP)
    assert ConfigChange.model_validate(live.body(0)).set == {"A": "1", "B": "s3cret"}
    assert "2 config vars: A, B" in result.stdout
    assert "s3cret" not in result.output
    Path(".env").write_text("A=1\nnonsense\n")
    assert ".env:2: there is no =" in cli("config", "import", ".env", *APP, code=1).stderr
    assert "nowhere: No such file" in cli("config", "import", "nowhere", *APP, code=1).stderr


def test_config_list(api: Recorded, cli: Cli) -> None:
    api.on(
        "GET /apps/shop/config",
        ConfigShown(revision=1, vars=[ConfigVar(key="A", set_by="ann", set_at=shapes.AT)]),
    )
    assert cli("config", "list", *APP).stdout.splitlines()[1].split()[:2] == ["A", "ann"]


def test_domains(live: Recorded, cli: Cli) -> None:
    live.on("GET /apps/shop/domains", [DomainInfo(name="shop.example.org", tls="acme")])
    live.on("DELETE /apps/shop/domains/shop.example.org", shapes.started())
    cli("domains", "add", "shop.example.org", "--tls", "acme", *APP)
    assert DomainNew.model_validate(live.body(0)).tls == "acme"
    assert "shop.example.org  acme" in cli("domains", "list", *APP).stdout
    cli("domains", "remove", "shop.example.org", *APP)


def test_scale(live: Recorded, cli: Cli) -> None:
    cli("scale", "web=2", "worker=0", *APP)
    assert Scale.model_validate(live.body(0)).replicas == {"web": 2, "worker": 0}
    for odd in ("web", "web=", "web=-1", "=1", "web=²"):
        assert "web=2" in cli("scale", odd, *APP, code=2).stderr


def test_apps(live: Recorded, cli: Cli) -> None:
    live.on("GET /apps", [shapes.app()])
    assert "shop.localhost" in cli("apps", "list").stdout
    live.on("PUT /apps/shop/servers", shapes.started())
    cli("apps", "servers", "web1", "web2", *APP)
    assert AppServers.model_validate(live.body(1)).servers == ["web1", "web2"]
    live.on("DELETE /apps/shop", shapes.started())
    cli("apps", "remove", "shop", input="sho\n", code=1)
    assert "DELETE /apps/shop" not in live.routes()
    cli("apps", "remove", "shop", "--yes", "shop")


def test_templates(api: Recorded, cli: Cli) -> None:
    at = "/apps/shop/templates/dockerfiles/python"
    shown = TemplateShown(name="dockerfiles/python", layer="shop's templates", text="FROM a\n")
    layers = ["shop's templates", "built in"]
    api.on(
        "GET /apps/shop/templates", [TemplateInfo(name="dockerfiles/python", layer=layers[0], layers=layers)]
    )
    api.on(f"GET {at}", shown)
    api.on(f"PUT {at}", shown)
    api.on(f"DELETE {at}", "", status=204)
    assert "shop's templates  built in" in cli("template", "list", *APP).stdout
    assert cli("template", "show", "dockerfiles/python", *APP).stdout == "FROM a\n"
    cli("template", "set", "dockerfiles/python", *APP, input="FROM b\n")
    assert TemplateText.model_validate(api.body()).text == "FROM b\n"
    Path("mine.j2").write_text("FROM c\n")
    cli("template", "set", "dockerfiles/python", "mine.j2", *APP)
    assert TemplateText.model_validate(api.body()).text == "FROM c\n"
    cli("template", "remove", "dockerfiles/python", *APP)


def test_a_tokens_text_is_all_that_stdout_holds(api: Recorded, cli: Cli) -> None:
    made = TokenMade(
        name="ci", role=Role.VIEWER, created_at=shapes.AT, created_by="ann", last_used_at=None, token="slp_x"
    )
    api.on("POST /tokens", made)
    assert cli("tokens", "create", "ci", "--role", "viewer").stdout == "slp_x\n"
    assert TokenNew.model_validate(api.body()) == TokenNew(name="ci", role=Role.VIEWER)


def _output(text: str) -> tuple[str, OutputEvent]:
    return "output", OutputEvent(server="web1", process="web.1", text=text, at=shapes.AT)


def test_logs(api: Recorded, cli: Cli) -> None:
    api.stream("GET /apps/shop/logs", _output("hello"), shapes.end())
    assert cli("logs", "shop", "-f", "-n", "5", "--process", "web").stdout == "03:04:05 web1 web.1 | hello\n"
    assert dict(api.requests[0].url.params) == {"follow": "true", "lines": "5", "process": "web"}
    assert json.loads(cli("logs", "shop", "--json").stdout)["text"] == "hello"


def test_logs_of_a_server_that_cannot_be_read(api: Recorded, cli: Cli) -> None:
    api.stream("GET /apps/shop/logs", _output("no route to host"), shapes.end("failed", 1))
    assert "no route" in cli("logs", "shop", code=1).stdout


def test_run_exits_with_the_commands_code(api: Recorded, cli: Cli) -> None:
    api.stream("POST /apps/shop/run", _output("hello"), shapes.end("exited", 7))
    assert cli("run", *APP, "--", "ls", "-l", "--app", code=7).stdout == "hello\n"
    assert RunAsked.model_validate(api.body()).argv == ["ls", "-l", "--app"]
    assert cli("run", *APP, "ls", "-l", code=7).stdout == "hello\n"


def test_run_whose_stream_breaks_off(api: Recorded, cli: Cli) -> None:
    api.stream("POST /apps/shop/run", _output("hello"))
    assert "before the command did" in cli("run", *APP, "ls", code=1).stderr


def test_events(api: Recorded, cli: Cli) -> None:
    event = EventInfo(
        id=1, at=shapes.AT, who="ann", door="git", action="config.changed", app="shop", server="",
        detail={"set": ["A"]},
    )  # fmt: skip
    api.on("GET /events", [event])
    assert 'config.changed  shop  set: ["A"]' in cli("events", "shop").stdout
    assert dict(api.requests[0].url.params) == {"app": "shop", "limit": "50"}


def _status(**fields: object) -> AppStatus:
    box = ContainerShown(
        id="c0ffee0123456789",
        process="web",
        release=12,
        state="running",
        digest="sha256:6d1f",
        status="",
        matches=False,
    )
    down = PlacementShown(server="web2", ok=False, error="no route to host")
    up = PlacementShown(
        server="web1",
        ok=False,
        serving="shop-v12-web",
        differences=["web.1 is another image"],
        containers=[box],
    )
    given = {"deploy": shapes.deploy(State.RUNNING), **fields}
    return AppStatus.model_validate(
        {
            "name": "shop", "release": 12, "digest": "sha256:6d1f", "commit": "3f2c1ab9", "author": "Ann",
            "subject": "Sell shoes", "deployed_at": shapes.AT, "urls": ["http://shop.localhost:8080"],
            "servers": [up, down], **given,
        }
    )  # fmt: skip


def test_status(api: Recorded, cli: Cli) -> None:
    api.on("GET /apps/shop/status", _status())
    shown = cli("status", "shop").stdout
    for part in (
        "3f2c1ab by Ann Sell shoes",
        "slipway follow k3v9x2m7qa",
        "web1: serves shop-v12-web",
        "! web.1 is another image",
        "6d1f is not the release's",
        "web2: cannot be read: no route to host",
    ):
        assert part in shown


def test_status_without_a_server(api: Recorded, cli: Cli) -> None:
    api.on("GET /apps/shop/status", _status(servers=[]))
    assert "no server" in cli("status", "shop").stdout


def test_json_is_the_apis_and_nothing_else(api: Recorded, cli: Cli) -> None:
    api.on("GET /apps/shop/status", _status())
    assert cli("status", "shop", "--json").stdout == _status().model_dump_json() + "\n"


def test_explain_and_dockerfile_of_a_release(api: Recorded, cli: Cli) -> None:
    lines = [
        LineExplained(
            line=1, text="FROM a", template="dockerfiles/python:8 (built in)", layer="built in", why=["x"]
        ),
        LineExplained(line=2, text="RUN b", template="dockerfiles/python:2 (repo)", layer="repo", why=[]),
    ]
    api.on("GET /apps/shop/explain", Explained(headline="Python", warnings=["old"], lines=lines))
    assert cli("explain", "shop", "--release", "v3").stdout.splitlines()[:7] == [
        "Python",
        " ! old",
        "",
        "dockerfiles/python:8    1  FROM a",
        "                           ^ x",
        "dockerfiles/python:2    2  RUN b",
        "                           ^ from repo",
    ]
    assert dict(api.requests[0].url.params) == {"release": "3"}
    api.on("GET /apps/shop/dockerfile", FileShown(name="Dockerfile", text="FROM a\n"))
    assert cli("dockerfile", "shop").stdout == "FROM a\n"


def test_eject_overwrites_nothing(api: Recorded, cli: Cli) -> None:
    files = [FileShown(name=name, text="new\n") for name in ("Dockerfile", ".dockerignore", "compose.yaml")]
    api.on("GET /apps/shop/eject", Ejected(files=files))
    Path("compose.yaml").write_text("mine\n")
    assert "compose.yaml would be overwritten" in cli("eject", "shop", code=1).stderr
    assert not Path("Dockerfile").exists()
    cli("eject", "shop", "--dir", "out")
    assert sorted(path.name for path in Path("out").iterdir()) == [
        ".dockerignore",
        "Dockerfile",
        "compose.yaml",
    ]
    cli("eject", "shop", "--force")
    assert Path("compose.yaml").read_text() == "new\n"


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/b", "..", ""])
def test_eject_writes_beside_nothing(api: Recorded, cli: Cli, name: str) -> None:
    api.on("GET /apps/shop/eject", Ejected(files=[FileShown(name=name, text="x")]))
    assert "outside of" in cli("eject", "shop", code=1).stderr

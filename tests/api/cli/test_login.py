"""Where the API is, whose token is shown to it, and git's questions for that token."""

import stat
import subprocess
from pathlib import Path

import httpx
import pytest

from api.cli import where
from api.schemas import AppNew, Role, Who
from slipway.errors import Invalid
from tests.api.cli import shapes
from tests.api.cli.conftest import URL, Cli, Recorded

WHO = Who(name="ann", role=Role.DEVELOPER)


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLIPWAY_TOKEN")
    monkeypatch.delenv("SLIPWAY_URL")


@pytest.mark.usefixtures("nobody")
def test_login_keeps_the_token_for_its_url_only(api: Recorded, cli: Cli) -> None:
    api.on("GET /whoami", WHO)
    result = cli("login", "https://one.example.org/", input="slp_one\n")
    cli("login", "https://two.example.org", input="slp_two\n")
    assert api.requests[0].headers["authorization"] == "Bearer slp_one"
    assert "slp_one" not in result.output
    assert stat.S_IMODE(where.config_file().stat().st_mode) == 0o600
    assert cli("whoami").stdout == "ann (developer) at https://two.example.org\n"
    cli("--url", "https://one.example.org", "whoami")
    assert api.requests[-1].headers["authorization"] == "Bearer slp_one"
    refused = cli("--url", "https://three.example.org", "whoami", code=1)
    assert "no token for https://three.example.org" in refused.stderr
    assert "slipway login https://three.example.org" in refused.stderr


@pytest.mark.usefixtures("nobody")
def test_a_refused_token_is_not_kept(api: Recorded, cli: Cli) -> None:
    api.on("GET /whoami", shapes.problem(detail="that token is not known"), status=401)
    result = cli("login", "https://one.example.org", input="slp_secret\n", code=1)
    assert "that token is not known" in result.stderr
    assert "slp_secret" not in result.output
    assert not where.config_file().exists()


@pytest.mark.usefixtures("nobody")
def test_login_without_encryption_is_warned_of(api: Recorded, cli: Cli) -> None:
    api.on("GET /whoami", WHO)
    assert "not encrypted" in cli("login", "http://one.example.org", input="slp_one\n").stderr
    assert cli("login", "127.0.0.1:7070", input="slp_one\n").stderr == ""


def test_the_environment_wins_over_what_is_stored(api: Recorded, cli: Cli) -> None:
    where.config_file().parent.mkdir()
    where.config_file().write_text(f'url = "https://x.example.org"\n[tokens]\n"{URL}" = "stored"\n')
    api.on("GET /whoami", WHO)
    cli("whoami")
    assert str(api.requests[0].url) == f"{URL}/whoami"
    assert api.requests[0].headers["authorization"] == "Bearer slp_test"


def test_a_broken_config_file_is_named(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLIPWAY_TOKEN")
    where.config_file().parent.mkdir()
    where.config_file().write_text("url = \n")
    assert f"{where.config_file()}: Invalid value" in cli("whoami", code=1).stderr


@pytest.mark.parametrize(
    "url", ["", "ftp://a", "http://", "http://a:b", "http://tok@a", "http://a b", "http://a?x", "http://a\n"]
)
def test_odd_addresses_are_refused(url: str) -> None:
    with pytest.raises(Invalid):
        where.checked_url(url)


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "ä"])
def test_odd_tokens_are_refused_without_being_repeated(token: str) -> None:
    with pytest.raises(Invalid) as caught:
        where.checked_token(token)
    assert not token or token not in caught.value.shown()


def test_nothing_answers(api: Recorded, cli: Cli) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("[Errno 111] Connection refused", request=request)

    api.on("GET /apps", refuse)
    shown = cli("apps", "list", code=1).stderr
    assert f"no control plane answers at {URL}" in shown
    assert "slipway serve" in shown


@pytest.mark.parametrize("body", ["<html>Bad gateway</html>", '"text"', "[]", ""])
def test_something_else_answers(api: Recorded, cli: Cli, body: str) -> None:
    api.on("GET /apps", body, status=502)
    assert f"{URL} answered 502" in cli("apps", "list", code=1).stderr


def test_an_answer_of_another_shape(api: Recorded, cli: Cli) -> None:
    api.on("GET /apps", '[{"name": "shop"}]')
    assert "0.release: Field required" in cli("apps", "list", code=1).stderr


def test_git_gets_the_token_of_its_control_plane_only(cli: Cli) -> None:
    asked = "protocol=http\nhost=127.0.0.1:7070\nwwwauth[]=Basic\n\n"
    assert cli("git-credential", "get", input=asked).stdout == "username=slipway\npassword=slp_test\n"
    for other in ("protocol=https\nhost=127.0.0.1:7070\n", "protocol=http\nhost=127.0.0.1\n", "host=x\n", ""):
        assert cli("git-credential", "get", input=other).stdout == ""
    assert cli("git-credential", "store", input=asked).output == ""
    assert "slipway login" in cli("git-credential", "erase", input=asked).stderr


def test_create_adds_a_remote_that_holds_no_token(api: Recorded, cli: Cli) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    api.on("POST /apps", shapes.app())
    result = cli("create", "shop", "--servers", "web1,web2")
    assert AppNew.model_validate(api.body()).servers == ["web1", "web2"]
    config = Path(".git/config").read_text()
    assert f"url = {URL}/git/shop.git" in config
    assert f'[credential "{URL}"]\n\thelper = \n\thelper = !' in config
    assert "git-credential" in config
    assert "slp_test" not in config
    assert "git push slipway main" in result.stdout
    again = cli("create", "shop", code=1)
    assert "a git remote slipway already" in again.stderr
    assert len(api.requests) == 1


def test_create_outside_of_a_work_tree(api: Recorded, cli: Cli) -> None:
    api.on("POST /apps", shapes.app())
    assert "slipway deploy --app shop" in cli("create", "shop").stdout
    assert api.body() == {"name": "shop"}


def test_link(api: Recorded, cli: Cli) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    api.on("GET /apps/shop", shapes.app())
    cli("link", "shop", "--remote", "live")
    assert '[remote "live"]' in Path(".git/config").read_text()


def test_the_app_is_known_from_the_work_tree(api: Recorded, cli: Cli) -> None:
    api.on("GET /apps/toml", shapes.app("toml"))
    api.on("GET /apps/remote", shapes.app("remote"))
    assert "which app?" in cli("apps", "show", code=2).stderr
    Path("slipway.toml").write_text('app = "toml"\n')
    assert "toml" in cli("apps", "show").stdout
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "remote", "add", "slipway", f"{URL}/git/remote.git"], check=True)
    assert "remote" in cli("apps", "show").stdout
    assert "toml" in cli("apps", "show", "--app", "toml").stdout

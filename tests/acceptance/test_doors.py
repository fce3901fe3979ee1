"""The doors through which code comes: git push, the work tree, a git URL, a plan; and who is turned away."""

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.faults import explained, serves
from tests.acceptance.githost import a_git_host
from tests.acceptance.world import Repo, World, tiny, wait_until

pytestmark = pytest.mark.acceptance

BIG_MB = 200


@pytest.fixture(scope="module")
def store(world: World) -> Repo:
    """An app that serves v1."""
    repo = world.repo("store", tiny())
    repo.push()
    return repo


@pytest.fixture(scope="module")
def viewer(world: World) -> str:
    answer = world.api("POST", "/tokens", json={"name": "looker", "role": "viewer"})
    return str(answer.json()["token"])


@pytest.fixture
def live(world: World, store: Repo) -> Iterator[int]:
    """The release that serves before a test, and after it still does."""
    del store
    number = world.live("store")
    assert number
    yield number
    assert world.live("store") == number
    serves(world, "store", number)


def as_somebody(store: Repo, token: str, *words: str, check: bool = False) -> str:
    """git with another token; what a user sees, and the exit code in front."""
    helper = f"!printf 'username=x\\npassword={token}\\n'" if token else ""
    done = store.git("-c", "credential.helper=", "-c", f"credential.helper={helper}", *words, check=check)
    return f"{done.returncode}\n{done.stderr}"


def remote(store: Repo) -> str:
    return store.git("remote", "get-url", "slipway").stdout.strip()


def plain_remote(world: World, app: str) -> str:
    return f"{world.plane.url}/git/{app}.git"


# Through git


def test_another_branch_is_stored_with_a_hint_and_does_not_deploy(
    world: World, store: Repo, live: int
) -> None:
    before = len(world.deploys("store"))
    shown = store.git("push", "slipway", "HEAD:feature/ümlaut").stderr
    explained(shown, "feature/ümlaut was stored but not deployed: only main deploys")
    assert "git push slipway feature/ümlaut:main" in shown
    assert len(world.deploys("store")) == before
    assert live


def test_the_branch_that_deploys_cannot_be_deleted(store: Repo, live: int) -> None:
    del live
    done = store.git("push", "slipway", "--delete", "main", check=False)
    assert done.returncode != 0
    assert "it cannot be deleted" in done.stderr
    assert "refs/heads/main" in store.git("ls-remote", "slipway").stdout


def test_history_that_was_changed_is_deployed_by_a_forced_push_alone(world: World, store: Repo) -> None:
    number = world.live("store") or 0
    store.replace("main.py", '"hello"', '"forced"')
    store.git("commit", "--quiet", "--amend", "--message", "Größer ✨ “besser”\n\nÜber alles\n")
    store.push()
    store.git("commit", "--quiet", "--amend", "--message", "Noch größer ✨ 漢字 \U0001f6a2")
    refused = store.git("push", "slipway", "main", check=False)
    assert refused.returncode != 0
    shown = store.git("push", "--force", "slipway", "main").stderr
    assert "Noch größer ✨ 漢字 \U0001f6a2" in shown
    assert world.live("store") == number + 2
    newest = world.json("/apps/store/releases")[0]
    assert newest["source"]["subject"] == "Noch größer ✨ 漢字 \U0001f6a2"
    assert newest["source"]["commit"] == store.git("rev-parse", "HEAD").stdout.strip()
    assert world.get("store").json()["greeting"] == "forced"


def test_a_push_without_a_token_is_refused(world: World, store: Repo, live: int) -> None:
    del live
    shown = as_somebody(store, "", "push", plain_remote(world, "store"), "main")
    assert not shown.startswith("0")
    assert "terminal prompts disabled" in shown  # it asked for one


def test_a_push_with_an_unknown_token_is_refused(world: World, store: Repo, live: int) -> None:
    del live
    shown = as_somebody(store, "slw_guess", "push", plain_remote(world, "store"), "HEAD:main")
    assert not shown.startswith("0")
    assert "Authentication failed" in shown


def test_a_viewer_fetches_and_cannot_push(world: World, store: Repo, viewer: str, live: int) -> None:
    del live
    listed = as_somebody(store, viewer, "fetch", plain_remote(world, "store"), "main")
    assert listed.startswith("0")
    shown = as_somebody(store, viewer, "push", plain_remote(world, "store"), "HEAD:refs/heads/viewers")
    assert not shown.startswith("0")
    assert "403" in shown
    assert "viewers" not in store.git("ls-remote", "slipway").stdout


def test_a_push_to_an_app_that_is_not_there_says_so(world: World, store: Repo) -> None:
    shown = as_somebody(store, world.plane.token, "push", plain_remote(world, "nothing"), "main")
    assert not shown.startswith("0")
    assert "there is no app nothing" in shown


def test_no_remote_holds_a_token(world: World, store: Repo) -> None:
    assert world.plane.token not in (store.folder / ".git" / "config").read_text()
    assert "@" not in remote(store)


def test_a_push_of_a_large_file_is_refused_and_the_old_release_serves(
    world: World, store: Repo, live: int
) -> None:
    del live
    with (store.folder / "big.bin").open("wb") as file:
        file.truncate(BIG_MB << 20)
    store.write({}, "A large file")
    shown = store.push(ok=False)
    store.git("reset", "--quiet", "--hard", "HEAD~1")
    explained(shown, "big.bin is 200 MB", "still serving: store v", "next: keep large files out of the repo")
    assert world.deploys("store")[0]["state"] == "failed"


def test_a_push_with_a_link_out_of_the_tree_is_refused(store: Repo, live: int) -> None:
    del live
    (store.folder / "out").symlink_to("../../../etc/passwd")
    store.write({}, "A link out")
    shown = store.push(ok=False)
    store.git("reset", "--quiet", "--hard", "HEAD~1")
    explained(shown, "'out' is refused", "still serving: store v", "next: take it out")


# Through the API


def archive(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def member(name: str, *, link: str = "", kind: bytes = b"") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.linkname = link
    info.type = kind or (tarfile.SYMTYPE if link else tarfile.REGTYPE)
    return info


@pytest.mark.parametrize(
    ("info", "reason"),
    [
        (member("../out.py"), "leads out of the tree"),
        (member("/etc/cron.d/x"), "leads out of the tree"),
        (member("a/../../x"), "leads out of the tree"),
        (member("link", link="/etc/passwd"), "link"),
        (member("link", link="../../../etc/passwd"), "link"),
        (member("hard", link="../../secrets.key", kind=tarfile.LNKTYPE), "link"),
        (member("null", kind=tarfile.CHRTYPE), "neither a file, a folder nor a link"),
        (member("pipe", kind=tarfile.FIFOTYPE), "neither a file, a folder nor a link"),
        (member("new\nline"), "control characters"),
    ],
    ids=lambda value: value.name if isinstance(value, tarfile.TarInfo) else "",
)
@pytest.mark.usefixtures("live")
def test_an_archive_that_leads_out_of_the_tree_is_refused(
    world: World, info: tarfile.TarInfo, reason: str
) -> None:
    error = ended(world, archive((info, b"")))["error"]
    assert error["code"] == "checkout"
    assert reason in error["detail"]
    assert error["serving"].startswith("store v")
    assert error["next"]


@pytest.mark.parametrize("body", [b"", b"no tar", b"\x1f\x8b\x08\0 half"], ids=["nothing", "text", "half"])
@pytest.mark.usefixtures("live")
def test_what_is_no_archive_is_refused(world: World, body: bytes) -> None:
    error = ended(world, body)["error"]
    assert error["code"] in ("checkout", "not-recognised")
    assert "Traceback" not in json.dumps(error)


def ended(world: World, body: bytes) -> Any:  # noqa: ANN401 - whatever JSON holds
    """The deploy of an archive, when it has ended; it failed, and left nothing in the data folder."""
    answer = world.api("POST", "/apps/store/deploys", content=body)
    assert answer.status_code == 202
    deploy_id = answer.json()["deploy"]["id"]
    wait_until(lambda: world.json(f"/deploys/{deploy_id}")["finished_at"], what="the end of the deploy")
    assert list((world.plane.folder / "data" / "sources").iterdir()) == []
    found = world.json(f"/deploys/{deploy_id}")
    assert found["state"] == "failed"
    return found


def test_the_work_tree_is_deployed_as_it_is(world: World, store: Repo) -> None:
    main = store.folder / "main.py"
    text = main.read_text()
    number = world.live("store") or 0
    main.write_text(text.replace('"forced"', '"not committed"').replace('"hello"', '"not committed"'))
    (store.folder / ".gitignore").write_text("private.txt\n")
    (store.folder / "private.txt").write_text("stays here")
    shown = world.slipway("deploy", cwd=store.folder)
    assert "live: http://store.localhost" in shown.stdout + shown.stderr
    assert world.get("store").json() == {"greeting": "not committed", "release": f"v{number + 1}"}
    assert world.deploys("store")[0]["door"] == "cli"
    listed = world.slipway("run", "--", "ls", "-a", cwd=store.folder).stdout
    assert "main.py" in listed
    assert "private.txt" not in listed
    assert world.json("/events?app=store")[0]["action"] == "run"
    main.write_text(text)


def test_a_git_url_is_deployed_at_its_ref(world: World, store: Repo, tmp_path: Path) -> None:
    number = world.live("store") or 0
    work = tmp_path / "shop"
    store.git("clone", "--quiet", "--no-hardlinks", str(store.folder), str(work))
    elsewhere = Repo(world, "store", work)
    elsewhere.write({"main.py": tiny()["main.py"].replace('"hello"', '"tagged"')}, "From elsewhere")
    elsewhere.git("tag", "v9")
    elsewhere.write({"main.py": "raise SystemExit(1)\n"}, "Not this one")
    elsewhere.git("clone", "--quiet", "--bare", ".", str(tmp_path / "shop.git"))
    with a_git_host(tmp_path) as (url, _):
        shown = world.slipway("deploy", "store", "--git", f"{url}/shop.git", "--ref", "v9")
        assert f"Fetching v9 of {url}/shop.git" in shown.stdout + shown.stderr
        assert world.live("store") == number + 1
        assert world.get("store").json()["greeting"] == "tagged"
        missing = world.slipway("deploy", "store", "--git", f"{url}/shop.git", "--ref", "none", ok=False)
    explained(missing.stdout + missing.stderr, "still serving: store v", "next: ")
    serves(world, "store", number + 1)


@pytest.mark.parametrize("url", ["ext::sh -c id", "file:///etc", "https://ann:canary@example.org/a.git"])
@pytest.mark.usefixtures("live")
def test_an_odd_git_url_is_refused_with_a_reason(world: World, url: str) -> None:
    done = world.slipway("deploy", "store", "--git", url, ok=False)
    assert "is refused" in done.stdout + done.stderr
    assert "canary" not in done.stdout + done.stderr
    assert "canary" not in world.api("GET", "/apps/store/deploys").text
    assert "canary" not in world.api("GET", "/events").text


def test_an_app_that_was_removed_is_pushed_anew_from_the_same_commit(world: World) -> None:
    first = world.repo("kiosk", tiny())
    first.push()
    world.slipway("apps", "remove", "kiosk", "--yes", "kiosk")
    wait_until(lambda: world.api("GET", "/apps/kiosk").status_code == 404, what="the removal")
    assert world.get("kiosk").status_code != 200
    world.slipway("apps", "create", "kiosk")
    assert "live: http://kiosk.localhost" in first.push()
    assert world.get("kiosk").json() == {"greeting": "hello", "release": "v1"}

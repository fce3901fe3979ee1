"""A git URL and a ref become one commit; no URL runs a program, reads a file or reaches inside a network."""

import io
import os
import socket
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builder.gitsource import Fetched, fetch
from slipway.cancel import Cancel
from slipway.errors import Cancelled, CheckoutError, SlipwayError, TooLarge
from tests.acceptance.githost import a_git_host

MAX = 10 << 20
PRIVATE = [
    "http://127.0.0.1/shop.git",
    "http://localhost/shop.git",
    "http://127.1/shop.git",
    "http://2130706433/shop.git",
    "http://0x7f000001/shop.git",
    "http://0/shop.git",
    "http://[::1]/shop.git",
    "http://[::]/shop.git",
    "http://[::ffff:127.0.0.1]/shop.git",
    "http://[::ffff:169.254.169.254]/shop.git",
    "http://[fe80::1]/shop.git",
    "http://[fd00::1]/shop.git",
    "http://169.254.169.254/latest/meta-data",
    "http://10.0.0.1/shop.git",
    "https://172.16.0.1/shop.git",
    "https://192.168.1.1/shop.git",
    "http://100.64.0.1/shop.git",
    "http://0.0.0.0:5077/v2/",
]
NO_URL = [
    "ext::sh -c id",
    "ext::sh%20-c%20id",
    "file:///etc/passwd",
    "file::/etc",
    "/etc",
    "../shop.git",
    "ssh://git@example.org/shop.git",
    "git@example.org:shop.git",
    "git://example.org/shop.git",
    "ftp://example.org/shop.git",
    "fd::17",
    "-uhttp://example.org",
    "--upload-pack=id",
    "http://",
    "http:///shop.git",
    "https://[::1",
    "https://example.org:99999/shop.git",
    "https://example.org/a b",
    "https://example.org/\nhttp://127.0.0.1",
    "",
    "transport::http://example.org",
    "HTTP:/example.org",
]
NO_REF = [
    "",
    "-",
    "--upload-pack=id",
    "-uid",
    "a..b",
    "a b",
    "a\nb",
    "a\0b",
    "$(id)",
    "a;id",
    "a~1",
    "a^{}",
    "a:b",
    "x" * 201,
    "☃",
    "*",
]


def fetched(url: str, ref: str = "HEAD", *, private: bool = False, **more: Any) -> Fetched:  # noqa: ANN401
    return fetch(
        url,
        ref,
        more.pop("archive", Path("/nonexistent/archive.tar")),
        more.pop("cancel", Cancel()),
        private_hosts=private,
        max_bytes=more.pop("max_bytes", MAX),
    )


@pytest.mark.parametrize("url", PRIVATE)
def test_a_host_inside_a_network_is_not_asked(url: str) -> None:
    with pytest.raises(CheckoutError, match="private network") as caught:
        fetched(url)
    assert "SLIPWAY_GIT_PRIVATE_HOSTS" in caught.value.what


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("url", NO_URL)
def test_only_plain_http_is_fetched(url: str, private: bool, no_git: None) -> None:
    del no_git
    with pytest.raises(CheckoutError, match="is refused"):
        fetched(url, private=private)


@pytest.mark.parametrize("url", ["https://ann:canary@example.org/a.git", "https://canary@example.org/a.git"])
def test_a_password_in_a_url_is_refused_and_not_repeated(url: str, no_git: None) -> None:
    del no_git
    with pytest.raises(CheckoutError, match="ends up in logs") as caught:
        fetched(url)
    assert "canary" not in caught.value.shown()


@pytest.mark.parametrize("ref", NO_REF)
def test_no_odd_ref_reaches_git(ref: str, no_git: None) -> None:
    del no_git
    with pytest.raises(CheckoutError, match="is no ref"):
        fetched("https://example.org/shop.git", ref, private=True)


def test_a_name_that_leads_inside_and_outside_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, no_git: None
) -> None:
    del no_git
    addresses = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("93.184.216.34", "10.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: addresses)
    with pytest.raises(CheckoutError, match="private network"):
        fetched("https://example.org/shop.git")


@pytest.fixture
def no_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever would be run is a failure."""

    def run(*words: object, **_more: object) -> None:
        pytest.fail(f"was run: {words}")

    monkeypatch.setattr(subprocess, "Popen", run)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str], dict[str, str]]]:
    """A git server with the repo shop: two commits, a tag of the first, a branch next with a third."""
    root = tmp_path_factory.mktemp("host")
    work = root / "work"
    git("init", "--quiet", "--initial-branch=main", str(work), cwd=root)
    commits = {}
    for number, message in enumerate(("first", "Schuhe für alle ☃", "third"), 1):
        if number == 3:
            git("checkout", "--quiet", "-b", "feature/next", cwd=work)
        (work / "main.py").write_text(f"print({number})\n")
        git("add", ".", cwd=work)
        git("commit", "--quiet", "--message", message, cwd=work)
        commits[str(number)] = git("rev-parse", "HEAD", cwd=work).strip()
        if number == 1:
            git("tag", "--annotate", "--message=v1", "v1", cwd=work)
    git("checkout", "--quiet", "main", cwd=work)
    git("clone", "--quiet", "--bare", str(work), str(root / "shop.git"), cwd=root)
    with a_git_host(root) as (url, asked):
        yield url, asked, commits


def git(*words: str, cwd: Path) -> str:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "Ann",
        "GIT_AUTHOR_EMAIL": "ann@example.org",
        "GIT_COMMITTER_NAME": "Ann",
        "GIT_COMMITTER_EMAIL": "ann@example.org",
    }
    return subprocess.run(
        ["git", *words], cwd=cwd, env=environment, check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.parametrize(
    ("ref", "number"),
    [
        ("HEAD", "2"),
        ("main", "2"),
        ("refs/heads/main", "2"),
        ("v1", "1"),
        ("feature/next", "3"),
        ("COMMIT", "1"),
    ],
)
def test_a_ref_is_resolved_to_its_commit(
    host: tuple[str, list[str], dict[str, str]], ref: str, number: str, tmp_path: Path
) -> None:
    url, _, commits = host
    archive = tmp_path / "a.tar"
    wanted = commits["1"] if ref == "COMMIT" else ref
    found = fetched(f"{url}/shop.git", wanted, private=True, archive=archive)
    assert found.commit == commits[number]
    assert found.author == "Ann <ann@example.org>"
    assert found.ref == wanted
    if number == "2":
        assert found.subject == "Schuhe für alle ☃"
    with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as tar:
        file = tar.extractfile("main.py")
        assert file
        assert file.read() == f"print({number})\n".encode()


@pytest.mark.parametrize("ref", ["none", "nex", "0" * 40])
def test_a_ref_that_is_not_there_is_said(
    host: tuple[str, list[str], dict[str, str]], ref: str, tmp_path: Path
) -> None:
    with pytest.raises(CheckoutError) as caught:
        fetched(f"{host[0]}/shop.git", ref, private=True, archive=tmp_path / "a.tar")
    assert caught.value.next
    assert not (tmp_path / "a.tar").exists()


def test_a_redirect_is_not_followed(host: tuple[str, list[str], dict[str, str]], tmp_path: Path) -> None:
    url, asked, _ = host
    asked.clear()
    with pytest.raises(CheckoutError, match="cannot be fetched"):
        fetched(f"{url}/elsewhere/shop.git", private=True, archive=tmp_path / "a.tar")
    assert asked
    assert all(path.startswith("/elsewhere/") for path in asked)


def test_git_connects_to_the_address_that_was_looked_at(
    host: tuple[str, list[str], dict[str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url, _, commits = host
    port = int(url.rpartition(":")[2])
    here = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: here)
    archive = tmp_path / "a.tar"
    found = fetched(f"http://shop.invalid:{port}/shop.git", private=True, archive=archive)  # no DNS knows it
    assert found.commit == commits["2"]


def test_the_own_host_is_not_asked_without_leave(host: tuple[str, list[str], dict[str, str]]) -> None:
    url, asked, _ = host
    asked.clear()
    with pytest.raises(CheckoutError, match="private network"):
        fetched(f"{url}/shop.git")
    assert asked == []


def test_a_repo_that_is_too_large_is_refused(
    host: tuple[str, list[str], dict[str, str]], tmp_path: Path
) -> None:
    with pytest.raises(TooLarge):
        fetched(f"{host[0]}/shop.git", private=True, archive=tmp_path / "a.tar", max_bytes=10)
    assert not (tmp_path / "a.tar").exists()


def test_a_cancel_ends_it(host: tuple[str, list[str], dict[str, str]], tmp_path: Path) -> None:
    cancel = Cancel()
    cancel.set("cancelled by ann")
    with pytest.raises(Cancelled):
        fetched(f"{host[0]}/shop.git", private=True, archive=tmp_path / "a.tar", cancel=cancel)


def test_a_host_that_is_not_there_is_said(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/shop.git"
        with pytest.raises(SlipwayError) as caught:
            fetched(url, private=True, archive=tmp_path / "a.tar")
    assert "cannot be fetched" in caught.value.what
    assert caught.value.lines

"""Archives from strangers: nothing leads out, nothing is endless; what is packed is the same each time."""

import gzip
import io
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from builder.archive import Limits, pack, unpack
from slipway.cancel import Cancel
from slipway.errors import Cancelled, CheckoutError, SlipwayError, TooLarge

SMALL = Limits(files=10, total_bytes=1000, file_bytes=500, path_bytes=100)


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", data: bytes = b"") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, len(data)
    return info


def archive(folder: Path, *entries: tuple[tarfile.TarInfo, bytes]) -> Path:
    path = folder / "source.tar.gz"
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data))
    return path


def file(name: str, data: bytes = b"x", mode: int = 0o644) -> tuple[tarfile.TarInfo, bytes]:
    info = entry(name, data=data)
    info.mode = mode
    return info, data


def special(name: str, kind: bytes, link: str = "") -> tuple[tarfile.TarInfo, bytes]:
    return entry(name, kind, link), b""


def test_a_tree_comes_out_as_it_is(tmp_path: Path) -> None:
    source = archive(
        tmp_path,
        special(".", tarfile.DIRTYPE),
        file("./app/main.py", b"print()"),
        file("run.sh", b"#!", 0o4755),
        special("latest", tarfile.SYMTYPE, "app/main.py"),
        file("ünï.txt", b""),
    )
    unpack(source, tmp_path / "tree", Limits(), Cancel())
    tree = tmp_path / "tree"
    assert (tree / "app" / "main.py").read_bytes() == b"print()"
    assert (tree / "latest").readlink() == Path("app/main.py")
    assert (tree / "run.sh").stat().st_mode & 0o7777 == 0o755
    assert (tree / "ünï.txt").is_file()


@pytest.mark.parametrize(
    "bad",
    [
        file("../evil"),
        file("a/../../evil"),
        file("/evil"),
        file("a/.."),
        file("new\nline"),
        special("link", tarfile.SYMTYPE, "/etc/passwd"),
        special("link", tarfile.SYMTYPE, "../evil"),
        special("a/link", tarfile.SYMTYPE, "../../evil"),
        special("link", tarfile.LNKTYPE, "../evil"),
        special("link", tarfile.LNKTYPE, "/etc/passwd"),
        special("null", tarfile.CHRTYPE),
        special("disk", tarfile.BLKTYPE),
        special("pipe", tarfile.FIFOTYPE),
        file("x" * 101),
        file("d/" * 60 + "x"),
        file("\udcff" * 101),
    ],
)
def test_what_leads_out_or_is_no_file_is_refused_by_name_and_nothing_is_left(
    tmp_path: Path, bad: tuple[tarfile.TarInfo, bytes]
) -> None:
    source = archive(tmp_path, file("good"), bad)
    with pytest.raises(CheckoutError) as caught:
        unpack(source, tmp_path / "tree", SMALL, Cancel())
    assert caught.value.where or "read" in caught.value.what
    assert "\n" not in caught.value.what
    assert not (tmp_path / "tree").exists()
    assert not (tmp_path / "evil").exists()
    assert str(tmp_path) not in caught.value.shown()


def test_a_file_behind_a_link_that_was_unpacked_first_stays_inside(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    source = archive(
        tmp_path,
        special("a", tarfile.SYMTYPE, "b"),
        special("b", tarfile.SYMTYPE, "../outside"),
        file("a/evil"),
    )
    with pytest.raises(CheckoutError):
        unpack(source, tmp_path / "tree", SMALL, Cancel())
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize(
    ("entries", "what"),
    [
        ([file(f"f{number}") for number in range(11)], "more than 10 files"),
        ([file("big", b"0" * 501)], "a file of a deploy may have"),
        ([file(f"f{number}", b"0" * 400) for number in range(3)], "the tree is larger"),
    ],
)
def test_what_is_too_large_is_refused_with_the_file_where_it_was_seen(
    tmp_path: Path, entries: list[tuple[tarfile.TarInfo, bytes]], what: str
) -> None:
    with pytest.raises(TooLarge, match=what) as caught:
        unpack(archive(tmp_path, *entries), tmp_path / "tree", SMALL, Cancel())
    assert caught.value.where == entries[-1][0].name
    assert not (tmp_path / "tree").exists()


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = archive(tmp_path, file("bomb", b"\0" * (20 << 20)))
    assert bomb.stat().st_size < 100_000
    with pytest.raises(TooLarge):
        unpack(bomb, tmp_path / "tree", SMALL, Cancel())


def test_a_bomb_in_the_header_of_a_name_is_refused(tmp_path: Path) -> None:
    source = archive(tmp_path, file("x" * (4 << 20)))
    with pytest.raises(SlipwayError):
        unpack(source, tmp_path / "tree", SMALL, Cancel())


@pytest.mark.parametrize(
    "broken",
    [
        lambda _: b"",
        lambda _: b"hello, I am no archive",
        lambda _: gzip.compress(b"no tar inside of this"),
        lambda good: good[: len(good) // 2],
        lambda good: good[:20] + bytes([good[20] ^ 255]) + good[21:],
    ],
)
def test_what_is_no_archive_is_told_so(tmp_path: Path, broken: Callable[[bytes], bytes]) -> None:
    source = archive(tmp_path, file("a", b"some text that is long enough to be cut in the middle" * 9))
    source.write_bytes(broken(source.read_bytes()))
    with pytest.raises(CheckoutError, match="cannot be read") as caught:
        unpack(source, tmp_path / "tree", Limits(), Cancel())
    assert "tar.gz" in caught.value.next
    assert not (tmp_path / "tree").exists()


def test_a_cancel_ends_the_unpacking_and_leaves_nothing(tmp_path: Path) -> None:
    cancel = Cancel()
    cancel.set("by ann")
    with pytest.raises(Cancelled):
        unpack(archive(tmp_path, file("a")), tmp_path / "tree", Limits(), cancel)
    assert not (tmp_path / "tree").exists()


def test_a_plain_tar_is_taken_too(tmp_path: Path) -> None:
    source = archive(tmp_path, file("a", b"text"))
    source.write_bytes(gzip.decompress(source.read_bytes()))
    unpack(source, tmp_path / "tree", Limits(), Cancel())
    assert (tmp_path / "tree" / "a").read_bytes() == b"text"


def packed(folder: Path) -> bytes:
    out = io.BytesIO()
    pack(folder, out)
    return out.getvalue()


def names(data: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return tar.getnames()


def tree(folder: Path, *order: str) -> Path:
    folder.mkdir()
    for name in order:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def test_the_same_files_are_the_same_bytes_in_whatever_order_and_at_whatever_time(tmp_path: Path) -> None:
    one, other = tree(tmp_path / "one", "a", "b/c", "d"), tree(tmp_path / "other", "d", "b/c", "a")
    (other / "a").touch()
    (other / "d").chmod(0o664)
    assert packed(one) == packed(other)
    assert names(packed(one)) == ["a", "b/c", "d"]


def test_what_is_ignored_and_what_never_belongs_to_an_image_stays_out(tmp_path: Path) -> None:
    folder = tree(tmp_path / "one", "a", "x.log", "node_modules/x/y", ".venv/z", "sub/__pycache__/m.pyc")
    (folder / ".gitignore").write_text("*.log\n")
    assert names(packed(folder)) == [".gitignore", "a"]


def test_in_a_git_repo_git_itself_says_what_belongs_to_it(tmp_path: Path) -> None:
    folder = tree(tmp_path / "one", "tracked", "new", "ignored.log", "gone")
    (folder / ".gitignore").write_text("*.log\n")
    for words in (("init", "--quiet"), ("add", "tracked", "gone")):
        subprocess.run(["git", "-C", str(folder), *words], check=True)
    (folder / "gone").unlink()
    assert names(packed(folder)) == [".gitignore", "new", "tracked"]


def test_what_was_packed_can_be_unpacked(tmp_path: Path) -> None:
    folder = tree(tmp_path / "one", "a", "b/c")
    (folder / "link").symlink_to("b/c")
    (folder / "run").write_text("#!/bin/sh\n")
    (folder / "run").chmod(0o700)
    (tmp_path / "it.tar.gz").write_bytes(packed(folder))
    unpack(tmp_path / "it.tar.gz", tmp_path / "tree", Limits(), Cancel())
    assert (tmp_path / "tree" / "link").readlink() == Path("b/c")
    assert (tmp_path / "tree" / "run").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "tree" / "b" / "c").read_text() == "b/c"

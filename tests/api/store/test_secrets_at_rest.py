"""What is secret is encrypted in the store, by a key that lies outside it; the key can be changed."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from api import serve
from api.plane import Plane, put_together
from api.settings import Settings
from api.store import apps, config, releases
from api.store.cipher import Cipher
from slipway.errors import Invalid
from tests.api.conftest import SQLITE_AND_POSTGRES
from tests.api.store.test_store import stored

both = pytest.mark.parametrize("store", SQLITE_AND_POSTGRES, indirect=True)
CANARY = "canary-9d2f00c1ab37"


def set_config(plane: Plane, value: str = CANARY) -> None:
    with plane.database.session() as session:
        app = apps.find(session, "shop") or apps.create(session, "shop", None, "ann")
        session.flush()
        config.change(session, plane.database.cipher, app, {"KEY": value}, [], "ann")


def read_config(plane: Plane) -> str:
    with plane.database.reading() as session:
        return config.values(session, plane.database.cipher, "shop")["KEY"].reveal()


def reopened(settings: Settings) -> Plane:
    made = put_together(settings)
    made.connections.close()
    return made


def all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_no_value_and_no_private_key_stand_in_the_data_folder(plane: Plane) -> None:
    stored(plane, 1)
    set_config(plane)
    plane.database.close()
    written = all_bytes(plane.settings.data_dir)
    assert b"SQLite format 3" in written
    for secret in (CANARY.encode(), b"OPENSSH PRIVATE KEY", b'"KEY": "secret"'):
        assert secret not in written


@pytest.mark.acceptance
@pytest.mark.parametrize("store", ["postgres"], indirect=True)
def test_no_value_stands_in_postgresql(plane: Plane) -> None:
    stored(plane, 1)
    set_config(plane)
    with psycopg.connect(plane.settings.database_url) as connection:
        names = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema='public'"
        )
        rows = [
            str(connection.execute(SQL("SELECT * FROM {}").format(Identifier(name))).fetchall())
            for (name,) in names.fetchall()
        ]
    written = "".join(rows)
    assert "ssh-private-key" in written
    assert CANARY not in written
    assert "OPENSSH PRIVATE KEY" not in written


def test_the_key_and_the_data_are_for_their_owner_alone(plane: Plane) -> None:
    folder = plane.settings.data_dir
    assert (folder / "secrets.key").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_key_file_that_others_can_read_is_refused(settings: Settings, mode: int) -> None:
    reopened(settings).database.close()
    key = settings.data_dir / "secrets.key"
    key.chmod(mode)
    with pytest.raises(Invalid, match="can be read by others") as caught:
        put_together(settings)
    assert "chmod 600" in caught.value.next


@pytest.mark.parametrize("content", [b"", b"\n", b"no key\n", b"\xff\xfe\x00", b"A" * 44])
def test_a_key_file_without_a_key_is_refused(settings: Settings, content: bytes) -> None:
    reopened(settings).database.close()
    (settings.data_dir / "secrets.key").write_bytes(content)
    with pytest.raises(Invalid, match="holds no key"):
        put_together(settings)


@pytest.mark.parametrize("gone", [True, False])
def test_the_key_file_of_another_database_is_refused(settings: Settings, tmp_path: Path, gone: bool) -> None:
    reopened(settings).database.close()
    key = settings.data_dir / "secrets.key"
    key.unlink()
    if not gone:
        Cipher(tmp_path / "other.key")
        (tmp_path / "other.key").rename(key)
    with pytest.raises(Invalid, match="no key of the key file fits") as caught:
        put_together(settings)
    assert "put back" in caught.value.next


@both
def test_after_a_rotation_the_old_key_opens_nothing(plane: Plane, tmp_path: Path) -> None:
    stored(plane, 1)
    set_config(plane)
    key = plane.settings.data_dir / "secrets.key"
    old = key.read_text()
    plane.database.rotate()
    assert old not in key.read_text()
    assert key.stat().st_mode & 0o777 == 0o600
    assert read_config(plane) == CANARY

    after = reopened(plane.settings)
    assert read_config(after) == CANARY
    assert after.public_key == plane.public_key
    (tmp_path / "old.key").write_text(old)
    (tmp_path / "old.key").chmod(0o600)
    with after.database.reading() as session:
        row = releases.get(session, "shop", 1)
        for encrypted in (row.env, config.listed(session, "shop")[0].value):
            with pytest.raises(Invalid):
                Cipher(tmp_path / "old.key").decrypt(encrypted)
        assert releases.load(row, after.database.cipher).env["KEY"].reveal() == "secret"
    after.database.close()


def dies_before(_: Callable[[str], str]) -> None:
    raise KeyboardInterrupt


@both
def test_a_crash_before_a_rotation_wrote_loses_nothing(plane: Plane) -> None:
    set_config(plane)
    with pytest.raises(KeyboardInterrupt):
        plane.database.cipher.rotate(dies_before)
    after = reopened(plane.settings)
    assert read_config(after) == CANARY
    after.database.rotate()
    assert read_config(after) == CANARY
    assert len((plane.settings.data_dir / "secrets.key").read_text().split()) == 1
    after.database.close()


@both
def test_a_crash_after_a_rotation_wrote_loses_nothing(plane: Plane) -> None:
    set_config(plane)
    encrypt = plane.database._encrypt_anew

    def dies_after(anew: Callable[[str], str]) -> None:
        encrypt(anew)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        plane.database.cipher.rotate(dies_after)
    after = reopened(plane.settings)
    assert read_config(after) == CANARY
    set_config(after, "another")
    after.database.rotate()
    assert read_config(after) == "another"
    after.database.close()


def test_keys_are_not_rotated_under_a_running_control_plane(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(serve, "read_settings", lambda: settings)
    with serve._data(alone=False), serve._data(alone=False):
        key = (settings.data_dir / "secrets.key").exists()
        with pytest.raises(SystemExit):
            serve.rotate_keys()
        assert (settings.data_dir / "secrets.key").exists() is key
    assert "a control plane runs" in capsys.readouterr().err
    serve.rotate_keys()
    assert "encrypted with a new key" in capsys.readouterr().out


def test_a_wrong_key_file_ends_the_start_with_a_message(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(serve, "read_settings", lambda: settings)
    reopened(settings).database.close()
    (settings.data_dir / "secrets.key").chmod(0o644)
    with pytest.raises(SystemExit):
        serve.serve()
    shown = capsys.readouterr().err
    assert "can be read by others" in shown
    assert "next: chmod 600 secrets.key" in shown
    assert "Traceback" not in shown


def test_a_setting_that_cannot_be_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLIPWAY_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SLIPWAY_PORT", "99999")
    with pytest.raises(SystemExit):
        serve.serve()
    assert "SLIPWAY_PORT" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []

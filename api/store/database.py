"""The connection to the database, and its migrations. SQLite in WAL mode or PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event, inspect
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session as Session  # for those who name what they are handed
from sqlmodel import select

from api.store.cipher import Cipher
from api.store.tables import ConfigValue, ReleaseRow, Setting
from slipway.errors import Conflict, Invalid

__all__ = ["Database", "Session"]
MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_MS = 15_000
MIGRATING = 7_070_001
ALONE = 7_070_002


class Database:
    """Sessions of one database, and the cipher of what is secret in it.

    A session is short and holds no network call. Changes that a session made are committed when it ends well.
    """

    def __init__(self, url: str, cipher: Cipher) -> None:
        self.cipher = cipher
        self.url = url
        self._engine = _engine(url)
        self._reader = self._engine.execution_options(writes=False)

    @property
    def is_shared(self) -> bool:
        """Whether other processes may use it too: PostgreSQL, not a file of ours."""
        return not self.url.startswith("sqlite")

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction: committed at the end of the block, rolled back when it raises.

        Raises `Conflict` when another transaction made the same row at the same moment.
        """
        try:
            with Session(self._engine, expire_on_commit=False) as session:
                yield session
                session.commit()
        except IntegrityError:
            raise Conflict("somebody else changed the same thing just now", next="try again") from None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that changes nothing."""
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Of all processes that share the database, one at a time is within such a block.

        No transaction is open meanwhile: the durable engine makes indexes at its start, which wait for all.
        """
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({ALONE})")
            try:
                yield
            finally:
                connection.exec_driver_sql(f"SELECT pg_advisory_unlock({ALONE})")

    def migrate(self) -> None:
        """Bring the tables to this version's; does nothing when they are there.

        Raises `Invalid` for tables that a newer slipway made.
        """
        with self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                # Processes that start together wait for the one that makes the tables.
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATING})")
            there, known = _revision(connection), _revisions()
            if there and there not in known:
                raise Invalid(
                    f"a newer slipway made the database (revision {there})",
                    where=connection.engine.url.render_as_string(hide_password=True),
                    next="start that version again; this one would not know what it reads",
                )
            if there != known[-1]:
                _upgrade(connection)

    def rotate(self) -> None:
        """Encrypt every secret anew with a new key. Nothing else may write meanwhile."""
        self.cipher.rotate(self._encrypt_anew)

    def close(self) -> None:
        self._engine.dispose()

    def _encrypt_anew(self, anew: Callable[[str], str]) -> None:
        with self.session() as session:
            for row in [*session.exec(select(Setting)), *session.exec(select(ConfigValue))]:
                row.value = anew(row.value)
                session.add(row)
            for release in session.exec(select(ReleaseRow)):
                release.env = anew(release.env)
                session.add(release)


def _revision(connection: Connection) -> str:
    """Which migration the tables are at; "" for none."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() or "")


def _revisions() -> list[str]:
    """Of every migration, in order: what its file's name begins with."""
    return sorted(path.name[:4] for path in MIGRATIONS.glob("versions/[0-9]*.py"))


def _upgrade(connection: Connection) -> None:
    # Most starts find the tables as they are to be, and need no alembic: half a second and 15 MB.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=10, max_overflow=20, pool_pre_ping=True, hide_parameters=True)
    patient = {"timeout": BUSY_MS / 1000, "check_same_thread": False}
    engine = create_engine(url, connect_args=patient, hide_parameters=True)
    event.listen(engine, "connect", _settle)
    event.listen(engine, "begin", _begin)
    return engine


def _settle(connection: Any, _record: object) -> None:  # noqa: ANN401 - the DB-API has no types
    """WAL: readers and the writer do not wait for each other. NORMAL outlives a crash of the process."""
    connection.isolation_level = None  # `_begin` begins, not the driver
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    """One that reads first and writes later fails when another wrote in between: so it waits at first."""
    writes = connection.get_execution_options().get("writes", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

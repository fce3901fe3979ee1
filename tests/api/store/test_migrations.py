"""The tables are made once, are those of the models, and are left alone when a newer version made them."""

import subprocess
import sys
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect
from sqlmodel import SQLModel

from api.plane import Plane, put_together
from api.settings import Settings
from api.store import apps
from slipway.errors import Invalid
from tests.api.conftest import SQLITE_AND_POSTGRES

both = pytest.mark.parametrize("store", SQLITE_AND_POSTGRES, indirect=True)


@both
def test_the_migrations_make_exactly_the_tables_of_the_models(plane: Plane) -> None:
    engine = create_engine(plane.settings.store_url)
    with closing(engine.connect()) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
        names = set(inspect(connection).get_table_names())
    engine.dispose()
    assert {table.name for table in SQLModel.metadata.sorted_tables} == names - {"alembic_version"}


@both
def test_a_second_start_finds_everything_as_it_was(plane: Plane) -> None:
    with plane.database.session() as session:
        apps.create(session, "shop", ["web1"], "ann")
    again = put_together(plane.settings)
    with again.database.reading() as session:
        assert apps.get(session, "shop").servers == ["web1"]
    assert again.public_key == plane.public_key
    assert again.worker == plane.worker
    again.connections.close()
    again.database.close()


@both
def test_processes_that_start_at_once_make_tables_keys_and_a_token_once(settings: Settings) -> None:
    given = f"data_dir={str(settings.data_dir)!r}, database_url={settings.database_url!r}"
    text = (
        "from api import serve; from api.settings import Settings; from api.plane import put_together; "
        f"made = put_together(Settings({given})); print(made.public_key, len(serve._first_token(made)))"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", text], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    said = [process.communicate(timeout=240) for process in started]
    assert [process.returncode for process in started] == [0] * 4, said
    keys, lengths = zip(*(output.rsplit(maxsplit=1) for output, _ in said), strict=True)
    assert len(set(keys)) == 1
    assert sorted(map(int, lengths))[:3] == [0, 0, 0]
    assert max(map(int, lengths)) > 40


@both
def test_tables_of_a_newer_version_are_left_alone(plane: Plane) -> None:
    with plane.database.session() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Invalid, match="a newer slipway made the database") as caught:
        plane.database.migrate()
    assert "start that version again" in caught.value.next


def test_a_start_that_finds_the_tables_does_without_alembic(settings: Settings) -> None:
    put_together(settings).database.close()
    text = (
        "import sys; from api.settings import Settings; from api.plane import put_together; "
        f"put_together(Settings(data_dir={str(settings.data_dir)!r})); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"

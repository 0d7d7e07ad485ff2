from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from app.errors import SchemaError
from app.storage import migrations
from app.storage.database import Database, open_database
from app.storage.tables import REVISIONS, metadata


def test_the_migrations_make_the_tables_that_the_code_uses(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_database_says_which_version_it_has(database: Database) -> None:
    with database.reading() as connection:
        versions = list(connection.scalars(text("SELECT version_num FROM alembic_version")))
    assert versions == [REVISIONS[-1]]


def test_a_newer_schema_is_refused_in_one_sentence(folder: Path, database: Database) -> None:
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaError, match=r"newer Telltale .*9999.*\.$"):
        open_database("", folder)


def test_a_step_that_fails_leaves_nothing_behind(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.storage.migrations import upgrade

    whole = upgrade.upgrade

    def interrupted(connection: object) -> None:
        whole(connection)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(upgrade, "upgrade", interrupted)
    with pytest.raises(KeyboardInterrupt):
        open_database("", folder)
    monkeypatch.undo()
    database = open_database("", folder)
    with database.reading() as connection:
        assert set(inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}
    database.close()


NEXT_STEP = """
from alembic import op
from sqlalchemy import Column, Text

revision, down_revision = "0002", "0001"


def upgrade():
    op.add_column("jobs", Column("note", Text, server_default="kept"))
"""


def test_an_older_schema_is_brought_up_to_date_with_its_rows(
    folder: Path, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.writing() as connection:
        values = "(id, job_type, state, created_at, last_seq) VALUES ('a', 'analysis', 'paused', "
        connection.execute(text(f"INSERT INTO jobs {values} '2026-11-21 10:00:00', 0)"))
    database.close()
    scripts = tmp_path / "migrations"
    shutil.copytree(Path(migrations.__file__ or "").parent, scripts)
    (scripts / "versions" / "v0002_notes.py").write_text(NEXT_STEP)
    monkeypatch.setattr("app.storage.migrations.upgrade.SCRIPTS", str(scripts))
    monkeypatch.setattr("app.storage.database.REVISIONS", ("0001", "0002"))
    newer = open_database("", folder)
    with newer.reading() as connection:
        assert connection.execute(text("SELECT id, note FROM jobs")).all() == [("a", "kept")]
    newer.close()
    monkeypatch.undo()
    with pytest.raises(SchemaError):
        open_database("", folder)


OPEN = "from pathlib import Path; from app.storage.database import open_database; import sys;"
OPEN += "open_database('', Path(sys.argv[1])).close();"


def test_those_that_start_at_once_make_one_database(folder: Path) -> None:
    # Alembic's own state is the process's: servers and commands are processes too.
    command = [sys.executable, "-c", OPEN, str(folder)]
    processes = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(30) for process in processes] == [0, 0, 0]


def test_alembic_is_loaded_only_where_something_is_to_migrate(
    folder: Path, database: Database
) -> None:
    command = [sys.executable, "-c", OPEN + "print('alembic' in sys.modules)", str(folder)]
    completed = subprocess.run(command, capture_output=True, text=True, check=True)
    assert completed.stdout == "False\n"


def test_every_migration_is_known_by_its_number() -> None:
    from app.storage.migrations import versions

    files = sorted(Path(versions.__file__ or "").parent.glob("v*.py"))
    assert tuple(path.name[1:5] for path in files) == REVISIONS

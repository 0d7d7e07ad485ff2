from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, text

from app.enrichment.models import ErrorKind, Mode, Verdict
from app.errors import SchemaError
from app.storage.database.connection import FILE_NAME, Database, open_database
from app.storage.migrations.upgrade import upgrade
from app.storage.tables import REVISIONS, metadata
from app.storage.writing.job_store import SQLJobStore
from tests.patience import PATIENCE_S


def test_migrations_create_the_tables_that_the_code_uses(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_database_stores_its_version(database: Database) -> None:
    with database.reading() as connection:
        versions = list(connection.scalars(text("SELECT version_num FROM alembic_version")))
    assert versions == [REVISIONS[-1]]


def test_a_newer_schema_is_refused_in_one_sentence(folder: Path, database: Database) -> None:
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaError, match=r"newer Telltale .*9999.*\.$"):
        open_database("", folder)


def test_a_failed_migration_changes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(connection: Connection) -> None:
        upgrade(connection)
        raise KeyboardInterrupt

    monkeypatch.setattr("app.storage.migrations.upgrade.upgrade", interrupted)
    with pytest.raises(KeyboardInterrupt):
        open_database("", folder)
    monkeypatch.undo()
    database = open_database("", folder)
    with database.reading() as connection:
        assert set(inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}
    database.close()


ANSWER = (
    '{"detection_count": 3, "total_engines": 94, "scan_date": null, "raw_stats": {},'
    ' "fetched_at": "2026-11-21T10:00:00+00:00", "details": [["AS", "1"]], "link": null}'
)
FAILURE = (
    '{"error": "It failed.", "kind": "timeout", "retry_after": null,'
    ' "fetched_at": "2026-11-21T10:00:00+00:00"}'
)
LOOKUP = (
    "INSERT INTO lookups (job_key, position, provider, state, verdict, attempts, outcome, seq)"
    " VALUES (1, 0, "
)
OLD_ROWS = (
    "INSERT INTO iocs VALUES (1, 0, 'ipv4', '9.9.9.9', '9.9.9.9', 5)",
    f"{LOOKUP} 'One', 'answered', 'malicious', 1, '{ANSWER}', 1)",
    f"{LOOKUP} 'Two', 'could_not_check', NULL, 2, '{FAILURE}', 2)",
)


def test_an_older_schema_is_migrated_with_its_rows(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir(mode=0o700)
    path = folder / FILE_NAME
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        upgrade(connection, REVISIONS[0])
        values = "(key, id, job_type, state, created_at, last_seq) VALUES (1, 'a', 'analysis', "
        connection.execute(text(f"INSERT INTO jobs {values} 'paused', '2026-11-21 10:00:00', 0)"))
        connection.execute(text("INSERT INTO analyses (job_key, mode) VALUES (1, 'offline')"))
        for statement in OLD_ROWS:
            connection.exec_driver_sql(statement)
    engine.dispose()
    database = open_database("", folder)
    stored = SQLJobStore(database).load("a")
    assert stored is not None
    assert (stored.job.id, stored.analysis.mode) == ("a", Mode.OFFLINE)
    answered, failed = stored.lookups
    assert answered.result is not None
    assert failed.error is not None
    assert (answered.result.verdict, answered.result.detection_count) == (Verdict.MALICIOUS, 3)
    assert (answered.result.account, answered.result.fresh_until) == ("", None)
    assert (failed.result, failed.error.kind) == (None, ErrorKind.TIMEOUT)
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    database.close()


OPEN = "import sys; from pathlib import Path;"
OPEN += "from app.storage.database.connection import open_database;"
OPEN += "open_database('', Path(sys.argv[1])).close();"


@pytest.mark.slow
def test_processes_that_start_together_create_one_database(folder: Path) -> None:
    # Alembic's own state is the process's: servers and commands are processes too.
    command = [sys.executable, "-c", OPEN, str(folder)]
    processes = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(PATIENCE_S) for process in processes] == [0, 0, 0]


@pytest.mark.slow
def test_alembic_is_loaded_only_for_a_migration(folder: Path, database: Database) -> None:
    command = [sys.executable, "-c", OPEN + "print('alembic' in sys.modules)", str(folder)]
    completed = subprocess.run(command, capture_output=True, text=True, check=True)
    assert completed.stdout == "False\n"


def test_every_migration_is_listed_by_its_number() -> None:
    from app.storage.migrations import versions

    files = sorted(Path(versions.__file__ or "").parent.glob("v*.py"))
    assert tuple(path.name[1:5] for path in files) == REVISIONS

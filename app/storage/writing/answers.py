"""The answers that several analyses can use, stored as long as one of them shows them.

They are rows of their own beside the lookups: an answer belongs to the account that asked, has a
name for each hash of its file, and is deleted with the last analysis that shows it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    exists,
    insert,
    literal,
    select,
)

from app.enrichment.models import EnrichmentResult, Lookup
from app.enrichment.quota.models import Account
from app.storage.accounts import account_key
from app.storage.codec import Values, answer_name, answer_values
from app.storage.database.batches import batches
from app.storage.database.upsert import or_replace, unless_there
from app.storage.tables import answer_names, answer_uses, answers, jobs

BY_NAME = (
    select(answer_names.c.name, answers.c.key, answers.c.fetched_at)
    .join(answers)
    .where(
        answer_names.c.account_key == bindparam("account"),
        answer_names.c.name.in_(bindparam("wanted", expanding=True)),
    )
)


@dataclass(slots=True, eq=False)
class _Answer:
    """An answer in the table, or a new one, which has no key yet."""

    fetched_at: datetime
    key: int | None = None
    values: Values = field(default_factory=dict)
    replaced: Collection[_Answer] = ()


def store(connection: Connection, job_key: int, rows: Iterable[Lookup]) -> None:
    """Store new answers, for as long as this job or another one shows them.

    An answer without `fresh_until` is not stored. An older answer does not replace a newer one.
    """
    for account, results in _by_account(rows):
        key = account_key(connection, account)
        stored = _stored(connection, key, results)
        new: list[_Answer] = []
        named: dict[bytes, _Answer] = {}
        used: dict[_Answer, None] = {}
        for result in results:
            # The names of a file's answer can belong to several stored answers: analyses asked
            # for its hashes before one answer said that they are hashes of the same file.
            names = _names(result)
            old = {stored[name]: None for name in names if name in stored}
            answer = max(old, key=lambda answer: answer.fetched_at, default=None)
            if answer is None or answer.fetched_at < result.fetched_at:
                answer = _Answer(result.fetched_at, None, answer_values(result), old)
                new.append(answer)
                stored |= dict.fromkeys(names, answer)
                named |= dict.fromkeys(names, answer)
            used[answer] = None
        _insert(connection, key, new, named)
        uses = [{"answer_key": answer.key, "job_key": job_key} for answer in used]
        connection.execute(unless_there(connection.dialect.name, answer_uses), uses)


def add_uses(connection: Connection, job_key: int, rows: Iterable[Lookup]) -> None:
    """Note that the job shows stored answers, so that they live as long as the job."""
    into = unless_there(connection.dialect.name, answer_uses)
    for account, results in _by_account(rows):
        key = account_key(connection, account)
        for some in batches([answer_name(result.ioc) for result in results]):
            found = select(answer_names.c.answer_key, literal(job_key)).where(
                answer_names.c.account_key == key, answer_names.c.name.in_(some)
            )
            connection.execute(into.from_select(["answer_key", "job_key"], found.distinct()))


def delete_unshared(connection: Connection, job_id: str) -> None:
    """Delete the answers that only this job shows. Call it before the job is deleted."""
    ours = answer_uses.alias()
    others = answer_uses.alias()
    job_key = select(jobs.c.key).where(jobs.c.id == job_id).scalar_subquery()
    is_shared = exists().where(
        others.c.answer_key == ours.c.answer_key, others.c.job_key != ours.c.job_key
    )
    only_ours = select(ours.c.answer_key).where(ours.c.job_key == job_key, ~is_shared)
    connection.execute(delete(answers).where(answers.c.key.in_(only_ours)))


def _by_account(rows: Iterable[Lookup]) -> Iterable[tuple[Account, list[EnrichmentResult]]]:
    found: dict[Account, list[EnrichmentResult]] = defaultdict(list)
    for row in rows:
        result = row.result
        if result and result.fresh_until:
            found[Account(result.provider, result.account)].append(result)
    return found.items()


def _names(result: EnrichmentResult) -> list[bytes]:
    return [answer_name(ioc) for ioc in (result.ioc, *result.aliases)]


def _stored(
    connection: Connection, key: int, results: Iterable[EnrichmentResult]
) -> dict[bytes, _Answer]:
    """Return the stored answers of the account by each name that these results have."""
    found: dict[int, _Answer] = {}
    stored: dict[bytes, _Answer] = {}
    for some in batches([name for result in results for name in _names(result)]):
        for row in connection.execute(BY_NAME, {"account": key, "wanted": some}):
            stored[row.name] = found.setdefault(row.key, _Answer(row.fetched_at, row.key))
    return stored


def _insert(
    connection: Connection, key: int, new: Sequence[_Answer], named: dict[bytes, _Answer]
) -> None:
    if not new:
        return
    values = [answer.values | {"account_key": key} for answer in new]
    inserted = insert(answers).returning(answers.c.key, sort_by_parameter_order=True)
    for answer, number in zip(new, connection.scalars(inserted, values), strict=True):
        answer.key = number
    names = [
        {"account_key": key, "name": name, "answer_key": answer.key}
        for name, answer in named.items()
    ]
    connection.execute(or_replace(connection.dialect.name, answer_names, ("answer_key",)), names)
    for answer in new:
        if answer.replaced:
            _replace(connection, answer)


def _replace(connection: Connection, answer: _Answer) -> None:
    """Let the jobs that showed an older answer show this one; delete answers without a name."""
    old = [answer.key for answer in answer.replaced]
    uses = select(literal(answer.key), answer_uses.c.job_key).where(
        answer_uses.c.answer_key.in_(old)
    )
    into = unless_there(connection.dialect.name, answer_uses)
    connection.execute(into.from_select(["answer_key", "job_key"], uses.distinct()))
    is_named = exists().where(answer_names.c.answer_key == answers.c.key)
    connection.execute(delete(answers).where(answers.c.key.in_(old), ~is_named))

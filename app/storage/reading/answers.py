"""The stored answers, which spare an analysis a call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, bindparam, func, select

from app.enrichment.models import EnrichmentResult
from app.enrichment.quota.models import Account
from app.pipeline.models import IOC, IOCType
from app.storage.accounts import KEY, names
from app.storage.codec import answer_name, read_answer
from app.storage.database.batches import batches
from app.storage.database.connection import Database
from app.storage.tables import answer_names, answers, iocs

BY_NAME = (
    select(answer_names.c.name, answers.c.verdict, answers.c.outcome)
    .join(answers)
    .where(
        answer_names.c.account_key == bindparam("account"),
        answer_names.c.name.in_(bindparam("wanted", expanding=True)),
    )
)
SEEN = (
    select(iocs.c.type, iocs.c.value, func.count())
    .where(iocs.c.value.in_(bindparam("wanted", expanding=True)))
    .group_by(iocs.c.type, iocs.c.value)
)


class AnswerReader:
    """Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(
        self, accounts: Sequence[Account], wanted: Sequence[IOC]
    ) -> dict[tuple[IOC, str], EnrichmentResult]:
        """Return the last answers of these accounts, fresh or stale, by IOC and provider."""
        by_name = {answer_name(ioc): ioc for ioc in wanted}
        found: dict[tuple[IOC, str], EnrichmentResult] = {}
        with self._database.reading() as connection:
            for account in accounts:
                for ioc, result in _answers(connection, account, by_name):
                    found[ioc, account.provider] = result
        return found

    def times_seen(self, wanted: Sequence[IOC]) -> dict[IOC, int]:
        """Return the number of analyses that contain each IOC; IOCs without any are left out."""
        values = {ioc.value for ioc in wanted}
        asked_for = set(wanted)
        seen = {}
        with self._database.reading() as connection:
            for some in batches(sorted(values)):
                for kind, value, count in connection.execute(SEEN, {"wanted": some}):
                    if (ioc := IOC(IOCType(kind), value)) in asked_for:
                        seen[ioc] = count
        return seen


def _answers(
    connection: Connection, account: Account, by_name: Mapping[bytes, IOC]
) -> Iterator[tuple[IOC, EnrichmentResult]]:
    if (key := connection.scalar(KEY, names(account))) is None:
        return
    for some in batches(list(by_name)):
        for row in connection.execute(BY_NAME, {"account": key, "wanted": some}):
            ioc = by_name[row.name]
            yield ioc, read_answer(row, ioc, account)

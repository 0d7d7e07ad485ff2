"""The primary keys of accounts: quota and answers belong to an account, not to a provider."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from app.enrichment.quota.models import Account
from app.storage.database.upsert import unless_there
from app.storage.tables import accounts

OF_ACCOUNT = (accounts.c.provider == bindparam("of_provider")) & (
    accounts.c.digest == bindparam("of_key")
)
KEY = select(accounts.c.key).where(OF_ACCOUNT)


def names(account: Account) -> dict[str, str]:
    """Return the parameters of `OF_ACCOUNT`."""
    return {"of_provider": account.provider, "of_key": account.digest}


def account_key(connection: Connection, account: Account) -> int:
    """Return the key of an account, and insert the account if it is new.

    Call it in a transaction for writing. Two processes may insert the same account at once:
    one of them inserts nothing and reads the other's row.
    """
    key = connection.scalar(KEY, names(account))
    if key is None:
        row = {"provider": account.provider, "digest": account.digest, "refusals": 0}
        connection.execute(unless_there(connection.dialect.name, accounts), row)
        key = connection.execute(KEY, names(account)).scalar_one()
    return int(key)

"""device.db: the accounts of this tablet and its settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, exists, select, update
from sqlalchemy.dialects.sqlite import insert

from field_app.store.migrate import DEVICE_REVISIONS, ensure_schema
from field_app.store.ports import Blobs, LocalStore
from field_app.store.tables import DEVICE, account, blob_use, setting
from shared_models.people.access import Access, GrantView, Role, ScopeKind


@dataclass(frozen=True)
class Account:
    """One person on one server, as this tablet knows them. ``database`` names the account's own file."""

    id: str
    server: str
    login: str
    person_id: str
    name: str
    token: str
    grants: tuple[GrantView, ...]
    language: str
    database: str
    signed_in: bool
    used_at: str

    @property
    def access(self) -> Access:
        """The person's roles and scopes as of the last sign-in or pull."""
        return Access.of(self.person_id, self.grants)


def grants_from(plain: list[dict[str, Any]]) -> tuple[GrantView, ...]:
    """Grants of their plain form; roles that this build does not know are left out."""
    known = {role.value for role in Role}
    return tuple(
        sorted(
            GrantView(Role(g["role"]), ScopeKind(g["scope_kind"]), g.get("scope_id") or "")
            for g in plain
            if g.get("role") in known
        )
    )


def grants_plain(grants: tuple[GrantView, ...]) -> list[dict[str, str]]:
    """The plain form of grants."""
    return [{"role": g.role, "scope_kind": g.scope_kind, "scope_id": g.scope_id} for g in grants]


def _account(row: Row[Any]) -> Account:
    values: dict[str, Any] = dict(row._mapping)  # pyright: ignore[reportPrivateUsage]
    values["grants"] = grants_from(values["grants"])
    return Account(**values)


class Device:
    """The tablet's own database: who has signed in here, and the settings that hold for all of them."""

    def __init__(self, local: LocalStore) -> None:
        self._local = local
        self._engine = local.engine
        ensure_schema(self._engine, DEVICE, DEVICE_REVISIONS)

    def accounts(self) -> list[Account]:
        """All accounts ever signed in on this tablet, last used first."""
        with self._engine.connect() as connection:
            return [
                _account(r) for r in connection.execute(select(account).order_by(account.c.used_at.desc()))
            ]

    def account(self, account_id: str) -> Account | None:
        """The account of that id."""
        with self._engine.connect() as connection:
            row = connection.execute(select(account).where(account.c.id == account_id)).first()
            return _account(row) if row is not None else None

    def save(self, one: Account) -> None:
        """Insert or replace an account."""
        values = {**one.__dict__, "grants": grants_plain(one.grants)}
        statement = insert(account).values(values)
        with self._engine.begin() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))

    def mark_used(self, account_id: str, used_at: str) -> None:
        """Remember when an account was last opened."""
        with self._engine.begin() as connection:
            connection.execute(update(account).where(account.c.id == account_id).values(used_at=used_at))

    def setting(self, key: str, default: Any = None) -> Any:
        """A setting's plain value."""
        with self._engine.connect() as connection:
            row = connection.execute(select(setting.c.value).where(setting.c.key == key)).first()
            return default if row is None else row[0]

    def set_setting(self, key: str, value: Any) -> None:
        """Write a setting (plain JSON data); None removes it."""
        with self._engine.begin() as connection:
            if value is None:
                connection.execute(delete(setting).where(setting.c.key == key))
                return
            statement = insert(setting).values(key=key, value=value)
            connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))

    def use_blob(self, sha256: str, database: str) -> None:
        """Note that an account keeps this blob."""
        statement = insert(blob_use).values(sha256=sha256, database=database).on_conflict_do_nothing()
        with self._engine.begin() as connection:
            connection.execute(statement)

    def uses_blob(self, sha256: str, database: str) -> bool:
        """Whether an account keeps this blob."""
        where = exists().where(blob_use.c.sha256 == sha256, blob_use.c.database == database)
        with self._engine.connect() as connection:
            return bool(connection.execute(select(where)).scalar_one())

    def drop_blob(self, sha256: str, database: str) -> bool:
        """Forget that an account keeps this blob; True if no other account does."""
        with self._engine.begin() as connection:
            connection.execute(
                delete(blob_use).where(blob_use.c.sha256 == sha256, blob_use.c.database == database)
            )
            return not connection.execute(select(exists().where(blob_use.c.sha256 == sha256))).scalar_one()

    async def durable(self) -> None:
        """Return once all that was written survives a kill."""
        await self._local.durable()

    async def close(self) -> None:
        """Give the file back."""
        await self._local.close()


class OwnBlobs:
    """The device's blobs as one account sees them: only its own; removed when no account keeps them."""

    def __init__(self, blobs: Blobs, device: Device, database: str) -> None:
        self._blobs = blobs
        self._device = device
        self._database = database

    async def put(self, sha256: str, data: bytes) -> None:
        """Keep bytes for this account; durable on return."""
        self._device.use_blob(sha256, self._database)
        await self._blobs.put(sha256, data)
        await self._device.durable()

    async def get(self, sha256: str) -> bytes | None:
        """The bytes, if this account put them here."""
        return await self._blobs.get(sha256) if self._device.uses_blob(sha256, self._database) else None

    async def delete(self, sha256: str) -> None:
        """Let go of bytes; they stay while another account keeps them."""
        if not self._device.uses_blob(sha256, self._database):
            return
        if self._device.drop_blob(sha256, self._database):
            await self._blobs.delete(sha256)
        await self._device.durable()

"""What is typed into forms or chosen for them and not yet sent: an account's own, never synced.

A form may be drawn anew by a sync, or be left for another screen, or the app may be closed: its words and its
photos stay until they are sent or taken out. Words lie beside the cached figures, in ``cached_view``, photos
beside those that were sent.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from field_app.store.media import GONE
from field_app.store.store import Store
from field_app.store.tables import cached_view, media_file
from shared_models.clock import to_text

log = logging.getLogger("revisit.typed")
PREFIX = "typed/"
PAUSE = 0.6
"""Seconds without a key after which words are written to the device."""
FORGOTTEN = timedelta(days=90)
"""Words that nobody has touched for so long are dropped."""


@dataclass(eq=False)
class UnsentFile:
    """A photo chosen for a form; its bytes are on the device."""

    sha256: str
    kind: str
    """What it shows, in the form's own words ("" where the form knows one kind)."""
    data: bytes | None = field(default=None, repr=False)
    """None after a restart, until :meth:`Typed.load`."""


class TypedWords:
    """The words of one form. Every look at a form of the same name gives the same object."""

    def __init__(
        self,
        store: Store,
        form: str,
        text: str = "",
        lines: list[dict[str, str]] | None = None,
        files: list[UnsentFile] | None = None,
    ) -> None:
        self._store, self._form = store, form
        self._writing: asyncio.Task[None] | None = None
        self._text = text
        self.lines: list[dict[str, str]] = lines or []
        """Short lists that belong to the form (who attended); call :meth:`changed` after changing them."""
        self.files: list[UnsentFile] = files or []
        """Photos chosen and not yet sent; :meth:`Typed.keep` adds one, :meth:`Typed.drop` takes one out."""

    @property
    def text(self) -> str:
        """What stands in the field."""
        return self._text

    def put(self, text: str) -> None:
        """Take what was typed; on the device shortly after the last key."""
        self._text = text
        self.changed()

    def hear(self, event: Any) -> None:
        """As :meth:`put`, from a text field's event."""
        self.put(event.control.value or "")

    def changed(self) -> None:
        """Write soon."""
        self._stop()
        try:
            self._writing = asyncio.get_running_loop().create_task(self._soon())
        except RuntimeError:  # drawn without a running app
            self.write()

    def clear(self) -> None:
        """It has been sent: its photos are the business of the queue of files now."""
        self._stop()
        self._text = ""
        self.lines.clear()
        self.files.clear()
        self.write()

    @property
    def unwritten(self) -> bool:
        """Whether the device does not hold the newest words yet."""
        return self._writing is not None and not self._writing.done()

    def write(self) -> None:
        """Write now; empty words leave nothing behind."""
        self._stop()
        key = PREFIX + self._form
        if self._text or self.lines or self.files:
            files = [{"sha256": one.sha256, "kind": one.kind} for one in self.files]
            self._store.cache(key, {"text": self._text, "lines": self.lines, "files": files})
            return
        with self._store.write() as connection:
            connection.execute(delete(cached_view).where(cached_view.c.key == key))

    def _stop(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None and writing is not _current_task():
            writing.cancel()

    async def _soon(self) -> None:
        await asyncio.sleep(PAUSE)
        try:
            self.write()
            await self._store.durable()
        except Exception:  # a full device: the words stay in memory, and the next key tries again
            log.exception("typed words were not written")


def _current_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


@dataclass(eq=False)
class Typed:
    """All forms of one account."""

    store: Store
    _forms: dict[str, TypedWords] | None = field(default=None, repr=False)
    _expired: set[str] = field(default_factory=set[str], repr=False)
    """Hashes of photos of forms that nobody touched for so long that they were dropped."""

    def of(self, form: str) -> TypedWords:
        """The words of a form; its name says what it is about (``action/<id>``)."""
        forms = self._read()
        found = forms.get(form)
        if found is None:
            found = forms[form] = TypedWords(self.store, form)
        return found

    def under(self, prefix: str) -> dict[str, str]:
        """The words of all forms whose name begins so, by the rest of the name; empty ones left out."""
        return {
            name.removeprefix(prefix): one.text
            for name, one in self._read().items()
            if name.startswith(prefix) and one.text
        }

    def clear_under(self, prefix: str) -> None:
        """Empty all forms whose name begins so."""
        for name, one in self._read().items():
            if name.startswith(prefix):
                one.clear()

    async def keep(self, form: TypedWords, data: bytes, kind: str = "") -> None:
        """Keep a photo chosen for a form; durable on return."""
        sha256 = hashlib.sha256(data).hexdigest()
        await self.store.blobs.put(sha256, data)
        form.files.append(UnsentFile(sha256, kind, data))
        form.write()
        await self.store.durable()

    async def drop(self, form: TypedWords, file: UnsentFile) -> None:
        """Take a photo out of a form; one that is not in it (any more) is no error."""
        if file in form.files:
            form.files.remove(file)
            form.write()
            await self.store.durable()
            await self._let_go(file.sha256)

    async def load(self, form: TypedWords) -> bool:
        """Read the photos that were chosen before a restart; whether there were any to read."""
        waiting = [file for file in form.files if file.data is None]
        for file in waiting:
            file.data = await self.store.blobs.get(file.sha256)
        form.files[:] = [file for file in form.files if file.data is not None]  # the device was tidied up
        while self._expired:
            await self._let_go(self._expired.pop())
        return bool(waiting)

    async def _let_go(self, sha256: str) -> None:
        """Remove the bytes unless another form or the queue of files needs them."""
        if any(file.sha256 == sha256 for form in self._read().values() for file in form.files):
            return
        queued = select(media_file.c.sha256).where(media_file.c.sha256 == sha256, media_file.c.state != GONE)
        with self.store.read() as connection:
            if connection.execute(queued).first() is not None:
                return
        await self.store.blobs.delete(sha256)

    def write(self) -> None:
        """Write what is still on its way to the device; before the store is closed."""
        for one in (self._forms or {}).values():
            if one.unwritten:
                one.write()

    def _read(self) -> dict[str, TypedWords]:
        if self._forms is None:
            self._forms = {}
            oldest = to_text(self.store.context.now() - FORGOTTEN)
            ours = cached_view.c.key.startswith(PREFIX, autoescape=True)
            with self.store.write() as connection:
                old = (ours, cached_view.c.fetched_at < oldest)
                for body in connection.execute(select(cached_view.c.body).where(*old)).scalars():
                    self._expired.update(file["sha256"] for file in body.get("files", ()))
                connection.execute(delete(cached_view).where(*old))
                rows = connection.execute(select(cached_view.c.key, cached_view.c.body).where(ours)).all()
            for row in rows:
                form = row.key.removeprefix(PREFIX)
                files = [UnsentFile(one["sha256"], one["kind"]) for one in row.body.get("files", ())]
                self._forms[form] = TypedWords(self.store, form, row.body["text"], row.body["lines"], files)
        return self._forms

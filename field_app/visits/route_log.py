"""The route of a test drive while it is driven: fixes of the device, kept as they come, one file in the end.

Nothing is asked of the device unless the person has switched it on for this very visit, and then only between
setting off and coming back. No Flet here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from field_app.store.typed import TypedWords
from field_app.visits.live import DRIVE, LiveVisit
from shared_models.clock import Now, from_text, to_text, utc_now
from shared_models.visits.route import (
    MOST,
    ROUTE_KIND,
    ROUTE_MIME,
    Fix,
    adds,
    from_geojson,
    thinned,
    to_geojson,
)

ROUTE = "route"
"""Topic: a fix came in, or the log was switched."""
PAUSE = 5.0
"""Seconds between two looks at the device's place."""
ON = "on"
SETTING_OFF = ("consultant_drives", "change_over", "customer_drives")
OVER = ("back", "debrief")

Where = Callable[[bool], Awaitable[Mapping[str, float] | None]]
"""The place now (latitude, longitude, accuracy_m); with True the person may be asked. None: not to be had."""


def driving(stamps: Mapping[str, Any]) -> bool:
    """Whether the car is on the road by the stamps of the log."""
    return any(one in stamps for one in SETTING_OFF) and not any(one in stamps for one in OVER)


def over(stamps: Mapping[str, Any]) -> bool:
    """Whether the drive has ended."""
    return any(one in stamps for one in OVER)


def route_file(attachments: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The attachment that holds the route of a visit, the newest if there are several."""
    found = [row for row in attachments if row["kind"] == ROUTE_KIND]
    return found[-1] if found else None


class RouteLog:
    """Fixes of one visit. They survive a restart of the app; the file is made when the drive is over."""

    def __init__(self, live: LiveVisit, words: TypedWords, where: Where, now: Now = utc_now) -> None:
        self._live, self._words, self._where, self._now = live, words, where, now
        self._looking: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._one_end = asyncio.Lock()
        self.blind = False
        """Whether the last look found no place."""
        self.refused = False
        """Whether the device gave no place when it was switched on."""
        live.listen([DRIVE], self.follow)

    @property
    def on(self) -> bool:
        """Whether the person wants the route kept."""
        return self._words.text == ON

    @property
    def running(self) -> bool:
        """Whether the device is asked for its place now."""
        return self.on and self._live.session.editable and driving(self._live.session.stamps)

    @property
    def fixes(self) -> tuple[Fix, ...]:
        """What was taken so far and is not in the visit's file yet."""
        return tuple(
            Fix(from_text(one["at"]), float(one["latitude"]), float(one["longitude"]))
            for one in self._words.lines
        )

    async def switch(self) -> None:
        """On or off. The device may ask for permission now, never later on the road; what was taken stays."""
        if self.on:
            self._words.put("")
            self.stop()
            await self.finish()
        else:
            self.refused = await self._where(True) is None
            if not self.refused:
                self._words.put(ON)
                self._words.write()
                self.follow()
        self._live.tell(ROUTE)

    def follow(self) -> None:
        """Begin to look, or end it, as the stamps and the switch say."""
        if self.running:
            if self._looking is None or self._looking.done():
                self._looking = asyncio.get_running_loop().create_task(self._look())
        elif self.on and over(self._live.session.stamps):
            self.stop()
            self._ending = asyncio.get_running_loop().create_task(self.finish())

    def stop(self) -> None:
        """Ask the device no more; what was taken stays."""
        looking, self._looking = self._looking, None
        if looking is not None:
            looking.cancel()

    async def _look(self) -> None:
        while self.running:
            await self.take()
            await asyncio.sleep(PAUSE)

    async def take(self) -> None:
        """One look at the place; kept where it adds to the route."""
        place = await self._where(False)
        self.blind = place is None
        if place is not None and self.running:
            fix = Fix(self._now(), place["latitude"], place["longitude"])
            taken = self.fixes
            if adds(taken[-1] if taken else None, fix, place.get("accuracy_m", 0.0)):
                self._keep((*taken, fix))
        self._live.tell(ROUTE)

    def _keep(self, fixes: Sequence[Fix]) -> None:
        kept = thinned(fixes, off_m=4.0) if len(fixes) > 2 * MOST else fixes
        self._words.lines[:] = [
            {"at": to_text(one.at), "latitude": str(one.latitude), "longitude": str(one.longitude)}
            for one in kept
        ]
        self._words.write()

    async def finish(self) -> None:
        """Make what was taken the visit's file, with what such a file held before; the switch is off again.

        A route of one point is none. Nothing is taken into a visit that is sealed.
        """
        async with self._one_end:
            session = self._live.session
            if session.editable and len(self._words.lines) > 1:
                old = [row for row in session.attachments if row["kind"] == ROUTE_KIND]
                known = {fix.at: fix for fix in self.fixes}
                for row in old:
                    known |= {fix.at: fix for fix in from_geojson(await session.blob(row["id"]) or b"")}
                whole = thinned(sorted(known.values(), key=lambda fix: fix.at))
                await self._live.attach("", to_geojson(whole), ROUTE_MIME, ROUTE_KIND)
                for row in old:
                    await self._live.remove("", row["id"])
            self._words.clear()
            self.blind = False
        self._live.tell(ROUTE)

    async def discard(self) -> None:
        """Take the route out of the visit, and what was taken since."""
        self.stop()
        self._words.clear()
        for row in [row for row in self._live.session.attachments if row["kind"] == ROUTE_KIND]:
            await self._live.remove("", row["id"])
        self._live.tell(ROUTE)

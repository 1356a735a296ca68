"""Voice notes of an open visit: from the microphone to an attachment. No Flet here."""

from __future__ import annotations

from datetime import UTC, datetime

from field_app.platform import Platform, Recording
from field_app.visits.live import SAVING, LiveVisit

MINUTES_SETTING = ("recording_minutes", 5)
"""Name of the device's setting, and what counts until it is set."""
MINUTES = (2, 5, 15)
"""What can be chosen in the settings; fifteen minutes are about 3.6 MB."""


class Recorder:
    """Records for one question of a visit at a time and keeps what comes, whoever ended it."""

    def __init__(self, live: LiveVisit, device: Platform) -> None:
        self._live = live
        self._device = device
        self.code = ""
        """The question that is recorded for, or the microphone asked for; "" for none."""
        self.since: datetime | None = None
        """When the recording began; None while the microphone is being asked for."""
        self._wanted = True
        self.unsaved: dict[str, Recording] = {}
        """By question: what could not be saved yet. It is nowhere else."""
        self.told: dict[str, tuple[str, float]] = {}
        """By question: why nothing is recorded or why it ended (a Microphone or an end of a Recording,
        "empty"), and how many seconds were kept."""

    async def record(self, code: str, minutes: int) -> None:
        """Record for a question until it ends; returns when what was recorded is durable."""
        if self.code:
            if self.code != code:
                self._tell(code, "busy")
            return
        self.code, self._wanted = code, True
        self._tell(code)
        try:
            began = await self._device.start_recording(minutes * 60)
            if began != "recording":
                self._tell(code, began if self._wanted else "")
                return
            self.since = datetime.now(UTC)
            self._unsaved(code, True)
            recording = await self._device.recorded()
        finally:
            self.code, self.since = "", None
            self._unsaved(code, False)
        if recording is None:
            return
        if not recording.data:
            self._tell(code, "empty")
            return
        if recording.ended != "stopped":
            self._tell(code, recording.ended, recording.seconds)
        await self._keep(code, recording)

    async def save_again(self, code: str) -> None:
        """Try once more to keep what could not be saved."""
        if code in self.unsaved:
            await self._keep(code, self.unsaved.pop(code))

    async def _keep(self, code: str, recording: Recording) -> None:
        self._unsaved(code, True)
        try:
            await self._live.attach(code, recording.data, recording.mime, "audio")
        except Exception:
            self.unsaved[code] = recording
            self._live.tell(code)
            raise
        self._unsaved(code, False)

    async def stop(self, *, keep: bool = True) -> None:
        """End what is recorded now; without ``keep`` it is thrown away."""
        if self.code:
            self._wanted = False
            await self._device.stop_recording(keep=keep)

    def _tell(self, code: str, why: str = "", seconds: float = 0) -> None:
        self.told.pop(code, None)
        if why:
            self.told[code] = (why, seconds)
        self._live.tell(code)

    def _unsaved(self, code: str, begun: bool) -> None:
        """The visit is not called saved while a recording is not; a name of its own beside the comment's."""
        self._live.typing(f"{code}.recording", begun)
        self._live.tell(code, SAVING)


def recorder_of(live: LiveVisit, device: Platform) -> Recorder:
    """The one recorder of an open visit."""
    if live.recorder is None:
        live.recorder = Recorder(live, device)
    return live.recorder

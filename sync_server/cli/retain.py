"""revisit retain: what the rules of retention would remove, and removing it."""

from __future__ import annotations

from typing import Annotated

import typer

from sync_server.cli.language import t
from sync_server.cli.options import AsJson, Data
from sync_server.cli.output import show, size, table
from sync_server.cli.site import open_database, settings_for


def retain(
    apply: Annotated[bool, typer.Option("--apply", help=t("cli.retain.apply"))] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Tell what would be removed; with --apply remove it, which cannot be taken back."""
    from shared_models.clock import utc_now
    from sync_server.audit.recording import By
    from sync_server.media.blobs import FolderBlobs
    from sync_server.retention import service

    settings, now = settings_for(data), utc_now()
    with open_database(settings) as database:
        if apply:
            with database.write(journal=False) as session:
                counts, hashes = service.run(session, By("", now, "cli"))
                rules = service.in_force(session)
            service.remove_bytes(FolderBlobs(settings.blob_dir), hashes)
        else:
            with database.read() as session:
                counts, rules = service.due(session, now).counts, service.in_force(session)
    shown = {"applied": apply, "rules": rules.model_dump(), "counts": counts.model_dump()}

    def human() -> None:
        forever = t("cli.retain.forever")
        rows = [
            (t("cli.retain.photos"), rules.photo_days or forever, counts.photos),
            (t("cli.retain.routes"), rules.photo_days or forever, counts.routes),
            (t("cli.retain.recordings"), rules.audio_days or forever, counts.recordings),
            (t("cli.retain.numbers"), rules.number_days or forever, counts.numbers),
        ]
        heads = [t(f"cli.retain.head.{name}") for name in ("what", "days", "due")]
        table(heads, rows, right=(1, 2))
        key = "cli.retain.done" if apply else "cli.retain.preview"
        print(t(key, size=size(counts.bytes)))

    show(shown, as_json, human)

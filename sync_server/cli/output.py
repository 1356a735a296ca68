"""What commands print: results to stdout (tables for people, JSON for machines), the rest to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any

from shared_models.problems import Problem
from sync_server.cli.language import LANGUAGE, t

Step = Callable[[float, float], None]
"""Called with how much is done and how much there is."""


def show(data: Any, as_json: bool, human: Callable[[], None]) -> None:
    """Print ``data`` as JSON, or let ``human`` print it for people."""
    if as_json:
        print(json.dumps(data, ensure_ascii=False, indent=2, default=str))
    else:
        human()


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[int] = ()) -> None:
    """A table; ``right`` are the columns of figures. Piped, it is not cut to any width."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    out = Console(width=None if sys.stdout.isatty() else 200)
    made = Table(box=SIMPLE_HEAD, pad_edge=False)
    for place, name in enumerate(columns):
        made.add_column(name, justify="right" if place in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*(("—" if value is None else str(value)) for value in row))
    out.print(made, markup=False)


def say(text: str) -> None:
    """A line for people about what goes on, on stderr: it never mixes with results."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def progress(title: str) -> Generator[Step]:
    """A progress bar on stderr, on a terminal only; call the given function with (done, total)."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bars = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*bars, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def tell(problem: Problem, language: str = LANGUAGE) -> None:
    """A problem as sentences: what, what to do, where."""
    say(t("cli.problem", title=problem.title(language)))
    say(f"  {problem.todo(language)}")
    for place in problem.places[:20]:
        say(f"  - {place.at}: {place.reason}")
    if len(problem.places) > 20:
        say(f"  … +{len(problem.places) - 20}")


def size(count: float) -> str:
    """A number of bytes for people (decimal units)."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"

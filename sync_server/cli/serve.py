"""revisit serve: the server in this process, or in several that it watches over, until Ctrl-C."""

from __future__ import annotations

import errno
import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared_models.problems import Code, Problem
from sync_server.cli.language import t
from sync_server.cli.options import Data
from sync_server.cli.output import say
from sync_server.cli.site import open_database, settings_for

if TYPE_CHECKING:
    from sync_server.settings import Settings


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="PORT", help=t("cli.serve.port"))] = 8000,
    host: Annotated[str, typer.Option(metavar="HOST", help=t("cli.serve.host"))] = "127.0.0.1",
    data: Data = None,
    access_log: Annotated[bool, typer.Option("--access-log", help=t("cli.serve.access_log"))] = False,
    show_demo: Annotated[bool, typer.Option("--show-demo", help=t("cli.serve.show_demo"))] = False,
    workers: Annotated[int, typer.Option(min=1, max=64, metavar="N", help=t("cli.serve.workers"))] = 1,
    public_url: Annotated[str, typer.Option(metavar="URL", help=t("cli.serve.public_url"))] = "",
) -> None:
    """Serve until Ctrl-C."""
    settings = settings_for(data)
    if public_url:
        # by the environment, so that the processes of --workers hear of it too
        os.environ["REVISIT_PUBLIC_URL"] = public_url
        settings = settings_for(data)
    if workers > 1 and settings.database_url.startswith("sqlite"):
        raise Problem(Code.SETTING_INVALID, {"reason": t("cli.serve.workers_sqlite")})
    with bind(host, port) as bound:
        with open_database(settings, create=True) as database:
            from sync_server.cli.accounts import has_accounts

            initialised = has_accounts(database)
        _run(
            settings,
            bound,
            workers,
            access_log,
            lambda: _announce(_url(host, bound), settings, initialised, show_demo),
        )


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; PORT_BUSY or SETTING_INVALID in words where that cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(256)
    except OSError as error:
        bound.close()
        if error.errno in {errno.EADDRINUSE, errno.EACCES}:
            raise Problem(Code.PORT_BUSY, {"port": port}) from error
        raise Problem(
            Code.SETTING_INVALID, {"reason": f"--host {host}: {error.strerror or error}"}
        ) from error
    return bound


def _announce(url: str, settings: Settings, initialised: bool, show_demo: bool) -> None:
    say(t("cli.serve.running", url=url))
    if settings.pwa_root is None:
        say(t("cli.serve.no_pwa"))
    if not initialised:
        say(t("cli.serve.no_accounts"))
    elif show_demo:
        from sync_server.cli.demo import show_logins

        show_logins(url, settings.data_dir)
    say(t("cli.serve.stop"))


def _url(host: str, bound: socket.socket) -> str:
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{bound.getsockname()[1]}/"


def _run(
    settings: Settings, bound: socket.socket, workers: int, access_log: bool, ready: Callable[[], None]
) -> None:
    how: dict[str, Any] = {
        "log_level": "info" if access_log else "warning",
        "access_log": access_log,
        "timeout_graceful_shutdown": 1,
        "server_header": False,
    }
    if workers == 1:
        _run_here(settings, bound, ready, how)
    else:
        from sync_server.cli.serve_workers import run_workers
        from sync_server.reminders.daily import Reminding
        from sync_server.store import Database

        # once for all processes: two would send every mail twice
        database = Database(settings.database_url)
        reminding = Reminding(database, settings)

        def all_ready() -> None:
            reminding.start()
            ready()

        run_workers(settings, bound, workers, access_log, all_ready)
        reminding.end()
        database.close()
    say(t("cli.serve.stopped"))


def _run_here(
    settings: Settings, bound: socket.socket, ready: Callable[[], None], how: dict[str, Any]
) -> None:
    import uvicorn

    from sync_server.app import create_app
    from sync_server.reminders.daily import Reminding

    class Server(uvicorn.Server):
        """Says where it can be reached as soon as it can be."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                reminding.start()
                ready()

    application = create_app(settings)
    reminding = Reminding(application.state.db, settings)

    config = uvicorn.Config(application, **how)

    # uvicorn raises the signal again when it has shut down: ending on request is success
    def end(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    with suppress(KeyboardInterrupt):
        Server(config).run(sockets=[bound])
    reminding.end()

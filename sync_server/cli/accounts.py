"""revisit init: the first account. There is no default password: it is typed, or made and told once."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from shared_models.problems import Code, Place, Problem
from sync_server.cli.language import LANGUAGE, t
from sync_server.cli.options import AsJson, Data
from sync_server.cli.output import say, show, tell
from sync_server.cli.site import open_database, settings_for

if TYPE_CHECKING:
    from sync_server.store import Database


def init(
    login: Annotated[str, typer.Option(metavar="LOGIN", help=t("cli.init.login"))] = "admin",
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help=t("cli.init.name"), show_default=False)
    ] = None,
    generate: Annotated[bool, typer.Option("--generate", help=t("cli.init.generate"))] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Create database, built-in checklists and the first account (headquarters, whole company)."""
    settings = settings_for(data)
    with open_database(settings, create=True) as database:
        if has_accounts(database):
            raise Problem(Code.ALREADY_INITIALISED)
        from shared_models.clock import utc_now
        from shared_models.people.access import Role
        from sync_server.checklists.service import publish_builtin
        from sync_server.people import service
        from sync_server.people.passwords import new_password

        typed = None if generate or not sys.stdin.isatty() else _ask()
        password = typed or new_password()
        hashed = service.checked_password(password)
        with database.write() as session:
            publish_builtin(session)
            person = service.create_person(session, name=name or login, language=LANGUAGE)
            service.grant(session, person, Role.HQ)
            service.set_login(session, person, login=login, password_hash=hashed, now=utc_now())
    shown = {"login": service.fold(login), "data": str(settings.data_dir)}
    if typed is None:
        shown["password"] = password

    def human() -> None:
        print(t("cli.init.done", login=shown["login"], folder=settings.data_dir))
        if typed is None:
            print(t("cli.init.password", password=password))
        print(t("cli.init.next"))

    show(shown, as_json, human)


def _ask() -> str:
    """A password typed twice."""
    from sync_server.people.service import MIN_PASSWORD

    while True:
        password: str = typer.prompt(t("cli.init.ask", least=MIN_PASSWORD), hide_input=True, err=True)
        if len(password) < MIN_PASSWORD:
            reason = t("cli.init.too_short", least=MIN_PASSWORD)
            tell(Problem(Code.INVALID_REQUEST, {}, [Place("password", reason)]))
        elif typer.prompt(t("cli.init.again"), hide_input=True, err=True) != password:
            say(t("cli.init.differ"))
        else:
            return password


def has_accounts(database: Database) -> bool:
    """Whether anybody can sign in."""
    from sync_server.people.repository import count_persons

    with database.read() as session:
        return count_persons(session) > 0

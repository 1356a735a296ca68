"""Invitations on paper: a page to print and cut, one card per person, the same from app and command line."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from shared_models.messages import words
from shared_models.people.admin_wire import InvitationOut

MIME = "text/html"


def invitation_sheet(invitations: Sequence[InvitationOut], server: str, language: str) -> str:
    """An HTML page without any reference to the network; each card says what to do in the given language."""
    t = words(language)
    cards = "\n".join(
        f"<section><h2>{escape(one.name)}</h2>"
        f"<p>{escape(t('people.invitation.card', server=server, until=one.expires_at[:10]))}</p>"
        f"<dl><dt>{escape(t('people.invitation.column.login'))}</dt><dd>{escape(one.login)}</dd>"
        f"<dt>{escape(t('people.invitation.column.code'))}</dt><dd>{escape(one.code)}</dd></dl></section>"
        for one in invitations
    )
    style = (
        "body{font-family:sans-serif;margin:1cm}"
        "section{border:1px dashed #666;padding:.5cm;margin:0 0 .5cm;break-inside:avoid}"
        "h2{margin:0 0 .2cm;font-size:14pt}dt{color:#555;font-size:9pt}"
        "dd{margin:0 0 .2cm;font:16pt monospace}"
    )
    title = escape(t("people.invitation.sheet"))
    return (
        f'<!doctype html><html lang="{language.replace("_", "-")}"><meta charset="utf-8">'
        f"<title>{title}</title><style>{style}</style><h1>{title}</h1>\n{cards}\n</html>\n"
    )

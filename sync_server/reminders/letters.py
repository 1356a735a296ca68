"""What mails say: the same as plain text and as HTML, with a link into the app where its address is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from shared_models.messages import Words, words
from shared_models.reminders import Kind, Step
from sync_server.reminders.repository import Line

_PAGE = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{subject}</title></head>
<body style="margin:0;background:#f4f6f8;color:#17212b;font:16px/1.5 'Noto Sans SC','Microsoft YaHei',\
'PingFang SC',Arial,sans-serif">
<div style="max-width:640px;margin:0 auto;padding:24px 16px">
<p style="margin:0 0 16px;font-weight:bold;color:#0b5cad">{product}</p>
<p style="margin:0 0 16px">{hello}</p>
{parts}
<p style="margin:16px 0 0;color:#52606d;font-size:14px">{end}</p>
</div></body></html>
"""
_PART = """<div style="margin:0 0 12px;padding:12px 16px;background:#ffffff;border:1px solid #d5dce3;\
border-radius:8px"><p style="margin:0">{line}</p>{link}</div>
"""
_LINK = """<p style="margin:8px 0 0"><a href="{address}" style="color:#0b5cad">{words}</a></p>"""


@dataclass(frozen=True)
class Part:
    """One matter of a mail; ``route``: where the app shows it."""

    line: str
    route: str


def app_link(public_url: str, route: str) -> str:
    """The address of a place in the app; "" where the server knows no address of its own."""
    return f"{public_url.rstrip('/')}/app/#{route}" if public_url else ""


def letter(
    t: Words, subject: str, hello: str, parts: Sequence[Part], end: str, public_url: str
) -> dict[str, str]:
    """Subject, text and HTML of a mail."""
    lines: list[str] = [hello, ""]
    for part in parts:
        lines.append(f"- {part.line}" if part.line else "")
        if link := app_link(public_url, part.route):
            lines.append(f"  {link}")
    html = "".join(_part(t, part, app_link(public_url, part.route)) for part in parts)
    page = _PAGE.format(
        language="zh-CN" if t.is_chinese else "en",
        subject=escape(subject),
        product=escape(t("shell.product")),
        hello=escape(hello),
        parts=html,
        end=escape(end),
    )
    return {"subject": subject, "text": "\n".join([*lines, "", end]), "html": page}


def _part(t: Words, part: Part, link: str) -> str:
    shown = _LINK.format(address=escape(link), words=escape(t("reminders.mail.open"))) if link else ""
    return _PART.format(line=escape(part.line), link=shown)


def reminder_letter(
    person: Line, rows: Sequence[Mapping[str, Any]], matters: Mapping[str, Line], public_url: str
) -> dict[str, str]:
    """All that is newly late for a person, in the person's language."""
    t = words(person["language"])
    parts = [_matter(t, row, matters[row["subject_id"]]) for row in rows]
    return letter(
        t,
        t("reminders.mail.subject", count=len(rows)),
        t("reminders.mail.hello", name=person["name"]),
        parts,
        t("reminders.mail.end"),
        public_url,
    )


def _matter(t: Words, row: Mapping[str, Any], matter: Line) -> Part:
    dealer = matter["dealer_name"] if t.is_chinese else (matter["dealer_name_en"] or matter["dealer_name"])
    step = row["step"]
    values: dict[str, Any] = {
        "dealer": f"{matter['dealer_code']} {dealer}",
        "due": matter["due_on"].isoformat(),
        "days": row["days_late"],
        "step": t(f"reminders.step.{step}"),
    }
    match Kind(row["kind"]):
        case Kind.ACTION:
            line = t("reminders.mail.line", plan=matter["number"], measure=matter["measure"], **values)
            return Part(line, f"/actions/action/{matter['id']}")
        case Kind.REPLY:
            place = "/today/visit" if step == Step.VISITOR else "/review/visit"
            line = t("reminders.mail.reply", day=str(matter["visit_date"] or ""), **values)
            return Part(line, f"{place}/{matter['id']}")
        case Kind.APPEAL:
            wording = matter["wording"] if t.is_chinese else (matter["wording_en"] or matter["wording"])
            line = t("reminders.mail.appeal", question=wording, **values)
            return Part(line, f"/appeals/appeal/{matter['id']}")

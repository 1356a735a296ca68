"""The plan on paper: drawn by the server, after what was changed here has been sent."""

from __future__ import annotations

from field_app.people.workflow import Workspace

LANGUAGES = ("zh", "en", "both")
"""Languages the plan can be drawn in."""


async def plan_pdf(work: Workspace, plan_id: str, language: str) -> bytes:
    """The PDF; SERVER_UNREACHABLE offline, or the problem that keeps this plan's changes from being sent."""
    if work.store.pending_of(plan_id):
        report = await work.sync.run_once()
        if report.problem is not None:
            raise report.problem
    answer = await work.api.call("GET", f"/plans/{plan_id}/pdf", params={"language": language})
    return answer.content

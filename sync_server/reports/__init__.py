"""Reports: what is handed to people on paper. First the improvement plan as PDF.

``PlanReport`` is plain data; ``sync_server.reports.plan_pdf.plan_pdf`` draws it. The drawing is imported only
where a page is wanted: reportlab and the Chinese font cost memory that a server without readers need not pay.
"""

from sync_server.reports.plan_report import (
    CauseLine,
    Evaluation,
    Finding,
    ItemReport,
    Language,
    Measure,
    Phrase,
    PlanReport,
    ProgressLine,
    Rate,
    RequestLine,
    SourceRates,
)

__all__ = [
    "CauseLine",
    "Evaluation",
    "Finding",
    "ItemReport",
    "Language",
    "Measure",
    "Phrase",
    "PlanReport",
    "ProgressLine",
    "Rate",
    "RequestLine",
    "SourceRates",
]

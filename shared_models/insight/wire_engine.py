"""The month engine on the wire: a dealer's page, parameters, targets, reviews, stored results."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared_models.building import LATER
from shared_models.checklists.stages import Source, Stage
from shared_models.insight.wire import DeclineSigns, Evidence, FusedRate, Parameters


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=LATER)


class DealerFigure(_Wire):
    """One item of a dealer's page."""

    item_id: str
    item_code: str
    item_name: str
    item_name_en: str
    stage: Stage
    target: float
    fused: FusedRate
    decline: DeclineSigns
    priority: float
    level: Literal["listed", "watch", ""]
    """"" where nothing speaks against the item."""
    management_score: float | None


class DealerPage(_Wire):
    """Answer of GET /insight/dealer: every item of a dealer with any answer in the window."""

    dealer_id: str
    month: str
    final: bool
    data_cut: int
    parameters: Parameters
    inflation: float | None
    """Callbacks and supervision above phone and mystery shop, points (自评虚高); None without both."""
    figures: tuple[DealerFigure, ...]


class EngineParameters(_Wire):
    """Answer of GET /insight/parameters: what the figures are computed with."""

    method_version: int
    digest: str
    values: dict[str, float | int | list[float] | list[int]]


class ChangedParameters(BaseModel):
    """Body of PUT /insight/parameters: the parameters to change, by name; the others stay."""

    values: dict[str, float | int | list[float] | list[int]]


class ItemTarget(BaseModel):
    """Body of PUT /insight/targets/{item_id}: percent; none: the network's default."""

    target: float | None = Field(gt=0, le=100)


class Review(BaseModel):
    """Body of POST /insight/reviews: somebody looked into a source that says something else."""

    dealer_id: str = Field(max_length=36)
    source: Source
    month: str = Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")
    note: str = Field(default="", max_length=2000)


class StoredResult(_Wire):
    """The figures of a closed month as they were stored; computing them again gives the same SHA-256."""

    month: str
    revision: int
    data_cut: int
    method_version: int
    digest: str
    computed_at: str
    sha256: str
    cells: int
    listed: int


class StoredResults(_Wire):
    """Answer of GET /insight/results, newest first."""

    results: tuple[StoredResult, ...]


class FunnelLimit(_Wire):
    """Limits at a number of answers, percent: of one alone at 95 %, and after multiplicity control."""

    n: int
    low95: float
    high95: float
    low: float
    high: float


class Funnel(_Wire):
    """What a funnel is drawn with: its centre line and the limits between the fewest and the most answers."""

    centre: float
    limits: tuple[FunnelLimit, ...]
    dispersion: float = 1
    """The limits are so much wider (its root) than chance alone would have them."""


class AnswersPage(_Wire):
    """Answer of GET /insight/answers: what a figure was counted from, failures first, then newest first."""

    what: Literal["observations", "ratings", "calls"]
    months: tuple[str, ...]
    total: int
    answers: tuple[Evidence, ...]


class NetworkTable(_Wire):
    """Answer of GET /insight/tables/{name}; rates and shares in percent, null where too little is known."""

    name: str
    months: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[dict[str, str | int | float | bool | None], ...]
    explained: dict[str, tuple[str, str]] = Field(default_factory=dict[str, tuple[str, str]])
    """By language (zh_CN, en): what the table says, and what it cannot say."""
    behind: tuple[tuple[dict[str, str], ...], ...] = ()
    """Per row, the questions of GET /insight/answers that give the answers behind its figures."""
    funnel: Funnel | None = None
    """Only of tables that compare people."""


class SeenCause(_Wire):
    """A cause that plans gave for an item before."""

    category: str
    """One of the nine cause categories (:class:`Stage`)."""
    code: str
    """Code of a known cause; "" for one in free words."""
    text: str
    """"" where the words are of too few other dealers to be shown: such causes are counted by category."""
    text_en: str
    plans: int
    dealers: int


class TriedMeasure(_Wire):
    """A measure that plans took against the weakness of an item, and what came of those plans."""

    measure: str
    """"" where the words are of too few other dealers to be shown: such measures are counted by method."""
    method: str
    plans: int
    improved: int
    not_improved: int
    worse: int
    open: int
    """Not judged yet, or not enough data."""


class CauseSuggestions(_Wire):
    """Answer of GET /insight/causes: only what published plans hold, never invented.

    A dealer's own words are shown to those who may read its plans, and to others once so many dealers have
    written the same; no dealer is named.
    """

    item_id: str
    least_dealers: int = 3
    causes: tuple[SeenCause, ...]
    """Most plans first."""
    measures: tuple[TriedMeasure, ...]
    """By the lower end of the interval of "improved" among the judged, then by how many were judged."""


class ParetoLine(_Wire):
    """One category, or one cause under it, with the answers that it stands behind."""

    category: str
    code: str
    """"" for the category as a whole."""
    text: str
    text_en: str
    causes: int
    """How often plans named it."""
    failed: float
    """Answers "not executed" of the plans' items in the months that raised the flags; a plan item with
    several causes shares its answers between them evenly."""
    share: float
    """Percent of all such answers."""
    cumulative: float | None
    """Categories only: this and all larger ones, percent."""


class Pareto(_Wire):
    """Answer of GET /insight/pareto: categories by affected answers, largest first, causes beneath."""

    plans: int
    failed: float
    categories: tuple[ParetoLine, ...]
    causes: tuple[ParetoLine, ...]

"""What the report of a delivery is made of: the delivery as its folder holds it, and what its facts say of it.

The verb reads it, the parts of the page look at it; whatever they show is in here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from pipeline.facts.wording import number
from pipeline.findings import Group, Rule
from pipeline.tables import Identity
from pipeline.vintages import Vintages

if TYPE_CHECKING:
    from pipeline.facts.models import Language

COUNT = "count"  # the measure that is transmitted
UNNAMED = "DELIVERY"  # the folder in a command: where it lies the page cannot know


class Observation(NamedTuple):
    """A value as the delivery has it: as text, empty where there is none; codes of status and confidentiality; comment.

    ``key``: the series in the order of the data structure, with dots.
    """

    value: str
    status: str
    confidentiality: str
    comment: str
    key: str


@dataclass(frozen=True)
class Named:
    """An indicator or an aggregate: its id and its name; ``total``: it is the sum of the other aggregates."""

    id: str
    name: str
    total: bool = False

    @property
    def title(self) -> str:
        """The name with the id beside it: Construction (F)."""
        return f"{self.name} ({self.id})" if self.name and self.name != self.id else self.id


class Break(NamedTuple):
    """A declared break: the first period of the new series; no aggregates: of all."""

    indicator: str
    period: str
    aggregates: tuple[str, ...]


@dataclass(frozen=True)
class StructureUsed:
    """A structure that the files follow: reference, where it comes from, how well that is known, day it is in force from."""

    ref: str
    origin: str
    evidence: str
    valid_from: dt.date | None


@dataclass(frozen=True)
class Draft:
    """A delivery, as its report tells it.

    ``name``: its folder, empty in the report inside it, which cannot know it · ``folder``: what a link to a file of it
    begins with · ``findings``: the JSON report (schema 1) · ``previous``: the findings of the last delivery sent for an
    earlier month, None without one · ``sizes``: bytes of the files in upload/ · ``aggregates``: the parts, and the total
    last · ``vintages``: what was sent for earlier months · ``factors``, ``counts``: rows of the tables, as text; counts of
    ``traced`` months alone, the newest · ``statuses``: code → name · ``normal``, ``provisional``: codes of those statuses ·
    ``free``: the code of what is not confidential · ``now``: the moment for which days are counted · ``sent``: when it was
    sent, if that is known, ``receipt``: and its receipt is kept · ``instead``: the delivery that was sent for this month
    after this one was prepared, if there is one.
    """

    name: str
    folder: str
    country: str
    manifest: Mapping[str, Any]
    findings: Mapping[str, Any]
    previous: Sequence[Mapping[str, Any]] | None
    rules: Mapping[str, Rule]
    groups: tuple[Group, ...]
    language: Language
    indicators: tuple[Named, ...]
    aggregates: tuple[Named, ...]
    structures: tuple[StructureUsed, ...]
    breaks: tuple[Break, ...]
    sizes: Mapping[str, int]
    observations: Mapping[Identity, Observation]
    vintages: Vintages
    factors: Sequence[Mapping[str, str]]
    counts: Sequence[Mapping[str, str]]
    traced: tuple[str, ...]
    statuses: Mapping[str, str]
    normal: str
    provisional: str
    free: str
    now: dt.datetime
    sent: dt.datetime | None = None
    receipt: bool = False
    instead: str = ""

    @property
    def month(self) -> str:
        """The reference month: 2024-05."""
        return str(self.manifest["request"]["month"])

    @property
    def ok(self) -> bool:
        """No error is left that nobody has accepted: upload/ is packed."""
        return bool(self.findings["ok"])

    def status(self, code: str) -> str:
        """A status in words, its code beside them: Provisional value (P); ``none`` for no code."""
        return Named(code, self.statuses.get(code, "")).title or "none"

    def signed(self, value: int | Fraction, decimals: int = 0) -> str:
        """A number with its sign, + or −; what rounds to zero has none."""
        text = number(self.language, value, decimals)
        return f"+{text}" if value > 0 and text != number(self.language, 0, decimals) else text

    def counted(self, count: int, noun: str, nouns: str = "") -> str:
        """So many of a thing, as the language writes numbers: 1 value, 1,341 values."""
        return f"{number(self.language, count)} {noun if count == 1 else nouns or noun + 's'}"

    def address(self, file: str) -> str:
        """How the page leads to a file of the delivery; empty where the delivery does not hold it."""
        return f"{self.folder}{quote(file)}" if file in self.manifest["files"] else ""

    @cached_property
    def total(self) -> Named:
        """The aggregate that is the sum of the others."""
        return next(one for one in self.aggregates if one.total)

    @cached_property
    def parts(self) -> tuple[Named, ...]:
        """The aggregates that add up to the total."""
        return tuple(one for one in self.aggregates if not one.total)

    @cached_property
    def _series(self) -> Mapping[tuple[str, str, str, str], Mapping[str, Observation]]:
        found: dict[tuple[str, str, str, str], dict[str, Observation]] = {}
        for identity, observation in self.observations.items():
            series = identity.indicator, identity.aggregate, identity.measure, identity.frequency
            found.setdefault(series, {})[identity.period] = observation
        return {series: dict(sorted(those.items())) for series, those in found.items()}

    def series(
        self, indicator: str, aggregate: str, measure: str = COUNT, frequency: str = "M"
    ) -> Mapping[str, Observation]:
        """The observations of a series by period, in order; empty where the delivery has none."""
        return self._series.get((indicator, aggregate, measure, frequency), {})

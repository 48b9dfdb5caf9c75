"""What a whole file says: the rules that need all its observations, called once when it has been read.

``content`` is the entry; the rules themselves stand in ``consistency``, ``coverage``, ``additivity``,
``plausibility`` and ``revisions``. A finding is one of the file's own: an observation that another rule must doubt (negative, doubled,
of a future month, of a month that does not add up) is not used to judge others, so that one fault is told once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from pipeline.checks import additivity, consistency, coverage, plausibility, revisions
from pipeline.checks.plausibility import NO_MONTH
from pipeline.checks.revisions import NO_COUNTRY
from pipeline.findings import Finding, Verdict, held_up
from pipeline.period import Period

if TYPE_CHECKING:
    from pipeline.facts import CountryFacts, Facts
    from pipeline.facts.models import DataSet
    from pipeline.findings import Rule
    from pipeline.vintages import Vintages

#: every rule that ``content`` judges; without a data set of the regulation they are unchecked
RULES = (
    "additivity", "adjustment", "before-start", "confidentiality", "coverage", "embargo", "file-name", "forecast",
    "frequency", "future-month", "indicators-swapped", "kinds", "latest-month", "members", "mixed-indicators",
    "month-on-month", "not-newest", "old-file", "repeated-month", "same-factor", "same-file", "sender",
    "shifted-columns", "starts-later", "test-flag", "unexpected-series", "unit-multiplier", "value-ceiling",
    "value-fraction", "value-negative", "year-on-year", "zero-value",
    *revisions.AGAINST_BEFORE, *revisions.OF_STATUS, *revisions.OF_THE_DAY,
)  # fmt: skip
NO_CELLS = "needs the delivery folder (counts.csv)"
NO_PREVIOUS = "no previous delivery given (--previous)"
NOTHING_SENT = "nothing was sent before"


@dataclass(frozen=True, slots=True)
class Row:
    """An observation of a month: what it is of, what it says, and where it stands.

    ``series``: dotted key · ``aggregate``: our id, empty where the code is none of the regulation's · ``value``: None
    where there is none, or where it cannot be read as a finite number.
    """

    series: str
    aggregate: str
    period: Period
    value: int | Decimal | None
    status: str
    confidentiality: str
    embargo: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class At:
    """Where a value stands, and in which series."""

    line: int | None = None
    column: int | None = None
    series: str = ""


@dataclass(frozen=True, slots=True)
class About:
    """What a file says of itself, and the day on which it is judged.

    ``name``: without folder and without an archive's suffix · ``codes``: component → code → where it stands, once for
    each series that has it (of frequency, area, adjustment, indicator, aggregate and unit multiplier) · ``prepared``
    (the day where days end for the deadline), ``test``, and the months ``begin`` and ``end`` of ReportingBegin and
    ReportingEnd: None where the header does not say them, or not readably.
    """

    name: str
    today: dt.date
    prepared: dt.date | None = None
    test: bool | None = None
    begin: Period | None = None
    end: Period | None = None
    sender: str = ""
    header: Mapping[str, At] = field(default_factory=dict)  # Sender, Test, Prepared → where
    codes: Mapping[str, Mapping[str, Sequence[At]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cells:
    """The rows of ``counts.csv`` and ``factors.csv`` of a delivery folder, as they stand there."""

    counts: Sequence[Mapping[str, str]]
    factors: Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was sent before of the same data set.

    ``rows``: the observations of the delivery before; where they come from the history, they stand in no file (line 0)
    and have no series · ``vintages``: all that was sent, None where only the delivery before is known.
    """

    rows: Sequence[Row] = ()
    vintages: Vintages | None = None

    @classmethod
    def of(cls, vintages: Vintages, indicator: str) -> Earlier:
        """The last delivery of an indicator among those that were sent, with all of them."""
        rows = [
            Row("", identity.aggregate, Period.parse(identity.period), said.value, said.status, "", "", 0, 0)
            for identity, said in vintages.last(indicator).items()
        ]
        return cls(rows, vintages)


#: aggregate → month → its row
Table = dict[str, dict[Period, Row]]


def content(
    rows: Sequence[Row],
    data_set: DataSet,
    facts: Facts,
    country: CountryFacts | None,
    about: About,
    earlier: Earlier | None = None,
    cells: Cells | None = None,
) -> list[Verdict]:
    """The verdict of every rule of this file's consistency and content (``RULES``), consequences left out.

    The name of the file is left to whoever takes the verdicts.

    ``rows``: all observations of the data set, in any order · ``country``: that of the area, else it is looked for by
    the sender · ``earlier``: what was sent before · ``cells``: those of the delivery folder that the file lies in.
    """
    if country is None:  # all its areas may be wrong
        country = consistency.country_of(about, facts)
    verdicts = [*consistency.keys(data_set, facts, about), consistency.sender(about, country, facts)]
    verdicts += consistency.values(rows, facts)
    verdicts.append(coverage.unexpected_series(facts, about))
    day = min(about.prepared or about.today, about.today)
    verdicts.append(coverage.future_rows(rows, day))
    stated = {i.id: i for i in country.country.indicator}.get(data_set.indicator) if country is not None else None
    known = [row for row in rows if row.aggregate and row.period < Period.month(day.year, day.month)]
    if stated is None:
        verdicts += [Verdict(rule, unchecked=NO_COUNTRY) for rule in ("before-start", "confidentiality")]
    else:
        verdicts.append(coverage.rows_before_start(rows, stated.accepted_from))
        verdicts.append(consistency.confidentiality(rows, stated.confidentiality))
        known = [row for row in known if str(row.period) >= stated.accepted_from]
    table = tabulate(known, consistency.misplaced(data_set, facts, about))
    first, last = coverage.span(table)
    order = [aggregate.id for aggregate in facts.aggregates]
    verdicts.append(coverage.aggregates_in_file(table, order, first, last, about))
    if stated is None or first is None:
        why = NO_COUNTRY if stated is None else NO_MONTH
        verdicts.append(Verdict("starts-later", unchecked=why))
    else:
        verdicts.append(coverage.file_starts_later(first, stated.first_period))
    over = Period.month(day.year, day.month) + -1
    said = max(last, min(about.end, over)) if last is not None and about.end is not None else last
    verdicts += consistency.newest(
        said, facts, country, about
    )  # a month that is announced and missing is told by coverage
    verdicts += consistency.named((last, said), data_set, facts, country, about)
    counts = plain(table, int(facts.rules["value-ceiling"].parameters["ceiling"]))
    verdicts += _sums(table, counts, data_set, facts, cells)
    before, why = _before(earlier)
    breaks = [one for one in country.country.break_ if one.indicator == data_set.indicator] if country else []
    adding_up = _adding_up(counts, facts)
    verdicts += plausibility.plausibility(table, adding_up, last, facts, about, before, why, breaks)
    ground = None
    if first is not None and last is not None and said is not None:
        ground = revisions.Ground(
            table=table,
            other=_other(rows),
            counts=adding_up,
            first=first,
            last=last,
            month=said,
            before=before,
            no_before=why,
            before_counts=plain(before or {}, int(facts.rules["value-ceiling"].parameters["ceiling"])),
            before_other=frozenset(_other(earlier.rows if earlier is not None else ())),
            vintages=earlier.vintages if earlier is not None else None,
            stated=stated,
            breaks=breaks,
        )
    verdicts += revisions.against_earlier(ground, facts)
    verdicts += revisions.on_time(said, before, facts, country, about)
    return [_of(verdict, data_set.id) for verdict in roots(verdicts, facts.rules)]


def tabulate(rows: Iterable[Row], doubtful: frozenset[str] = frozenset()) -> Table:
    """The rows by aggregate and month; one that is given twice with two values has none.

    ``doubtful``: series that are used only for months that no other series of the aggregate has.
    """
    table: Table = {}
    for row in sorted(rows, key=lambda row: row.series in doubtful):
        months = table.setdefault(row.aggregate, {})
        there = months.get(row.period)
        if there is None:
            months[row.period] = row
        elif there.value != row.value and (there.series in doubtful or row.series not in doubtful):
            months[row.period] = replace(there, value=None)
    return table


def whole(value: int | Decimal) -> bool:
    """Whether a value is a whole number."""
    return isinstance(value, int) or value == value.to_integral_value()


def plain(table: Table, ceiling: int) -> dict[str, dict[Period, int]]:
    """The values that can be counts: whole, from zero to the ceiling."""
    return {
        aggregate: {
            month: int(row.value)
            for month, row in months.items()
            if row.value is not None and 0 <= row.value <= ceiling and whole(row.value)
        }
        for aggregate, months in table.items()
    }


def _before(earlier: Earlier | None) -> tuple[Table | None, str]:
    """The delivery before by aggregate and month; None with the reason where there is none."""
    if earlier is None:
        return None, NO_PREVIOUS
    if earlier.vintages is not None and not earlier.rows:
        return None, NOTHING_SENT
    return tabulate(row for row in earlier.rows if row.aggregate), ""


def _other(rows: Iterable[Row]) -> dict[str, Row]:
    """The series outside the regulation, each with one of its rows."""
    return {row.series: row for row in rows if not row.aggregate}


def _adding_up(counts: Mapping[str, Mapping[Period, int]], facts: Facts) -> dict[str, dict[Period, int]]:
    """The counts without the months whose total is not the sum of its parts."""
    total, parts = counts.get(facts.total.id, {}), [counts.get(part.id, {}) for part in facts.parts]
    wrong = {
        month
        for month, value in total.items()
        if all(month in part for part in parts) and sum(part[month] for part in parts) != value
    }
    return {a: {month: value for month, value in months.items() if month not in wrong} for a, months in counts.items()}


def _sums(
    table: Table, counts: Mapping[str, Mapping[Period, int]], data_set: DataSet, facts: Facts, cells: Cells | None
) -> list[Verdict]:
    """Additivity from the file alone; members and kinds from the cells that it was made of."""
    values: dict[tuple[str, str, str], int | None] = {
        (data_set.id, aggregate, str(month)): value
        for aggregate, months in counts.items()
        for month, value in months.items()
    }
    sums = additivity.additivity(values, facts.total.id, [part.id for part in facts.parts], {})
    total = {str(month): row for month, row in table.get(facts.total.id, {}).items()}
    findings = tuple(
        replace(f, series=(row := total[f.period]).series, line=row.line, column=row.column) for f in sums.findings
    )
    verdicts = [replace(sums, findings=findings)]
    if cells is None:
        return verdicts + [Verdict(rule, unchecked=NO_CELLS) for rule in ("members", "kinds")]
    made_of = additivity.made_of(cells.counts, cells.factors, data_set.indicator)
    places = {
        (aggregate, str(month)): (row.series, row.line, row.column)
        for aggregate, months in table.items()
        for month, row in months.items()
    }
    sent = {(aggregate, period): value for (_, aggregate, period), value in values.items() if value is not None}
    return [*verdicts, additivity.members(sent, made_of, places), additivity.kinds(sent, made_of, places)]


def roots(verdicts: Sequence[Verdict], rules: Mapping[str, Rule]) -> list[Verdict]:
    """The verdicts without the findings that are only consequences of others among them.

    A rule that a violated one silences in the whole file is unchecked, and says of which; a finding that another at the
    same place silences is left out.
    """
    violated = [verdict.rule for verdict in verdicts if verdict.findings]
    because = {silenced: rule for rule in violated for silenced in rules[rule].silences_in_file}
    judged = [Verdict(v.rule, unchecked=held_up(because[v.rule])) if v.rule in because else v for v in verdicts]
    silent = {
        (silenced, *_place(finding))
        for verdict in judged
        for finding in verdict.findings
        for silenced in rules[verdict.rule].silences
    }
    return [
        replace(v, findings=tuple(f for f in v.findings if (v.rule, *_place(f)) not in silent)) if silent else v
        for v in judged
    ]


def _place(finding: Finding) -> tuple[int | None, str, str]:
    return finding.line, finding.series, finding.period


def _of(verdict: Verdict, data_set: str) -> Verdict:
    """The verdict, with the name of the data set in its findings."""
    return replace(verdict, findings=tuple(replace(finding, data_set=data_set) for finding in verdict.findings))

"""Against what was sent before: what is gone, what is new, what was revised, and whether statuses and day are due.

Every rule works on the table of the file and on that of the delivery before; where all deliveries are known, they count
the publications of a month and say how large revisions usually are. A cell is told once: what a root says of it (a hole,
a missing series, a shorter history) no other rule says again; the total is judged where none of its parts is told.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from pipeline.checks.coverage import span
from pipeline.checks.plausibility import MAD, NO_MONTH
from pipeline.facts.calendar import effective_due
from pipeline.facts.load import in_force
from pipeline.findings import Finding, Verdict
from pipeline.period import Period

if TYPE_CHECKING:
    from pipeline.checks.content import About, Row, Table
    from pipeline.checks.plausibility import Counts
    from pipeline.facts import CountryFacts, Facts
    from pipeline.facts.models import Break, CountryIndicator
    from pipeline.findings import Rule
    from pipeline.vintages import Vintages

#: the rules that compare with the delivery before
AGAINST_BEFORE = (
    "series-new", "series-gone", "history-shorter", "vanished-cell", "revised", "definitive-revised", "revision-large",
)  # fmt: skip
OF_STATUS = ("status-policy", "status-by-history")
OF_THE_DAY = ("deadline", "days-left")

NO_COMMON = "the delivery before has no month of the regulation's aggregates"
NO_COUNTRY = "there are no facts about the country of this file"
NO_HISTORY = "needs all deliveries that were sent, as `ebs deliver` knows them"
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Ground:
    """What these rules stand on.

    ``table``: the file · ``other``: its series outside the regulation, by dotted key · ``counts``: its values that are
    whole, not negative and add up · ``first`` and ``last``: the months that it is about · ``month``: that of the
    delivery, the newest that it has or announces · ``before``: the delivery before, None with the reason ``no_before`` ·
    ``before_counts``, ``before_other``: the same of it · ``vintages``: all that was sent, None where it is not known ·
    ``stated``: what the country says about the indicator · ``breaks``: those declared for it.
    """

    table: Table
    other: Mapping[str, Row]
    counts: Counts
    first: Period
    last: Period
    month: Period
    before: Table | None
    no_before: str
    before_counts: Counts
    before_other: frozenset[str]
    vintages: Vintages | None
    stated: CountryIndicator | None
    breaks: Sequence[Break]


def against_earlier(ground: Ground | None, facts: Facts) -> list[Verdict]:
    """The verdicts of the rules of series, cells, revisions and statuses; all unchecked where no month can be read."""
    if ground is None:
        return [Verdict(rule, unchecked=NO_MONTH) for rule in (*AGAINST_BEFORE, *OF_STATUS)]
    statuses = [status_policy(ground, facts), status_by_history(ground)]
    first, last = span(ground.before) if ground.before is not None else (None, None)
    if ground.before is None or first is None or last is None:
        why = ground.no_before if ground.before is None else NO_COMMON
        return [*(Verdict(rule, unchecked=why) for rule in AGAINST_BEFORE), *statuses]
    return [
        series_new(ground, ground.before),
        series_gone(ground, ground.before),
        history_shorter(ground, first),
        vanished_cells(ground, ground.before, first, facts),
        revised(ground, facts),
        definitive_revised(ground, ground.before, last, facts),
        revision_large(ground, last, facts),
        *statuses,
    ]


# ------------------------------------------------------------------------------------------------- series and cells


def series_new(ground: Ground, before: Table) -> Verdict:
    """Every aggregate of the file was in the delivery before."""
    findings = []
    for aggregate, months in ground.table.items():
        if not before.get(aggregate):
            row = min(months.values(), key=lambda row: row.line)
            findings.append(
                Finding(
                    "series-new",
                    f"{aggregate}: the series was not in the delivery before; now it has {_span(months)}.",
                    line=row.line,
                    column=row.column,
                    series=row.series,
                )
            )
    return Verdict("series-new", checked=len(ground.table), findings=tuple(findings))


def series_gone(ground: Ground, before: Table) -> Verdict:
    """Every series of the delivery before is in the file."""
    findings = [
        Finding(
            "series-gone",
            f"the series of {aggregate} was in the delivery before, with {_span(months)}, and is not in the file.",
            period=str(ground.first),
            component=aggregate,
        )
        for aggregate, months in before.items()
        if months and not ground.table.get(aggregate)
    ]
    findings += [
        Finding("series-gone", f"{series} was in the delivery before and is not in the file.", series=series)
        for series in sorted(ground.before_other - ground.other.keys())
    ]
    return Verdict("series-gone", checked=len(before) + len(ground.before_other), findings=tuple(findings))


def history_shorter(ground: Ground, first: Period) -> Verdict:
    """The file begins no later than the delivery before (in ``first``)."""
    months = ground.first - first
    said = Finding(
        "history-shorter",
        f"the file begins in {ground.first}, the delivery before began in {first}: "
        f"{'1 month is' if months == 1 else f'{months} months are'} not sent any more; Eurostat keeps what it has of them.",
        period=str(ground.first),
        value=str(ground.first),
        expected=f"{first} or earlier",
    )
    return Verdict("history-shorter", checked=1, findings=(said,) if months > 0 else ())


def vanished_cells(ground: Ground, before: Table, first: Period, facts: Facts) -> Verdict:
    """Every observation that was sent with a value still has one.

    Not judged: a series that is gone, the months by which the history is shorter (from ``first``), and what is missing
    inside the span of the file, which is a hole or a month missing against the other series, and told as such.
    """
    missing, checked = facts.concepts.status.missing, 0
    findings = []
    for aggregate, months in before.items():
        now = ground.table.get(aggregate)
        if not now:
            continue
        sent = sorted(month for month, row in months.items() if row.value is not None)
        checked += len(sent)
        emptied = [
            month for month in sent if month in now and now[month].value is None and now[month].status in missing
        ]
        gone = [month for month in sent if month not in now and _untold(month, first, ground)]
        for those, what in ((gone, "not in the file any more"), (emptied, "without a value now")):
            if those:
                row = now.get(those[0]) or now[max(now)]
                shown = _some([f"{month} ({months[month].value:,})" for month in those])
                findings.append(
                    Finding(
                        "vanished-cell",
                        f"{aggregate}: {'1 value that was' if len(those) == 1 else f'{len(those)} values that were'} sent "
                        f"{'is' if len(those) == 1 else 'are'} {what}: {shown}.",
                        line=row.line,
                        column=row.column,
                        series=row.series,
                        period=str(those[0]),
                        component="OBS_VALUE",
                        value=f"{those[0]} to {those[-1]}: {len(those)}",
                        expected=str(months[those[0]].value),
                    )
                )
    return Verdict("vanished-cell", checked=checked, findings=tuple(findings))


def _untold(month: Period, first: Period, ground: Ground) -> bool:
    """Whether no other rule says that a month is not there: after the file's last, or before both histories."""
    return month > ground.last or month < min(first, ground.first)


# --------------------------------------------------------------------------------------------------------- revisions


@dataclass(frozen=True, slots=True)
class Change:
    """A value that is another one than in the delivery before; ``age``: months from its own to that of the file."""

    aggregate: str
    month: Period
    before: int
    after: int
    age: int

    @property
    def percent(self) -> float:
        """By how much, relative to what it was."""
        return 100 * (self.after - self.before) / self.before if self.before else math.inf

    def __str__(self) -> str:
        return f"{self.before:,} to {self.after:,} ({_percent(self.before, self.after)}), {_age(self.age)} old"


def _changes(ground: Ground, order: Iterable[str]) -> tuple[dict[Period, list[Change]], int]:
    """The revised values by month, aggregates in this order, and how many values both deliveries have."""
    found: dict[Period, list[Change]] = {}
    common = 0
    for aggregate in order:
        now = ground.counts.get(aggregate, {})
        for month, before in ground.before_counts.get(aggregate, {}).items():
            if month not in now:
                continue
            common += 1
            if now[month] != before:
                change = Change(aggregate, month, before, now[month], ground.month - month)
                found.setdefault(month, []).append(change)
    return dict(sorted(found.items())), common


def revised(ground: Ground, facts: Facts) -> Verdict:
    """What is revised, month by month: how many aggregates, the total before and after, the age."""
    total = facts.total.id
    found, common = _changes(ground, [*(part.id for part in facts.parts), total])
    findings = []
    for month, changes in found.items():
        whole = next((change for change in changes if change.aggregate == total), None)
        one = whole or changes[0]
        row = ground.table[one.aggregate][month]
        said = f"{total} {whole}" if whole else f"{total} unchanged, {_age(one.age)} old"
        number = "1 aggregate is" if len(changes) == 1 else f"{len(changes)} aggregates are"
        findings.append(
            Finding(
                "revised",
                f"{month}: {number} revised; {said}.",
                line=row.line,
                column=row.column,
                period=str(month),
                component="OBS_VALUE",
                value=str(one.after),
            )
        )
    return Verdict("revised", checked=common, findings=tuple(findings))


def _excused(ground: Ground, last: Period) -> Mapping[str, Period]:
    """Aggregate → the first month of its new series, for a break that the file is the first to have.

    ``last``: the month of the delivery before. What lies before the break may be revised once, with the break.
    """
    found: dict[str, Period] = {}
    for declared in ground.breaks:
        period = Period.parse(declared.period)
        if last < period <= ground.month:
            for aggregate in declared.aggregates or ground.table:
                found[aggregate] = max(period, found.get(aggregate, period))
    return found


@dataclass(slots=True)
class _Judging:
    """The changes of a file that a rule may tell, without those that a declared break explains, which are counted."""

    ground: Ground
    last: Period
    facts: Facts
    excused: int = 0
    checked: int = 0

    def each(self) -> Iterator[tuple[Change, list[Change]]]:
        """Every change with those of its month told so far, to which the caller adds; the total only if none is."""
        total, breaks = self.facts.total.id, _excused(self.ground, self.last)
        found, self.checked = _changes(self.ground, [*(part.id for part in self.facts.parts), total])
        for month, changes in found.items():
            told: list[Change] = []
            explained = False
            for change in changes:
                if change.aggregate in breaks and month < breaks[change.aggregate]:
                    self.excused, explained = self.excused + 1, True
                elif change.aggregate != total or not (told or explained):
                    yield change, told

    def why(self, no: str = "") -> str:
        """The reason of the verdict: what could not be judged, and what was not because of a declared break."""
        number = "1 revision" if self.excused == 1 else f"{self.excused} revisions"
        return "; ".join(
            filter(None, [no, f"{number} not judged: a declared break explains it" if self.excused else ""])
        )


def _provisional(stated: CountryIndicator, month: str) -> int:
    """In how many publications a value is provisional, for the delivery of a month."""
    return in_force(stated.revision, month).provisional_publications


def _publication(ground: Ground, indicator: str, period: Period, month: Period) -> tuple[int, bool]:
    """Which publication of a period the delivery of a month is, and whether the history says so; else its age does."""
    counted = ground.vintages.publication(indicator, str(period), str(month)) if ground.vintages is not None else None
    return (month - period + 1, False) if counted is None else (counted, True)


def definitive_revised(ground: Ground, before: Table, last: Period, facts: Facts) -> Verdict:
    """No value is revised, beyond what the indicator's policy allows, that the delivery of ``last`` had made definitive.

    Definitive is a value whose status was not provisional and of which the policy of that delivery says the same.
    """
    if ground.stated is None:
        return Verdict("definitive-revised", unchecked=NO_COUNTRY)
    stated, provisional = ground.stated, facts.concepts.status.provisional
    allowed = in_force(stated.revision, str(ground.month)).definitive_percent
    publications = _provisional(stated, str(last))
    judging, findings = _Judging(ground, last, facts), []
    for change, told in judging.each():
        number, _ = _publication(ground, stated.id, change.month, last)
        was = before[change.aggregate][change.month].status
        if was == provisional or number <= publications or abs(change.percent) <= allowed:
            continue
        told.append(change)
        words = f"{change.aggregate} {change.month} was definitive and is revised from {change}."
        findings.append(_on(ground, "definitive-revised", words, change, f"within {allowed:g} %" if allowed else ""))
    return Verdict("definitive-revised", checked=judging.checked, findings=tuple(findings), unchecked=judging.why())


def revision_large(ground: Ground, last: Period, facts: Facts) -> Verdict:
    """No revision lies far outside what the indicator's own past revisions of the same age have been."""
    rule = facts.rules["revision-large"]
    if ground.vintages is None or ground.stated is None:
        return Verdict("revision-large", unchecked=NO_HISTORY if ground.vintages is None else NO_COUNTRY)
    ages, enough = int(rule.parameters["ages"]), int(rule.parameters["revisions"])
    past = past_revisions(ground.vintages, ground.stated.id, ages)
    judging, findings, checked, few = _Judging(ground, last, facts), [], 0, set()
    for change, told in judging.each():
        if not change.before:
            continue
        age = min(_step(ground.vintages, ground.stated.id, str(change.month), str(ground.month), change.age), ages)
        history = past.get(age, ())
        if len(history) < enough:
            few.add(age)
            continue
        checked += 1
        usual, far = _usual(history, change.before, rule)
        if abs(change.percent - usual) <= far or abs(change.percent) <= float(rule.parameters["percent"]):
            continue
        told.append(change)
        words = (
            f"{change.aggregate} {change.month} is revised from {change}; usual at this age is {usual:+.1f} % "
            f"({usual - far:+.1f} to {usual + far:+.1f} %)."
        )
        findings.append(_on(ground, "revision-large", words, change, ""))
    which = ", ".join(f"{age} and more" if age == ages else str(age) for age in sorted(few))
    no = f"fewer than {enough} past revisions are known of age {which}" if few else ""
    if not checked and not few:
        checked = judging.checked  # nothing is revised
    return Verdict("revision-large", checked=checked, findings=tuple(findings), unchecked=judging.why(no))


def past_revisions(vintages: Vintages, indicator: str, ages: int) -> dict[int, tuple[float, ...]]:
    """The revisions of an indicator so far in per cent, by their number, those beyond ``ages`` in one; zeros included."""
    found: dict[int, list[float]] = {}
    for one in vintages.revisions(indicator):
        if one.before > 0:
            step = _step(vintages, indicator, one.identity.period, one.published, one.age)
            found.setdefault(min(step, ages), []).append(100 * (one.after - one.before) / one.before)
    return {age: tuple(those) for age, those in found.items()}


def _step(vintages: Vintages, indicator: str, period: str, month: str, age: int) -> int:
    """Which revision of a period the delivery of a month is, 1 for the first; its age where the first is not known.

    In an unbroken history both are the same; after a skipped month the first revision comes a month later.
    """
    publication = vintages.publication(indicator, period, month)
    return age if publication is None else publication - 1


def _usual(history: Sequence[float], before: int, rule: Rule) -> tuple[float, float]:
    """What revision is usual, and how far from it one may be, both in per cent.

    The spread is never below the floor, nor below the noise of so many late units as are usual: one at least.
    """
    usual = median(history)
    spread = MAD * median(abs(one - usual) for one in history)
    noise = 100 * math.sqrt(max(1.0, abs(usual) / 100 * before)) / before
    return usual, float(rule.parameters["spreads"]) * max(spread, float(rule.parameters["floor"]), noise)


def _on(ground: Ground, rule: str, words: str, change: Change, allowed: str) -> Finding:
    row = ground.table[change.aggregate][change.month]
    return Finding(
        rule,
        words,
        line=row.line,
        column=row.column,
        series=row.series,
        period=str(change.month),
        component="OBS_VALUE",
        value=str(change.after),
        expected=f"{change.before}{' ' if allowed else ''}{allowed}",
    )


# ---------------------------------------------------------------------------------------------------------- statuses


def status_policy(ground: Ground, facts: Facts) -> Verdict:
    """Every value is provisional in as many publications as the indicator's policy says, and not longer.

    A status that comes before provisional in the hierarchy (estimated, break …) hides it and is not judged. A month
    that is wrong in all aggregates alike is told once.
    """
    if ground.stated is None:
        return Verdict("status-policy", unchecked=NO_COUNTRY)
    if ground.month != ground.last:
        why = f"the header announces {ground.month} and the file ends in {ground.last}: which delivery it is, is open"
        return Verdict("status-policy", unchecked=why)
    status, component = facts.concepts.status, facts.concepts.role.status
    hidden = set(status.hierarchy[: status.hierarchy.index(status.provisional)])
    publications = _provisional(ground.stated, str(ground.month))
    by_month: dict[Period, list[tuple[str, Row]]] = {}
    for aggregate, months in ground.table.items():
        for month, row in months.items():
            if month <= ground.last and row.status in status.hierarchy and row.status not in hidden:
                by_month.setdefault(month, []).append((aggregate, row))
    findings, checked = [], 0
    for month, rows in sorted(by_month.items()):
        checked += len(rows)
        number, counted = _publication(ground, ground.stated.id, month, ground.month)
        expected = status.provisional if number <= publications else status.normal
        wrong = [
            (aggregate, row)
            for aggregate, row in rows
            if (row.status == status.provisional) != (expected == status.provisional)
        ]
        because = (
            f"{'by what was sent before' if counted else 'by its age'} this is publication {number} of the month, and "
            f"values are provisional in {publications}"
        )
        alike = len(wrong) == len(rows) > 1 and len({row.status for _, row in wrong}) == 1
        for aggregate, row in wrong[:1] if alike else wrong:
            who = f"{month}: all {len(rows)} aggregates have" if alike else f"{aggregate} {month} has"
            findings.append(
                Finding(
                    "status-policy",
                    f"{who} {component} {row.status!r}; expected is {expected!r}: {because}.",
                    line=row.line,
                    column=row.column,
                    series="" if alike else row.series,
                    period=str(month),
                    component=component,
                    value=row.status,
                    expected=expected,
                )
            )
    return Verdict("status-policy", checked=checked, findings=tuple(findings))


def status_by_history(ground: Ground) -> Verdict:
    """The months whose status by the number of their publications is another than by their age.

    The number is never more than the age has it, so they are provisional for longer, never for shorter.
    """
    if ground.vintages is None or ground.stated is None:
        return Verdict("status-by-history", unchecked=NO_HISTORY if ground.vintages is None else NO_COUNTRY)
    indicator, publications = ground.stated.id, _provisional(ground.stated, str(ground.month))
    if not ground.vintages.sent.get(indicator):
        return Verdict("status-by-history", unchecked=ground.no_before)
    months = sorted({month for months in ground.table.values() for month in months if month <= ground.last})
    other = []
    for month in months:
        number, _ = _publication(ground, indicator, month, ground.month)
        if number <= publications <= ground.month - month:
            other.append((month, number))
    if not other:
        return Verdict("status-by-history", checked=len(months))
    shown = _some([f"{month} (publication {number}, {_age(ground.month - month)} old)" for month, number in other])
    said = Finding(
        "status-by-history",
        f"{indicator}: by what was sent before, not by the age, provisional is {shown}; values are provisional in "
        f"{publications} publications.",
        period=str(other[0][0]),
        value=" ".join(str(month) for month, _ in other),
    )
    return Verdict("status-by-history", checked=len(months), findings=(said,))


# ------------------------------------------------------------------------------------------------------------ the day


def on_time(
    month: Period | None, before: Table | None, facts: Facts, country: CountryFacts | None, about: About
) -> list[Verdict]:
    """The file was prepared by the day on which its newest month is due; until then, how many days are left.

    A late month is sent all the same. A month that the delivery before had is a correction, and not judged.
    """
    if month is None or any(month in months for months in (before or {}).values()):
        why = NO_MONTH if month is None else f"{month} was in the delivery before: this is a correction"
        return [Verdict(rule, unchecked=why) for rule in OF_THE_DAY]
    due = effective_due(facts, country, month)
    return [_deadline(month, due, about), _days_left(month, due, about.today)]


def _deadline(month: Period, due: dt.date, about: About) -> Verdict:
    prepared = about.prepared
    if prepared is None:
        return Verdict("deadline", unchecked="the header does not say when the file was prepared")
    day = min(prepared, about.today)
    at = about.header.get("Prepared")
    said = Finding(
        "deadline",
        f"{month} was due on {due}; the file was prepared on {day}, {_days((day - due).days)} late.",
        line=at.line if at else None,
        column=at.column if at else None,
        period=str(month),
        component="Prepared",
        value=str(day),
        expected=f"by {due}",
    )
    return Verdict("deadline", checked=1, findings=(said,) if day > due else ())


def _days_left(month: Period, due: dt.date, today: dt.date) -> Verdict:
    left = (due - today).days
    if left < 0:
        return Verdict("days-left", unchecked=f"{month} was due on {due}")
    words = f"{month} is due on {due}: {'today' if not left else f'{_days(left)} left'}."
    return Verdict("days-left", checked=1, findings=(Finding("days-left", words, period=str(month), value=str(left)),))


# --------------------------------------------------------------------------------------------------------------- words


def _span(months: Iterable[Period]) -> str:
    those = sorted(months)
    return f"{those[0]} to {those[-1]}"


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _age(months: int) -> str:
    return "1 month" if months == 1 else f"{months} months"


def _percent(before: int, after: int) -> str:
    if not before:
        return "from nothing"
    percent = 100 * (after - before) / before
    return f"{percent:+.1f} %" if abs(percent) >= 0.1 else f"{percent:+.2g} %"


def _some(items: Sequence[str]) -> str:
    """A few of them in words; the rest is counted."""
    if len(items) <= _SHOWN:
        return ", ".join(items)
    return f"{', '.join(items[:3])} … {items[-1]} ({len(items)} in all)"

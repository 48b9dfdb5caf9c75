"""What the history of the deliveries shows: how timely, punctual and complete they were, how values were revised.

Everything is computed from what was sent. Where nothing was, each value is there all the same and says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from pipeline.facts import in_force
from pipeline.facts.calendar import Sending, Transmitted, punctuality, sendings, timeliness
from pipeline.facts.wording import counted, listing, month, named, number, phrase
from pipeline.period import Period
from pipeline.revisions import Statistics, statistics
from pipeline.texts.forms import escaped, table
from pipeline.vintages import Vintages

if TYPE_CHECKING:
    from pipeline.facts import CountryFacts, Facts
    from pipeline.facts.models import Language

# An age counts the months from that of the value to that of the delivery that revises it.
ALONE = 3  # up to this age, each has a row of its own in the table; older ones have one together
STEPS = 2  # of so many ages, the youngest, the sentence tells
Gaps = Sequence[tuple[Period, str]]  # (month, indicator) for which nothing was sent
Pairs = Iterator[tuple[str, str]]


@dataclass(frozen=True)
class Past:
    """What the computed values rest on.

    ``sent``: what was transmitted, corrections included · ``vintages``: what was said, with the delivery that the report
    describes as its newest · ``as_of``: the day on which that delivery was sent or prepared; None without any.
    """

    sent: Sequence[Transmitted] = ()
    vintages: Vintages = field(default_factory=Vintages)
    as_of: dt.date | None = None

    @property
    def latest(self) -> str | None:
        """The month of the newest delivery: 2024-05."""
        return max((months[-1] for months in self.vintages.sent.values() if months), default=None)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the newest delivery of an indicator holds.

    ``observations``: all, those without a value included · ``first``, ``last``: months with a value · ``present``: of
    the ``expected`` values, one for each of the ``aggregates`` and each of the ``months`` since the first to be sent.
    """

    observations: int
    first: str
    last: str
    present: int
    aggregates: int
    months: int

    @property
    def expected(self) -> int:
        """How many values there should be."""
        return self.aggregates * self.months

    @property
    def missing(self) -> int:
        """How many of them are not there."""
        return self.expected - self.present


def computed(facts: Facts, country: CountryFacts, language: Language, past: Past) -> dict[str, str]:
    """The values that come from the history, by name; without history each says so."""
    ids = [one.id for one in country.country.indicator]
    names = {id_: escaped(named(facts.indicator(id_).name, language)) for id_ in ids}
    known = [one for one in sendings(facts, country, past.sent) if one.indicator in names]
    covered = {id_: coverage(facts, country, id_, past.vintages) for id_ in ids}
    revised = {id_: statistics(past.vintages, id_, alone=ALONE) for id_ in ids}
    return {
        **dict(_extent(language, past, known, covered)),
        **dict(_completeness(language, past, covered, names)),
        **dict(_times(facts, language, known, names)),
        **dict(_revisions(language, revised, past, names)),
    }


# ------------------------------------------------------------------------------------------- extent and completeness


def coverage(facts: Facts, country: CountryFacts, indicator: str, vintages: Vintages) -> Coverage | None:
    """What the newest delivery of an indicator holds; None where there is none."""
    months = vintages.sent.get(indicator)
    if not months:
        return None
    last = vintages.last(indicator)
    valued = {(one.aggregate, one.period) for one, said in last.items() if said.value is not None}
    periods = sorted({period for _, period in valued})
    due = [str(one) for one in Period.parse(country.indicator(indicator).first_period).to(Period.parse(months[-1]))]
    aggregates = [one.id for one in facts.aggregates]
    present = sum((aggregate, period) in valued for aggregate in aggregates for period in due)
    first, end = (periods[0], periods[-1]) if periods else ("", "")
    return Coverage(len(last), first, end, present, len(aggregates), len(due))


def _extent(language: Language, past: Past, known: Sequence[Sending], covered: dict[str, Coverage | None]) -> Pairs:
    """The newest month, how many months were sent, how many observations there are, which months they cover."""
    unknown = phrase(language, "unknown")
    there = [one for one in covered.values() if one is not None]
    yield "latest", month(language, past.latest) if past.latest else unknown
    yield "deliveries", number(language, len({one.month for one in known})) if known else unknown
    yield "observations", number(language, sum(one.observations for one in there)) if there else unknown
    for id_, one in covered.items():
        yield f"observations.{id_}", number(language, one.observations) if one else unknown
        yield f"period_covered.{id_}", _period(language, one) if one else unknown


def _period(language: Language, covered: Coverage) -> str:
    """January 2012 to May 2024."""
    if not covered.first:
        return phrase(language, "no_figure")
    first, last = month(language, covered.first), month(language, covered.last)
    return first if first == last else phrase(language, "range", first=first, last=last)


def _completeness(language: Language, past: Past, covered: dict[str, Coverage | None], names: dict[str, str]) -> Pairs:
    nothing = phrase(language, "nothing_sent")
    there = {id_: one for id_, one in covered.items() if one is not None}
    own = dict.fromkeys(names, nothing)
    own |= {id_: _complete(language, "completeness_of", [one], names[id_]) for id_, one in there.items()}
    for id_, sentence in own.items():
        yield f"completeness.{id_}", sentence
    yield "completeness", _complete(language, "completeness", list(there.values())) if there else nothing
    yield "completeness.each", _each(language, own, names) if there else nothing
    heads = [phrase(language, f"column_{name}") for name in ("indicator", "period", "observations", "missing")]
    rows = [
        (names[id_], _period(language, one), number(language, one.observations), number(language, one.missing))
        for id_, one in there.items()
    ]
    said = table(heads, rows, numbers=2) if rows else nothing
    yield "coverage.table", said
    if past.latest and rows:
        said = _passages(phrase(language, "coverage", month=month(language, past.latest)), said)
    yield "coverage.full", said


def _each(language: Language, sentences: dict[str, str], names: dict[str, str]) -> str:
    """A passage for each indicator, which begins with its name."""
    return _passages(*(phrase(language, "each", indicator=names[id_], text=said) for id_, said in sentences.items()))


def _passages(*passages: str) -> str:
    """Paragraphs and tables one below the other."""
    return "\n\n".join(passages)


def _complete(language: Language, name: str, covered: Sequence[Coverage], indicator: str = "") -> str:
    """How many of the expected values are there, as a sentence."""
    missing = sum(one.missing for one in covered)
    said = {
        "values": number(language, sum(one.present for one in covered)),
        "expected": number(language, sum(one.expected for one in covered)),
    }
    if indicator:
        said["aggregates"] = counted(language, "aggregates", covered[0].aggregates)
        said["months"] = counted(language, "months", covered[0].months)
    return counted(language, name, missing, **said) if missing else phrase(language, f"{name}_all", **said)


# ---------------------------------------------------------------------------------------- timeliness and punctuality


def together(known: Sequence[Sending]) -> list[Sending]:
    """One sending for each month: it is there when the last of its indicators is."""
    months: dict[Period, Sending] = {}
    for one in known:
        before = months.get(one.month)
        if before is None or one.at > before.at:
            months[one.month] = one
    return list(months.values())


def gaps(known: Sequence[Sending], indicators: Iterable[str]) -> list[tuple[Period, str]]:
    """(month, indicator) for which nothing was sent though something was for the month, or before and after it.

    Of each indicator from its first month on, of one that was never sent from the first of all, to the newest of all.
    """
    sent = {(one.month, one.indicator) for one in known}
    months = {month for month, _ in sent}
    found: list[tuple[Period, str]] = []
    for id_ in indicators if months else ():
        first = min((month for month, indicator in sent if indicator == id_), default=min(months))
        found += [(month, id_) for month in first.to(max(months)) if (month, id_) not in sent]
    return found


def _times(facts: Facts, language: Language, known: Sequence[Sending], names: dict[str, str]) -> Pairs:
    """How long after the end of their month data were sent, and whether by the deadline: of all, of each indicator.

    Of all together a month counts when nothing of it is missing.
    """
    own = {id_: [one for one in known if one.indicator == id_] for id_ in names}
    missing = gaps(known, names)
    without = {period for period, _ in missing}
    whole = [one for one in together(known) if one.month not in without]
    nothing = phrase(language, "none_complete" if known else "nothing_sent")
    sentence, said = _timeliness(language, whole) or nothing, _timeliness_table(language, own, names)
    yield "timeliness", sentence
    yield "timeliness.table", said or nothing
    yield "timeliness.full", _passages(sentence, said) if said else nothing
    yield "punctuality", _punctuality(facts, language, whole, missing, names) or nothing
    for id_, those in own.items():
        lacking = [gap for gap in missing if gap[1] == id_] if those else []
        never = phrase(language, "nothing_sent")
        yield f"timeliness.{id_}", _timeliness(language, those) or never
        yield f"punctuality.{id_}", _punctuality(facts, language, those, lacking, {}) or never


def _timeliness(language: Language, known: Sequence[Sending]) -> str:
    """How long after the end of the month, as a sentence; empty without sendings."""
    found = timeliness(known)
    if found is None:
        return ""
    return counted(
        language,
        "timeliness",
        found.sendings,
        mean=number(language, found.mean, 1),
        least=counted(language, "days", found.least),
        most=counted(language, "days", found.most),
    )


def _punctuality(
    facts: Facts, language: Language, known: Sequence[Sending], missing: Gaps, names: dict[str, str]
) -> str:
    """How many deliveries were on time; which were late, for which months nothing was sent. Empty without either.

    ``names``: of the indicators, where a month may be missing of one and not of the other.
    """
    said = list(_on_time(facts, language, known))
    if missing:
        if not said:
            said.append(phrase(language, "none_complete"))
        months = listing(language, list(_skipped(language, missing, names)))
        said.append(phrase(language, "skipped", months=months))
    return " ".join(said)


def _on_time(facts: Facts, language: Language, known: Sequence[Sending]) -> Iterator[str]:
    """Sentences: how many were on time, the earliest and the latest; which were late."""
    found = punctuality(known)
    if found is None:
        return
    yield phrase(
        language,
        f"punctuality_{_how_many(found.on_time, found.sendings)}",
        on_time=number(language, found.on_time),
        n=number(language, found.sendings),
        by=_by(facts, language, known),
        earliest=phrase(language, "deadline", days=found.earliest),
        latest=phrase(language, "deadline", days=found.latest),
    )
    if found.late:
        yield phrase(language, "late", months=listing(language, [_late(language, one) for one in found.late]))


def _how_many(on_time: int, of: int) -> str:
    if of == 1:
        return "only" if on_time else "only_late"
    return "none" if not on_time else "one" if on_time == 1 else "many"


def _by(facts: Facts, language: Language, known: Sequence[Sending]) -> str:
    """Until when: the deadline, and the working day after it where that has counted."""
    deadlines = {in_force(facts.transmission.deadline, str(one.month)).days_after_end for one in known}
    if len(deadlines) > 1:
        return phrase(language, "by_each")
    days = deadlines.pop()
    put_off = any(one.days > days and not one.late for one in known)
    name = "by_working_day" if put_off else "by"
    return phrase(language, name, deadline=phrase(language, "deadline", days=days))


def _late(language: Language, one: Sending) -> str:
    return phrase(
        language, "late_item", month=month(language, str(one.month)), days=counted(language, "days", one.late)
    )


def _skipped(language: Language, skipped: Gaps, names: dict[str, str]) -> Iterator[str]:
    """Months for which nothing was sent, in order; with the indicators where it is not all of them."""
    months: dict[Period, list[str]] = {}
    for period, indicator in skipped:
        months.setdefault(period, []).append(indicator)
    for period in sorted(months):
        said = month(language, str(period))
        if names and len(months[period]) < len(names):
            those = [phrase(language, "in_sentence", name=names[id_]) for id_ in names if id_ in months[period]]
            said = phrase(language, "skipped_item", month=said, indicators=listing(language, those))
        yield said


def _timeliness_table(language: Language, own: dict[str, list[Sending]], names: dict[str, str]) -> str:
    """The indicators of which something was sent; empty where none is."""
    columns = ("indicator", "deliveries", "mean_days", "least_days", "most_days", "on_time", "late")
    rows = []
    for id_, those in own.items():
        days, on_time = timeliness(those), punctuality(those)
        if days is not None and on_time is not None:
            figures = [number(language, days.sendings), number(language, days.mean, 1)]
            counts = (days.least, days.most, on_time.on_time, len(on_time.late))
            rows.append((names[id_], *figures, *(number(language, one) for one in counts)))
    heads = [phrase(language, f"column_{name}") for name in columns]
    return table(heads, rows, numbers=len(columns) - 1) if rows else ""


# --------------------------------------------------------------------------------------------------------- revisions


def _revisions(
    language: Language, revised: dict[str, tuple[Statistics, ...]], past: Past, names: dict[str, str]
) -> Pairs:
    """How much values were revised, by their age: the months from their own to that of the delivery that revises them."""
    nothing = phrase(language, "revision_none" if past.latest else "nothing_sent")
    rows, practice = [], {}
    for id_, those in revised.items():
        steps = listing(language, [_step(language, one) for one in those[:STEPS]])
        practice[id_] = phrase(language, "revision_practice", steps=steps) if those else nothing
        yield f"revision_practice.{id_}", practice[id_]
        rows += [(names[id_], *_row(language, one)) for one in those]
    columns = ("indicator", "age", "values", "mean_revision", "mean_absolute", "relative_mean_absolute", "upward")
    heads = [phrase(language, f"column_{name}") for name in columns]
    said = table(heads, rows, numbers=len(columns) - 1) if rows else nothing
    yield "revision.table", said
    yield "revision.full", _passages(_each(language, practice, names), said) if rows else nothing


def _step(language: Language, one: Statistics) -> str:
    age = counted(language, "months", ALONE if one.age is None else one.age)
    said = {
        "size": _figure(language, one.mean_absolute, 1),
        "values": counted(language, "values", one.n),
        "age": phrase(language, "older", age=age) if one.age is None else age,
    }
    if one.relative_mean_absolute is None:
        return phrase(language, "revision_step_absolute", **said)
    return phrase(language, "revision_step", share=_per_cent(language, one.relative_mean_absolute, 2), **said)


def _row(language: Language, one: Statistics) -> Iterator[str]:
    older = phrase(language, "older", age=number(language, ALONE))
    yield older if one.age is None else number(language, one.age)
    yield number(language, one.n)
    yield _figure(language, one.mean, 1)
    yield _figure(language, one.mean_absolute, 1)
    share = one.relative_mean_absolute
    yield phrase(language, "no_figure") if share is None else _per_cent(language, share, 2)
    yield _per_cent(language, Fraction(100 * one.upward, one.n), 1)


def _per_cent(language: Language, value: float | Fraction, decimals: int) -> str:
    return phrase(language, "per_cent", number=_figure(language, value, decimals))


def _figure(language: Language, value: float | Fraction, decimals: int) -> str:
    """A figure with so many decimals, or as many as show two digits: what is not nil is not written as nil."""
    while 0 < abs(value) * 10**decimals < 10:
        decimals += 1
    return number(language, value, decimals)

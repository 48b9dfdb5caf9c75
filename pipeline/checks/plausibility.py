"""Is it likely? The newest month, and cells revised since the previous delivery, against the series' own history.

Changes are logarithms of ratios. What is usual is the median of the same calendar month of earlier years; how far one
may be from it is counted in robust spreads (median absolute deviation times 1.4826), never below the noise that counts
of this size have by chance. Only the newest month is judged: thirty years of history hold real shocks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING

from pipeline.findings import Finding, Verdict
from pipeline.period import Period

if TYPE_CHECKING:
    from pipeline.checks.content import About, Row, Table
    from pipeline.facts import Facts
    from pipeline.facts.models import Break
    from pipeline.findings import Rule

Values = Mapping[Period, float]
Counts = Mapping[str, Mapping[Period, int]]

YEAR = 12
MAD = 1.4826  # the median absolute deviation of a normal distribution is its standard deviation over this
_SMALL, _LARGE = Decimal("0.000001"), 10**12
NO_MONTH = "no month of the regulation's aggregates can be read"


def plausibility(
    table: Table,
    counts: Counts,
    newest: Period | None,
    facts: Facts,
    about: About,
    previous: Table | None,
    no_previous: str = "",
    breaks: Sequence[Break] = (),
) -> list[Verdict]:
    """The verdicts of all rules of likelihood.

    ``table``: the file as it stands · ``counts``: its values that are whole, not negative and add up · ``newest``: the
    month to be judged · ``previous``: the delivery before, None with the reason where there is none · ``breaks``: those
    declared for the indicator; no change across one is judged.
    """
    parts, total = [part.id for part in facts.parts], facts.total.id
    if newest is None:
        whole_file = ("zero-value", *_CHANGES, "same-factor", "shifted-columns", "repeated-month", "unit-multiplier")
        verdicts = [Verdict(rule, unchecked=NO_MONTH) for rule in whole_file]
    else:
        raw = as_numbers(table)
        verdicts = [
            zero_value(counts, newest, table, parts, facts.rules["zero-value"]),
            *changes(counts, newest, table, parts, total, facts.rules, previous, breaks),
            same_factor(raw, newest, parts, table, facts.rules, breaks),
            shifted_columns(raw, newest, parts, table, facts.rules["shifted-columns"]),
            repeated_month(raw, newest, table),
            unit_multiplier(raw, newest, table, facts, about),
        ]
    return verdicts + against_previous(table, previous, no_previous, facts.rules["indicators-swapped"])


def as_numbers(table: Table) -> dict[str, dict[Period, float]]:
    """The values as they stand, thousands and fractions among them, without those beyond any unit."""
    return {
        aggregate: {
            month: float(row.value)
            for month, row in months.items()
            if row.value is not None and (row.value == 0 or _SMALL <= row.value <= _LARGE)
        }
        for aggregate, months in table.items()
    }


# ------------------------------------------------------------------------------------------- one value of one series


@dataclass(frozen=True, slots=True)
class Odd:
    """A value that is not what was to be expected: the base it changed from, what is usual, and the range."""

    value: float
    base: float
    expected: float
    low: float
    high: float


def _change(values: Values, month: Period, steps: int) -> float | None:
    """The change of a month against the one some months before; None where one of them has no units."""
    now, then = values.get(month, 0), values.get(month + -steps, 0)
    return math.log(now / then) if now > 0 and then > 0 else None


def _surprise(values: Values, month: Period) -> float | None:
    """How far a month is from its seasonal naive forecast.

    The forecast is the same month of one, two and three years before, each moved as the latest three months have moved
    since then; of these the middle one, so that a shock of one year does not return as a surprise in the next.
    """
    found = []
    for steps in (YEAR, 2 * YEAR, 3 * YEAR):
        own = _change(values, month, steps)
        drift = [change for i in (1, 2, 3) if (change := _change(values, month + -i, steps)) is not None]
        if own is not None and drift:
            found.append(own - median(drift))
    return median(found) if found else None


def _month_change(values: Values, month: Period) -> float | None:
    return _change(values, month, 1)


def _year_change(values: Values, month: Period) -> float | None:
    return _change(values, month, YEAR)


def _earlier(values: Values, month: Period, change: Callable[[Values, Period], float | None]) -> list[float]:
    """The changes of the same calendar month in earlier years."""
    first = min(values, default=month)
    found = []
    while month - first >= YEAR:
        month += -YEAR
        if (one := change(values, month)) is not None:
            found.append(one)
    return found


def _limit(history: Sequence[float], noise: float, rule: Rule) -> tuple[float, float]:
    """What is usual, and how far from it a change may be."""
    usual = median(history)
    spread = MAD * median([abs(one - usual) for one in history])
    spreads, floor = float(rule.parameters["spreads"]), float(rule.parameters["floor"])
    return usual, max(spreads * max(spread, floor, noise), math.log(float(rule.parameters["factor"])))


def _judged(
    values: Values,
    month: Period,
    change: Callable[[Values, Period], float | None],
    steps: int,
    recent: bool,
    rule: Rule,
) -> Odd | bool | None:
    """Whether the change of a month is usual (None), odd, or cannot be judged (False)."""
    now, history = change(values, month), _earlier(values, month, change)
    if now is None or len(history) < int(rule.parameters["years"]):
        return False
    value, base = values[month], values.get(month + -steps, 0)
    if value <= 0 or base <= 0:
        return False  # no rate of change without both
    noise = math.sqrt(1 / value + 1 / base)
    usual, far = _limit(history, noise, rule)
    if abs(now - usual) <= far:
        return None
    if recent:  # a turn of the tide shows in the months before as well
        lately = [one for i in range(1, YEAR + 1) if (one := change(values, month + -i)) is not None]
        if lately:
            around, beyond = _limit(lately, noise, rule)
            if abs(now - around) <= beyond:
                return None
    level = value / math.exp(now)
    return Odd(value, base, level * math.exp(usual), level * math.exp(usual - far), level * math.exp(usual + far))


#: rule → how a change is measured, against how many months before, whether the latest months excuse it
_CHANGES: dict[str, tuple[Callable[[Values, Period], float | None], int, bool]] = {
    "month-on-month": (_month_change, 1, False),
    "year-on-year": (_year_change, YEAR, True),
    "forecast": (_surprise, YEAR, False),
}


def _words(rule: str, aggregate: str, month: Period, odd: Odd) -> str:
    """The sentence about an odd value."""
    if rule == "forecast":
        return (
            f"{aggregate} {month} is {odd.value:,}; forecast were {odd.expected:,.0f} "
            f"({odd.low:,.0f} to {odd.high:,.0f})."
        )
    before = month + -(_CHANGES[rule][1])
    return (
        f"{aggregate} {month}: {odd.value:,} is {odd.value / odd.base:.2f} times {before} ({odd.base:,}); usual is "
        f"{odd.expected / odd.base:.2f} times: {odd.expected:,.0f} ({odd.low:,.0f} to {odd.high:,.0f})."
    )


def changes(
    counts: Counts,
    newest: Period,
    table: Table,
    parts: Sequence[str],
    total: str,
    rules: Mapping[str, Rule],
    previous: Table | None,
    breaks: Sequence[Break],
) -> list[Verdict]:
    """The change against the month before, against the year before, and the distance from a forecast are usual.

    The newest month is judged; a revised cell only where its former value was usual. The total is judged where none of
    its parts is odd: it cannot be odd by itself and still be their sum.
    """
    found: dict[str, list[Finding]] = {rule: [] for rule in _CHANGES}
    checked = dict.fromkeys(_CHANGES, 0)
    odd_parts: set[Period] = set()
    for aggregate in (*parts, total):
        values = counts.get(aggregate, {})
        for month, former in _to_judge(aggregate, values, newest, previous):
            if aggregate == total and month in odd_parts:
                continue
            for rule, (change, steps, recent) in _CHANGES.items():
                if _across(breaks, aggregate, month, steps):
                    continue
                odd = _judged(values, month, change, steps, recent, rules[rule])
                if odd is False:
                    continue
                checked[rule] += 1
                if not isinstance(odd, Odd):
                    continue
                if former is not None:
                    before = _judged({**values, month: former}, month, change, steps, recent, rules[rule])
                    if isinstance(before, Odd):
                        continue
                odd_parts.add(month)
                words, value, expected = _words(rule, aggregate, month, odd), f"{odd.value:.0f}", f"{odd.expected:.0f}"
                found[rule].append(_finding(rule, words, table[aggregate][month], value, expected))
    return [
        Verdict(
            rule,
            checked=checked[rule],
            findings=tuple(found[rule]),
            unchecked="" if checked[rule] else "the newest month, or the years before it, cannot be compared",
        )
        for rule in _CHANGES
    ]


def _across(breaks: Sequence[Break], aggregate: str, month: Period, steps: int) -> bool:
    """Whether a declared break of the aggregate lies between a month and the one so many before."""
    return any(
        str(month + -steps) < one.period <= str(month) and aggregate in (one.aggregates or (aggregate,))
        for one in breaks
    )


def _to_judge(
    aggregate: str, values: Values, newest: Period, previous: Table | None
) -> Iterator[tuple[Period, float | None]]:
    """The newest month, then each revised one with its former value."""
    if newest in values:
        yield newest, None
    for month, row in sorted((previous or {}).get(aggregate, {}).items()):
        former = row.value
        if month == newest or month not in values or former is None:
            continue
        if _SMALL <= former <= _LARGE and former != values[month]:
            yield month, float(former)


def _finding(rule: str, message: str, row: Row | None, value: str = "", expected: str = "") -> Finding:
    if row is None:
        return Finding(rule, message, value=value, expected=expected)
    return Finding(
        rule,
        message,
        line=row.line,
        column=row.column,
        series=row.series,
        period=str(row.period),
        component="OBS_VALUE",
        value=value,
        expected=expected,
    )


def zero_value(counts: Counts, newest: Period, table: Table, parts: Sequence[str], rule: Rule) -> Verdict:
    """No aggregate is zero in the newest month that had many units in each month before."""
    months, above = int(rule.parameters["months"]), float(rule.parameters["above"])
    findings: list[Finding] = []
    checked = 0
    for aggregate in sorted(counts, key=lambda one: one not in parts):
        values = counts[aggregate]
        before = [values[month] for month in (newest + -months).to(newest + -1) if month in values]
        if newest not in values or not before:
            continue
        checked += 1
        mean = sum(before) / len(before)
        if values[newest] == 0 and mean > above and not (aggregate not in parts and findings):
            said = f"{aggregate} {newest} is 0; the {len(before)} months before have {mean:,.0f} a month."
            findings.append(_finding("zero-value", said, table[aggregate][newest], "0", f"about {mean:.0f}"))
    unchecked = "" if checked else "the newest month has no months before it"
    return Verdict("zero-value", checked=checked, findings=tuple(findings), unchecked=unchecked)


# ------------------------------------------------------------------------------------------------- all series at once

Raw = Mapping[str, Mapping[Period, float]]


def _pairs(raw: Raw, newest: Period, parts: Sequence[str], steps: int, least: float) -> list[tuple[float, float]]:
    """(value some months before, value of the newest month) of the sectors whose values are both at least so large."""
    found = []
    for part in parts:
        then, now = raw.get(part, {}).get(newest + -steps), raw.get(part, {}).get(newest)
        if then is not None and now is not None and min(then, now) >= least:
            found.append((then, now))
    return found


def same_factor(
    raw: Raw,
    newest: Period,
    parts: Sequence[str],
    table: Table,
    rules: Mapping[str, Rule],
    breaks: Sequence[Break] = (),
) -> Verdict:
    """The sectors have not all moved by one factor: to the unit against another month, or nearly so, and far, against
    what was to be expected of each."""
    rule = rules["same-factor"]
    if all(_across(breaks, part, newest, 1) for part in parts):
        return Verdict("same-factor", unchecked=f"a break of all sectors is declared in {newest}")
    enough, units = int(rule.parameters["sectors"]), int(rule.parameters["units"])
    row = next((table[part][newest] for part in parts if newest in table.get(part, {})), None)
    checked = 0
    for steps in (1, YEAR):
        pairs = _pairs(raw, newest, parts, steps, units)
        if len(pairs) < enough:
            continue
        checked += 1
        then, now = max(pairs)
        ratio = now / then
        if ratio != 1 and all(abs(one - ratio * base) <= 1 for base, one in pairs):
            said = f"{newest}: all {len(pairs)} sectors are {ratio:.4g} times {newest + -steps}."
            return Verdict(
                "same-factor", checked=checked, findings=(_finding("same-factor", said, row, f"{ratio:.4g}"),)
            )
    surprises = []
    for part in parts:
        values = raw.get(part, {})
        surprise = _surprise(values, newest)
        if surprise is not None and min(values.get(newest + -i, 0) for i in (0, 1)) >= units:
            usual = _earlier(values, newest, _surprise)
            surprises.append(surprise - (median(usual) if usual else 0))
    if len(surprises) >= enough:
        checked += 1
        middle = median(surprises)
        spread = MAD * median([abs(one - middle) for one in surprises])
        far = math.log(float(rule.parameters["factor"]))
        if abs(middle) >= far and spread <= float(rule.parameters["spread"]) * abs(middle):
            said = (
                f"{newest}: all {len(surprises)} sectors are about {math.exp(middle):.2f} times what was to be expected "
                "of each."
            )
            found = _finding("same-factor", said, row, f"{math.exp(middle):.2f}", "1.00")
            return Verdict("same-factor", checked=checked, findings=(found,))
    unchecked = "" if checked else f"fewer than {enough} sectors can be compared"
    return Verdict("same-factor", checked=checked, unchecked=unchecked)


def shifted_columns(raw: Raw, newest: Period, parts: Sequence[str], table: Table, rule: Rule) -> Verdict:
    """The sectors of the newest month are near their own values of last month, not near their neighbours'."""
    share, near, apart = (float(rule.parameters[name]) for name in ("share", "near", "apart"))
    both = [
        (raw[part][newest + -1], raw[part][newest])
        for part in parts
        if raw.get(part, {}).get(newest + -1, 0) > 0 and raw.get(part, {}).get(newest, 0) > 0
    ]
    if len(both) < max(4, len(parts) - 1):
        return Verdict("shifted-columns", unchecked="too few sectors have a value in both months")
    then, now = [math.log(one) for one, _ in both], [math.log(one) for _, one in both]
    season = median(now) - median(then)
    own = median(abs(b - a - season) for a, b in zip(then, now, strict=True))
    findings = []
    for steps, side in ((1, "left"), (-1, "right")):
        matched = [abs(now[i] - then[(i - steps) % len(then)] - season) <= math.log(near) for i in range(len(now))]
        if own >= math.log(apart) and sum(matched) >= share * len(now):
            row = next(table[part][newest] for part in parts if newest in table.get(part, {}))
            said = (
                f"{newest}: {sum(matched)} of {len(now)} sectors are near the value that their neighbour to the {side} "
                f"had in {newest + -1}, and far from their own."
            )
            findings.append(_finding("shifted-columns", said, row))
            break
    return Verdict("shifted-columns", checked=len(now), findings=tuple(findings))


def repeated_month(raw: Raw, newest: Period, table: Table) -> Verdict:
    """The newest month is not the month before over again, in all aggregates."""
    both = [
        (aggregate, values[newest + -1], values[newest])
        for aggregate, values in raw.items()
        if newest in values and newest + -1 in values
    ]
    if len(both) < 2:
        return Verdict("repeated-month", unchecked="too few aggregates have a value in both months")
    findings = []
    if all(then == now for _, then, now in both) and any(now for _, _, now in both):
        said = f"{newest} has the values of {newest + -1} in all {len(both)} aggregates."
        findings.append(_finding("repeated-month", said, table[both[0][0]][newest]))
    return Verdict("repeated-month", checked=len(both), findings=tuple(findings))


def unit_multiplier(raw: Raw, newest: Period, table: Table, facts: Facts, about: About) -> Verdict:
    """The unit multiplier is that of the regulation, and the newest month is not a thousand times the months before."""
    rule, component = facts.rules["unit-multiplier"], facts.concepts.role.unit_multiplier
    months = int(rule.parameters["months"])
    factor, tolerance = float(rule.parameters["factor"]), float(rule.parameters["tolerance"])
    expected, found = facts.values("count").get(component), about.codes.get(component, {})
    findings = [
        Finding(
            "unit-multiplier",
            f"{at.series}: {component} is {code!r}; counts are sent with {expected!r}.",
            line=at.line,
            column=at.column,
            series=at.series,
            component=component,
            value=code,
            expected=expected or "",
        )
        for code, places in found.items()
        if expected is not None and code != expected
        for at in places
    ]
    levels = {}
    for aggregate, values in raw.items():
        before = [values[m] for m in (newest + -months).to(newest + -1) if m in values]
        if before and median(before) > 0 and values.get(newest, 0) > 0:
            levels[aggregate] = values[newest] / median(before)
    if len(levels) >= 2 and not findings:
        for times, words in ((factor, f"{factor:,.0f} times"), (1 / factor, f"a {factor:,.0f}th part of")):
            if all(times / tolerance <= level <= times * tolerance for level in levels.values()):
                said = f"{newest}: all {len(levels)} aggregates are about {words} the median of the {months} months before."
                findings.append(_finding("unit-multiplier", said, table[next(iter(levels))][newest]))
    ceiling = int(facts.rules["value-ceiling"].parameters["ceiling"])
    total = raw.get(facts.total.id, {})
    high = [month for month, value in total.items() if value > ceiling]
    if not findings and high and 2 * len(high) > len(total):
        said = f"{len(high)} of {len(total)} values of {facts.total.id} are above {ceiling:,}: they are not in units."
        findings.append(_finding("unit-multiplier", said, table[facts.total.id][max(high)]))
    checked = len(levels) + sum(map(len, found.values()))
    return Verdict(
        "unit-multiplier", checked=checked, findings=tuple(findings), unchecked="" if checked else "nothing to compare"
    )


# --------------------------------------------------------------------------------------------- the delivery before


def against_previous(table: Table, previous: Table | None, no_previous: str, swapped: Rule) -> list[Verdict]:
    """The file is not the previous delivery, nor an older one, nor that of the other indicator."""
    if not previous or not table:
        why = no_previous if previous is None else "one of the two files has no month of the regulation's aggregates"
        return [Verdict(rule, unchecked=why) for rule in ("same-file", "old-file", "indicators-swapped")]
    now, then = _said(table), _said(previous)
    same = []
    if now == then:
        number = sum(map(len, table.values()))
        same = [Finding("same-file", f"all {number:,} observations are those of the previous delivery.")]
    last, before = max(month for _, month in now), max(month for _, month in then)
    common = now.keys() & then.keys()
    old = []
    if last < before and common and all(now[cell][0] == then[cell][0] for cell in common):
        old = [
            Finding(
                "old-file",
                f"the file ends in {last}, the previous delivery in {before}; all {len(common):,} common values are equal.",
                period=str(last),
                value=str(last),
                expected=f"{before} or later",
            )
        ]
    return [
        Verdict("same-file", checked=len(now), findings=tuple(same)),
        Verdict("old-file", checked=len(common), findings=tuple(old)),
        _swapped(table, previous, swapped),
    ]


def _said(table: Table) -> dict[tuple[str, Period], tuple[int | Decimal | None, str]]:
    return {(a, month): (row.value, row.status) for a, months in table.items() for month, row in months.items()}


def _swapped(table: Table, previous: Table, rule: Rule) -> Verdict:
    """The aggregates are on the level of the previous delivery."""
    share, far = float(rule.parameters["share"]), math.log(float(rule.parameters["factor"]))
    levels = []
    before = as_numbers(previous)
    for aggregate, months in as_numbers(table).items():
        former = before.get(aggregate, {})
        ratios = [math.log(now / former[month]) for month, now in months.items() if now and former.get(month)]
        if ratios:
            levels.append(median(ratios))
    away = [level for level in levels if abs(level) > far]
    findings = []
    if levels and len(away) >= share * len(levels):
        findings = [
            Finding(
                "indicators-swapped",
                f"{len(away)} of {len(levels)} aggregates are on another level than in the previous delivery; in the "
                f"middle {math.exp(median(away)):.3g} times.",
                value=f"{math.exp(median(away)):.3g}",
                expected="1",
            )
        ]
    unchecked = "" if levels else "the two deliveries have no month in common"
    return Verdict("indicators-swapped", checked=len(levels), findings=tuple(findings), unchecked=unchecked)

"""Everything that the regulation asks for is there: every aggregate, every month from the first delivered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.findings import Finding, Verdict
from pipeline.period import Period

if TYPE_CHECKING:
    from pipeline.checks.content import About, Row, Table
    from pipeline.facts import Facts


def coverage(
    present: Iterable[tuple[str, str, str]],
    aggregates: Sequence[str],
    months: Mapping[str, Sequence[str]],
    series: Mapping[tuple[str, str], str],
) -> Verdict:
    """Each (indicator, aggregate, month) has an observation, with a value or with the status that says why not.

    ``months``: those expected, for each indicator · ``series``: (indicator, aggregate) → series key, for the report.
    """
    there = set(present)
    findings = []
    checked = 0
    for indicator, expected in sorted(months.items()):
        for aggregate in aggregates:
            gone = [month for month in expected if (indicator, aggregate, month) not in there]
            checked += len(expected)
            if gone:
                findings.append(
                    Finding(
                        "coverage",
                        f"{indicator}, {aggregate}: {len(gone)} of {len(expected)} months are missing: {_some(gone)}.",
                        data_set=indicator,
                        series=series.get((indicator, aggregate), aggregate),
                        period=gone[0],
                        expected=f"{expected[0]} to {expected[-1]}",
                    )
                )
    return Verdict("coverage", checked=checked, findings=tuple(findings))


def not_computed(rows: Iterable[Mapping[str, str]]) -> Verdict:
    """Observations without a value; rows carry data_set, series, aggregate, period, value and why."""
    groups: dict[tuple[str, str, str, str], list[str]] = {}
    checked = 0
    for row in rows:
        checked += 1
        if not row["value"]:
            key = (row["data_set"], row["series"], row["aggregate"], row["why"])
            groups.setdefault(key, []).append(row["period"])
    findings = tuple(
        Finding(
            "not-computed",
            f"{data_set}, {aggregate}: no value for {_some(periods)}: {why}.",
            data_set=data_set,
            series=series,
            period=periods[0],
            value="",
        )
        for (data_set, series, aggregate, why), periods in sorted(groups.items())
    )
    return Verdict("not-computed", checked=checked, findings=findings)


def first_period(first: Mapping[str, str], expected: Mapping[str, str], accepted: Mapping[str, str]) -> list[Verdict]:
    """The series starts where it is declared to: later is information; cells before the first accepted are not sent."""
    late = [
        Finding(
            "starts-later",
            f"{indicator}: the series starts in {start}; declared is {expected[indicator]}.",
            data_set=indicator,
            period=start,
            expected=expected[indicator],
        )
        for indicator, start in sorted(first.items())
        if start > expected[indicator]
    ]
    early = [
        Finding(
            "before-start",
            f"{indicator}: the input starts in {start}, before {accepted[indicator]}, the first period accepted; "
            "the months before it are not sent.",
            data_set=indicator,
            period=start,
            expected=accepted[indicator],
        )
        for indicator, start in sorted(first.items())
        if start < accepted[indicator]
    ]
    return [
        Verdict("starts-later", checked=len(first), findings=tuple(late)),
        Verdict("before-start", checked=len(first), findings=tuple(early)),
    ]


def ends_elsewhere(last: Mapping[str, str], month: str) -> Verdict:
    """Every indicator ends in the delivery's month."""
    findings = tuple(
        Finding(
            "ends-elsewhere",
            f"{indicator}: the input ends in {end}, the delivery is for {month}; "
            + ("its later months are not sent." if end > month else "the months up to it have no value."),
            data_set=indicator,
            period=end,
            expected=month,
        )
        for indicator, end in sorted(last.items())
        if end != month
    )
    return Verdict("ends-elsewhere", checked=len(last), findings=findings)


def future(month: str, last: Mapping[str, str], now: str) -> Verdict:
    """The delivery's month was over when it was prepared (in ``now``), and no cell is of a month that was not."""
    findings = [
        Finding(
            "future-month",
            f"the month {month} was not over in {now}, when this was prepared.",
            period=month,
            expected=f"before {now}",
        )
    ][: int(month >= now)]
    findings += [
        Finding(
            "future-month",
            f"{indicator}: the input goes to {end}, which was not over in {now}, when this was prepared.",
            data_set=indicator,
            period=end,
            expected=f"before {now}",
        )
        for indicator, end in sorted(last.items())
        if end >= now and end != month
    ]
    return Verdict("future-month", checked=1 + len(last), findings=tuple(findings))


def activity_gone(before: Mapping[str, Mapping[str, int]], now: Mapping[str, Iterable[str]], month: str) -> Verdict:
    """Every activity that had units in the month before has a row now, where an absent row counts as zero.

    ``before``: indicator → activity → units in the month before · ``now``: indicator → activities of ``month``.
    """
    findings = []
    for indicator, units in sorted(before.items()):
        there = set(now.get(indicator, ()))
        gone = {activity: number for activity, number in units.items() if number and activity not in there}
        if gone:
            findings.append(
                Finding(
                    "activity-gone",
                    f"{indicator} {month}: no row for {_some(sorted(gone))}, which had {sum(gone.values()):,} units in the "
                    "month before; counted as zero.",
                    data_set=indicator,
                    period=month,
                    value=" ".join(sorted(gone)),
                )
            )
    return Verdict("activity-gone", checked=sum(map(len, before.values())), findings=tuple(findings))


def territory(
    found: Mapping[str, Iterable[str]], declared: Mapping[str, Sequence[str]], whole: frozenset[str]
) -> Verdict:
    """Every area of an indicator's territory has cells, unless the whole territory comes in one."""
    findings = []
    for indicator, areas in sorted(found.items()):
        seen = set(areas)
        gone = [area for area in declared[indicator] if area not in seen and area not in whole]
        if gone and not seen & whole:
            findings.append(
                Finding(
                    "territory",
                    f"{indicator}: the territory includes {', '.join(gone)} and the input has no cell for "
                    f"{'it' if len(gone) == 1 else 'them'}.",
                    data_set=indicator,
                    value=", ".join(sorted(seen)),
                    expected=", ".join(area for area in declared[indicator] if area not in whole),
                )
            )
    return Verdict("territory", checked=len(found), findings=tuple(findings))


def never_seen(declared: Mapping[str, Sequence[str]], seen: Mapping[str, Iterable[str]]) -> Verdict:
    """Every activity that a layout declares and that is in scope occurs somewhere; one that never does counts as zero."""
    findings = []
    for indicator, codes in sorted(declared.items()):
        there = set(seen[indicator])
        gone = [code for code in codes if code not in there]
        if gone:
            findings.append(
                Finding(
                    "never-seen",
                    f"{indicator}: no cell for {_some(gone)} in any month; counted as zero.",
                    data_set=indicator,
                    value=" ".join(gone),
                )
            )
    return Verdict("never-seen", checked=sum(map(len, declared.values())), findings=tuple(findings))


def approximate(uses: Iterable[tuple[str, str, str]]) -> Verdict:
    """Aggregates that the input reaches only approximately, as the bridge declares: (indicator, aggregate, why)."""
    said = sorted(set(uses))
    findings = tuple(
        Finding(
            "approximate",
            f"{indicator}, {aggregate}: declared approximate in bridge.csv; the input {why}.",
            data_set=indicator,
            series=aggregate,
        )
        for indicator, aggregate, why in said
    )
    return Verdict("approximate", checked=len(said), findings=findings)


def _some(items: Sequence[str], most: int = 6) -> str:
    """A few of them in words: consecutive ones are not folded, the rest is counted."""
    if len(items) <= most:
        return ", ".join(items)
    return f"{', '.join(items[:3])} … {items[-1]} ({len(items)} in all)"


# ------------------------------------------------------------------------------------------------------ a data file


def span(table: Table) -> tuple[Period | None, Period | None]:
    """The first and the last month that at least half of the aggregates have: what the file is about."""
    held: dict[Period, int] = {}
    for months in table.values():
        for month in months:
            held[month] = held.get(month, 0) + 1
    common = [month for month, times in held.items() if 2 * times >= len(table)]
    return (min(common), max(common)) if common else (None, None)


def aggregates_in_file(
    table: Table, aggregates: Sequence[str], first: Period | None, last: Period | None, about: About
) -> Verdict:
    """Every aggregate of the regulation is there, from the first to the last month that the file is about.

    These are the months that most aggregates have; where the header announces more, that is told once.
    A hole inside a series is told by ``gap``; a month that few aggregates have is told once, as one that the others lack.
    """
    if first is None or last is None:
        return Verdict("coverage", unchecked="no month of the regulation's aggregates can be read")
    findings = []
    expected = f"{first} to {last}"
    present = [aggregate for aggregate in aggregates if table.get(aggregate)]
    absent = [aggregate for aggregate in aggregates if not table.get(aggregate)]
    findings += [
        Finding(
            "coverage",
            f"the series of {aggregate} is missing, one of the {len(aggregates)} aggregates of the regulation; "
            f"the file has {expected} of {_some(present, len(aggregates))}.",
            period=str(first),
            component=aggregate,
            expected=expected,
        )
        for aggregate in absent
    ]
    for aggregate in present:
        months = table[aggregate]
        start, end = min(months), max(months)
        gone = [str(month) for month in first.to(last) if not start <= month <= end]
        if gone:
            row = months[end if end < last else start]
            findings.append(
                Finding(
                    "coverage",
                    f"{aggregate}: {len(gone)} of {last - first + 1} months {'is' if len(gone) == 1 else 'are'} missing: "
                    f"{_some(gone)}.",
                    line=row.line,
                    column=row.column,
                    series=row.series,
                    period=gone[0],
                    expected=expected,
                )
            )
    promised = [str(month) for month in (about.begin or first).to(first + -1)]
    promised += [str(month) for month in (last + 1).to(about.end or last)]
    if promised:
        findings.append(
            Finding(
                "coverage",
                f"no aggregate has {_some(promised)}, which the reporting period of the header includes; the file has "
                f"{expected}.",
                period=promised[-1],
                expected=f"{min(about.begin or first, first)} to {max(about.end or last, last)}",
            )
        )
    beyond: dict[Period, list[str]] = {}
    for aggregate in present:
        for month in table[aggregate]:
            if not first <= month <= last:
                beyond.setdefault(month, []).append(aggregate)
    for month, those in sorted(beyond.items()):
        row = table[those[0]][month]
        findings.append(
            Finding(
                "coverage",
                f"{month} is there for {', '.join(those)} alone; the other {len(present) - len(those)} aggregates "
                f"{'end in ' + str(last) if month > last else 'begin in ' + str(first)}.",
                line=row.line,
                column=row.column,
                series=row.series,
                period=str(month),
                expected=expected,
            )
        )
    return Verdict("coverage", checked=len(aggregates) * (last - first + 1), findings=tuple(findings))


def unexpected_series(facts: Facts, about: About) -> Verdict:
    """Every series is of an aggregate that the regulation asks for."""
    component = facts.concepts.role.aggregate
    known = {code.transmission for aggregate in facts.aggregates for code in aggregate.code}
    found = about.codes.get(component, {})
    findings = tuple(
        Finding(
            "unexpected-series",
            f"{at.series}: {component} {code!r} is none of the {len(facts.aggregates)} aggregates of the regulation.",
            line=at.line,
            column=at.column,
            series=at.series,
            component=component,
            value=code,
            expected=" ".join(sorted(known)),
        )
        for code, places in found.items()
        if code not in known
        for at in places
    )
    unchecked = "" if found else f"no {component}"
    return Verdict("unexpected-series", checked=sum(map(len, found.values())), findings=findings, unchecked=unchecked)


def future_rows(rows: Sequence[Row], day: dt.date) -> Verdict:
    """No observation is of a month that was not over on the day on which the file was prepared."""
    now = Period.month(day.year, day.month)
    findings = tuple(
        Finding(
            "future-month",
            f"{row.series}: the month {row.period} was not over on {day}, when this was prepared.",
            line=row.line,
            column=row.column,
            series=row.series,
            period=str(row.period),
            component="TIME_PERIOD",
            value=str(row.period),
            expected=f"before {now}",
        )
        for row in rows
        if row.period >= now
    )
    return Verdict("future-month", checked=len(rows), findings=findings)


def rows_before_start(rows: Sequence[Row], accepted: str) -> Verdict:
    """No series has months before the first one that is accepted; one finding for each series."""
    early: dict[str, list[Row]] = {}
    for row in rows:
        if str(row.period) < accepted:
            early.setdefault(row.series, []).append(row)
    findings = []
    for series, those in early.items():
        row = min(those, key=lambda row: row.period)
        number = "1 month lies" if len(those) == 1 else f"{len(those)} months lie"
        findings.append(
            Finding(
                "before-start",
                f"{series}: {number} before {accepted}, the first period accepted, from {row.period} on.",
                line=row.line,
                column=row.column,
                series=series,
                period=str(row.period),
                component="TIME_PERIOD",
                value=str(row.period),
                expected=f"from {accepted} on",
            )
        )
    return Verdict("before-start", checked=len(rows), findings=tuple(findings))


def file_starts_later(first: Period, declared: str) -> Verdict:
    """The file starts where the country's facts declare it; later is information."""
    said = Finding(
        "starts-later",
        f"the series start in {first}; declared is {declared}.",
        period=str(first),
        value=str(first),
        expected=declared,
    )
    return Verdict("starts-later", checked=1, findings=(said,) if str(first) > declared else ())

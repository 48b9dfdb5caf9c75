"""What a file says in two places agrees: header and keys, name and content, periods and the calendar, unit and values."""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from pipeline.errors import quoted
from pipeline.facts.calendar import effective_due
from pipeline.findings import Finding, Verdict
from pipeline.period import Period

if TYPE_CHECKING:
    from pipeline.checks.content import About, Row
    from pipeline.facts import CountryFacts, Facts
    from pipeline.facts.models import DataSet

_SHOWN = 10

# ------------------------------------------------------------------------------------------------------- any data set


def gap(
    series: str, ordinals: Sequence[int], name: Callable[[int], str], line: int | None, column: int | None
) -> Finding | None:
    """A series has every period between its first and its last one, or the finding that names those it lacks.

    ``ordinals``: of its periods, sorted; equal ones are one · ``name``: how the period of an ordinal is written.
    """
    if not ordinals:
        return None
    first, last = ordinals[0], ordinals[-1]
    missing = last - first + 1 - len(set(ordinals))
    if not missing:
        return None
    shown: list[str] = []
    at = first
    while len(shown) < min(missing, _SHOWN):
        place = bisect_left(ordinals, at)
        if place < len(ordinals) and ordinals[place] == at:
            at += 1
            continue
        upto = min(ordinals[place], at + _SHOWN - len(shown))
        shown += [name(ordinal) for ordinal in range(at, upto)]
        at = upto
    more = f" and {missing - len(shown):,} more" if missing > len(shown) else ""
    what = "1 period is" if missing == 1 else f"{missing:,} periods are"
    return Finding(
        "gap",
        f"{series}: {what} missing between {name(first)} and {name(last)}: {', '.join(shown)}{more}.",
        line=line,
        column=column,
        series=series,
        period=shown[0],
        component="TIME_PERIOD",
        expected=f"{name(first)} to {name(last)}",
    )


def decimals(value: str, declared: str) -> Finding | None:
    """A value has no more decimals than DECIMALS declares; what is no number, or declares none, is not judged."""
    if not (declared.isascii() and declared.isdigit() and len(declared) <= 9):
        return None
    try:
        exponent = Decimal(value).as_tuple().exponent
    except InvalidOperation:
        return None
    if not isinstance(exponent, int) or -exponent <= int(declared):
        return None
    number = "1 decimal" if exponent == -1 else f"{-exponent} decimals"
    return Finding(
        "decimals",
        f"the value {quoted(value)} has {number}; {declared} {'is' if int(declared) == 1 else 'are'} declared.",
        component="OBS_VALUE",
        value=value,
        expected=f"at most {int(declared)}",
    )


def reporting_range(
    first: dt.date, last: dt.date, text: str, begin: dt.date | None, end: dt.date | None
) -> Finding | None:
    """A period lies between ReportingBegin and ReportingEnd of the header, where it says them.

    ``first`` and ``last``: the days of the period written as ``text``.
    """
    if begin is not None and first < begin:
        where, limit = "begins before ReportingBegin of the header", begin
    elif end is not None and last > end:
        where, limit = "ends after ReportingEnd of the header", end
    else:
        return None
    return Finding(
        "reporting-range",
        f"the period {quoted(text)} {where}, {limit}.",
        component="TIME_PERIOD",
        value=text,
        expected=" ".join(word for word in (f"from {begin}" if begin else "", f"up to {end}" if end else "") if word),
    )


# ------------------------------------------------------------------------------------- the codes of the regulation


def misplaced(data_set: DataSet, facts: Facts, about: About) -> frozenset[str]:
    """The series whose frequency, adjustment or indicator is not that of the data set."""
    return frozenset(
        at.series
        for _, component, expected in _meant(data_set, facts)
        for code, places in about.codes.get(component, {}).items()
        if code not in expected
        for at in places
    )


def _meant(data_set: DataSet, facts: Facts) -> list[tuple[str, str, tuple[str, ...]]]:
    """Rule, component, and the codes that it may have in this data set."""
    role = facts.concepts.role
    codes = tuple(dict.fromkeys(code.transmission for code in facts.indicator(data_set.indicator).code))
    return [
        ("frequency", role.frequency, (data_set.frequency,)),
        ("adjustment", role.adjustment, (data_set.adjustment,)),
        ("mixed-indicators", role.indicator, codes),
    ]


def keys(data_set: DataSet, facts: Facts, about: About) -> list[Verdict]:
    """Every series is of the frequency, the adjustment and the indicator of its data set."""
    because = {
        "frequency": f"{data_set.id} holds {{}}",
        "adjustment": "Eurostat receives raw data only ({})",
        "mixed-indicators": f"{data_set.id} holds {{}}",
    }
    return [
        _codes(rule, component, about, expected, because[rule]) for rule, component, expected in _meant(data_set, facts)
    ]


def _codes(rule: str, component: str, about: About, expected: Sequence[str], because: str) -> Verdict:
    """The rule on one component: each place whose code is not among the expected ones."""
    found = about.codes.get(component, {})
    wanted = " or ".join(map(repr, expected))
    findings = tuple(
        Finding(
            rule,
            f"{at.series}: {component} is {quoted(code)}; {because.format(wanted)}.",
            line=at.line,
            column=at.column,
            series=at.series,
            component=component,
            value=code,
            expected=" ".join(expected),
        )
        for code, places in found.items()
        if code not in expected
        for at in places
    )
    return Verdict(
        rule, checked=sum(map(len, found.values())), findings=findings, unchecked="" if found else f"no {component}"
    )


def country_of(about: About, facts: Facts) -> CountryFacts | None:
    """The country for which the sender of the file sends."""
    known = map(facts.country, facts.country_ids)
    return next((country for country in known if country.country.sender.id == about.sender), None)


def sender(about: About, country: CountryFacts | None, facts: Facts) -> Verdict:
    """The sender is the one that sends for the country, and all data are of its area."""
    if country is None:
        return Verdict("sender", unchecked="there are no facts about the country of this file")
    mine, component = country.country, facts.concepts.role.area
    areas = _codes("sender", component, about, (mine.ref_area,), f"the file is of {mine.id} and holds {{}}")
    findings = areas.findings
    if about.sender and about.sender != mine.sender.id:
        at = about.header.get("Sender")
        said = Finding(
            "sender",
            f"Sender is {quoted(about.sender)}; expected is {mine.sender.id!r}.",
            line=at.line if at else None,
            column=at.column if at else None,
            component="Sender",
            value=about.sender,
            expected=mine.sender.id,
        )
        findings = (said, *findings)
    unchecked = "" if about.sender or areas.checked else f"the file says neither Sender nor {component}"
    return Verdict("sender", checked=areas.checked + bool(about.sender), findings=findings, unchecked=unchecked)


# --------------------------------------------------------------------------------------------------- one observation


def values(rows: Sequence[Row], facts: Facts) -> list[Verdict]:
    """Each value is a count: not negative, whole, below the ceiling; and what is under embargo is not free."""
    ceiling = int(facts.rules["value-ceiling"].parameters["ceiling"])
    hidden = str(facts.rules["embargo"].parameters["status"])
    component = facts.concepts.role.confidentiality
    numbers = [(row, row.value) for row in rows if row.value is not None]
    negative = [
        _on(row, "value-negative", f"{_figure(value)} is negative", _figure(value), "0 or more")
        for row, value in numbers
        if value < 0
    ]
    fraction = [
        _on(row, "value-fraction", f"{value} has decimals; counts are whole numbers", str(value), "a whole number")
        for row, value in numbers
        if value != (value if isinstance(value, int) else value.to_integral_value())
    ]
    high = [
        _on(row, "value-ceiling", f"{_figure(value)} is above {ceiling:,}", _figure(value), f"at most {ceiling:,}")
        for row, value in numbers
        if value > ceiling
    ]
    embargoed = [row for row in rows if row.embargo]
    free = [
        Finding(
            "embargo",
            f"{row.series} {row.period}: {facts.concepts.role.embargo} is set and {component} is "
            f"{row.confidentiality!r}; expected is {hidden!r}.",
            line=row.line,
            column=row.column,
            series=row.series,
            period=str(row.period),
            component=component,
            value=row.confidentiality,
            expected=hidden,
        )
        for row in embargoed
        if row.confidentiality != hidden
    ]
    return [
        Verdict("value-negative", checked=len(numbers), findings=tuple(negative)),
        Verdict("value-fraction", checked=len(numbers), findings=tuple(fraction)),
        Verdict("value-ceiling", checked=len(numbers), findings=tuple(high)),
        Verdict("embargo", checked=len(embargoed), findings=tuple(free)),
    ]


def confidentiality(rows: Sequence[Row], expected: str | None) -> Verdict:
    """Every value has the confidentiality that the country's facts state; what is under embargo is another rule's."""
    if expected is None:
        why = "the country's facts do not say whether its values are free"
        return Verdict("confidentiality", unchecked=why)
    findings = tuple(
        _on(
            row,
            "confidentiality",
            f"the value is marked {row.confidentiality!r}; the country's facts say {expected!r}",
            row.confidentiality,
            expected,
        )
        for row in rows
        if row.confidentiality not in ("", expected) and not row.embargo
    )
    return Verdict("confidentiality", checked=len(rows), findings=findings)


def _on(row: Row, rule: str, said: str, value: str, expected: str) -> Finding:
    """A finding on one observation."""
    return Finding(
        rule,
        f"{row.series} {row.period}: {said}.",
        line=row.line,
        column=row.column,
        series=row.series,
        period=str(row.period),
        component="" if rule == "confidentiality" else "OBS_VALUE",
        value=value,
        expected=expected,
    )


def _figure(value: int | Decimal) -> str:
    return f"{value:,}"


# -------------------------------------------------------------------------------------------- calendar and file name


def newest_due(day: dt.date, facts: Facts, country: CountryFacts | None) -> Period:
    """The newest month that had to be with Eurostat by the end of a day."""
    month = Period.month(day.year, day.month)
    while effective_due(facts, country, month) > day:
        month += -1
    return month


def newest(last: Period | None, facts: Facts, country: CountryFacts | None, about: About) -> list[Verdict]:
    """The newest month that was due when the file was prepared is there; whether newer ones are due by now.

    A file that announces an older month as its last (ReportingEnd) is sent late on purpose, and complete.
    """
    if last is None:
        why = "no month of the regulation's aggregates can be read"
        return [Verdict(rule, unchecked=why) for rule in ("latest-month", "not-newest")]
    now = newest_due(about.today, facts, country)
    old = Finding(
        "not-newest",
        f"the newest month is {last}; by {about.today} the months up to {now} are due.",
        period=str(last),
        expected=str(now),
    )
    if about.prepared is None:
        why = "the header does not say when the file was prepared"
        return [
            Verdict("latest-month", unchecked=why),
            Verdict("not-newest", checked=1, findings=(old,) if last < now else ()),
        ]
    then = newest_due(min(about.prepared, about.today), facts, country)
    at = about.header.get("Prepared")
    late = Finding(
        "latest-month",
        f"the newest month is {last}; {then} was due on {effective_due(facts, country, then)}, and the file was prepared on "
        f"{about.prepared}.",
        line=at.line if at else None,
        column=at.column if at else None,
        period=str(then),
        value=str(last),
        expected=str(then),
    )
    missing = last < then and about.end != last
    return [
        Verdict("latest-month", checked=1, findings=(late,) if missing else ()),
        Verdict("not-newest", checked=1, findings=(old,) if last < now and not missing else ()),
    ]


def named(
    months: Sequence[Period | None], data_set: DataSet, facts: Facts, country: CountryFacts | None, about: About
) -> list[Verdict]:
    """The file is called as EDAMIS wants it, and name and header agree on whether it is a test.

    ``months``: the newest that the file has, and the newest that it announces; the name may be of either. What EDAMIS
    itself appends (version, action) and options may follow; the suffix is not judged.
    """
    convention = facts.transmission.file_name
    is_test = about.name.startswith(convention.test_prefix + data_set.id)
    flag = []
    if about.test is not None and about.test != is_test:
        verb = "is that of a test" if is_test else "is not that of a test"
        said, at = str(about.test).lower(), about.header.get("Test")
        flag.append(
            Finding(
                "test-flag",
                f"Test is {said}, and the name {quoted(about.name)} {verb}.",
                line=at.line if at else None,
                column=at.column if at else None,
                component="Test",
                value=said,
                expected=str(is_test).lower(),
            )
        )
    unsaid = "" if about.test is not None else "the header does not say whether it is a test"
    test = Verdict("test-flag", checked=int(about.test is not None), findings=tuple(flag), unchecked=unsaid)
    newest = [month for month in months if month is not None]
    if not newest or country is None:
        why = "there are no facts about the country of this file" if country is None else "no month can be read"
        return [test, Verdict("file-name", unchecked=why)]
    edamis = country.country.edamis
    names = [
        convention.pattern.format(data_set=data_set.id, country=edamis, year=month.year, period=month.number)
        for month in newest
    ]
    for name in names:
        stem = name.rpartition(".")[0] or name
        if re.match(rf"(?:{re.escape(convention.test_prefix)})?{re.escape(stem)}(?![A-Za-z0-9])", about.name):
            return [test, Verdict("file-name", checked=1)]
    expected = (convention.test_prefix if about.test else "") + names[0]
    wrong = Finding(
        "file-name",
        f"the file is called {quoted(about.name)}; expected is {expected!r}.",
        period=str(newest[0]),
        value=about.name,
        expected=expected,
    )
    return [test, Verdict("file-name", checked=1, findings=(wrong,))]

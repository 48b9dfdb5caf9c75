"""A small clean file of registrations as rows, and what is left of its findings when consequences are silenced."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from pipeline.checks.content import About, At, Cells, Earlier, Row, content
from pipeline.facts import Facts
from pipeline.facts.models import DataSet
from pipeline.findings import Finding, Verdict
from pipeline.period import Period

FIRST, LAST = Period.parse("2018-01"), Period.parse("2024-05")
SEASON = (109, 97, 102, 94, 90, 97, 95, 73, 113, 117, 104, 98)
LEVELS = {"B-E": 5000, "F": 7000, "G": 12000, "H": 9000, "I": 4000, "J": 4800, "K-N": 27000, "P-S_X_94": 15600}
PREPARED = dt.date(2024, 7, 5)
Values = dict[tuple[str, str], int | Decimal | None]


def key(code: str, indicator: str = "BURE") -> str:
    return f"M.FR.N.{indicator}.{code}._Z"


def steady() -> Values:
    """Counts with a season, a little noise, and a total that is the sum: nothing is odd about them."""
    values: Values = {}
    for month in FIRST.to(LAST):
        for n, (aggregate, level) in enumerate(LEVELS.items()):
            noise = (month.ordinal * 7 + n * 13) % 11 - 5
            values[aggregate, str(month)] = level * SEASON[month.number - 1] * (200 + noise) // 20_000
        values["TOTAL", str(month)] = sum(int(values[a, str(month)] or 0) for a in LEVELS)
    return values


def rows_of(facts: Facts, values: Values, indicator: str = "BURE") -> list[Row]:
    """The rows of a file with these values, line by line, nine series one after the other; two months provisional."""
    newest = sorted({month for _, month in values})[-2:]
    code = {aggregate.id: aggregate.code[0].transmission for aggregate in facts.aggregates}
    at = sorted(values, key=lambda cell: (list(code).index(cell[0]), cell[1]))
    return [
        Row(key(code[a], indicator), a, Period.parse(m), values[a, m], "P" if m in newest else "A", "F", "", line, 7)
        for line, (a, m) in enumerate(at, 20)
    ]


def about(facts: Facts, rows: Sequence[Row], **said: object) -> About:
    """What a clean file says of itself."""
    codes: dict[str, dict[str, list[At]]] = {}
    for series in dict.fromkeys(row.series for row in rows):
        line = min(row.line for row in rows if row.series == series)
        parts = series.split(".")
        for component, code in zip(
            ("FREQ", "REF_AREA", "SEASONAL_ADJUST", "INDICATOR", "ACTIVITY", "UNIT_MULT"),
            [*parts[:5], "0"],
            strict=True,
        ):
            codes.setdefault(component, {}).setdefault(code, []).append(At(line, 3, series))
    what = About(
        name="STSRB_REG_M_FR_2024_0005.xml",
        today=dt.date(2024, 7, 6),
        prepared=PREPARED,
        test=False,
        begin=FIRST,
        end=LAST,
        sender="FR1",
        header={"Sender": At(8, 5), "Test": At(6, 5), "Prepared": At(7, 5)},
        codes=codes,
    )
    return replace(what, **said)  # type: ignore[arg-type]


def registrations(facts: Facts) -> DataSet:
    return next(one for one in facts.transmission.data_set if one.indicator == "registrations")


def verdicts(
    facts: Facts,
    rows: Sequence[Row],
    previous: Sequence[Row] | Earlier | None = None,
    cells: Cells | None = None,
    **said: object,
) -> dict[str, Verdict]:
    earlier = previous if previous is None or isinstance(previous, Earlier) else Earlier(previous)
    found = content(rows, registrations(facts), facts, facts.country("FR"), about(facts, rows, **said), earlier, cells)
    assert len({verdict.rule for verdict in found}) == len(found), "each rule once"
    return {verdict.rule: verdict for verdict in found}


def shown(facts: Facts, found: Mapping[str, Verdict]) -> list[Finding]:
    """The findings that are left when each rule has silenced its consequences, information aside."""
    findings = [f for v in found.values() for f in v.findings if facts.rules[f.rule].severity != "information"]
    silent = {silenced for f in findings for silenced in facts.rules[f.rule].silences_in_file}
    left = [f for f in findings if f.rule not in silent]

    def place(f: Finding) -> tuple[object, ...]:
        return f.line, f.series, f.period

    return [f for f in left if not any(f.rule in facts.rules[g.rule].silences and place(f) == place(g) for g in left)]


def only(facts: Facts, found: Mapping[str, Verdict], rule: str) -> Finding:
    """The one finding that is left, of this rule."""
    left = shown(facts, found)
    assert [f.rule for f in left] == [rule], [f.message for f in left]
    return left[0]


def edited(facts: Facts, change: Callable[[Row], Row]) -> list[Row]:
    return [change(row) for row in rows_of(facts, steady())]

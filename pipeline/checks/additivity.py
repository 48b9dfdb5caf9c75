"""Arithmetic that must hold: the total is the sum of its parts, a control row is the sum of the rows it stands beside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.findings import Finding, Verdict

Cell = tuple[str, str, str]  # data set, aggregate, period


def additivity(
    values: Mapping[Cell, int | None], total: str, parts: Sequence[str], series: Mapping[tuple[str, str], str]
) -> Verdict:
    """The total equals the sum of its parts, tolerance 0, wherever all of them have a value.

    ``values``: (data set, aggregate, period) → value · ``series``: (data set, aggregate) → series key, for the report.
    """
    findings = []
    checked = skipped = 0
    for (data_set, aggregate, period), value in sorted(values.items()):
        if aggregate != total:
            continue
        addends = [values.get((data_set, part, period)) for part in parts]
        known = [number for number in addends if number is not None]
        if value is None or len(known) != len(parts):
            skipped += 1
            continue
        checked += 1
        if value != sum(known):
            findings.append(
                Finding(
                    "additivity",
                    f"{data_set} {period}: the total is {value:,}, its {len(parts)} parts make {sum(known):,}; "
                    f"the difference is {value - sum(known):+,}.",
                    data_set=data_set,
                    series=series.get((data_set, total), total),
                    period=period,
                    value=str(value),
                    expected=str(sum(known)),
                )
            )
    unchecked = "" if checked else f"{skipped} periods lack the total or a part" if skipped else "there is no total"
    return Verdict("additivity", checked=checked, findings=tuple(findings), unchecked=unchecked)


def control_rows(rows: Iterable[tuple[str, str, str, int, int, int]]) -> Verdict:
    """A control row equals the sum of the rows it stands beside.

    ``rows``: (indicator, what it controls in words, period, control, sum of the parts, how many parts).
    """
    findings = []
    checked = 0
    for indicator, what, period, control, parts, number in rows:
        checked += 1
        if control != parts:
            findings.append(
                Finding(
                    "control-rows",
                    f"{indicator} {period}, {what}: the control row says {control:,}, its {number} parts make {parts:,}; "
                    f"the difference is {control - parts:+,}.",
                    data_set=indicator,
                    series=what,
                    period=period,
                    value=str(control),
                    expected=str(parts),
                )
            )
    unchecked = "" if checked else "the input has no control rows"
    return Verdict("control-rows", checked=checked, findings=tuple(findings), unchecked=unchecked)


# ------------------------------------------------------------------------------------------------- a delivery folder

#: our id and period → series, line and column of the observation
Places = Mapping[tuple[str, str], tuple[str, int, int]]


@dataclass
class MadeOf:
    """What the cells of one aggregate and month add up to, by kind of unit; ``unknown`` where one has no value."""

    kinds: dict[str, int] = field(default_factory=dict)
    cells: int = 0
    unknown: bool = False

    @property
    def value(self) -> int:
        """The sum over all kinds."""
        return sum(self.kinds.values())


def made_of(
    counts: Iterable[Mapping[str, str]], factors: Iterable[Mapping[str, str]], indicator: str
) -> dict[tuple[str, str], MadeOf]:
    """(aggregate, period) → what the cells of ``counts.csv`` make with the factors of ``factors.csv``."""
    key = ("area", "kind", "classification", "activity")
    uses: dict[tuple[str, ...], list[tuple[str, int]]] = {}
    for row in factors:
        if row["indicator"] == indicator and row["target"] == "aggregate" and int(row["factor"]):
            uses.setdefault(tuple(row[name] for name in key), []).append((row["aggregate"], int(row["factor"])))
    found: dict[tuple[str, str], MadeOf] = {}
    for row in counts:
        if row["indicator"] != indicator:
            continue
        for aggregate, factor in uses.get(tuple(row[name] for name in key), ()):
            one = found.setdefault((aggregate, row["period"]), MadeOf())
            one.cells += 1
            one.unknown = one.unknown or not row["value"]
            one.kinds[row["kind"]] = one.kinds.get(row["kind"], 0) + factor * int(row["value"] or 0)
    return found


def members(values: Mapping[tuple[str, str], int], cells: Mapping[tuple[str, str], MadeOf], places: Places) -> Verdict:
    """Each aggregate of each month is the sum of the national cells that it is made of."""
    findings = []
    checked = 0
    for at, value in sorted(values.items()):
        one = cells.get(at)
        if one is None or one.unknown:
            continue
        checked += 1
        if value != one.value:
            said = f"its members ({one.cells} cells of counts.csv) make {one.value:,}"
            findings.append(_differs("members", at, value, said, one.value, places))
    unchecked = "" if checked else "counts.csv has no cells of this file's months"
    return Verdict("members", checked=checked, findings=tuple(findings), unchecked=unchecked)


def kinds(values: Mapping[tuple[str, str], int], cells: Mapping[tuple[str, str], MadeOf], places: Places) -> Verdict:
    """Where the cells come by kind of unit: all units of an aggregate are micro-entrepreneurs and others together."""
    findings = []
    checked = 0
    for at, value in sorted(values.items()):
        one = cells.get(at)
        if one is None or one.unknown or len(one.kinds) < 2:
            continue
        checked += 1
        if value != one.value:
            said = " + ".join(f"{kind} {number:,}" for kind, number in sorted(one.kinds.items()))
            findings.append(_differs("kinds", at, value, f"{said} = {one.value:,}", one.value, places))
    unchecked = "" if checked else "counts.csv has only one kind of unit"
    return Verdict("kinds", checked=checked, findings=tuple(findings), unchecked=unchecked)


def _differs(rule: str, at: tuple[str, str], value: int, said: str, expected: int, places: Places) -> Finding:
    series, line, column = places.get(at, ("", None, None))
    return Finding(
        rule,
        f"{at[0]} {at[1]} is {value:,}; {said}; the difference is {value - expected:+,}.",
        line=line,
        column=column,
        series=series,
        period=at[1],
        component="OBS_VALUE",
        value=str(value),
        expected=str(expected),
    )

"""Arithmetic that must hold: the total is the sum of its parts, a control row is the sum of the rows it stands beside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

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

"""Two deliveries compared, for people and for spreadsheets; made from the JSON document (schema 1) of `ebs compare`.

On a terminal what cannot be undone at the receiver comes first: cells that are gone; then what was revised, by
indicator and aggregate; then the revisions of the history. Every value is shown as it cannot steer a terminal.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

from pipeline.pages.visible import counted, shown
from pipeline.revisions import YEAR
from pipeline.tables import IDENTITY, write_csv

Document = Mapping[str, Any]
Entry = Mapping[str, Any]

SENT = "count"  # the measure that is transmitted
WIDTH = 100
AGGREGATES = 9  # of an indicator
LISTED = 5  # cells of a line
RECENT = 3  # months of the triangle, ages of the statistics
COLUMNS = (
    *IDENTITY, "change", "before", "after", "difference", "relative", "status_before", "status_after", "age",
)  # fmt: skip


def table(document: Document) -> bytes:
    """One row for each changed cell: its identity, what changed and by how much (``relative`` in per cent)."""
    rows = ([_rounded(cell[name]) for name in COLUMNS] for cell in document["cells"])
    return write_csv(COLUMNS, rows)


def _rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value


def lines(document: Document) -> Iterator[str]:
    """The comparison in words, the most important first."""
    old, new, number = document["old"], document["new"], document["counts"]
    yield f"{shown(old['delivery'])} → {shown(new['delivery'])}"
    said = ", ".join(f"{number[kind]:,} {kind}" for kind in ("gone", "revised", "new"))
    yield f"{counted(number['compared'], 'count')} in both: {said}, {number['statuses']:,} with another status"
    for which, name in (("only_old", "the first"), ("only_new", "the second")):
        if document[which]:
            yield f"only in {name}, not compared: {', '.join(map(shown, document[which]))}"
    heads = [group for group in document["groups"] if group["aggregate"] is None]
    for head in (group for group in heads if group["measure"] == SENT):
        yield from _indicator(document, head)
    yield from _index([group for group in heads if group["measure"] != SENT])
    yield from _history(document)


def _indicator(document: Document, head: Entry) -> Iterator[str]:
    """What is gone, revised and new of one indicator."""
    if not any(head[kind] for kind in ("gone", "revised", "new", "statuses")):
        yield f"{shown(head['indicator'])}: no difference"
        return
    cells = [c for c in document["cells"] if c["indicator"] == head["indicator"] and c["measure"] == SENT]
    yield from wrap(f"{shown(head['indicator'])}: {'; '.join(_summary(head, cells))}", WIDTH, subsequent_indent="    ")
    gone = [f"{shown(c['aggregate'])} {c['period']}" for c in cells if c["change"] == "gone"]
    if gone:
        yield f"  GONE {_some(gone)}"
    revised = [
        group
        for group in document["groups"]
        if (group["indicator"], group["measure"]) == (head["indicator"], SENT) and group["aggregate"] is not None
        if group["revised"]
    ]
    if revised:
        yield f"  {'aggregate':10} {'revised':>7} {'sum':>10} {'mean':>8}  largest"
    largest = {group["aggregate"]: _largest(group["aggregate"], cells) for group in revised}
    leads = document["aggregates"][head["indicator"]][0]
    revised.sort(key=lambda group: (group["aggregate"] == leads, *_far(largest[group["aggregate"]])), reverse=True)
    for group in revised[:AGGREGATES]:
        mean, cell = _signed(group["mean_relative"], 1, " %"), _change(largest[group["aggregate"]])
        yield f"  {shown(group['aggregate']):10} {group['revised']:>7,} {_signed(group['sum']):>10} {mean:>8}  {cell}"
    if len(revised) > AGGREGATES:
        yield f"  and {counted(len(revised) - AGGREGATES, 'more aggregate')}, none with a larger relative revision"


def _summary(head: Entry, cells: Sequence[Entry]) -> Iterator[str]:
    """How many cells of each kind, and of which months."""
    for kind in ("gone", "revised", "new"):
        if head[kind]:
            periods = sorted({cell["period"] for cell in cells if cell["change"] == kind}, reverse=True)
            of = f" of {head['compared']:,}" if kind == "revised" else ""
            yield f"{head[kind]:,}{of} {kind} ({_some(periods, 3)})"
    if head["statuses"]:
        each = (f"{s['before'] or 'none'} → {s['after'] or 'none'} {s['cells']:,}" for s in head["statuses"])
        yield f"status {shown(', '.join(each))}"


def _largest(aggregate: str, cells: Sequence[Entry]) -> Entry:
    """The revision of an aggregate that is the largest relative to the value before."""
    return max((c for c in cells if (c["aggregate"], c["change"]) == (aggregate, "revised")), key=_far)


def _far(cell: Entry) -> tuple[float, float]:
    """How far a value was revised: in per cent of what it was, which from 0 is beyond all, then in units.

    One that came or went comes last: there is nothing to measure it by.
    """
    if cell["difference"] is None:
        return -1, 0
    return math.inf if cell["relative"] is None else abs(cell["relative"]), abs(cell["difference"])


def _change(cell: Entry) -> str:
    """A revision: ``2024-04: 88,280 → 88,301 (+21, 0.0 %), 1 month old``."""
    by = [_signed(cell["difference"]), *([_signed(cell["relative"], 1, " %")] if cell["relative"] is not None else [])]
    change = f" ({', '.join(by)})" if cell["difference"] is not None else ""
    old = counted(cell["age"], "month")
    return f"{shown(cell['period'])}: {_value(cell['before'])} → {_value(cell['after'])}{change}, {old} old"


def _index(heads: Sequence[Entry]) -> Iterator[str]:
    """The index, a preview, in one line for each of its measures."""
    for measure in dict.fromkeys(head["measure"] for head in heads):
        those = [head for head in heads if head["measure"] == measure]
        revised, both = (sum(head[name] for head in those) for name in ("revised", "compared"))
        largest = [head["largest"] for head in those if head["largest"] and head["largest"]["difference"] is not None]
        words = f"{shown(measure)} (preview): {revised:,} of {both:,} revised"
        if largest:
            cell = max(largest, key=lambda cell: abs(cell["difference"]))
            words += f"; largest: {shown(cell['indicator'])} {shown(cell['aggregate'])} {shown(cell['period'])}"
            words += f", {_value(cell['before'])} → {_value(cell['after'])}"
        yield from wrap(words, WIDTH, subsequent_indent="    ")


def _history(document: Document) -> Iterator[str]:
    """Statistics and the newest months of the triangle, of the aggregate that holds the others."""
    for indicator, sent in document["history"]["sent"].items():
        if len(sent) < 2:
            yield f"history of {shown(indicator)}: nothing was sent before {document['new']['month']}, so no revision is known"
            continue
        leads = document["aggregates"].get(indicator, [None])[0]
        whose = [e for e in document["history"]["statistics"] if (e["indicator"], e["aggregate"]) == (indicator, leads)]
        before = counted(len(sent) - 1, "delivery", "deliveries")
        yield f"history of {shown(indicator)} {shown(leads)}: {before} sent since {sent[0]}, and that of {sent[-1]}"
        yield from _statistics(whose)
        rows = document["history"]["triangle"]
        yield from _triangle([row for row in rows if (row["indicator"], row["aggregate"]) == (indicator, leads)])


def _statistics(entries: Sequence[Entry]) -> Iterator[str]:
    """A line for each of the first ages that were ever revised; the others in one or two."""
    moved = [entry for entry in entries if entry["changed"]]
    if moved:
        names = ("age", "n", "mean", "absolute", "st.dev.", "upward", "mean %", "absolute %", "st.dev. %")
        yield f"  {_columns(names)}"
    for entry in moved[:RECENT]:
        units = _signed(entry["mean"], 1), _small(entry["mean_absolute"]), _number(entry["deviation"], 1)
        number, upward = f"{entry['n']:,}", f"{100 * entry['share_upward']:.0f} %"
        absolute, deviation = entry["mean_absolute_relative"], entry["deviation_relative"]
        relative = _signed(entry["mean_relative"], 2), _number(absolute, 2), _number(deviation, 2)
        yield f"  {_columns((_ages([entry]), number, *units, upward, *relative))}"
    rest = moved[RECENT:]
    for those in ([one for one in rest if one["age"] is not None], [one for one in rest if one["age"] is None]):
        if those:
            changed, n = (sum(entry[name] for entry in those) for name in ("changed", "n"))
            absolute = _small(sum(entry["mean_absolute"] * entry["n"] for entry in those) / n)
            yield f"  {_of_age(those)}: {changed:,} of {n:,} revised, mean absolute {absolute}"
    if still := [entry for entry in entries if not entry["changed"]]:
        yield f"  {_of_age(still)}: never revised (n = {sum(entry['n'] for entry in still):,})"


def _columns(cells: Sequence[str]) -> str:
    widths = (5, 6, 9, 9, 9, 7, 8, 10, 9)
    return " ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))


def _of_age(entries: Sequence[Entry]) -> str:
    """``age 1, 3 to 12, older``; what is older alone says than what."""
    return f"older than {YEAR} months" if all(one["age"] is None for one in entries) else f"age {_ages(entries)}"


def _ages(entries: Sequence[Entry]) -> str:
    """The ages in words: ``1, 3 to 12, older``."""
    runs: list[list[int]] = []
    for age in (entry["age"] for entry in entries if entry["age"] is not None):
        if runs and runs[-1][-1] == age - 1:
            runs[-1].append(age)
        else:
            runs.append([age])
    words = [str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs]
    return ", ".join([*words, *(["older"] if any(entry["age"] is None for entry in entries) else [])])


def _triangle(rows: Sequence[Entry]) -> Iterator[str]:
    """The newest months: what each publication said, and by how much the next one changed it."""
    if rows:
        yield f"  {'month':7} {'first':>10}  {'second':>26}  {'third':>26}"
    for row in rows[-RECENT:]:
        cells = [f"{_value(one['value']):>10}" for one in row["publications"]]
        for at, step in enumerate(row["revisions"], 1):
            by = f"({_signed(step['difference'])}, {_signed(step['relative'], 1, ' %')})" if step["difference"] else ""
            cells[at] = f"{cells[at].strip()} {by}".strip().rjust(26)
        yield f"  {row['period']:7} {'  '.join(cells)}"


def _some(words: Sequence[str], most: int = LISTED) -> str:
    more = f" and {len(words) - most:,} more" if len(words) > most else ""
    return f"{', '.join(words[:most])}{more}"


def _value(number: float | None) -> str:
    return "no value" if number is None else f"{number:,}"


def _number(number: float | None, decimals: int, unit: str = "") -> str:
    return "-" if number is None else f"{number:,.{decimals}f}{unit}"


def _small(number: float) -> str:
    """A mean of sizes, to tenths, or as fine as it must be not to look like 0."""
    if not 0 < number < 0.1:
        return _number(number, 1)
    return _number(number, 2) if number >= 0.005 else "< 0.01"


def _signed(number: float | None, decimals: int | None = None, unit: str = "") -> str:
    """``+1,234``; a number that rounds to 0 has no sign."""
    if number is None:
        return "-"
    text = f"{number:+,}" if decimals is None else f"{number:+,.{decimals}f}"
    return f"{text if any(c in '123456789' for c in text) else text[1:]}{unit}"

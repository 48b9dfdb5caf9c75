"""Coverage of a delivery, aggregate by month, and the balance of its input: what is there, and where every unit went.

The newest two years are shown month by month, what is older year by year. A value has one state (its status, or that it
is not there) and may be marked beside it: revised, or of another confidentiality than most.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from pipeline.facts.wording import listing, month, number
from pipeline.pages.draft import Draft, Named, Observation
from pipeline.pages.revised import against
from pipeline.period import Period

RECENT = 24  # months that stand alone
LISTED = 12  # reasons that are listed
NAMED = 3  # months of a reason that are named
NARROWEST = 0.4  # per cent of the bar: what is less could not be seen
LABELLED = 30.0  # per cent of the bar: what is less has no room for its name

REVISED, CONFIDENTIAL = "▲", "◆"
THERE = "there"  # the look of what is as usual


class State(NamedTuple):
    """How a month of an aggregate stands: the sign in the table, its look, and what it means in words."""

    sign: str
    look: str
    means: str


ABSENT = State("✕", "absent", "not delivered")
EMPTY = State("–", "empty", "without a value")

#: what becomes of a part of the input, by its name in the balance
PARTS = {
    "sent": "in the total of a month that has a value",
    "out of scope": "of an activity that is in no aggregate, or of an area outside the territory",
    "unknown": "of an activity, area or kind that is declared nowhere: an error",
    "control rows": "of rows that stand beside their parts: compared with them, never added",
    "withheld": "of a month whose total has no value, or of a source that cannot make the total",
    "outside the months delivered": "after the month of the delivery, or before the first month accepted",
    "subtracted": "taken away by a bridge: once for the cell itself and once for what it takes away",
    "left out by decision": "unknown, and a person has said why they stay out",
}
READ, UNKNOWN = "read", "unknown"  # names in the balance


@dataclass(frozen=True)
class Cell:
    """A month of an aggregate. ``marks``: signs beside that of its state · ``said``: everything in words."""

    sign: str
    look: str
    marks: str
    said: str


@dataclass(frozen=True)
class Year:
    """The older months of a year: how many of them have a value; ``marks``: signs and how many · ``said``: in words."""

    look: str
    there: str
    marks: str
    said: str


@dataclass(frozen=True)
class Row:
    """An aggregate: its name, and what is shown of it."""

    name: str
    total: bool
    cells: Sequence[Cell]
    years: Sequence[Year]


@dataclass(frozen=True)
class Entry:
    """An entry of the legend: a sign, its look, what it means, and how many months of aggregates have it."""

    sign: str
    look: str
    means: str
    cells: str


@dataclass(frozen=True)
class Reason:
    """Months of an aggregate that have no value, and why."""

    name: str
    months: str
    why: str


@dataclass(frozen=True)
class Heat:
    """An indicator: how each month of each aggregate stands.

    ``heads``: (year, its months as (short, in words)) of the newest · ``years``: those before · ``until``: the first of the
    newest months in words · ``quiet``: every older month has a value, and none is marked · ``alike``: the confidentiality
    status of every value, empty where there are several · ``more``: reasons that are not listed.
    """

    id: str
    name: str
    whole: bool
    values: str
    expected: str
    first: str
    last: str
    until: str
    heads: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    years: Sequence[str]
    rows: Sequence[Row]
    quiet: bool
    legend: Sequence[Entry]
    alike: str
    reasons: Sequence[Reason]
    more: str


@dataclass(frozen=True)
class Part:
    """A part of what was read. ``look``: of its colour · ``x``, ``width``: of its bar · ``label``: it has room for its name."""

    name: str
    look: str
    units: str
    share: str
    means: str
    wrong: bool
    x: str
    width: str
    label: bool


@dataclass(frozen=True)
class Balance:
    """Where every unit of an indicator went. ``lost``, ``surplus``: what the parts lack, or have too many; empty if nothing."""

    id: str
    name: str
    read: str
    together: str
    lost: str
    surplus: str
    parts: Sequence[Part]
    drawn: bool


@dataclass(frozen=True)
class Coverage:
    """The part of the page. ``unmapped``: address of the list of cells that go nowhere, empty if there is none."""

    tables: Sequence[Heat]
    balances: Sequence[Balance]
    unmapped: str


def view(draft: Draft) -> Coverage:
    """What the delivery has of every aggregate and month, and the balance of its input."""
    balance = draft.manifest.get("balance", {})
    return Coverage(
        tables=tuple(_heat(draft, indicator) for indicator in draft.indicators),
        balances=tuple(_balance(draft, one, balance[one.id]) for one in draft.indicators if one.id in balance),
        unmapped=draft.address("unmapped.csv"),
    )


# -------------------------------------------------------------------------------------------------------- the months


class Stand(NamedTuple):
    """A month of an aggregate before it is drawn; ``why``: the reason that it has no value."""

    state: State
    revised: bool
    confidentiality: str
    why: str


def _heat(draft: Draft, indicator: Named) -> Heat:
    series = {one.id: draft.series(indicator.id, one.id) for one in draft.aggregates}
    revised = {(one.identity.aggregate, one.identity.period) for one in against(draft, indicator.id).revised}
    months = _months(draft, [period for those in series.values() for period in those])
    recent, older = months[-RECENT:], months[:-RECENT]
    since = _since(draft, indicator)
    language = draft.language
    in_words = {period: month(language, period) for period in months}
    stands = {
        one.id: {at: _stand(draft, series[one.id].get(at), revised=(one.id, at) in revised) for at in months}
        for one in draft.aggregates
    }
    everything = [stand for those in stands.values() for stand in those.values()]
    values = sum(_has_value(stand) for stand in everything)
    codes = {one.confidentiality for those in series.values() for one in those.values() if one.value}
    years = [(year, list(those)) for year, those in groupby(older, key=_year)]
    reasons = [
        Reason(one.title, _some(draft, those), why)
        for one in draft.aggregates
        for why, those in _reasons(stands[one.id]).items()
    ]
    rows = [
        Row(
            name=one.title,
            total=one.total,
            cells=[_cell(stands[one.id][at], since) for at in recent],
            years=[_older(draft, [stands[one.id][at] for at in those]) for _, those in years],
        )
        for one in draft.aggregates
    ]
    return Heat(
        id=indicator.id,
        name=indicator.title,
        whole=values == len(everything),
        values=number(language, values),
        expected=number(language, len(everything)),
        first=in_words[months[0]] if months else "",
        last=in_words[months[-1]] if months else "",
        until=in_words[recent[0]] if older else "",
        heads=[
            (year, [(str(Period.parse(at).number), in_words[at]) for at in those])
            for year, those in groupby(recent, key=_year)
        ],
        years=[year for year, _ in years],
        rows=rows,
        quiet=all(one.look == THERE and not one.marks for row in rows for one in row.years),
        legend=[*_states(draft, everything), *_marks(draft, everything, since)],
        alike=draft.free if codes == {draft.free} else "",
        reasons=reasons[:LISTED],
        more=draft.counted(len(reasons) - LISTED, "more reason") if len(reasons) > LISTED else "",
    )


def _months(draft: Draft, found: Sequence[str]) -> list[str]:
    """The months that the series should have: from the first of any aggregate to the delivery's own, none left out."""
    if not found:
        return []
    first, last = Period.parse(min(found)), Period.parse(max(*found, draft.month))
    return [str(period) for period in first.to(last)]


def _year(period: str) -> str:
    return period.partition("-")[0]


def _stand(draft: Draft, said: Observation | None, *, revised: bool) -> Stand:
    if said is None:
        return Stand(ABSENT, False, "", "")
    if not said.value:
        return Stand(EMPTY, False, "", said.comment or (draft.status(said.status) if said.status else ""))
    confidentiality = said.confidentiality if said.confidentiality != draft.free else ""
    return Stand(_state(draft, said.status), revised, confidentiality, "")


def _state(draft: Draft, status: str) -> State:
    """How a value is shown: the normal status and the provisional one with a sign, any other with its code."""
    if status == draft.normal:
        return State("●", THERE, draft.status(status))
    if status == draft.provisional:
        return State("○", "provisional", draft.status(status))
    return State(status or "?", "other", draft.status(status) if status else "without a status")


def _has_value(stand: Stand) -> bool:
    return stand.state is not ABSENT and stand.state is not EMPTY


def _since(draft: Draft, indicator: Named) -> str:
    """What a revised value is, with the month of the delivery that it is compared with."""
    sent = draft.vintages.sent.get(indicator.id)
    return f"revised since the delivery of {month(draft.language, sent[-1])}" if sent else ""


def _cell(stand: Stand, since: str) -> Cell:
    state, revised, confidentiality, why = stand
    said = [state.means, *([why] if why else [])]
    said += [since] if revised else []
    said += [f"confidentiality {confidentiality}"] if confidentiality else []
    marks = (REVISED if revised else "") + (CONFIDENTIAL if confidentiality else "")
    return Cell(state.sign, state.look, marks, ", ".join(said))


def _older(draft: Draft, stands: Sequence[Stand]) -> Year:
    """The months of a year together: how many have a value, and how many are marked."""
    language = draft.language
    there, expected = sum(map(_has_value, stands)), len(stands)
    ordinary = {_state(draft, draft.normal), ABSENT, EMPTY}
    flags = Counter(stand.state for stand in stands if stand.state not in ordinary)
    flags[State(REVISED, "", "revised")] = sum(stand.revised for stand in stands)
    flags[State(CONFIDENTIAL, "", "of another confidentiality")] = sum(bool(stand.confidentiality) for stand in stands)
    marked = [(state, number(language, flags[state])) for state in sorted(flags) if flags[state]]
    return Year(
        look=THERE if there == expected else "partly" if there else ABSENT.look,
        there=f"{number(language, there)} of {number(language, expected)}",
        marks=" ".join(f"{state.sign}{many}" for state, many in marked),
        said=", ".join(f"{many} {state.means}" for state, many in marked),
    )


def _states(draft: Draft, stands: Iterable[Stand]) -> Iterable[Entry]:
    """The states that occur, each with how many months of aggregates are in it: the most frequent first."""
    found = Counter(stand.state for stand in stands)
    for state in sorted(found, key=lambda state: (-found[state], state)):
        yield Entry(*state, cells=number(draft.language, found[state]))


def _marks(draft: Draft, stands: Sequence[Stand], since: str) -> Iterable[Entry]:
    """The marks that occur beside a state."""
    if revised := sum(stand.revised for stand in stands):
        yield Entry(REVISED, "beside", since, number(draft.language, revised))
    codes = Counter(stand.confidentiality for stand in stands if stand.confidentiality)
    for code in sorted(codes):
        means = f"confidential: status {code}, of the others {draft.free}"
        yield Entry(CONFIDENTIAL, "beside", means, number(draft.language, codes[code]))


def _reasons(stands: Mapping[str, Stand]) -> dict[str, list[str]]:
    """The months of an aggregate that have no value, by the reason."""
    found: dict[str, list[str]] = {}
    for at, stand in stands.items():
        if not _has_value(stand):
            why = stand.state.means if stand.state is ABSENT else stand.why or "no reason is given"
            found.setdefault(why, []).append(at)
    return found


def _some(draft: Draft, periods: Sequence[str]) -> str:
    """A few months by name; of more how many, from the first to the last."""
    words = [month(draft.language, at) for at in periods]
    if len(words) <= NAMED:
        return listing(draft.language, words)
    return f"{draft.counted(len(words), 'month')} from {words[0]} to {words[-1]}"


# ------------------------------------------------------------------------------------------------------- the balance


def _balance(draft: Draft, indicator: Named, document: Mapping[str, int]) -> Balance:
    read = document[READ]
    parts = {name: units for name, units in document.items() if name != READ}
    together = sum(parts.values())
    drawn = together > 0 and min(parts.values()) >= 0
    places = _places([max(units, 0) for units in parts.values()])
    return Balance(
        id=indicator.id,
        name=indicator.title,
        read=draft.counted(read, "unit"),
        together=number(draft.language, together),
        lost=draft.counted(read - together, "unit") if together < read else "",
        surplus=draft.counted(together - read, "unit") if together > read else "",
        parts=tuple(
            Part(
                name=name,
                look=f"p{place}",
                units=number(draft.language, units),
                share=_share(draft, units, read),
                means=PARTS.get(name, ""),
                wrong=name == UNKNOWN,
                x=f"{x:.2f}%",
                width=f"{width:.2f}%",
                label=width >= LABELLED,
            )
            for place, ((name, units), (x, width)) in enumerate(zip(parts.items(), places, strict=True), 1)
            if units
        ),
        drawn=drawn,
    )


def _places(units: Sequence[int]) -> list[tuple[float, float]]:
    """Where each part begins on the bar and how wide it is, in per cent; what is not 0 can be seen."""
    whole = sum(units) or 1
    widths = [max(100 * one / whole, NARROWEST) if one else 0.0 for one in units]
    scale, x, found = 100 / (sum(widths) or 1), 0.0, []
    for width in widths:
        found.append((x, width * scale))
        x += width * scale
    return found


def _share(draft: Draft, units: int, read: int) -> str:
    """A share of what was read, in per cent; a small one is never 0."""
    if not read:
        return ""
    least = 0.1
    share = 100 * units / read
    return (
        f"< {number(draft.language, least, 1)} %" if 0 < share < least / 2 else f"{number(draft.language, share, 1)} %"
    )

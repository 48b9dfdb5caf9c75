"""Two years of monthly deliveries that are made by hashing, and what must come of them. Nothing here uses `pipeline`.

The counts of a month settle as they do in life: the first publication lacks some units, the next ones fewer. What a
delivery must say (values, statuses, revisions, due dates, punctuality) is computed here a second time, from the model of
the counts and from ``RUNS`` alone, in other words than those of the house.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import statistics
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

# ------------------------------------------------------------------------------------------------------- the months

FIRST = "2021-01"  # the first month of every series: the whole base year of the index is there


def number(month: str) -> int:
    """Months since the year 0."""
    return int(month[:4]) * 12 + int(month[5:]) - 1


def month_at(n: int) -> str:
    return f"{n // 12:04}-{n % 12 + 1:02}"


def months(first: str, last: str) -> list[str]:
    """From one month to another, both included."""
    return [month_at(n) for n in range(number(first), number(last) + 1)]


def age(period: str, delivery: str) -> int:
    """Months from a period to the month of the delivery: 0 for the newest."""
    return number(delivery) - number(period)


# ------------------------------------------------------------------------------------------------- what is happening

REG, BKRT = "registrations", "bankruptcies"
BOTH = (REG, BKRT)
TOTAL = "TOTAL"

#: aggregate → its transmission code; (registrations, bankruptcies) of a usual month; divisions that have units
SECTORS: dict[str, tuple[str, tuple[int, int], tuple[str, ...]]] = {
    "B-E": ("BTE", (5200, 310), ("08", "10", "25", "35", "38")),
    "F": ("F", (7400, 930), ("41", "43")),
    "G": ("G", (12600, 820), ("45", "46", "47")),
    "H": ("H", (8900, 260), ("49", "53")),
    "I": ("I", (3700, 640), ("55", "56")),
    "J": ("J", (4600, 230), ("58", "62")),
    "K-N": ("KTN", (21500, 910), ("64", "68", "70", "82")),
    "P-S_X_94": ("PTSXS94", (15800, 420), ("85", "86", "93", "95", "96")),
}
CODES = {**{id_: code for id_, (code, *_) in SECTORS.items()}, TOTAL: "BTSXO_S94"}
AGGREGATES = tuple(CODES)
OUTSIDE = {"01": 700, "84": 3, "94": 210}  # registrations of each month that are in no aggregate
OVERSEAS = ("971", "972", "973", "974", "975", "976")  # where one business of division 47 fails each month

# A new series of registrations begins with this month; nine months before it are back-cast in the same delivery.
BREAK, BREAK_OF, BACK_CAST = "2025-03", ("G", TOTAL), months("2024-06", "2025-02")

# What no policy and no break explains: (indicator, aggregate, period, since which delivery, units more).
SURPRISES = (
    (REG, "H", "2024-06", "2025-03", 95),  # in the delivery of the break, which says nothing of H
    (REG, "G", "2024-10", "2025-04", 120),  # before the break, but the new series was there already
    (BKRT, "H", "2024-08", "2025-02", 31),  # far beyond the five per cent that are usual there
)

NOBODY_KNOWS = "4Z"  # an activity that no classification and no bridge knows
LOST, LOST_IN, RECODED = 37, "2024-11", "2025-01"  # so many units of G are under it, for this month, until corrected
ACCEPTED_UNTIL = "2024-12"


@cache
def draw(key: str, n: int) -> int:
    """A number from 0 to n - 1 that belongs to the key."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % n


@cache
def settled(indicator: str, sector: str, period: str) -> int:
    """The count of a sector as it is known in the end: a level, its season, the chance of the month."""
    level = SECTORS[sector][1][BOTH.index(indicator)]
    season = 940 + draw(f"season {indicator} {sector} {period[5:]}", 121)
    chance = 980 + draw(f"chance {indicator} {sector} {period}", 41)
    trend = 1000 + 8 * (number(period) - number(FIRST)) // 12
    return level * season * chance * trend // 1000**3


@cache
def sector_count(indicator: str, sector: str, period: str, delivery: str, inputs: str = "") -> int:
    """What the inputs of a delivery say of a sector and month. ``inputs``: which of those there were for that month."""
    value, old = settled(indicator, sector, period), age(period, delivery)
    if indicator == REG:  # nine in ten months lack units twice
        lacking = (30 + draw(f"first {sector} {period}", 12), 8 + draw(f"second {sector} {period}", 5), 0)[min(old, 2)]
        if sector in BREAK_OF and (period >= BREAK or (period in BACK_CAST and delivery >= BREAK)):
            value += value * 6 // 100
    else:
        lacking = (45 + draw(f"first {sector} {period}", 20), 0)[min(old, 1)]
        if not draw(f"late {sector} {period}", 12) and old >= 2 + draw(f"when {sector} {period}", 6):
            value += 1 + draw(f"how many {sector} {period}", 3)
    value -= value * lacking // 1000
    value += sum(
        units
        for whose, which, when, since, units in SURPRISES
        if (whose, which, when) == (indicator, sector, period) and delivery >= since
    )
    if (indicator, sector, period) == (REG, "G", LOST_IN) and (delivery < RECODED or inputs == "not recoded"):
        value -= LOST
    if (indicator, sector, period) == (REG, "H", delivery) and inputs == "wrong":
        value -= 800
    if inputs == "preliminary" and old < 2:
        value -= value // 9
    return value


@cache
def count(indicator: str, aggregate: str, period: str, delivery: str, inputs: str = "") -> int:
    """What a delivery must say of an aggregate; the total is the sum of the sectors."""
    sectors = SECTORS if aggregate == TOTAL else (aggregate,)
    return sum(sector_count(indicator, sector, period, delivery, inputs) for sector in sectors)


# ------------------------------------------------------------------------------------------------------- the inputs


def _parts(units: int, places: int) -> list[int]:
    """A number in so many parts: each half of what is left, the last one the rest."""
    parts = []
    for _ in range(places - 1):
        parts.append(units // 2)
        units -= parts[-1]
    return [*parts, units]


def input_files(delivery: str, inputs: str = "") -> dict[str, bytes]:
    """The national files of a month: registrations by division and type, bankruptcies by division and territory."""
    registered = ["periode;division;type;creations"]
    failed = ["mois;division;territoire;jugements"]
    for period in months(FIRST, delivery):
        units = dict(OUTSIDE)
        for sector, (_, _, divisions) in SECTORS.items():
            parts = _parts(sector_count(REG, sector, period, delivery, inputs), len(divisions))
            units |= dict(zip(divisions, parts, strict=True))
            bankrupt = _parts(sector_count(BKRT, sector, period, delivery, inputs), len(divisions))
            for division, part in zip(divisions, bankrupt, strict=True):
                overseas = OVERSEAS if division == "47" else ()
                failed.append(f"{period};{division};FRM;{part - len(overseas)}")
                failed += [f"{period};{division};{territory};1" for territory in overseas]
        failed += [f"{period};01;FRM;21", f"{period};47;978;2"]  # agriculture; Saint-Martin is not in the territory
        for division, n in units.items():
            registered += [f"{period};{division};micro;{n * 6 // 10}", f"{period};{division};autre;{n - n * 6 // 10}"]
        if period == LOST_IN and (delivery < RECODED or inputs == "not recoded"):
            registered.append(f"{period};{NOBODY_KNOWS};micro;{LOST}")
    return {
        "registrations.csv": ("\n".join(registered) + "\n").encode(),
        "bankruptcies.csv": ("\n".join(failed) + "\n").encode(),
    }


def write_inputs(folder: Path, delivery: str, inputs: str = "") -> Path:
    """The folder of national files for a month."""
    folder.mkdir(parents=True)
    for name, data in input_files(delivery, inputs).items():
        (folder / name).write_bytes(data)
    return folder


_BREAK = """
[[break]]
indicator = "registrations"
period = "{period}"
aggregates = [{aggregates}]
reference = "Made for this test"
evidence = "inferred"
checked = 2025-04-01
"""

# The shipped layout of registrations, but with the few divisions that there are.
_ALL_ROWS = 'add_kinds = ["micro", "other"]\nabsent_rows = "missing"'
_SOME_ROWS = 'add_kinds = ["micro", "other"]\nabsent_rows = "zero"'

_LAYOUT = """
[[layout]]
id = "bankruptcies-long"
indicator = "bankruptcies"
format = "csv"
shape = "long"
separator = ";"
encoding = "utf-8"
columns = { period = "mois", activity = "division", area = "territoire", value = "jugements" }
periods = ["YYYY-MM"]
classification = "NACE_R2"
levels = ["division"]
absent_rows = "zero"
"""


def write_overlay(folder: Path, shipped: Path) -> Path:
    """The facts of France with a declared break and smaller files; ``shipped``: her folder."""
    here = folder / "codelists" / "countries" / "FR"
    here.mkdir(parents=True)
    for path in shipped.iterdir():
        (here / path.name).write_bytes(path.read_bytes())
    aggregates = ", ".join(f'"{id_}"' for id_ in BREAK_OF)
    with (here / "country.toml").open("a", encoding="utf-8") as file:
        file.write(_BREAK.format(period=BREAK, aggregates=aggregates))
    layouts = (here / "sources.toml").read_text("utf-8")
    assert layouts.count(_ALL_ROWS) == 1
    (here / "sources.toml").write_text(layouts.replace(_ALL_ROWS, _SOME_ROWS) + _LAYOUT, "utf-8")
    return folder


# -------------------------------------------------------------------------------------------------------- the calendar

#: month → (forty days after its end, the last day on which it is on time), counted on a wall calendar; why they differ
DUE = {
    "2024-01": ("2024-03-11", "2024-03-11"),
    "2024-02": ("2024-04-09", "2024-04-09"),
    "2024-03": ("2024-05-10", "2024-05-10"),  # the Friday after Ascension Day
    "2024-04": ("2024-06-09", "2024-06-10"),  # Sunday
    "2024-05": ("2024-07-10", "2024-07-10"),
    "2024-06": ("2024-08-09", "2024-08-09"),
    "2024-07": ("2024-09-09", "2024-09-09"),
    "2024-08": ("2024-10-10", "2024-10-10"),
    "2024-09": ("2024-11-09", "2024-11-12"),  # Saturday, Sunday, Armistice
    "2024-10": ("2024-12-10", "2024-12-10"),
    "2024-11": ("2025-01-09", "2025-01-09"),
    "2024-12": ("2025-02-09", "2025-02-10"),  # Sunday
    "2025-01": ("2025-03-12", "2025-03-12"),
    "2025-02": ("2025-04-09", "2025-04-09"),
    "2025-03": ("2025-05-10", "2025-05-12"),  # Saturday, Sunday
    "2025-04": ("2025-06-09", "2025-06-10"),  # Whit Monday
    "2025-05": ("2025-07-10", "2025-07-10"),
    "2025-06": ("2025-08-09", "2025-08-11"),  # Saturday, Sunday
    "2025-07": ("2025-09-09", "2025-09-09"),
    "2025-08": ("2025-10-10", "2025-10-10"),
    "2025-09": ("2025-11-09", "2025-11-10"),  # Sunday; the Monday before Armistice
    "2025-10": ("2025-12-10", "2025-12-10"),
    "2025-11": ("2026-01-09", "2026-01-09"),
    "2025-12": ("2026-02-09", "2026-02-09"),
}

#: the summers of Luxembourg: two hours before UTC from one o'clock UTC of the first of these days to that of the second
SUMMERS = ((dt.date(2024, 3, 31), dt.date(2024, 10, 27)), (dt.date(2025, 3, 30), dt.date(2025, 10, 26)))


def day_in_luxembourg(at: dt.datetime) -> dt.date:
    """The calendar day there of an instant given in UTC; no instant of ``RUNS`` is near a change of the clock."""
    summer = any(first <= at.date() < last for first, last in SUMMERS)
    return (at + dt.timedelta(hours=2 if summer else 1)).date()


def last_day(month: str) -> dt.date:
    """The last day of a month."""
    year, following = divmod(number(month) + 1, 12)
    return dt.date(year, following + 1, 1) - dt.timedelta(days=1)


# ------------------------------------------------------------------------------------------------------------ the runs


class Run(NamedTuple):
    """One run of ``ebs deliver``. Times are in UTC; ``sent`` None: a trial, or a draft with an error."""

    draft: str  # the name that its folder must have
    prepared: dt.datetime
    sent: dt.datetime | None
    indicators: tuple[str, ...] = BOTH
    inputs: str = ""
    test: bool = False
    packed: bool = True  # whether it may be uploaded
    accepts: bool = False  # its finding about unknown activities is accepted after it

    @property
    def month(self) -> str:
        return self.draft[:7]

    @property
    def only(self) -> str | None:
        """The indicator that is asked for alone."""
        return None if self.indicators == BOTH else self.indicators[0]


def _at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def _usual(month: str, draft: int = 1, **more: object) -> Run:
    """Prepared seven to three days before the deadline in the morning, sent the day after in the afternoon."""
    day = dt.date.fromisoformat(DUE[month][1]) - dt.timedelta(days=3 + draw(f"prepared {month}", 5))
    sent = day + dt.timedelta(days=1)
    times = _at(f"{day}T08:00"), _at(f"{sent}T14:30")
    return Run(f"{month}_{draft:02}", *times)._replace(**more)  # type: ignore[arg-type]


SKIPPED, LATE, CORRECTED, APART = "2024-05", "2024-09", "2025-06", "2025-10"

RUNS: tuple[Run, ...] = (
    _usual("2024-01"),
    _usual("2024-02", 1, test=True, sent=None),  # a trial, as all that are not sent
    _usual("2024-02", 2),
    _usual("2024-03"),
    _usual("2024-04"),
    _usual("2024-05", inputs="preliminary", sent=None),  # and nothing else: the month is skipped
    _usual("2024-06"),
    _usual("2024-07", sent=_at("2024-09-09T22:30")),  # half an hour after the last day had ended in Luxembourg
    _usual("2024-08"),
    # late: the last day was the 12th
    Run("2024-09_01", _at("2024-11-14T08:00"), _at("2024-11-14T10:15")),
    _usual("2024-10", 1, inputs="preliminary", sent=None),
    _usual("2024-10", 2, sent=_at("2024-12-10T22:30")),  # half an hour before the last day ended there
    # rows that nobody can map: accepted until December, an error again in January, then recoded
    _usual("2024-11", 1, packed=False, accepts=True, sent=None),
    _usual("2024-11", 2),
    _usual("2024-12"),
    _usual("2025-01", 1, inputs="not recoded", packed=False, sent=None),
    _usual("2025-01", 2),
    _usual("2025-02"),
    _usual("2025-03"),  # the break
    _usual("2025-04"),
    _usual("2025-05", 1, inputs="wrong", sent=None),
    _usual("2025-05", 2),
    # sent, then corrected
    _usual("2025-06", 1, inputs="wrong"),
    Run("2025-06_02", _at("2025-08-19T08:00"), _at("2025-08-20T09:00")),
    _usual("2025-07"),
    _usual("2025-08", indicators=(REG,)),  # bankruptcies of this month are never sent
    _usual("2025-09"),
    # apart: the second one too late
    _usual("2025-10", 1, indicators=(REG,)),
    _usual("2025-10", 2, indicators=(BKRT,), sent=_at("2025-12-11T09:00")),
    _usual("2025-11", 1, test=True, inputs="preliminary", sent=None),
    _usual("2025-11", 2),
    _usual("2025-12"),
)
BY_DRAFT = {run.draft: run for run in RUNS}
SENT = tuple(run for run in RUNS if run.sent)


def corrects(run: Run) -> bool:
    """Whether something of the same month and of one of its indicators was sent when the run was made."""
    before = RUNS[: RUNS.index(run)]
    return any(one.sent and one.month == run.month and set(one.indicators) & set(run.indicators) for one in before)


def publications(indicator: str, before: str = "9999-12") -> list[Run]:
    """The deliveries of an indicator sent for months before one: of several for a month the last, in their order."""
    last = {run.month: run for run in SENT if indicator in run.indicators and run.month < before}
    return [last[month] for month in sorted(last)]


def publications_with(indicator: str, run: Run) -> list[Run]:
    """The publications that a run adds to, and itself."""
    return [*publications(indicator, run.month), run]


# ---------------------------------------------------------------------------------------------- values and statuses

#: for how many publications a value is provisional
PROVISIONAL = {REG: 2, BKRT: 1}

Cell = tuple[str, str, str]  # indicator, aggregate, period


def status(indicator: str, aggregate: str, period: str, delivery: str) -> str:
    """B where a new series begins; else P in the first publications, counted where they are all known; else A."""
    if indicator == REG and aggregate in BREAK_OF and period == BREAK:
        return "B"
    return "P" if is_provisional(indicator, period, delivery) else "A"


def is_provisional(indicator: str, period: str, delivery: str) -> bool:
    earlier = [run.month for run in publications(indicator, delivery)]
    if earlier and earlier[0] <= period:
        return sum(month >= period for month in earlier) < PROVISIONAL[indicator]
    return by_age_provisional(indicator, period, delivery)


def by_age_provisional(indicator: str, period: str, delivery: str) -> bool:
    """As it would be if nothing were known of what was sent."""
    return age(period, delivery) < PROVISIONAL[indicator]


def otherwise_by_history(indicator: str, delivery: str) -> list[str]:
    """The months whose status the history knows better than their age."""
    return [
        period
        for period in months(FIRST, delivery)
        if is_provisional(indicator, period, delivery) != by_age_provisional(indicator, period, delivery)
    ]


def told(run: Run) -> dict[Cell, tuple[int, str]]:
    """Everything that the files of a run must say: value and status."""
    return {
        (indicator, aggregate, period): (
            count(indicator, aggregate, period, run.month, run.inputs),
            status(indicator, aggregate, period, run.month),
        )
        for indicator in run.indicators
        for aggregate in AGGREGATES
        for period in months(FIRST, run.month)
    }


# ----------------------------------------------------------------------------------------------------------- revisions


class Change(NamedTuple):
    """A value in one publication and in the next; ``age`` in the later one."""

    indicator: str
    aggregate: str
    period: str
    delivery: str
    age: int
    before: int
    after: int


def changes(indicator: str, last: Run) -> Iterator[Change]:
    """Every value of an indicator beside that of its publication before, the unchanged ones included, up to a run."""
    for earlier, later in pairwise(publications_with(indicator, last)):
        for aggregate in AGGREGATES:
            for period in months(FIRST, earlier.month):
                values = [count(indicator, aggregate, period, run.month, run.inputs) for run in (earlier, later)]
                yield Change(indicator, aggregate, period, later.month, age(period, later.month), *values)


def revised_since_the_publication_before(run: Run) -> list[Change]:
    """The values that a run says otherwise than the publication before it."""
    found = []
    for indicator in run.indicators:
        if publications(indicator, run.month):
            found += [one for one in changes(indicator, run) if one.delivery == run.month and one.before != one.after]
    return found


def definitively_revised(run: Run) -> set[Cell]:
    """Definitive values of sectors that a run changes by more than is usual, and that no declared break explains.

    The total follows its sectors and is not told again.
    """
    found = set()
    for one in revised_since_the_publication_before(run):
        last = publications(one.indicator, run.month)[-1].month
        new_series = one.indicator == REG and last < BREAK <= run.month
        explained = new_series and one.aggregate in BREAK_OF and one.period < BREAK
        usual = {REG: 0, BKRT: 5}[one.indicator]  # per cent
        if one.aggregate == TOTAL or explained or is_provisional(one.indicator, one.period, last):
            continue
        if abs(one.after - one.before) * 100 > usual * one.before:
            found.add((one.indicator, one.aggregate, one.period))
    return found


class Figures(NamedTuple):
    """How values of one age were revised; ``deviation`` None for fewer than two."""

    n: int
    mean: float
    mean_absolute: float
    deviation: float | None
    upward: float


def figures(revised: Sequence[Change]) -> Figures:
    """The usual figures of a set of revisions, in units."""
    units = [one.after - one.before for one in revised]
    deviation = statistics.stdev(units) if len(units) > 1 else None
    upward = sum(one > 0 for one in units) / len(units)
    return Figures(len(units), statistics.fmean(units), statistics.fmean(map(abs, units)), deviation, upward)


def triangle(indicator: str, aggregate: str, last: Run) -> dict[str, list[int]]:
    """period → its first, second and third publication up to a run, of the months of which the first one is known."""
    sent = publications_with(indicator, last)
    found: dict[str, list[int]] = {}
    for period in months(sent[0].month, sent[-1].month):
        later = [run for run in sent if run.month >= period][:3]
        found[period] = [count(indicator, aggregate, period, run.month, run.inputs) for run in later]
    return found


# ------------------------------------------------------------------------------------------- timeliness, punctuality


class First(NamedTuple):
    """The first sending of an indicator for a month: days after the end of the month, days after the deadline."""

    month: str
    indicator: str
    draft: str
    days: int
    late: int


def first_sendings() -> list[First]:
    """Of every month and indicator, by month."""
    found: dict[tuple[str, str], First] = {}
    for run in SENT:
        for indicator in run.indicators:
            assert run.sent is not None
            day, due = day_in_luxembourg(run.sent), dt.date.fromisoformat(DUE[run.month][1])
            days, late = (day - last_day(run.month)).days, max(0, (day - due).days)
            found.setdefault((run.month, indicator), First(run.month, indicator, run.draft, days, late))
    return [found[key] for key in sorted(found, key=lambda key: (key[0], BOTH.index(key[1])))]


def mean(numbers: Sequence[int]) -> Fraction:
    return Fraction(sum(numbers), len(numbers))


def by_age(revised: Sequence[Change]) -> Mapping[int | None, list[Change]]:
    """Revisions by their age; those older than a year together, under None."""
    found: dict[int | None, list[Change]] = {}
    for one in revised:
        found.setdefault(one.age if one.age <= 12 else None, []).append(one)
    return found

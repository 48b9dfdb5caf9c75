"""The sums: COUNTS joined with FACTORS, one value for each indicator, target and month → OBSERVATIONS.

Integers all the way. A value is missing when one of its cells is; nothing is guessed. Flags follow the same join:
confidentiality is the strongest of the cells, status the first by the published hierarchy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

from pipeline.compile.aggregate import AGGREGATE, CONTROL, STRATUM, UNKNOWN, WITHHELD, coverage
from pipeline.errors import FactsError, InputError, Problem, nearest
from pipeline.facts import in_force
from pipeline.facts.models import Codes, Layout
from pipeline.facts.structure import Structure
from pipeline.period import Period
from pipeline.tables import CELL, IDENTITY, OBSERVATIONS, PART_KINDS, conform
from pipeline.vintages import Vintages

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.facts import CountryFacts, Facts

COUNT = "count"
TIME = "TIME_PERIOD"
NUMBER = "number"  # the state of a cell that has one


@dataclass(frozen=True, slots=True)
class Sum:
    """What the cells of one target and month add up to; ``value`` None when it cannot be computed, ``why`` then."""

    value: int | None
    statuses: frozenset[str]
    confidentiality: str
    why: str = ""


#: indicator, kind of target, target, period
Sums = Mapping[tuple[str, str, str, Period], Sum]


def months_of(counts: pd.DataFrame, country: CountryFacts, month: Period) -> dict[str, list[Period]]:
    """For each indicator: every month from the first delivered (not before the first accepted) to ``month``."""
    spans = {}
    for indicator, periods in counts.groupby("indicator", sort=True)["period"]:
        first = max(periods.min(), country.indicator(str(indicator)).accepted_from)
        spans[str(indicator)] = list(Period.parse(first).to(month))
    return spans


def sums(
    counts: pd.DataFrame,
    factors: pd.DataFrame,
    facts: Facts,
    country: CountryFacts,
    layouts: Sequence[Layout],
    month: Period,
    vintages: Vintages,
) -> dict[tuple[str, str, str, Period], Sum]:
    """Join counts with factors and sum, for every target and every month up to ``month``.

    A value is provisional in its first publications, as many as the country says. ``vintages``, what was sent before,
    counts them; where that does not reach back, the age of the month does.

    Raises InputError for a status or confidentiality code of the input that no list knows.
    """
    concepts = facts.concepts
    cells = _cells(counts, facts)
    joined = _joined(cells, factors)
    groups = _groups(joined, concepts.confidentiality.strongest_first)
    reached = {group[:3] for group in groups}
    delivered = {(group[0], group[3]) for group in groups}  # a control row alone delivers no month
    zero = {layout.indicator for layout in layouts if layout.absent_rows == "zero"}
    added = cells[cells["cell_class"].isin(joined["cell_class"].unique())]
    absent = _absent(added, factors, facts, country, layouts)
    by_target = ["indicator", "target", "aggregate"]
    withheld = {key[:3]: key[3] for key in _tuples(factors[factors["role"] == WITHHELD], [*by_target, "why"])}
    found: dict[tuple[str, str, str, Period], Sum] = {}
    for indicator, span in months_of(counts, country, month).items():
        policy = in_force(country.indicator(indicator).revision, str(month)).provisional_publications
        provisional = {
            period
            for period in span
            if (vintages.publication(indicator, str(period), str(month)) or month - period + 1) <= policy
        }
        breaks = [declared for declared in country.country.break_ if declared.indicator == indicator]
        for target, aggregate in _targets(factors, facts, indicator):
            key = (indicator, target, aggregate)
            for period in span:
                group = groups.get((*key, str(period)))
                if group is None and indicator in zero and key in reached and (indicator, str(period)) in delivered:
                    group = _Group(0, 1, 0, concepts.confidentiality.free)
                why = f"the input {withheld[key]}" if group and group.withheld else absent.get((*key, str(period)), "")
                if not why and group is None:
                    why = f"there is no input cell for {period}"
                elif not why and group is not None and group.lacking:
                    why = _lacking(cells, joined, *key, str(period))
                statuses = set(group.flags) if group else set()
                if group is None or group.silent:
                    statuses.add(concepts.status.provisional if period in provisional else concepts.status.normal)
                if group and group.approximate:
                    statuses.add(concepts.status.estimated)
                if any(b.period == str(period) and aggregate in (b.aggregates or [aggregate]) for b in breaks):
                    statuses.add(concepts.status.break_)
                if why:
                    statuses.add(concepts.status.not_computed)
                value = None if why or group is None else group.value
                strength = group.confidentiality if group else concepts.confidentiality.free
                found[(*key, period)] = Sum(value, frozenset(statuses), strength, why)
    return found


@dataclass(slots=True)
class _Group:
    """The cells of one target and month: their sum, how many give no status, how many lack a number, the flags."""

    value: int
    silent: int
    lacking: int
    confidentiality: str
    approximate: bool = False
    withheld: bool = False
    flags: set[str] = field(default_factory=set)


def _cells(counts: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """COUNTS with what the sums need: is the cell without a number, silent on its status, how confidential."""
    status, confidentiality = facts.concepts.status, facts.concepts.confidentiality
    problems = []
    for name, known in (("status", set(status.hierarchy)), ("confidentiality", set(confidentiality.strongest_first))):
        for row in counts[~counts[name].isin([*known, ""])].drop_duplicates(name).itertuples():
            code = getattr(row, name)
            message = f"{code!r} is no {name} code{nearest(code, known) or '.'}"
            hint = "Correct it, or declare the word in the layout."
            where = f"{row.file} {row.sheet + '!' if row.sheet else ''}{row.cell}"
            problems.append(Problem(where, message, hint, "input-word"))
    if problems:
        raise InputError(problems)
    cells = counts.astype(dict.fromkeys([*CELL, "period", "status"], "category"))
    cells["cell_class"] = cells.groupby(list(CELL), sort=False, observed=True).ngroup()
    cells["doubled"] = cells.duplicated(["cell_class", "period"], keep=False)
    cells["contradicts"] = cells["value"].notna() & cells["status"].isin(status.missing)
    cells["lacking"] = cells["value"].isna() | cells["doubled"] | cells["contradicts"]
    strength = {code: i for i, code in enumerate(confidentiality.strongest_first)}
    cells["strength"] = cells["confidentiality"].map({**strength, "": strength[confidentiality.free]}).astype("int64")
    cells["silent"] = cells["status"] == ""
    return cells


def _joined(cells: pd.DataFrame, factors: pd.DataFrame) -> pd.DataFrame:
    """The join that everything rests on: each cell with each of its factors, and with each aggregate withheld from it."""
    withheld = factors["role"] == WITHHELD
    used = factors.loc[
        (factors["factor"] != 0) | withheld, [*CELL, "target", "aggregate", "factor", "precision", "role"]
    ]
    classes = cells[[*CELL, "cell_class"]].drop_duplicates("cell_class").astype(dict.fromkeys(CELL, object))
    used = used.merge(classes, on=list(CELL))
    used["approximate"], used["withheld"] = used["precision"] == "approximate", used["role"] == WITHHELD
    used = used.astype(dict.fromkeys(["indicator", "target", "aggregate"], "category"))
    names = ["cell_class", "indicator", "target", "aggregate", "factor", "approximate", "withheld"]
    narrow = ["cell_class", "period", "value", "status", "silent", "lacking", "strength"]
    return cells[narrow].merge(used[names], on="cell_class")


def _groups(joined: pd.DataFrame, strengths: Sequence[str]) -> dict[tuple[str, str, str, str], _Group]:
    """The joined cells added up by indicator, target and month."""
    key = ["indicator", "target", "aggregate", "period"]
    joined["part"] = joined["value"].fillna(0).astype("int64") * joined["factor"].astype("int64")
    by_group = joined.groupby(key, sort=False, observed=True)
    added = by_group[["part", "silent", "lacking", "approximate", "withheld"]].sum()
    groups = {
        at: _Group(int(value), int(silent), int(lacking), strengths[strength], bool(approximate), bool(withheld))
        for (at, value, silent, lacking, approximate, withheld), strength in zip(
            added.itertuples(name=None), by_group["strength"].min(), strict=True
        )
    }
    for *group, status in _tuples(joined[~joined["silent"]], [*key, "status"]):
        groups[tuple(group)].flags.add(status)
    return groups


def _tuples(frame: pd.DataFrame, columns: list[str]) -> list[tuple[Any, ...]]:
    """The distinct rows of these columns."""
    return list(frame[columns].drop_duplicates().itertuples(index=False, name=None))


def _targets(factors: pd.DataFrame, facts: Facts, indicator: str) -> list[tuple[str, str]]:
    """All aggregates, and the strata that the factors of an indicator know."""
    strata = factors[(factors["indicator"] == indicator) & (factors["target"] == STRATUM)]
    return [(AGGREGATE, aggregate.id) for aggregate in facts.aggregates] + _tuples(strata, ["target", "aggregate"])


def _lacking(
    cells: pd.DataFrame, joined: pd.DataFrame, indicator: str, target: str, aggregate: str, period: str
) -> str:
    """Which cells of a group have no number, in words."""
    group = {"indicator": indicator, "target": target, "aggregate": aggregate, "period": period}
    here = joined[joined["lacking"]]
    for name, value in group.items():
        here = here[here[name] == value]
    rows = cells[cells["lacking"] & (cells["period"] == period) & cells["cell_class"].isin(here["cell_class"])]
    said = []
    for row in rows.head(3).itertuples():
        what = f"says {row.status} and has a value" if row.contradicts else f"is {row.state}"
        what = "stands twice" if row.doubled else what
        said.append(f"{what} at {row.file} {row.sheet + '!' if row.sheet else ''}{row.cell}")
    more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
    return f"a cell {'; '.join(said)}{more}"


def _absent(
    added: pd.DataFrame, factors: pd.DataFrame, facts: Facts, country: CountryFacts, layouts: Iterable[Layout]
) -> dict[tuple[str, str, str, str], str]:
    """Groups that lack rows, of the cells that add to something, and which: (indicator, target, aggregate, period) → why.

    A month in which an area, a kind or a whole file is gone is incomplete, whatever the layout says of absent rows; a
    single cell that is not there is missing where the layout counts it so.
    """
    found: dict[tuple[str, str, str, str], str] = {}
    group = ["indicator", "target", "aggregate"]
    used = factors[factors["factor"] != 0]
    for indicator, period, why in _incomplete_months(added):
        for key in _tuples(used[used["indicator"] == indicator], group):
            found.setdefault((*key, period), why)
    for layout in layouts:
        if layout.absent_rows == "zero":
            continue
        here = added[added["layout"] == layout.id]
        there = set(_tuples(here, ["area", "kind", "activity", "period"]))
        parts = [(a, k) for a, k in _tuples(here, ["area", "kind"]) if k in layout.add_kinds]
        declared = used[
            (used["indicator"] == layout.indicator) & used["activity"].isin(coverage(facts, country, layout))
        ]
        for indicator, target, aggregate, activity in _tuples(declared, [*group, "activity"]):
            for period in here["period"].unique():
                for area, kind in parts:
                    if (area, kind, activity, period) not in there:
                        why = f"no row for area {area}, kind {kind}, activity {activity}"
                        why += f", and layout {layout.id} counts an absent row as missing"
                        found.setdefault((indicator, target, aggregate, period), why)
    return found


def _incomplete_months(added: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    """Months that lack an area that was there before, a kind that belongs to the others, or what a file gave before.

    Each is (indicator, period, why): what is left would make the month too small.
    """
    for indicator, mine in added.groupby("indicator", sort=True, observed=True):
        periods = sorted(mine["period"].unique())
        kinds: dict[tuple[str, str], set[str]] = {}
        for area, period, kind in _tuples(mine, ["area", "period", "kind"]):
            kinds.setdefault((area, period), set()).add(kind)
        since = {area: min(period for a, period in kinds if a == area) for area in sorted({a for a, _ in kinds})}
        for period in periods:
            for area, first in since.items():
                there = kinds.get((area, period), set())
                gone = sorted(PART_KINDS - there) if there & PART_KINDS else []
                if gone:
                    yield str(indicator), period, f"no row of kind {' or '.join(gone)} for {period} in area {area}"
                elif not there and first < period:
                    yield str(indicator), period, f"no row of area {area} for {period}"
        given = set(_tuples(mine, ["area", "activity", "period"]))
        layouts: dict[tuple[str, str], set[str]] = {}
        for area, period, layout in _tuples(mine, ["area", "period", "layout"]):
            layouts.setdefault((area, period), set()).add(layout)
        for (file, layout), own in mine.groupby(["file", "layout"], sort=True, observed=True):
            months, parts = set(own["period"]), _tuples(own, ["area", "activity"])
            for period in periods:
                replaced = any(
                    (area, activity, period) in given or layouts.get((area, period), {layout}) != {layout}
                    for area, activity in parts
                )
                if min(months) < period not in months and not replaced:
                    yield str(indicator), period, f"{file} has no row for {period}, and nothing else gives what it gave"


def units(
    counts: pd.DataFrame,
    factors: pd.DataFrame,
    observations: pd.DataFrame,
    facts: Facts,
    country: CountryFacts,
    month: Period,
) -> tuple[list[tuple[str, str, int, bool, bool, int]], dict[str, int]]:
    """Where the units went, for the balance: the cells by role, and what the observations of the total add up to.

    Rows are (indicator, role, factor in the total, month delivered, total computed in that month, units).
    """
    import pandas as pd

    total = facts.total.id
    in_total = factors[(factors["target"] == AGGREGATE) & (factors["aggregate"] == total)]
    roles = factors[[*CELL, "role"]].drop_duplicates(list(CELL))
    roles = roles.merge(in_total[[*CELL, "factor"]], on=list(CELL), how="left").fillna({"factor": 0})
    measure = facts.structure(facts.transmission.data_set[0].dataflow).measures[0].id
    own = observations.loc[
        (observations["aggregate"] == total) & (observations[measure] != ""), ["indicator", "period", measure]
    ]
    sent = own[measure].map(int).groupby(own["indicator"]).sum().to_dict()
    spans = months_of(counts, country, month)
    delivered = pd.DataFrame(
        [(i, str(p), True) for i, span in spans.items() for p in span], columns=["indicator", "period", "delivered"]
    )
    where = delivered.merge(own.assign(computed=True)[["indicator", "period", "computed"]], how="left")
    cells = (
        counts[[*CELL, "period", "value"]]
        .merge(roles, on=list(CELL))
        .merge(where, on=["indicator", "period"], how="left")
    )
    for name in ("delivered", "computed"):
        cells[name] = cells[name].notna()
    groups = cells.groupby(["indicator", "role", "factor", "delivered", "computed"])["value"].sum()
    return [(i, role, int(f), bool(d), bool(c), int(n)) for (i, role, f, d, c), n in groups.items()], sent


def unknown(counts: pd.DataFrame, factors: pd.DataFrame) -> pd.DataFrame:
    """The cells that go nowhere because nothing knows their activity, area or kind, each with ``why``."""
    known = factors[[*CELL, "role", "why"]].drop_duplicates(list(CELL))
    return counts.merge(known[known["role"] == UNKNOWN], on=list(CELL))


def controls(
    counts: pd.DataFrame, factors: pd.DataFrame, layouts: Iterable[Layout]
) -> Iterator[tuple[str, str, str, int, int, int]]:
    """Each control row beside its parts: (indicator, what in words, period, control, sum of parts, how many parts).

    A row that is a control by its activity stands for all activities of its area and kind; likewise by area, by kind.
    """
    role = factors[[*CELL, "role"]].drop_duplicates(list(CELL))
    cells = counts.merge(role, on=list(CELL))
    cells = cells[cells["value"].notna()]
    for layout in layouts:
        mine = cells[cells["layout"] == layout.id]
        parts = mine[mine["role"] != CONTROL]
        is_control = {
            "activity": mine["activity"].isin(layout.control.activity),
            "kind": mine["kind"].isin(layout.control.kind),
            "area": mine["area"].isin(layout.control.area),
        }
        for combination in product((False, True), repeat=3):
            chosen = dict(zip(is_control, combination, strict=True))
            if not any(combination):
                continue
            mask = mine["role"] == CONTROL
            for name, wanted in chosen.items():
                mask &= is_control[name] == wanted
            rows = mine[mask]
            if rows.empty:
                continue
            shared = [name for name, controlled in chosen.items() if not controlled] + ["period"]
            made = parts.groupby(shared, sort=False)["value"].agg(["sum", "size"]).reset_index()
            beside = rows.merge(made, on=shared, how="left").fillna({"sum": 0, "size": 0})
            names = ("area", "kind", "activity", "period", "value", "sum", "size")
            for area, kind, activity, period, value, total, number in zip(
                *(beside[name] for name in names), strict=True
            ):
                yield layout.indicator, f"{area}.{kind}.{activity}", period, int(value), int(total), int(number)


def choose_status(statuses: Iterable[str], hierarchy: Iterable[str]) -> tuple[str, list[str]]:
    """The status that is sent, first by the hierarchy, and the others in its order."""
    given = set(statuses)
    ordered = [code for code in hierarchy if code in given]
    ordered += sorted(given - set(ordered))
    return ordered[0], ordered[1:]


def code_at(codes: tuple[Codes, ...], period: Period) -> str:
    """The transmission code that holds in the period's first month."""
    return in_force(codes, str(period.months[0])).transmission


def observe(found: Sums, facts: Facts, country: CountryFacts) -> pd.DataFrame:
    """OBSERVATIONS of the counts: every aggregate and month, one row; components as the data set's structure has them."""
    rows = []
    for (indicator, kind, aggregate, period), total in found.items():
        if kind == AGGREGATE:
            value = "" if total.value is None else str(total.value)
            rows.append((indicator, aggregate, period, COUNT, value, total))
    data_sets = {data_set.indicator: data_set for data_set in facts.transmission.data_set}
    structures = {id_: facts.structure(d.dataflow) for id_, d in data_sets.items()}
    return components(rows, facts, country, structures, facts.values(COUNT), base="")


def components(
    rows: list[tuple[str, str, Period, str, str, Sum]],
    facts: Facts,
    country: CountryFacts,
    structures: Mapping[str, Structure],
    fixed: Mapping[str, str],
    base: str,
    decimals: int | None = None,
    remark: str = "",
) -> pd.DataFrame:
    """Rows of (indicator, aggregate, period, measure, value, sum) as OBSERVATIONS with the structure's components.

    A component gets its value from its role (concepts.toml), else from the fixed values of the measure
    (transmission.toml). Raises FactsError when a mandatory component of the structure would have none.
    """
    import pandas as pd

    role, statuses = facts.concepts.role, facts.concepts.status
    data_sets = {data_set.indicator: data_set for data_set in facts.transmission.data_set}
    indicators = {indicator.id: indicator for indicator in facts.indicators}
    aggregates = {aggregate.id: aggregate for aggregate in facts.aggregates}
    cautions: dict[str, str] = {}
    for caution in country.country.caution:
        cautions[caution.indicator] = " ".join(filter(None, [cautions.get(caution.indicator), caution.text]))
    wanted = list(dict.fromkeys(c.id for structure in structures.values() for c in structure.components))
    measure_id = {id_: structure.measures[0].id for id_, structure in structures.items()}
    names = {id_: _status_names(structure, role.status) for id_, structure in structures.items()}
    at = {component: place for place, component in enumerate(wanted)}

    @cache
    def row_of(indicator: str, frequency: str) -> list[str]:
        """What all rows of an indicator and frequency have in common."""
        common = {
            **fixed,
            role.frequency: frequency,
            role.area: country.country.ref_area,
            role.adjustment: data_sets[indicator].adjustment,
            role.comment_series: cautions.get(indicator, ""),
            role.comment_data_set: remark,
            role.time_format: facts.transmission.time_format.codes.get(frequency, ""),
        }
        if base:
            common[role.base] = base
        if decimals is not None:
            common[role.decimals] = str(decimals)
        return [common.get(component, "") for component in wanted]

    @cache
    def indicator_code(indicator: str, period: Period) -> str:
        return code_at(indicators[indicator].code, period)

    @cache
    def aggregate_code(aggregate: str, period: Period) -> str:
        return code_at(aggregates[aggregate].code, period)

    @cache
    def status_of(indicator: str, given: frozenset[str], why: str) -> tuple[str, str]:
        """The status that is sent, and the others with the reason why there is no value."""
        first = (statuses.not_computed,) if why else ()  # no other status hides that there is no value
        status, others = choose_status(given, dict.fromkeys((*first, *statuses.hierarchy)))
        said = [f"{code}: {names[indicator].get(code, code)}" for code in others if code != statuses.normal]
        return status, "; ".join(said + ([f"not computed: {why}"] if why else []))

    records = []
    for indicator, aggregate, period, measure, value, total in rows:
        month, row = str(period), row_of(indicator, period.frequency).copy()
        status, comment = status_of(indicator, frozenset(total.statuses), total.why)
        own = (
            (role.indicator, indicator_code(indicator, period)),
            (role.aggregate, aggregate_code(aggregate, period)),
            (TIME, month),
            (measure_id[indicator], value),
            (role.status, status),
            (role.confidentiality, total.confidentiality),
            (role.comment_observation, comment),
        )
        for component, said in own:
            if component in at:
                row[at[component]] = said
        identity = (
            indicator,
            country.country.ref_area,
            data_sets[indicator].adjustment,
            period.frequency,
            aggregate,
            month,
            measure,
        )
        records.append((*identity, *row))
    _complete(structures, wanted, records)
    return conform(pd.DataFrame(records, columns=[*IDENTITY, *wanted]), OBSERVATIONS)


def _status_names(structure: Structure, status: str) -> dict[str, str]:
    component = structure.component(status)
    if component is None or component.codelist is None:
        return {}
    return {code.id: code.name for code in component.codelist.codes.values()}


def _complete(structures: Mapping[str, Structure], wanted: list[str], records: list[tuple[str, ...]]) -> None:
    """Every dimension and every mandatory attribute of the structure has a value in every row."""
    at = {component: len(IDENTITY) + i for i, component in enumerate(wanted)}
    problems = []
    for structure in {structure.ref: structure for structure in structures.values()}.values():
        mandatory = [d.id for d in structure.dimensions] + [a.id for a in structure.attributes if a.mandatory]
        for component in mandatory:
            if any(not record[at[component]] for record in records):
                problems.append(
                    Problem(
                        f"codelists/regulation/transmission.toml values.{component}",
                        f"{structure.ref} wants {component} and no fact gives it a value.",
                        "Add it to the values of the measure, or give it a role in concepts.toml.",
                    )
                )
    if problems:
        raise FactsError(problems)

"""The sums: COUNTS joined with FACTORS, one value for each indicator, target and month → OBSERVATIONS.

Integers all the way. A value is missing when one of its cells is; nothing is guessed. Flags follow the same join:
confidentiality is the strongest of the cells, status the first by the published hierarchy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from pipeline.compile.aggregate import AGGREGATE, CONTROL, coverage
from pipeline.errors import FactsError, Problem
from pipeline.facts import in_force
from pipeline.facts.models import Codes, Layout
from pipeline.facts.structure import Structure
from pipeline.period import Period
from pipeline.tables import CELL, IDENTITY, OBSERVATIONS, conform

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
    layouts: Iterable[Layout],
    month: Period,
) -> dict[tuple[str, str, str, Period], Sum]:
    """Join counts with factors and sum, for every target and every month up to ``month``."""
    concepts = facts.concepts
    rank = {code: i for i, code in enumerate(concepts.confidentiality.strongest_first)}
    by_rank = dict(enumerate(concepts.confidentiality.strongest_first))
    cells = counts.copy()
    cells["doubled"] = cells.duplicated([*CELL, "period"], keep=False)
    cells["lacking"] = cells["value"].isna() | cells["doubled"]
    cells["rank"] = cells["confidentiality"].map(rank).fillna(rank[concepts.confidentiality.free]).astype("int64")
    cells["silent"] = cells["status"] == ""
    used = factors[factors["factor"] != 0]
    joined = cells.merge(used[[*CELL, "target", "aggregate", "factor", "precision"]], on=list(CELL))
    joined["part"] = joined["value"] * joined["factor"]
    key = ["indicator", "target", "aggregate", "period"]
    table = joined.groupby(key, sort=True).agg(
        value=("part", "sum"),
        cells=("factor", "size"),
        lacking=("lacking", "sum"),
        silent=("silent", "sum"),
        rank=("rank", "min"),
    )
    flags: dict[tuple[str, ...], set[str]] = {}
    for *group, status in joined.loc[~joined["silent"], [*key, "status"]].drop_duplicates().itertuples(index=False):
        flags.setdefault(tuple(group), set()).add(status)
    by_group = {group: row for group, *row in zip(table.index, *(table[c] for c in table.columns), strict=True)}
    absent = _absent(cells, used, facts, country, layouts)
    approximate = {
        group
        for *group_, precision in used[["indicator", "target", "aggregate", "precision"]]
        .drop_duplicates()
        .itertuples(index=False)
        if precision == "approximate"
        for group in [tuple(group_)]
    }
    withheld = {
        (indicator, target, aggregate): why
        for indicator, target, aggregate, role, why in factors[["indicator", "target", "aggregate", "role", "why"]]
        .drop_duplicates()
        .itertuples(index=False)
        if role == "withheld"
    }
    wanted = _targets(factors, facts)
    found: dict[tuple[str, str, str, Period], Sum] = {}
    for indicator, span in months_of(counts, country, month).items():
        policy = in_force(country.indicator(indicator).revision, str(month)).provisional_publications
        breaks = {
            (b.period, a) for b in country.country.break_ if b.indicator == indicator for a in b.aggregates or [""]
        }
        for target, aggregate in wanted[indicator]:
            group = (indicator, target, aggregate)
            for period in span:
                text = str(period)
                row = by_group.get((*group, text))
                why = withheld.get(group, "") and f"the input {withheld[group]}"
                if not why and row is None:
                    why = f"no input cell for {text}"
                if not why and row is not None and row[2]:
                    why = _lacking(joined, (*group, text))
                if not why:
                    why = absent.get((*group, text), "")
                statuses = set(flags.get((*group, text), ()))
                if row is None or row[3]:
                    statuses.add(concepts.status.provisional if month - period < policy else concepts.status.normal)
                if group in approximate:
                    statuses.add(concepts.status.estimated)
                if (text, "") in breaks or (text, aggregate) in breaks:
                    statuses.add(concepts.status.break_)
                if why:
                    statuses.add(concepts.status.not_computed)
                strength = by_rank[row[4]] if row is not None else concepts.confidentiality.free
                value = None if why or row is None else int(row[0])
                found[(*group, period)] = Sum(value, frozenset(statuses), strength, why)
    return found


def _targets(factors: pd.DataFrame, facts: Facts) -> dict[str, list[tuple[str, str]]]:
    """For each indicator: all aggregates, and the strata that factors know."""
    aggregates = [(AGGREGATE, aggregate.id) for aggregate in facts.aggregates]
    wanted: dict[str, list[tuple[str, str]]] = {i: list(aggregates) for i in factors["indicator"].unique()}
    strata = factors.loc[~factors["target"].isin(["", AGGREGATE]), ["indicator", "target", "aggregate"]]
    for indicator, target, aggregate in strata.drop_duplicates().itertuples(index=False):
        wanted[indicator].append((target, aggregate))
    return wanted


def _lacking(joined: pd.DataFrame, group: tuple[str, str, str, str]) -> str:
    """Which cells of a group have no number, in words."""
    indicator, target, aggregate, period = group
    rows = joined[
        joined["lacking"]
        & (joined["indicator"] == indicator)
        & (joined["target"] == target)
        & (joined["aggregate"] == aggregate)
        & (joined["period"] == period)
    ]
    said = [
        f"{'stands twice' if row.doubled else row.state} at {row.file} {row.sheet + '!' if row.sheet else ''}{row.cell}"
        for row in rows.head(3).itertuples()
    ]
    more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
    return f"a cell is {'; '.join(said)}{more}" if said else ""


def _absent(
    cells: pd.DataFrame, used: pd.DataFrame, facts: Facts, country: CountryFacts, layouts: Iterable[Layout]
) -> dict[tuple[str, str, str, str], str]:
    """Groups that lack rows: a kind that is nowhere in the month; a cell, where the layout counts absence as missing."""
    found: dict[tuple[str, str, str, str], str] = {}
    group = ["indicator", "target", "aggregate"]
    for layout in layouts:
        here = cells[cells["layout"] == layout.id]
        mine = used[used["indicator"] == layout.indicator]
        added = here.merge(mine[list(CELL)].drop_duplicates(), on=list(CELL))
        areas = sorted(added["area"].unique())
        periods = sorted(added["period"].unique())
        seen = set(zip(added["kind"], added["period"], strict=True))
        for period in periods:
            gone = [kind for kind in layout.add_kinds if (kind, period) not in seen]
            if gone:
                for key in mine[group].drop_duplicates().itertuples(index=False, name=None):
                    found[(*key, period)] = f"no row of kind {' or '.join(gone)} for {period}"
        if layout.absent_rows == "zero":
            continue
        there = set(zip(added["area"], added["kind"], added["activity"], added["period"], strict=True))
        codes = mine[[*group, "activity"]].drop_duplicates()
        known = set(coverage(facts, country, layout))
        for *key, activity in codes[codes["activity"].isin(known)].itertuples(index=False, name=None):
            for period in periods:
                for area in areas:
                    for kind in layout.add_kinds:
                        if (area, kind, activity, period) not in there:
                            found.setdefault(
                                (*key, period),
                                f"no row for area {area}, kind {kind}, activity {activity}, and layout "
                                f"{layout.id} counts an absent row as missing",
                            )
    return found


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
    records = []
    for indicator, aggregate, period, measure, value, total in rows:
        data_set = data_sets[indicator]
        status, others = choose_status(total.statuses, statuses.hierarchy)
        comment = "; ".join(
            [f"{code}: {names[indicator].get(code, code)}" for code in others if code != statuses.normal]
            + ([f"not computed: {total.why}"] if total.why else [])
        )
        identity = (
            indicator,
            country.country.ref_area,
            data_set.adjustment,
            period.frequency,
            aggregate,
            str(period),
            measure,
        )
        record: dict[str, str] = dict(fixed)
        record |= {
            role.frequency: period.frequency,
            role.area: country.country.ref_area,
            role.adjustment: data_set.adjustment,
            role.indicator: code_at(indicators[indicator].code, period),
            role.aggregate: code_at(aggregates[aggregate].code, period),
            TIME: str(period),
            measure_id[indicator]: value,
            role.status: status,
            role.confidentiality: total.confidentiality,
            role.comment_observation: comment,
            role.comment_series: cautions.get(indicator, ""),
            role.comment_data_set: remark,
            role.time_format: facts.transmission.time_format.codes.get(period.frequency, ""),
        }
        if base:
            record[role.base] = base
        if decimals is not None:
            record[role.decimals] = str(decimals)
        records.append((*identity, *(record.get(component, "") for component in wanted)))
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

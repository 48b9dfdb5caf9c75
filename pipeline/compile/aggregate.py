"""Which cell goes where: COUNTS, the regulation's aggregates and the country's bridge → FACTORS.

A cell adds to an aggregate when all that it covers belongs to the aggregate. Whether the cells of a source make an
aggregate *exactly* is proved, not assumed: their coverage, summed with the factors, must hit each leaf of the
aggregate once and no other leaf. What is not exact is withheld, unless the bridge declares the use approximate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from pipeline.errors import InputError, Problem, nearest
from pipeline.facts.models import Layout
from pipeline.tables import CELL, FACTORS, PART_KINDS, conform

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.facts import CountryFacts, Facts

AGGREGATE, STRATUM = "aggregate", "stratum"
SENT, OUT_OF_SCOPE, UNKNOWN, CONTROL, WITHHELD = "sent", "out of scope", "unknown", "control", "withheld"


@dataclass(frozen=True, slots=True)
class Target:
    """Something that cells add up to: an aggregate of the regulation, or a stratum of the weighted index."""

    kind: str
    id: str
    leaves: frozenset[str]


@dataclass(frozen=True, slots=True)
class Use:
    """The use of one activity code for one target."""

    target: Target
    factor: int
    role: str = SENT
    precision: str = "exact"
    why: str = ""


def coverage(facts: Facts, country: CountryFacts, layout: Layout) -> dict[str, frozenset[str]]:
    """Every activity code that a layout's rows may carry, and the leaves it covers."""
    classification = facts.classifications.get(layout.classification)
    if classification is not None:
        return {code: classification.leaves([code]) for code in classification.of_level(layout.levels)}
    base = facts.base_classification
    return {
        row.activity: base.leaves(row.covers)
        for row in country.bridge
        if row.classification == layout.classification and row.covers
    }


def targets(facts: Facts, country: CountryFacts, layout: Layout, base_year: int | None) -> list[Target]:
    """The aggregates, and the strata of the base year's weights where the country has any."""
    id_ = layout.classification if layout.classification in facts.classifications else facts.base_classification.id
    found = [Target(AGGREGATE, a.id, facts.members(a, id_)) for a in facts.aggregates if facts.members(a, id_)]
    in_scope = frozenset().union(*(target.leaves for target in found))
    weights = country.weights(base_year) if base_year is not None else None
    if weights is not None and weights.classification == id_:
        leaves = facts.classifications[id_].leaves
        strata = [Target(STRATUM, s.id, leaves(s.covers)) for s in country.strata[weights.base_year]]
        found += [stratum for stratum in strata if stratum.leaves <= in_scope]
    return found


def uses(facts: Facts, country: CountryFacts, layout: Layout, base_year: int | None) -> dict[str, list[Use]]:
    """For each activity code of a layout: the targets it adds to, with the proof of exactness applied."""
    covers = coverage(facts, country, layout)
    explicit = {
        (row.activity, row.aggregate): row
        for row in country.bridge
        if row.classification == layout.classification and row.aggregate
    }
    classification = facts.classifications.get(layout.classification, facts.base_classification)
    made: dict[str, list[Use]] = {code: [] for code in covers}
    for target in targets(facts, country, layout, base_year):
        factor: dict[str, int] = {}
        for code, leaves in covers.items():
            row = explicit.get((code, target.id)) if target.kind == AGGREGATE else None
            factor[code] = row.factor if row else int(bool(leaves) and leaves <= target.leaves)
        hits: Counter[str] = Counter()
        for code, sign in factor.items():
            if sign:
                for leaf in covers[code]:
                    hits[leaf] += sign
        lacking = [leaf for leaf in target.leaves if hits[leaf] < 1]
        surplus = [leaf for leaf, times in hits.items() if times > (leaf in target.leaves)]
        taken = [leaf for leaf, times in hits.items() if times < 0 and leaf not in target.leaves]
        declared = (
            any(row.precision == "approximate" for (_, id_), row in explicit.items() if id_ == target.id)
            and target.kind == AGGREGATE
        )
        with_others = [leaves for leaves in covers.values() if leaves & set(lacking)] if lacking else []
        beside = frozenset().union(*with_others) - target.leaves
        why = "; ".join(
            f"{words} {classification.describe(leaves)}"
            for words, leaves in (
                ("lacks", lacking),
                ("has it only together with", beside),
                ("counts too much of", surplus),
                ("takes away", taken),
            )
            if leaves
        )
        for code, sign in factor.items():
            partly = not sign and covers[code] & target.leaves
            if not why and sign:
                made[code].append(Use(target, sign))
            elif why and declared and sign:
                made[code].append(Use(target, sign, SENT, "approximate", why))
            elif why and not declared and (sign or partly):
                made[code].append(Use(target, 0, WITHHELD, "exact", why))
    return made


def factors(
    counts: pd.DataFrame, facts: Facts, country: CountryFacts, layouts: Iterable[Layout], base_year: int | None
) -> pd.DataFrame:
    """FACTORS of the layouts that COUNTS was read by (key: class of cell, target, aggregate).

    Every activity that a layout declares has its rows, for each area and kind that occur, whether or not a cell of it
    is there. A class of cells that goes nowhere has one row with factor 0 and the reason: out of scope, unknown or a
    control. Raises InputError when the same units would be counted twice.
    """
    import pandas as pd

    by_layout = {layout.id: layout for layout in layouts}
    made = {id_: uses(facts, country, layout, base_year) for id_, layout in by_layout.items()}
    whole = {area.id: area.whole for area in country.country.area}
    rows: list[tuple[object, ...]] = []
    added: dict[tuple[str, str, str, str], None] = {}
    for *cell, layout_id in counts[[*CELL, "layout"]].drop_duplicates().itertuples(index=False, name=None):
        indicator, area, kind, _, activity = cell
        territory = country.indicator(indicator).territory
        role, why = _place(area, kind, activity, by_layout[layout_id], made[layout_id], whole, territory)
        if role:
            rows.append((*cell, "", "", 0, role, "exact", why))
        else:
            added[indicator, area, kind, layout_id] = None
    for indicator, area, kind, layout_id in added:
        for activity, found in made[layout_id].items():
            cell = [indicator, area, kind, by_layout[layout_id].classification, activity]
            if not found:
                rows.append((*cell, "", "", 0, OUT_OF_SCOPE, "exact", f"activity {activity} is in no aggregate"))
            for use in found:
                rows.append((*cell, use.target.kind, use.target.id, use.factor, use.role, use.precision, use.why))
    _counted_once(counts, list(added), by_layout, whole)
    return conform(pd.DataFrame(rows, columns=list(FACTORS.columns)).drop_duplicates(), FACTORS)


def _counted_once(
    counts: pd.DataFrame,
    added: list[tuple[str, str, str, str]],
    layouts: Mapping[str, Layout],
    whole: Mapping[str, bool],
) -> None:
    """No unit is added twice: not by an area beside its parts, not by two files that say the same in other words."""
    problems = []
    for indicator in dict.fromkeys(indicator for indicator, *_ in added):
        areas = {area for id_, area, _, _ in added if id_ == indicator}
        parts, totals = sorted(a for a in areas if not whole[a]), sorted(a for a in areas if whole[a])
        if parts and totals:
            message = f"{indicator}: area {', '.join(totals)} stands beside its parts {', '.join(parts)}; they would be counted twice."
            problems.append(Problem("sources.toml", message, "Name it under [layout.control] area.", "input-layout"))
    used = counts[["indicator", "area", "period", "layout", "file"]].drop_duplicates()
    several = used[used.duplicated(["indicator", "area", "period"], keep=False)]
    by_cell: dict[tuple[str, str], dict[str, str]] = {}
    for indicator, area, _, layout, file in several.itertuples(index=False, name=None):
        by_cell.setdefault((indicator, area), {})[layout] = file
    kinds: dict[tuple[str, str, str], set[str]] = {}
    for indicator, area, kind, layout in added:
        kinds.setdefault((indicator, area, layout), set()).add(kind)
    for (indicator, area), files in by_cell.items():
        for one, other in combinations([f for f in files if (indicator, area, f) in kinds], 2):
            a, b = layouts[one], layouts[other]
            together = kinds[indicator, area, one] | kinds[indicator, area, other]
            same_words = (a.classification, a.levels) == (b.classification, b.levels)
            if not same_words or ("total" in together and len(together) > 1):
                message = (
                    f"{files[one]} ({one}) and {files[other]} ({other}) both give {indicator} of area {area} for the same "
                    "months; they would be counted twice."
                )
                problems.append(Problem("", message, "Name the one that is meant in delivery.toml.", "input-layout"))
    declared: dict[tuple[str, str], set[str]] = {}
    for indicator, area, _, layout in added:
        declared.setdefault((indicator, area), set()).update(layouts[layout].add_kinds)
    for (indicator, area), those in declared.items():
        if those < PART_KINDS:
            message = f"{indicator}: area {area} has units of kind {', '.join(sorted(those))} only; " + (
                f"kind {', '.join(sorted(PART_KINDS - those))} is missing."
            )
            problems.append(Problem("", message, "Add the file or sheet that holds them.", "input-kind"))
    if problems:
        raise InputError(problems)


def _place(
    area: str,
    kind: str,
    activity: str,
    layout: Layout,
    known: Mapping[str, object],
    areas: Mapping[str, bool],
    territory: tuple[str, ...],
) -> tuple[str, str]:
    """The role of cells that add to nothing, and why; an empty role for cells that do."""
    control = layout.control
    if area in control.area or kind in control.kind or activity in control.activity:
        return CONTROL, "stands beside its parts"
    if area not in areas:
        return UNKNOWN, f"area {area!r} is not in country.toml{nearest(area, areas)}"
    if kind not in layout.add_kinds:
        return UNKNOWN, f"kind {kind!r} is neither added nor a control in layout {layout.id}"
    if activity not in known:
        levels = " or ".join(layout.levels)
        lost_zero = [code for code in known if code.lstrip("0") == activity.lstrip("0")]
        meant = f"; did you mean {lost_zero[0]!r}?" if lost_zero else nearest(activity, known)
        return UNKNOWN, f"activity {activity!r} is no {levels} of {layout.classification}{meant}"
    if area not in territory:
        return OUT_OF_SCOPE, f"area {area} is not in the territory of the indicator"
    return "", ""

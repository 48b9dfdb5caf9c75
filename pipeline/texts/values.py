"""The values of the expressions in a report's text: what the facts say, and what the history shows.

Each has a name, such as ``base_year`` or ``first_period.<indicator>``, and is Markdown: text for inside a sentence, a
sentence, or a table or list that stands alone. Words come from the phrases of the language.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from typing import TYPE_CHECKING

from pipeline.facts import holding
from pipeline.facts import models as m
from pipeline.facts.wording import counted, listing, month, named, number, ordinal, phrase, time
from pipeline.texts.computed import Past as Past
from pipeline.texts.computed import computed
from pipeline.texts.forms import bullets, escaped, link, table

if TYPE_CHECKING:
    from pipeline.facts import CountryFacts, Facts
    from pipeline.facts.classification import Classification
    from pipeline.facts.models import Language

RUN = 3  # so many positions in a row are written as a range
Pairs = Iterator[tuple[str, str]]


def values(facts: Facts, country: CountryFacts, language: Language, past: Past) -> dict[str, str]:
    """Every value that a country's report may take, in a language: name → Markdown.

    Facts that are dated are those in force for the newest delivery of ``past``, without one the last ones. A date of
    the report that its facts do not have is left out: an expression that asks for it has no value. Raises FactsError
    where the language lacks a phrase.
    """
    newest = past.latest
    return {
        **dict(_regulation(facts, country, language, newest)),
        **dict(_aggregates(facts, language, newest)),
        **dict(_base_year(facts, country, language, newest)),
        **dict(_territory(country, language)),
        **{f"{name}.{one.id}": said for one in country.country.indicator for name, said in
           _indicator(facts, country, one, language, newest)},
        **dict(_dates(country, past)),
        **computed(facts, country, language, past),
    }  # fmt: skip


def _in_sentence(language: Language, name: str) -> str:
    """A name as it stands inside a sentence."""
    return phrase(language, "in_sentence", name=escaped(name))


# ---------------------------------------------------------------------------------------------------- the regulation


def _regulation(facts: Facts, country: CountryFacts, language: Language, newest: str | None) -> Pairs:
    """Who sends what, how it is measured, until when it is due, on what it rests."""
    transmission, role = facts.transmission, facts.concepts.role
    ids = [one.id for one in country.country.indicator]
    yield "country", escaped(named(country.country.name, language))
    yield "sender", escaped(country.country.sender.name)
    names = [named(facts.indicator(id_).name, language) for id_ in ids]
    yield "indicators", listing(language, [_in_sentence(language, name) for name in names])
    yield "unit", _code(facts, language, role.unit, [facts.values("count").get(role.unit, "")])
    sets = [one for one in transmission.data_set if one.indicator in ids]
    yield "frequency", _code(facts, language, role.frequency, [one.frequency for one in sets])
    yield "adjustment", _code(facts, language, role.adjustment, [one.adjustment for one in sets])
    for name, days in (
        ("deadline", holding(transmission.deadline, newest).days_after_end),
        ("quarterly_deadline", holding(transmission.quarterly_deadline, newest).days_after_end),
    ):
        yield name, phrase(language, name, days=days)
        yield f"{name}.days", number(language, days)
    acts = facts.metadata.legal_act
    yield "legal_acts", bullets(link(escaped(named(act.name, language)), act.link) for act in acts)


def _code(facts: Facts, language: Language, component: str, codes: Iterable[str]) -> str:
    """The names of codes of a component of the data structure, inside a sentence; a code where its list is not at hand."""
    flow = next(iter(facts.transmission.data_set)).dataflow
    found = facts.structure(flow).component(component)
    known = found.codelist.codes if found is not None and found.codelist is not None else {}
    names = [named(known[code].names, language, known[code].name) if code in known else code for code in codes]
    return listing(language, [_in_sentence(language, name) for name in dict.fromkeys(names)])


def _base_year(facts: Facts, country: CountryFacts, language: Language, newest: str | None) -> Pairs:
    """The base year of the index, the one before, the month since when; the weights."""
    base = holding(facts.transmission.base_year, newest)
    since = base.valid_from
    earlier = [one for one in facts.transmission.base_year if since and (one.valid_from or "") < since]
    before = max(earlier, key=lambda one: one.valid_from or "", default=None)
    yield "base_year", str(base.year)
    yield "base_year.before", str(before.year) if before else phrase(language, "base_year_none")
    yield "base_year.since", month(language, since) if since else phrase(language, "base_year_start")
    weights = country.weights(base.year)
    if weights is None:
        yield "weights", phrase(language, "weights_none")
    else:
        unit = escaped(named(weights.units, language, weights.unit))
        yield "weights", phrase(language, "weights", unit=unit, year=weights.year)


# ------------------------------------------------------------------------------------------------------- aggregates


def _aggregates(facts: Facts, language: Language, newest: str | None) -> Pairs:
    """The classification, the aggregates with their members and codes, what is in scope and what is not."""
    classification = facts.base_classification
    entry = next(one for one in facts.classification_index if one.id == classification.id)
    said = [(escaped(named(one.name, language)), _members(facts, one, language)) for one in facts.aggregates]
    codes = [holding(one.code, newest) for one in facts.aggregates]
    heads = [phrase(language, f"column_{name}") for name in ("aggregate", "members", "dissemination", "transmission")]
    rows = [
        (name, members, escaped(code.dissemination), escaped(code.transmission))
        for (name, members), code in zip(said, codes, strict=True)
    ]
    everything = classification.leaves(code for code, one in classification.positions.items() if not one.parent)
    outside = everything - facts.members(facts.total, classification.id)
    yield "classification", escaped(named(entry.names, language, entry.name))
    yield "aggregates", table(heads, rows)
    items = [phrase(language, "aggregate_item", name=name, members=members) for name, members in said]
    yield "aggregates.list", bullets(items)
    yield "total", escaped(named(facts.total.name, language))
    yield "scope", _members(facts, facts.total, language)
    yield "out_of_scope", _positions(classification, outside, language) or phrase(language, "out_of_scope_none")


def _members(facts: Facts, aggregate: m.Aggregate, language: Language) -> str:
    """The positions of the classification in force that make an aggregate: B to N, P to R, 95 and 96."""
    classification = facts.base_classification
    return _positions(classification, facts.members(aggregate, classification.id), language)


def _positions(classification: Classification, leaves: frozenset[str], language: Language) -> str:
    """The fewest positions that stand for these leaves; three and more in a row as a range."""
    said: list[str] = []
    for run in _rows(classification, leaves):
        names = [escaped(code) for code in run]
        long = len(run) >= RUN
        said += [phrase(language, "range", first=names[0], last=names[-1])] if long else names
    return listing(language, said)


def _rows(classification: Classification, leaves: frozenset[str]) -> tuple[tuple[str, ...], ...]:
    """The fewest positions that stand for these leaves, those that follow one another together."""
    codes = set(filter(None, classification.describe(leaves).split(", ")))
    rows = {(classification.positions[code].level, classification.positions[code].parent) for code in codes}
    siblings: dict[tuple[str, str], list[str]] = {row: [] for row in rows}
    for code, one in classification.positions.items():
        if (one.level, one.parent) in rows:
            siblings[one.level, one.parent].append(code)
    order = {code: place for place, code in enumerate(classification.positions)}
    runs = (tuple(run) for row in siblings.values() for run in _runs(row, codes))
    return tuple(sorted(runs, key=lambda run: order[run[0]]))


def _runs(row: Sequence[str], chosen: set[str]) -> Iterator[list[str]]:
    """The chosen ones of a row, those that follow one another together."""
    run: list[str] = []
    for code in row:
        if code in chosen:
            run.append(code)
        elif run:
            yield run
            run = []
    if run:
        yield run


# -------------------------------------------------------------------------------------------------------- territory


def _territory(country: CountryFacts, language: Language) -> Pairs:
    """The areas of each indicator; those that all have, those that one alone has, those that none has."""
    own = {one.id: set(one.territory) for one in country.country.indicator}
    common = set.intersection(*own.values()) if own else set[str]()
    for id_, areas in own.items():
        others = set[str]().union(*(its for other, its in own.items() if other != id_))
        yield f"territory.{id_}", _areas(country, language, areas) or _whole(country, language)
        yield f"territory.only.{id_}", _areas(country, language, areas - others) or phrase(language, "territory_none")
    outside = {area.id for area in country.country.area} - set[str]().union(*own.values())
    yield "territory.common", _areas(country, language, common) or _whole(country, language)
    yield "territory.excluded", _areas(country, language, outside) or phrase(language, "territory_none")


def _areas(country: CountryFacts, language: Language, ids: set[str]) -> str:
    """Areas in a sentence, in the order of the facts, without the one that stands for the whole."""
    areas = [area for area in country.country.area if area.id in ids and not area.whole]
    return listing(language, [escaped(named(area.names, language, area.name)) for area in areas])


def _whole(country: CountryFacts, language: Language) -> str:
    return phrase(language, "territory_whole", country=escaped(named(country.country.name, language)))


# ---------------------------------------------------------------------------------------------------- one indicator


def _indicator(
    facts: Facts, country: CountryFacts, indicator: m.CountryIndicator, language: Language, newest: str | None
) -> Pairs:
    """What the facts say about one indicator of the country; names without the indicator's id."""
    yield "indicator", escaped(named(facts.indicator(indicator.id).name, language))
    for data_set in facts.transmission.data_set:
        if data_set.indicator == indicator.id:
            yield "data_set", escaped(data_set.id)
    yield "producer", escaped(indicator.producer)
    yield "first_period", month(language, indicator.first_period)
    yield "accepted_from", month(language, indicator.accepted_from)
    yield "revision_policy", _revision_policy(indicator, language, newest)
    yield "release", _release(indicator, language, newest)
    cautions = [one for one in country.country.caution if one.indicator == indicator.id]
    told = [escaped(named(one.texts, language, one.text)) for one in cautions]
    yield "cautions", " ".join(told) or phrase(language, "cautions_none")
    declared = [one for one in country.country.break_ if one.indicator == indicator.id]
    breaks = [one for one in declared if newest is None or one.period <= newest]  # the others are still to come
    yield "breaks", " ".join(_break(facts, one, language) for one in breaks) or phrase(language, "breaks_none")


def _revision_policy(indicator: m.CountryIndicator, language: Language, newest: str | None) -> str:
    provisional = holding(indicator.revision, newest).provisional_publications
    if not provisional:
        return phrase(language, "revision_policy_none")
    last, then = ordinal(language, provisional), ordinal(language, provisional + 1)
    return counted(language, "revision_policy", provisional, last=last, ordinal=then)


def _release(indicator: m.CountryIndicator, language: Language, newest: str | None) -> str:
    """When the national figures of a month are published, as a sentence."""
    known = [one for one in indicator.release if newest is None or one.holds(newest)]
    if not known:
        return phrase(language, "release_none")
    stated = max(known, key=lambda one: one.valid_from or "")
    name = "release_about" if stated.approximate else "release_exact"
    days = counted(language, "days", stated.days_after_end)
    if stated.time is None or stated.zone is None:
        return phrase(language, name, days=days)
    return phrase(language, f"{name}_at", days=days, time=time(language, stated.time), zone=escaped(stated.zone))


def _break(facts: Facts, declared: m.Break, language: Language) -> str:
    names = {one.id: _in_sentence(language, named(one.name, language)) for one in facts.aggregates}
    begins = month(language, declared.period)
    if not declared.aggregates:
        return phrase(language, "break_all", month=begins)
    concerned = [names[id_] for id_ in declared.aggregates]  # a name may have commas of its own
    said = reduce(lambda before, after: phrase(language, "apart", before=before, after=after), concerned)
    return phrase(language, "break_some", month=begins, aggregates=said)


# ------------------------------------------------------------------------------------------------ dates of the report


def _dates(country: CountryFacts, past: Past) -> Pairs:
    """When the report was certified, posted and last changed, as ISO 8601 writes a day; those that are known."""
    report = country.country.report
    if report is None:
        return
    if report.certified:
        yield "meta.certified", report.certified.isoformat()
    if report.posted:
        yield "meta.posted", report.posted.isoformat()
    yield "meta.updated", max(filter(None, (report.updated, past.as_of))).isoformat()

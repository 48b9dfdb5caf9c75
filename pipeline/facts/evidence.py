"""How well each fact is known: every fact with its file and key path, and what Eurostat has not confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from pipeline.facts.calendar import due, effective_due
from pipeline.facts.models import DataSet, Fact
from pipeline.period import Period

if TYPE_CHECKING:
    from pipeline.facts.load import CountryFacts, Facts


@dataclass(frozen=True, slots=True)
class Known:
    """One fact, where it stands and how well it is known."""

    file: str
    key: str
    evidence: str
    reference: str
    note: str
    checked: str


def known(facts: Facts, country: CountryFacts | None = None) -> Iterator[Known]:
    """Every fact of the regulation, the classifications and the structures, and of a country."""
    regulation = "codelists/regulation"
    for aggregate in facts.aggregates:
        yield from _walk(aggregate, f"{regulation}/aggregates.toml", aggregate.id)
    for indicator in facts.indicators:
        yield from _walk(indicator, f"{regulation}/indicators.toml", indicator.id)
    yield from _walk(facts.transmission, f"{regulation}/transmission.toml", "")
    yield from _walk(facts.concepts, f"{regulation}/concepts.toml", "")
    yield from _walk(facts.metadata, f"{regulation}/metadata.toml", "")
    for entry in facts.classification_index:
        yield from _walk(entry, "codelists/nace/index.toml", entry.id)
    for structure in facts.structure_index:
        yield from _walk(structure, "dsd/index.toml", structure.id)
    if country is not None:
        yield from _walk(country.country, f"codelists/countries/{country.country.id}/country.toml", "")


def _walk(value: Any, file: str, key: str) -> Iterator[Known]:
    if isinstance(value, Fact):
        yield Known(file, key or "(whole file)", value.evidence, value.reference, value.note, value.checked.isoformat())
    if isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            yield from _walk(getattr(value, name), file, f"{key}.{info.alias or name}".lstrip("."))
    elif isinstance(value, tuple):
        for i, item in enumerate(value):
            identity = getattr(item, "id", None) or i
            yield from _walk(item, file, f"{key}[{identity}]")


def not_confirmed(facts: Facts, country: CountryFacts, data_sets: Sequence[DataSet], month: str) -> list[str]:
    """What in a delivery Eurostat has not confirmed, in words, the things a receiver would stumble over first."""
    said = []
    names = [data_set.id for data_set in data_sets if data_set.evidence != "official"]
    if names:
        said.append(f"data set names {_list(names)}")
    delivered = {data_set.indicator for data_set in data_sets}
    dated = [code for i in facts.indicators if i.id in delivered for code in i.code]
    dated += [code for a in facts.aggregates for code in a.code]
    codes = [code.transmission for code in dated if code.evidence == "inferred" and code.holds(month)]
    if codes:
        said.append(f"codes {_list(codes)}")
    structures = {facts.structure(data_set.dataflow).ref for data_set in data_sets}
    entries = [facts.entry(ref) for ref in sorted(structures)]
    guessed = [entry.id for entry in entries if entry and entry.evidence == "inferred"]
    if guessed:
        said.append(f"structure {_list(guessed)} (a reconstruction)")
    others = [entry.id for entry in entries if entry and entry.evidence in ("public", "seed")]
    if others:
        said.append(f"structure {_list(others)}")
    values = [
        c for v in facts.transmission.values if v.measure == "count" and v.evidence == "inferred" for c in v.values
    ]
    if values:
        said.append(f"values of {_list(values)}")
    of = Period.parse(month)
    moved = due(facts, of) != effective_due(facts, country, of)
    if moved and facts.transmission.working_days.evidence == "inferred":
        said.append("the working day on which it is due")
    if country.country.sender.evidence == "inferred":
        said.append(f"sender {country.country.sender.id}")
    return said


def _list(words: Iterable[str]) -> str:
    return ", ".join(words)

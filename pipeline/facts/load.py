"""Reading the facts into models; every problem of every file in one error."""

from __future__ import annotations

import csv
import datetime as dt
import io
import string
import tomllib
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.errors import FactsError, Problem, Problems, nearest
from pipeline.facts import models as m
from pipeline.facts.classification import Classification, fact_text, read_classification
from pipeline.facts.store import Store
from pipeline.facts.structure import Dataflow, Structure, Structures
from pipeline.facts.structure_messages import read_structures
from pipeline.findings import Group, Rule

if typing.TYPE_CHECKING:
    from pipeline.facts.metadata_structure import MetadataStructures

REGULATION, NACE, COUNTRIES, LANGUAGES, STRUCTURES = (
    "codelists/regulation",
    "codelists/nace",
    "codelists/countries",
    "codelists/languages",
    "dsd/index.toml",
)
OF_METADATA = frozenset({"metadata structure", "metadataflow", "provision agreement"})
"""Kinds of artefact in the index that are about reference metadata; the others are about data."""
T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class BridgeRow:
    """What a national code covers (`covers`), or an explicit factor of it for one aggregate."""

    classification: str
    activity: str
    covers: tuple[str, ...]
    aggregate: str
    factor: int
    precision: str
    where: str


@dataclass(frozen=True, slots=True)
class Stratum:
    """A part of the weighted index: the positions it covers and its weight (unit: see Weights.unit)."""

    id: str
    covers: tuple[str, ...]
    weight: int


@dataclass(frozen=True)
class CountryFacts:
    """Everything that a country's folder says."""

    country: m.Country
    layouts: Mapping[str, m.Layout]
    bridge: tuple[BridgeRow, ...]
    strata: Mapping[int, tuple[Stratum, ...]]  # by base year
    texts: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)  # of the report: language → (path, bytes)
    certified: tuple[str, bytes] | None = None  # the report as it was last certified: (path, message)

    def indicator(self, id_: str) -> m.CountryIndicator:
        """What the country says about an indicator; KeyError when it says nothing."""
        return {indicator.id: indicator for indicator in self.country.indicator}[id_]

    def weights(self, base_year: int) -> m.Weights | None:
        """The weights of this base year, where there are any."""
        return next((weights for weights in self.country.weights if weights.base_year == base_year), None)


@dataclass(frozen=True)
class Facts:
    """The regulation, the classifications, the structures and, on demand, a country."""

    store: Store
    aggregates: tuple[m.Aggregate, ...]
    indicators: tuple[m.Indicator, ...]
    transmission: m.Transmission
    concepts: m.Concepts
    rules: Mapping[str, Rule]
    rule_groups: tuple[Group, ...]
    classification_index: tuple[m.ClassificationEntry, ...]
    classifications: Mapping[str, Classification]
    structure_index: tuple[m.StructureEntry, ...]
    _countries: dict[str, CountryFacts] = field(default_factory=dict)

    @cached_property
    def structures(self) -> Structures:
        """Every structure that ``dsd/index.toml`` lists, read together."""
        return read_structures(self._messages(of_metadata=False))

    @cached_property
    def metadata_structures(self) -> MetadataStructures:
        """Every metadata structure, metadataflow and provision agreement that ``dsd/index.toml`` lists, read together.

        FactsError where metadata.toml or the index name what they do not hold: a country's report rests on all of it.
        """
        from pipeline.facts.laws import check_metadata
        from pipeline.facts.metadata_messages import read_metadata_structures

        messages = self._messages(of_metadata=True)
        structures = read_metadata_structures(messages, self.metadata.restriction.annotation)
        check_metadata(self, structures)
        return structures

    def _messages(self, *, of_metadata: bool) -> list[tuple[str, bytes]]:
        entries = [entry for entry in self.structure_index if (entry.kind in OF_METADATA) == of_metadata]
        return [(file, self.store.read(file)) for file in dict.fromkeys(f for entry in entries for f in entry.files)]

    @cached_property
    def metadata(self) -> m.MetadataRules:
        """What holds for every country's metadata report: structure, roles of its concepts, legal acts."""
        path = f"{REGULATION}/metadata.toml"
        return read_toml(path, self.store.read(path), m.MetadataRules)

    @cached_property
    def languages(self) -> Mapping[str, m.Language]:
        """The languages in which a report can be written, by id."""
        return _languages(self.store)

    @property
    def own_language(self) -> m.Language:
        """How the tool itself writes numbers and days: in English, else as the first language there is."""
        if not self.languages:
            raise FactsError(Problem(LANGUAGES, "there is no language.", "Put one back, such as en.toml."))
        return self.languages.get("en") or next(iter(self.languages.values()))

    def structure(self, ref: str) -> Structure:
        """A data structure by ``AGENCY:ID(VERSION)``, or the one that the dataflow of this reference uses."""
        return self.structures.structure(ref)

    def dataflow(self, ref: str) -> Dataflow:
        """A dataflow by ``AGENCY:ID(VERSION)``."""
        return self.structures.dataflow(ref)

    def entry(self, ref: str, on: dt.date | None = None) -> m.StructureEntry | None:
        """The line of ``dsd/index.toml`` about this artefact, in force on that day (axis: date of sending)."""
        for entry in self.structure_index:
            in_force = on is None or (
                (entry.valid_from or dt.date.min) <= on and (entry.valid_to is None or on <= entry.valid_to)
            )
            if entry.id == ref and in_force:
                return entry
        return None

    @property
    def total(self) -> m.Aggregate:
        """The aggregate that is the sum of all the others."""
        return next(aggregate for aggregate in self.aggregates if aggregate.total)

    @property
    def parts(self) -> tuple[m.Aggregate, ...]:
        """The aggregates that add up to the total."""
        return tuple(aggregate for aggregate in self.aggregates if not aggregate.total)

    def indicator(self, id_: str) -> m.Indicator:
        """An indicator of the regulation."""
        return {indicator.id: indicator for indicator in self.indicators}[id_]

    def base_year(self, month: str) -> int:
        """The base year of the index in the delivery of this month."""
        return in_force(self.transmission.base_year, month).year

    def values(self, measure: str) -> dict[str, str]:
        """The components that have one value for the whole of a measure (count or index)."""
        found: dict[str, str] = {}
        for values in self.transmission.values:
            if values.measure == measure:
                found |= values.values
        return found

    def members(self, aggregate: m.Aggregate, classification: str) -> frozenset[str]:
        """The leaves of a classification that make an aggregate."""
        codes = [
            code for members in aggregate.members if members.classification == classification for code in members.codes
        ]
        return self.classifications[classification].leaves(codes)

    @property
    def base_classification(self) -> Classification:
        """The classification in force."""
        return self.classifications[next(entry.id for entry in self.classification_index if entry.in_force)]

    def files_of(self, country: str) -> dict[str, bytes]:
        """The fact files that a delivery of this country rests on, by path: all that was read but other countries'."""
        _ = self.languages  # the page of a delivery is written in one of them
        others = [f"{COUNTRIES}/{id_}/" for id_ in self.country_ids if id_ != country]
        files = self.store.read_files
        return {path: files[path] for path in sorted(files) if not path.startswith(tuple(others))}

    @property
    def country_ids(self) -> list[str]:
        """The countries that have a folder."""
        return self.store.folders(COUNTRIES)

    def country(self, id_: str) -> CountryFacts:
        """A country's folder, read and checked; FactsError when there is none or it has problems."""
        if id_ not in self._countries:
            if id_ not in self.country_ids:
                raise FactsError(
                    Problem(
                        f"{COUNTRIES}/{id_}",
                        f"there are no facts about country {id_!r}{nearest(id_, self.country_ids) or '.'}",
                        "A country is a folder with country.toml and sources.toml; put it into the overlay (--facts).",
                    )
                )
            self._countries[id_] = _country(self, id_)
        return self._countries[id_]


D = TypeVar("D", bound=m.Dated)


def in_force(facts: Iterable[D], month: str) -> D:
    """The one of several dated facts that holds in a month; the loader has proved that there is exactly one."""
    facts = list(facts)
    for fact in facts:
        if fact.holds(month):
            return fact
    spans = "; ".join(f"{fact.valid_from or 'the start'} to {fact.valid_to or 'today'}" for fact in facts) or "none"
    what = type(facts[0]).__name__ if facts else "fact"
    raise FactsError(
        Problem("codelists", f"no {what} holds in {month}; there is: {spans}.", "Add a dated line for that month.")
    )


def holding(facts: Iterable[D], month: str | None) -> D:
    """The dated fact for a month; without one the last."""
    return in_force(facts, month) if month else max(facts, key=lambda one: one.valid_from or "")


def load(overlay: Path | None = None, *, alone: bool = False) -> Facts:
    """Read the regulation, the classifications and the index of structures, and check them against each other.

    ``alone``: from this folder and nowhere else, as a delivery keeps the facts it was made by.
    Raises FactsError with every problem of every file: file and key path.
    """
    from pipeline.facts.laws import check_regulation

    store, problems = Store(overlay, alone=alone), Problems(FactsError)
    aggregates = _toml(store, f"{REGULATION}/aggregates.toml", m.Aggregates, problems)
    indicators = _toml(store, f"{REGULATION}/indicators.toml", m.Indicators, problems)
    transmission = _toml(store, f"{REGULATION}/transmission.toml", m.Transmission, problems)
    concepts = _toml(store, f"{REGULATION}/concepts.toml", m.Concepts, problems)
    rules = _toml(store, f"{REGULATION}/rules.toml", m.RuleBook, problems)
    index = _toml(store, f"{NACE}/index.toml", m.ClassificationIndex, problems)
    structures = _toml(store, STRUCTURES, m.StructureIndex, problems)
    classifications = {}
    for entry in getattr(index, "classification", ()):
        with problems.gather():
            path = f"{NACE}/{entry.file}"
            classifications[entry.id] = read_classification(path, store.read(path), entry.id, entry.name)
    problems.done()
    facts = Facts(
        store=store,
        aggregates=aggregates.aggregate,
        indicators=indicators.indicator,
        transmission=transmission,
        concepts=concepts,
        rules={rule.id: rule for rule in rules.rule},
        rule_groups=rules.group,
        classification_index=index.classification,
        classifications=classifications,
        structure_index=structures.structure,
    )
    check_regulation(facts)
    return facts


def _country(facts: Facts, id_: str) -> CountryFacts:
    from pipeline.facts.laws import check_country

    folder, problems = f"{COUNTRIES}/{id_}", Problems(FactsError)
    country = _toml(facts.store, f"{folder}/country.toml", m.Country, problems)
    sources = _toml(facts.store, f"{folder}/sources.toml", m.Sources, problems)
    bridge: tuple[BridgeRow, ...] = ()
    with problems.gather():
        if facts.store.find(f"{folder}/bridge.csv"):
            bridge = tuple(_bridge(facts.store, f"{folder}/bridge.csv", problems))
    strata = {}
    for weights in getattr(country, "weights", ()):
        with problems.gather():
            strata[weights.base_year] = tuple(_strata(facts.store, f"{folder}/{weights.file}", problems))
    texts: dict[str, tuple[str, bytes]] = {}
    certified = None
    if (report := getattr(country, "report", None)) is not None:
        with problems.gather():
            texts, certified = _texts(facts, folder, report)
    problems.done()
    layouts = {layout.id: layout for layout in sources.layout}
    read = CountryFacts(country, layouts, bridge, strata, texts, certified)
    check_country(facts, read, folder)
    return read


def _texts(
    facts: Facts, folder: str, report: m.CountryReport
) -> tuple[dict[str, tuple[str, bytes]], tuple[str, bytes] | None]:
    """The texts of a country's report by language, its own first, and the report as it was last certified."""
    store, own = facts.store, report.language
    if own not in facts.languages:
        known = list(facts.languages)
        words = f"there are no phrases of the language {own!r}{nearest(own, known) or '.'}"
        raise FactsError(Problem(f"{folder}/country.toml report.language", words, f"Add {LANGUAGES}/{own}.toml."))
    paths = {own: f"{folder}/esms.md"}
    paths |= {id_: f"{folder}/esms.{id_}.md" for id_ in facts.languages if id_ != own}
    for name in store.files(folder, ".md"):
        if f"{folder}/{name}" not in paths.values():
            language = name.removeprefix("esms.").removesuffix(".md")
            words = f"nothing reads this text: there are no phrases of the language {language!r}."
            raise FactsError(
                Problem(f"{folder}/{name}", words, f"Add {LANGUAGES}/{language}.toml, or remove the text.")
            )
    texts = {id_: (path, store.read(path)) for id_, path in paths.items() if store.find(path)}
    if texts:  # what the report says rests on this, too
        _ = facts.metadata
    certified = f"{folder}/esms.certified.xml"
    return texts, (certified, store.read(certified)) if store.find(certified) else None


def _languages(store: Store) -> dict[str, m.Language]:
    """Every language that has a file; all have the phrases of the English one, with the same values in them."""
    problems, found = Problems(FactsError), {}
    for name in store.files(LANGUAGES, ".toml"):
        path = f"{LANGUAGES}/{name}"
        with problems.gather():
            language = read_toml(path, store.read(path), m.Language)
            if f"{language.id}.toml" != name:
                problems.add(f"{path} id", f"{language.id!r} is not the name of the file.")
            found[language.id] = language
    first = found.get("en") or next(iter(found.values()), None)
    for language in found.values():
        for table in ("phrases", "page"):
            mine, its = getattr(language, table), getattr(first, table)
            for name in sorted({*mine, *its}):
                where = f"{LANGUAGES}/{language.id}.toml {table}.{name}"
                if name not in mine:
                    problems.add(where, f"this phrase is missing; {first and first.id}.toml has it.")
                elif name not in its:
                    problems.add(where, f"{first and first.id}.toml has no such phrase.")
                elif _fields(mine[name]) != _fields(its[name]):
                    problems.add(where, f"the values in braces differ from those of {first and first.id}.toml.")
    problems.done()
    return found


def _fields(phrase: str) -> set[str]:
    """The values that stand in a phrase, by name."""
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name}


def read_toml(path: str, data: bytes, model: type[T]) -> T:
    """Bytes of a TOML file as a model; FactsError with file and key path of every fault, unknown keys with a hint."""
    try:
        content = tomllib.loads(fact_text(path, data))
    except tomllib.TOMLDecodeError as error:
        raise FactsError(Problem(path, f"not valid TOML: {error}.", "Mend it at that place.")) from error
    except (RecursionError, ValueError) as error:  # nested without end; a number of thousands of digits
        raise FactsError(Problem(path, "nested too deeply, or a number in it is too long.", "Mend it.")) from error
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise FactsError([_problem(path, model, fault) for fault in error.errors()]) from error


def _toml(store: Store, path: str, model: type[T], problems: Problems) -> T:
    """A fact file as a model. Where it has problems they are gathered, and the answer must not be used after that."""
    with problems.gather():
        return read_toml(path, store.read(path), model)
    return model.model_construct()


def _problem(path: str, model: type[BaseModel], fault: typing.Any) -> Problem:
    key = ""
    for part in fault["loc"]:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else str(part)
    if fault["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        known = _keys_at(model, fault["loc"][:-1])
        return Problem(
            f"{path} {key}", f"unknown key {fault['loc'][-1]!r}{nearest(str(fault['loc'][-1]), known) or '.'}"
        )
    if fault["type"] in ("missing", "missing_argument"):
        return Problem(f"{path} {key}", "this key is missing.")
    message = fault["msg"].removeprefix("Value error, ")
    found = fault["input"]
    found = found.isoformat() if isinstance(found, dt.date) else found
    shown = f" (found {found!r})" if isinstance(found, str | int | float) else ""
    return Problem(f"{path} {key}", f"{message}{shown}.")


def _keys_at(model: type, location: Iterable[str | int]) -> list[str]:
    """The keys that a model knows at a place inside it."""
    here: typing.Any = model
    for part in location:
        if isinstance(part, int):
            continue
        fields = getattr(here, "model_fields", {})
        by_key = {info.alias or name: info.annotation for name, info in fields.items()}
        here = _inner(by_key.get(str(part)))
    fields = getattr(here, "model_fields", None)
    if fields is not None:
        return [info.alias or name for name, info in fields.items()]
    return list(getattr(here, "__dataclass_fields__", {}))


def _inner(annotation: typing.Any) -> typing.Any:
    """The model inside ``tuple[Model, ...]``, ``Model | None`` and the like."""
    for argument in (
        typing.get_args(annotation) if not isinstance(annotation, type) or typing.get_args(annotation) else ()
    ):
        if argument not in (types.NoneType, Ellipsis):
            return _inner(argument)
    return annotation


def _rows(
    store: Store, path: str, columns: tuple[str, ...], problems: Problems
) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of a fact csv with their place; columns are exactly these."""
    reader = csv.DictReader(io.StringIO(fact_text(path, store.read(path)), newline=""))
    header = tuple(reader.fieldnames or ())
    for name in [name for name in header if name not in columns]:
        problems.add(f"{path} line 1", f"unknown column {name!r}{nearest(name, columns) or '.'}")
    for name in [name for name in columns if name not in header]:
        problems.add(f"{path} line 1", f"the column {name!r} is missing.")
    if set(header) != set(columns):
        return
    for row in reader:
        where = f"{path} line {reader.line_num}"
        if None in row or None in row.values():
            problems.add(where, f"this row does not have {len(header)} cells.")
        else:
            yield where, {name: (row[name] or "").strip() for name in columns}


_BRIDGE = ("classification", "activity", "covers", "aggregate", "factor", "precision", "reference")


def _bridge(store: Store, path: str, problems: Problems) -> Iterator[BridgeRow]:
    for where, row in _rows(store, path, _BRIDGE, problems):
        explicit = bool(row["aggregate"])
        if not row["classification"] or not row["activity"]:
            problems.add(where, "a bridge row needs a classification and an activity.")
        elif explicit == bool(row["covers"]):
            problems.add(where, "give either what the code covers, or an aggregate with its factor.")
        elif explicit and row["factor"] not in ("1", "0", "-1"):
            problems.add(f"{where}, column factor", f"{row['factor']!r} is not 1, 0 or -1.")
        elif explicit and row["precision"] not in ("exact", "approximate"):
            problems.add(f"{where}, column precision", f"{row['precision']!r} is neither 'exact' nor 'approximate'.")
        else:
            covers = tuple(row["covers"].split())
            factor = int(row["factor"]) if explicit else 0
            yield BridgeRow(
                row["classification"], row["activity"], covers, row["aggregate"], factor, row["precision"], where
            )


def _strata(store: Store, path: str, problems: Problems) -> Iterator[Stratum]:
    seen = set()
    for where, row in _rows(store, path, ("stratum", "covers", "weight"), problems):
        if not (row["weight"].isascii() and row["weight"].isdigit()) or int(row["weight"]) == 0:
            problems.add(f"{where}, column weight", f"{row['weight']!r} is not a whole number above zero.")
        elif not row["stratum"] or row["stratum"] in seen:
            problems.add(f"{where}, column stratum", f"{row['stratum']!r} is empty or stands here for the second time.")
        else:
            seen.add(row["stratum"])
            yield Stratum(row["stratum"], tuple(row["covers"].split()), int(row["weight"]))

"""What must hold between fact files: references resolve, dates neither overlap nor leave gaps, parts make the total.

Each law adds problems with file and key path; one run shows all of them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import combinations, pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from pipeline.errors import FactsError, Problems, nearest
from pipeline.facts import models as m
from pipeline.facts.constraints import refusals
from pipeline.facts.store import FOLDERS
from pipeline.findings import FOUND_BY_CODE, SEVERITIES
from pipeline.period import Period

if TYPE_CHECKING:
    from pipeline.facts.load import CountryFacts, Facts
    from pipeline.facts.metadata_structure import MetadataStructures
    from pipeline.facts.structure import Structure

_REG = "codelists/regulation"
_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252", "cp1250", "iso-8859-1", "iso-8859-2", "iso-8859-15")
#: the thresholds that the code reads of a rule
_CHANGE: dict[str, type] = {"years": int, "spreads": float, "factor": float, "floor": float}
_PARAMETERS: dict[str, dict[str, type]] = {
    "embargo": {"status": str},
    "unit-multiplier": {"months": int, "factor": float, "tolerance": float},
    "value-ceiling": {"ceiling": int},
    "zero-value": {"months": int, "above": float},
    "month-on-month": _CHANGE,
    "year-on-year": _CHANGE,
    "forecast": _CHANGE,
    "same-factor": {"sectors": int, "units": int, "factor": float, "spread": float},
    "shifted-columns": {"share": float, "near": float, "apart": float},
    "indicators-swapped": {"share": float, "factor": float},
    "revision-large": {"percent": float, "spreads": float, "floor": float, "revisions": int, "ages": int},
    "metadata-certified": {"months": int},
    "metadata-spelling": {"letters": int},
}


def _meant(word: str, words: Iterable[str]) -> str:
    """The end of a sentence about an unknown word: what was probably meant, else a full stop."""
    return nearest(word, words) or "."


def check_regulation(facts: Facts) -> None:
    """The laws of the regulation, the classifications and the structures."""
    problems = Problems(FactsError)
    _unique(f"{_REG}/aggregates.toml aggregate", [a.id for a in facts.aggregates], problems)
    _unique(f"{_REG}/indicators.toml indicator", [i.id for i in facts.indicators], problems)
    _unique(f"{_REG}/transmission.toml data_set", [d.id for d in facts.transmission.data_set], problems)
    _unique(
        f"{_REG}/transmission.toml data_set.indicator", [d.indicator for d in facts.transmission.data_set], problems
    )
    for i, aggregate in enumerate(facts.aggregates):
        _dated(f"{_REG}/aggregates.toml aggregate[{i}].code", aggregate.code, problems)
    for i, indicator in enumerate(facts.indicators):
        _dated(f"{_REG}/indicators.toml indicator[{i}].code", indicator.code, problems)
    _dated(f"{_REG}/transmission.toml deadline", facts.transmission.deadline, problems)
    _dated(f"{_REG}/transmission.toml quarterly_deadline", facts.transmission.quarterly_deadline, problems)
    _dated(f"{_REG}/transmission.toml base_year", facts.transmission.base_year, problems)
    _zone(f"{_REG}/transmission.toml working_days.zone", facts.transmission.working_days.zone, problems)
    _silences(facts, problems)
    _partition(facts, problems)
    _structure_files(facts, problems)
    problems.done()
    _codes_in_lists(facts, problems)
    _overlay_is_read(facts, problems)
    problems.done()


def _overlay_is_read(facts: Facts, problems: Problems) -> None:
    """No file of an overlay is there in vain: a misspelt path would be overlooked."""
    shipped = [*facts.store.read_files, "codelists/countries/"]
    for folder in FOLDERS:
        for path in facts.store.unread(folder, besides=("codelists/countries/", "codelists/languages/")):
            problems.add(
                path,
                f"nothing reads this file of the overlay{_meant(path, shipped)}",
                "Correct its path, or remove it.",
            )


def _unique(where: str, ids: Iterable[str], problems: Problems) -> None:
    for id_, times in Counter(ids).items():
        if times > 1:
            problems.add(where, f"{id_!r} stands there {times} times.")


def _dated(where: str, facts: Sequence[m.Dated], problems: Problems) -> None:
    """Dated facts of one identity follow each other without overlap and without a gap."""
    if not facts:
        problems.add(where, "there is none.")
    ordered = sorted(facts, key=lambda fact: fact.valid_from or "")
    for fact in ordered:
        if fact.valid_from and fact.valid_to and fact.valid_to < fact.valid_from:
            problems.add(where, f"valid_to {fact.valid_to} lies before valid_from {fact.valid_from}.")
    for before, after in pairwise(ordered):
        if before.valid_to is None or not after.valid_from or after.valid_from <= before.valid_to:
            problems.add(
                where,
                f"the one from {before.valid_from or 'the start'} and the one from {after.valid_from or 'the start'} overlap.",
            )
        elif Period.parse(before.valid_to) + 1 != Period.parse(after.valid_from):
            problems.add(where, f"nothing holds between {before.valid_to} and {after.valid_from}.")


def _zone(where: str, name: str, problems: Problems) -> None:
    """A time zone is one of the time zone database."""
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # what is no zone, what is a folder of zones, what is no name at all
        problems.add(where, f"there is no time zone {name!r}{_meant(name, available_timezones())}")


def _silences(facts: Facts, problems: Problems) -> None:
    for id_ in FOUND_BY_CODE:
        if id_ not in facts.rules:
            problems.add(f"{_REG}/rules.toml", f"the rule {id_!r} is missing.", "Copy it from the shipped file.")
    for rule in facts.rules.values():
        for key, silences in (("silences", rule.silences), ("silences_in_file", rule.silences_in_file)):
            where = f"{_REG}/rules.toml {rule.id}.{key}"
            for silenced in silences:
                if silenced not in facts.rules:
                    problems.add(where, f"{silenced!r} is not a rule{_meant(silenced, facts.rules)}")
                elif SEVERITIES.index(rule.severity) > SEVERITIES.index(facts.rules[silenced].severity):
                    problems.add(where, f"{silenced!r} is graver than the rule that would silence it.")
                elif rule.id in _silenced_by(facts, silenced):
                    problems.add(where, f"{silenced!r} silences {rule.id!r} in its turn: nothing would be reported.")
        for name, kind in _PARAMETERS.get(rule.id, {}).items():
            if type(rule.parameters.get(name)) not in ((int, float) if kind is float else (kind,)):
                problems.add(
                    f"{_REG}/rules.toml {rule.id}.parameters",
                    f"the code needs {name!r}, {'a text' if kind is str else 'a number'}.",
                    "Copy it from the shipped file.",
                )


def _silenced_by(facts: Facts, id_: str) -> set[str]:
    """All rules that a rule silences, itself or through those that it silences."""
    found: set[str] = set()
    todo = [id_]
    while todo:
        rule = facts.rules.get(todo.pop())
        new = {*rule.silences, *rule.silences_in_file} - found if rule is not None else set[str]()
        found |= new
        todo += new
    return found


def _partition(facts: Facts, problems: Problems) -> None:
    """Members exist; the aggregates are disjoint and their union is the total, in each classification."""
    where = f"{_REG}/aggregates.toml"
    if sum(entry.in_force for entry in facts.classification_index) != 1:
        problems.add("codelists/nace/index.toml", "exactly one classification must be in force.")
    if sum(aggregate.total for aggregate in facts.aggregates) != 1:
        problems.add(where, "exactly one aggregate must have total = true.")
        return
    known = True
    for i, aggregate in enumerate(facts.aggregates):
        for j, members in enumerate(aggregate.members):
            classification = facts.classifications.get(members.classification)
            key = f"{where} aggregate[{i}].members[{j}]"
            if classification is None:
                known = False
                problems.add(
                    f"{key}.classification",
                    f"{members.classification!r} is not in codelists/nace/index.toml{_meant(members.classification, facts.classifications)}",
                )
                continue
            for code in members.codes:
                if code not in classification.positions:
                    known = False
                    problems.add(
                        f"{key}.codes",
                        f"{code!r} is not in {members.classification}{_meant(code, classification.positions)}",
                    )
    if not known:
        return
    for id_ in sorted({members.classification for a in facts.aggregates for members in a.members}):
        classification, seen = facts.classifications[id_], set[str]()
        for one, other in combinations(facts.parts, 2):
            shared = facts.members(one, id_) & facts.members(other, id_)
            if shared:
                problems.add(where, f"{id_}: {one.id} and {other.id} share {classification.describe(shared)}.")
        for aggregate in facts.parts:
            seen |= facts.members(aggregate, id_)
        total = facts.members(facts.total, id_)
        if total != seen:
            problems.add(
                where,
                f"{id_}: {facts.total.id} is not the union of the others; they differ in {classification.describe(total ^ seen)}.",
            )


def _structure_files(facts: Facts, problems: Problems) -> None:
    """Every file of the index is there and has the bytes that the index promises."""
    for i, entry in enumerate(facts.structure_index):
        for file in entry.sha256:
            if file not in entry.files:
                problems.add(
                    f"dsd/index.toml structure[{i}].sha256", f"{file!r} is not a file of it{_meant(file, entry.files)}"
                )
        for file in entry.files:
            with problems.gather():
                digest = hashlib.sha256(facts.store.read(file)).hexdigest()
                if entry.sha256.get(file, digest) != digest:
                    problems.add(
                        f"dsd/index.toml structure[{i}].sha256",
                        f"{file} has other bytes than the index says (sha256 {digest}).",
                        "Put the file back, or correct the index.",
                    )


def _codes_in_lists(facts: Facts, problems: Problems) -> None:
    """Every code that the facts transmit is in the list of its component, in every structure that is used."""
    role, transmission = facts.concepts.role, facts.transmission
    used_structures: list[Structure] = []
    for i, data_set in enumerate(transmission.data_set):
        where = f"{_REG}/transmission.toml data_set[{i}]"
        if data_set.indicator not in {indicator.id for indicator in facts.indicators}:
            problems.add(
                f"{where}.indicator",
                f"{data_set.indicator!r} is not in indicators.toml{_meant(data_set.indicator, [x.id for x in facts.indicators])}",
            )
        structure = _structure_of(facts, data_set.dataflow, f"{where}.dataflow", problems)
        if structure is not None:
            used_structures.append(structure)
            uses: list[tuple[str, str, str]] = [
                (role.frequency, data_set.frequency, f"{where}.frequency"),
                (role.adjustment, data_set.adjustment, f"{where}.adjustment"),
            ]
            uses += [(c, v, f"{_REG}/transmission.toml values.{c}") for c, v in facts.values("count").items()]
            uses += [
                (role.aggregate, c.transmission, f"{_REG}/aggregates.toml {a.id}.code")
                for a in facts.aggregates
                for c in a.code
            ]
            uses += [
                (role.indicator, c.transmission, f"{_REG}/indicators.toml {x.id}.code")
                for x in facts.indicators
                for c in x.code
            ]
            status, confidentiality = facts.concepts.status, facts.concepts.confidentiality
            uses += [
                (role.status, code, f"{_REG}/concepts.toml status")
                for code in (
                    *status.hierarchy,
                    *status.missing,
                    status.normal,
                    status.provisional,
                    status.estimated,
                    status.break_,
                    status.not_computed,
                )
            ]
            uses += [
                (role.confidentiality, code, f"{_REG}/concepts.toml confidentiality")
                for code in (confidentiality.free, *confidentiality.strongest_first)
            ]
            _in_structure(structure, uses, problems)
            own = [x.code for x in facts.indicators if x.id == data_set.indicator]
            sent = [use for use in uses if use[0] in (role.frequency, role.adjustment, role.aggregate)]
            sent += [(c, v, f"{_REG}/transmission.toml values.{c}") for c, v in facts.values("count").items()]
            sent += [(role.indicator, code.transmission, f"{where}.indicator") for codes in own for code in codes]
            _allowed(structure, sent, problems)
    where = f"{_REG}/transmission.toml"
    used = {structure.ref for structure in used_structures}
    if len(used) > 1:
        problems.add(
            f"{where} data_set",
            f"the data sets follow different structures: {', '.join(sorted(used))}.",
            "One delivery follows one.",
        )
    structure = _structure_of(facts, transmission.preview.structure, f"{where} preview.structure", problems)
    if structure is not None:
        uses = [(c, v, f"{where} values.{c}") for c, v in facts.values("index").items()]
        uses += [(role.base, str(base.year), f"{where} base_year") for base in transmission.base_year]
        uses += [
            (role.frequency, frequency, f"{where} preview.frequencies")
            for frequency in transmission.preview.frequencies
        ]
        uses += [
            (role.time_format, code, f"{where} time_format.codes") for code in transmission.time_format.codes.values()
        ]
        uses += [(role.decimals, str(transmission.preview.decimals), f"{where} preview.decimals")]
        _in_structure(structure, uses, problems)


def _allowed(structure: Structure, sent: Iterable[tuple[str, str, str]], problems: Problems) -> None:
    """What a data set sends is allowed by the constraints of its dataflow: (component, code, where it is said)."""
    for id_, code, key in dict.fromkeys(sent):
        component = structure.component(id_)
        if component is None or (component.codelist is not None and code not in component.codelist.codes):
            continue  # said already
        for refusal in refusals(structure.constraints, {id_: code}, structure):
            problems.add(
                key,
                f"{id_} {code!r} is not allowed by {refusal.constraint}.",
                "Correct the code, or the constraint in dsd/.",
            )


def _structure_of(facts: Facts, ref: str, key: str, problems: Problems) -> Structure | None:
    """The structure that a fact names, itself or by a dataflow; a problem with its key where there is none."""
    known = [entry.id for entry in facts.structure_index]
    if ref not in known:
        problems.add(key, f"{ref!r} is not in dsd/index.toml{_meant(ref, known)}")
        return None
    with problems.gather():
        return facts.structure(ref)
    return None


def _in_structure(structure: Structure, uses: Iterable[tuple[str, str, str]], problems: Problems) -> None:
    """Each (component, code, where the code is stated): the structure has the component, its list has the code."""
    for component_id, code, key in dict.fromkeys(uses):
        component = structure.component(component_id)
        if component is None:
            ids = [c.id for c in structure.components]
            problems.add(key, f"{structure.ref} has no component {component_id!r}{_meant(component_id, ids)}")
        elif component.codelist is not None and code not in component.codelist.codes:
            problems.add(key, f"{code!r} is not in {component.codelist.ref}{_meant(code, component.codelist.codes)}")


def check_country(facts: Facts, read: CountryFacts, folder: str) -> None:
    """The laws of one country's folder."""
    problems, country = Problems(FactsError), read.country
    where = f"{folder}/country.toml"
    areas = {area.id for area in country.area}
    if country.id != folder.rpartition("/")[2]:
        problems.add(f"{where} id", f"{country.id!r} is not the name of the folder {folder}.")
    _unique(f"{where} area", [area.id for area in country.area], problems)
    _unique(f"{where} indicator", [indicator.id for indicator in country.indicator], problems)
    known = {indicator.id for indicator in facts.indicators}
    sent = {data_set.indicator for data_set in facts.transmission.data_set}
    for i, indicator in enumerate(country.indicator):
        key = f"{where} indicator[{i}]"
        if indicator.id not in known:
            problems.add(f"{key}.id", f"{indicator.id!r} is not in indicators.toml{_meant(indicator.id, known)}")
        elif indicator.id not in sent:
            problems.add(f"{key}.id", f"no data_set of transmission.toml is for {indicator.id!r}.")
        for area in indicator.territory:
            if area not in areas:
                problems.add(f"{key}.territory", f"{area!r} is not an area of this file{_meant(area, areas)}")
        if indicator.first_period < indicator.accepted_from:
            problems.add(
                f"{key}.first_period", f"{indicator.first_period} lies before accepted_from {indicator.accepted_from}."
            )
        _dated(f"{key}.revision", indicator.revision, problems)
        if indicator.release:
            _dated(f"{key}.release", indicator.release, problems)
        for j, release in enumerate(indicator.release):
            if release.zone is not None:
                _zone(f"{key}.release[{j}].zone", release.zone, problems)
    _holidays(where, country.holiday, problems)
    _report(facts, country, where, problems)
    stated = {indicator.id for indicator in country.indicator}
    about: list[tuple[str, tuple[m.Caution | m.Break, ...]]] = [("caution", country.caution), ("break", country.break_)]
    for name, texts in about:
        for i, text in enumerate(texts):
            if text.indicator not in stated:
                problems.add(
                    f"{where} {name}[{i}].indicator",
                    f"{text.indicator!r} is not an indicator of this file{_meant(text.indicator, stated)}",
                )
    aggregates = {aggregate.id for aggregate in facts.aggregates}
    for i, declared in enumerate(country.break_):
        for aggregate in declared.aggregates:
            if aggregate not in aggregates:
                problems.add(
                    f"{where} break[{i}].aggregates",
                    f"{aggregate!r} is not in aggregates.toml{_meant(aggregate, aggregates)}",
                )
    for path in facts.store.unread(folder):
        problems.add(
            path,
            f"nothing reads this file of the overlay{_meant(path, facts.store.read_files)}",
            "Correct its path, or remove it.",
        )
    _layouts(facts, read, folder, problems)
    _bridge(facts, read, folder, problems)
    _weights(facts, read, folder, problems)
    for data_set in facts.transmission.data_set:
        component = facts.structure(data_set.dataflow).component(facts.concepts.role.area)
        if (
            component is not None
            and component.codelist is not None
            and country.ref_area not in component.codelist.codes
        ):
            problems.add(
                f"{where} ref_area",
                f"{country.ref_area!r} is not in {component.codelist.ref}{_meant(country.ref_area, component.codelist.codes)}",
            )
            break
        if data_set.indicator in {indicator.id for indicator in country.indicator}:
            said = (facts.concepts.role.area, country.ref_area, f"{where} ref_area")
            _allowed(facts.structure(data_set.dataflow), [said], problems)
    problems.done()


def check_metadata(facts: Facts, structures: MetadataStructures) -> None:
    """The laws of what every country's metadata report rests on: the index and metadata.toml name what is there."""
    problems, rules, path = Problems(FactsError), facts.metadata, f"{_REG}/metadata.toml"
    held: dict[str, Collection[str]] = {
        "metadata structure": structures.structures,
        "metadataflow": structures.flows,
        "provision agreement": structures.agreements,
    }
    for i, entry in enumerate(facts.structure_index):
        if entry.id not in held.get(entry.kind, (entry.id,)):
            files, known = ", ".join(entry.files), held[entry.kind]
            words = f"there is no {entry.kind} {entry.id!r} in {files}{_meant(entry.id, known)}"
            problems.add(f"dsd/index.toml structure[{i}].id", words)
    for kind, ref, key in (
        ("metadata structure", rules.report.structure, "report.structure"),
        ("metadataflow", rules.report.flow, "report.flow"),
    ):
        if ref not in held[kind]:
            hint = "" if held[kind] else "A copy of dsd/index.toml replaces it as a whole: keep its other entries."
            problems.add(f"{path} {key}", f"there is no {kind} {ref!r} in dsd/{_meant(ref, held[kind])}", hint)
    problems.done()
    structure, flow = structures.structures[rules.report.structure], structures.flows[rules.report.flow]
    if flow.structure_ref != structure.ref:
        words = f"the metadataflow {flow.ref} follows {flow.structure_ref or 'nothing'}, not {structure.ref}."
        problems.add(f"{path} report.flow", words, "Name the structure that the flow follows, or another flow.")
    roles = [(f"role.{name}", getattr(rules.role, name)) for name in m.ReportRoles.model_fields]
    named = [(key, concept) for key, concept in roles if key.removeprefix("role.") not in m.Fact.model_fields]
    named += [(f"short.concepts[{i}]", concept) for i, concept in enumerate(rules.short.concepts)]
    for key, concept in named:
        if concept not in structure.by_id:
            words = f"{structure.ref} has no attribute {concept!r}{_meant(concept, structure.by_id)}"
            problems.add(f"{path} {key}", words)
    problems.done()


def _report(facts: Facts, country: m.Country, where: str, problems: Problems) -> None:
    """The provision agreement that a country names for its report is one of the index."""
    wanted = country.report.provision if country.report else None
    known = [entry.id for entry in facts.structure_index if entry.kind == "provision agreement"]
    if wanted is not None and known and wanted not in known:  # none at all: an index from before there was a report
        words = f"the provision agreement {wanted!r} is not in dsd/index.toml."
        problems.add(f"{where} report.provision", words, "Import it (ebs structure import), or leave the key out.")


def _holidays(where: str, holidays: Sequence[m.Holiday], problems: Problems) -> None:
    """Several lines of one public holiday follow each other in time, as when it is moved to another day."""
    for (i, one), (j, other) in combinations(enumerate(holidays), 2):
        first = max(one.valid_from or dt.date.min, other.valid_from or dt.date.min)
        last = min(one.valid_to or dt.date.max, other.valid_to or dt.date.max)
        if one.id == other.id and first <= last:
            problems.add(
                f"{where} holiday[{j}].id",
                f"{other.id!r} is in force at the same time as holiday[{i}].",
                "Give the old line its valid_to and the new one its valid_from, or another id.",
            )


def _layouts(facts: Facts, read: CountryFacts, folder: str, problems: Problems) -> None:
    national = {row.classification for row in read.bridge}
    areas = {area.id for area in read.country.area}
    stated = {indicator.id for indicator in read.country.indicator}
    for i, layout in enumerate(read.layouts.values()):
        key = f"{folder}/sources.toml layout[{i}]"
        if layout.indicator not in stated:
            problems.add(
                f"{key}.indicator", f"{layout.indicator!r} is not in country.toml{_meant(layout.indicator, stated)}"
            )
        classification = facts.classifications.get(layout.classification)
        if classification is None and layout.classification not in national:
            problems.add(
                f"{key}.classification",
                f"{layout.classification!r} is neither in codelists/nace nor in bridge.csv{_meant(layout.classification, {*facts.classifications, *national})}",
            )
        elif classification is not None:
            levels = {position.level for position in classification.positions.values()}
            for level in layout.levels:
                if level not in levels:
                    problems.add(
                        f"{key}.levels", f"{level!r} is not a level of {layout.classification}{_meant(level, levels)}"
                    )
        if layout.area and layout.area not in areas:
            problems.add(f"{key}.area", f"{layout.area!r} is not an area of country.toml{_meant(layout.area, areas)}")
        for word, area in layout.areas.items():
            if area not in areas:
                problems.add(f"{key}.areas.{word}", f"{area!r} is not an area of country.toml{_meant(area, areas)}")
        _flags(facts, layout, key, problems)
        if "total" in layout.add_kinds and len(layout.add_kinds) > 1:
            problems.add(
                f"{key}.add_kinds", "a total and its parts would be counted twice.", "Make one of them a control."
            )


def _flags(facts: Facts, layout: m.Layout, key: str, problems: Problems) -> None:
    """What a layout's words for status and confidentiality stand for is known; its encoding exists."""
    concepts = facts.concepts
    about = [
        ("statuses", layout.statuses, concepts.status.hierarchy),
        ("confidentialities", layout.confidentialities, concepts.confidentiality.strongest_first),
    ]
    for name, words, codes in about:
        for word, code in words.items():
            if code and code not in codes:
                problems.add(f"{key}.{name}.{word}", f"{code!r} is not a code of concepts.toml{_meant(code, codes)}")
    try:
        b"a".decode(layout.encoding)
    except LookupError:
        problems.add(
            f"{key}.encoding", f"there is no encoding {layout.encoding!r}{_meant(layout.encoding, _ENCODINGS)}"
        )
    except UnicodeError:
        pass  # it exists: one byte is not a whole text in it


def _bridge(facts: Facts, read: CountryFacts, folder: str, problems: Problems) -> None:
    positions = facts.base_classification.positions
    aggregates = [aggregate.id for aggregate in facts.aggregates]
    _unique(
        f"{folder}/bridge.csv",
        [f"{r.classification} {r.activity} {r.aggregate}".strip() for r in read.bridge],
        problems,
    )
    covering: dict[str, set[str]] = {}
    for row in read.bridge:
        if row.covers:
            covering.setdefault(row.classification, set()).add(row.activity)
    for row in read.bridge:
        classification = facts.classifications.get(row.classification)
        if classification is not None and row.covers:
            problems.add(
                f"{row.where}, column covers",
                f"{row.classification} is no national classification: its codes cover themselves.",
                "Give an aggregate with its factor, or name the national classification.",
            )
        if row.aggregate:
            codes = classification.positions if classification is not None else covering.get(row.classification, ())
            if row.activity not in codes:
                problems.add(
                    f"{row.where}, column activity",
                    f"{row.activity!r} has a factor, and "
                    + (
                        f"is not in {row.classification}"
                        if classification is not None
                        else "no row says what it covers"
                    )
                    + _meant(row.activity, codes),
                )
        for code in row.covers:
            if code not in positions:
                problems.add(
                    f"{row.where}, column covers",
                    f"{code!r} is not in {facts.base_classification.id}{_meant(code, positions)}",
                )
        if row.aggregate and row.aggregate not in aggregates:
            problems.add(
                f"{row.where}, column aggregate",
                f"{row.aggregate!r} is not in aggregates.toml{_meant(row.aggregate, aggregates)}",
            )


def _weights(facts: Facts, read: CountryFacts, folder: str, problems: Problems) -> None:
    """The strata are disjoint and each aggregate is a union of strata."""
    years = [weights.base_year for weights in read.country.weights]
    _unique(f"{folder}/country.toml weights.base_year", map(str, years), problems)
    for weights in read.country.weights:
        where, strata = f"{folder}/{weights.file}", read.strata[weights.base_year]
        classification = facts.classifications.get(weights.classification)
        if classification is None:
            problems.add(
                f"{folder}/country.toml weights.classification",
                f"{weights.classification!r} is not in codelists/nace{_meant(weights.classification, facts.classifications)}",
            )
            continue
        for stratum in [s.id for s in strata if not s.covers]:
            problems.add(f"{where} {stratum}, column covers", "the stratum covers nothing.")
        unknown = [(s.id, code) for s in strata for code in s.covers if code not in classification.positions]
        for stratum, code in unknown:
            problems.add(
                f"{where} {stratum}",
                f"{code!r} is not in {weights.classification}{_meant(code, classification.positions)}",
            )
        if unknown:
            continue
        leaves = {s.id: classification.leaves(s.covers) for s in strata}
        twice = Counter(leaf for below in leaves.values() for leaf in below)
        double = [leaf for leaf, times in twice.items() if times > 1]
        if double:
            problems.add(where, f"two strata share {classification.describe(double)}.")
        for aggregate in facts.aggregates:
            wanted = facts.members(aggregate, weights.classification)
            if not wanted:
                problems.add(
                    f"{folder}/country.toml weights.classification",
                    f"{aggregate.id} has no members in {weights.classification}.",
                )
            made = frozenset().union(*(below for below in leaves.values() if below <= wanted))
            if made != wanted:
                problems.add(
                    where, f"no stratum inside {aggregate.id} covers {classification.describe(wanted - made)}."
                )

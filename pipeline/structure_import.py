"""A registry's own export taken over into an overlay: judged, read, compared, described, and put beside the facts.

What is stored are the bytes as the registry gave them, under ``dsd/``, with an entry for every artefact in the
overlay's copy of ``dsd/index.toml``. Nothing is stored that the other facts contradict.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import io
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from lxml import etree

from pipeline.errors import FactsError, Problem
from pipeline.facts import load
from pipeline.facts.load import REGULATION, STRUCTURES, read_toml
from pipeline.facts.metadata_messages import read_metadata_structures
from pipeline.facts.metadata_structure import Metadataflow, MetadataStructure, MetadataStructures
from pipeline.facts.models import MetadataRules, StructureEntry, StructureIndex
from pipeline.facts.references import numbers, parse_reference, resolve
from pipeline.facts.show import gaps, gaps_of_metadata, same_but_for_case
from pipeline.facts.store import at_hand, check_overlay, own, put, toml_text, tried
from pipeline.facts.structure import FLAT, Dataflow, Structure, Structures
from pipeline.facts.structure_messages import read_structures
from pipeline.messages import schema

FAULTS = 10
"""How many departures from the standard's schema are said of one file."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What was taken over: ``notes`` say what is missing or doubtful, ``entries`` what the index now says of it."""

    notes: tuple[str, ...]
    structures: tuple[Structure, ...]
    entries: tuple[StructureEntry, ...]
    stored: tuple[str, ...]
    removed: tuple[str, ...]
    follow: Mapping[str, str]
    """Data set → the structure that it now follows."""
    metadata_structures: tuple[MetadataStructure, ...] = ()
    report: str = ""
    """The metadata structure that the report now follows, where there is one of it among those."""

    @property
    def changed(self) -> bool:
        """Whether anything in the overlay is other than before."""
        return bool(self.stored or self.removed)

    @property
    def used(self) -> tuple[str, ...]:
        """The data sets that follow what was imported."""
        refs = {structure.ref for structure in self.structures}
        return tuple(data_set for data_set, ref in self.follow.items() if ref in refs)


def import_structures(
    messages: Sequence[tuple[str, bytes]], overlay: Path, *, official: bool, today: dt.date
) -> Imported:
    """Take over structure messages, given as (name, bytes), into an overlay; several complete one another.

    ``official``: they come from the maintainer's registry, and who imports them says so. Raises ``FactsError``, and
    changes nothing, when they cannot be read, hold no data or metadata structure, or contradict the other facts.
    """
    check_overlay(overlay)
    distinct = {data: name for name, data in reversed(messages)}
    given = [(name, data) for data, name in reversed(distinct.items())]
    found, unused = _found(given, overlay)
    files = [_file(name, data) for name, data in given]
    _usable(files, found)
    notes = tuple(dict.fromkeys([*_notes(files, found), *unused]))
    change = _change(_named(files), found, overlay, official=official, today=today)
    changed = {path: data for path, data in change.files.items() if own(overlay, path) != data}
    follow, report = _checked(overlay, changed, [file.name for file in files], found)
    put(overlay, changed)
    return Imported(
        (*notes, *change.follow_up),
        tuple(found.data.structures.values()),
        tuple(change.entries),
        tuple(path for path, data in changed.items() if data is not None),
        tuple(path for path, data in changed.items() if data is None),
        follow,
        tuple(found.metadata.structures.values()),
        report,
    )


# ------------------------------------------------------------------------------------------- what was given


@dataclass(frozen=True, slots=True)
class _Found:
    """What the messages hold, about data and about reference metadata."""

    data: Structures
    metadata: MetadataStructures


def _found(given: Sequence[tuple[str, bytes]], overlay: Path) -> tuple[_Found, list[str]]:
    """What the messages hold; beside data structures a faulty metadata structure is left out, and why is said."""
    data = read_structures(given)
    rules = read_toml(_RULES, at_hand(overlay, _RULES) or b"", MetadataRules)
    try:
        return _Found(data, read_metadata_structures(given, rules.restriction.annotation)), []
    except FactsError as error:
        if not data.structures:
            raise
        why = [f"{problem.where}: {problem.message}" for problem in error.problems]
        return _Found(data, MetadataStructures()), [f"The metadata structure is left out. {words}" for words in why]


_RULES = f"{REGULATION}/metadata.toml"


@dataclass(frozen=True, slots=True)
class _File:
    """A message with what stands in it by name: (kind of artefact, ``AGENCY:ID(VERSION)``, the element)."""

    name: str
    data: bytes
    sdmx: str
    sender: str
    prepared: str
    artefacts: tuple[tuple[str, str, Any], ...]
    path: str = ""

    def holds(self, kinds: Iterable[str], ref: str) -> bool:
        return any(kind in kinds and own_ref == ref for kind, own_ref, _ in self.artefacts)


def _root(data: bytes) -> Any:
    """The root of a message that ``read_structures`` has found harmless."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    return etree.fromstring(data, parser)


def _file(name: str, data: bytes) -> _File:
    root = _root(data)
    header = next(root.iter("{*}Header"), None)
    sender = None if header is None else header.find("{*}Sender")
    prepared = None if header is None else header.find("{*}Prepared")
    version = re.search(r"/v(\d)_(\d)/", etree.QName(root).namespace or "")
    holders = next(root.iter("{*}Structures"), ())
    return _File(
        name,
        data,
        f"{version[1]}.{version[2]}" if version else "",
        "" if sender is None else sender.get("id", ""),
        "" if prepared is None else (prepared.text or "").strip(),
        tuple((etree.QName(e).localname, _ref(e), e) for holder in holders for e in holder),
    )


def _ref(element: Any) -> str:
    return f"{element.get('agencyID', '')}:{element.get('id', '')}({element.get('version') or '1.0'})"


_STRUCTURE, _FLOW = ("DataStructure",), ("Dataflow",)
_LIMIT, _METADATA = ("ContentConstraint", "DataConstraint"), ("MetadataStructure",)
_METADATAFLOW, _AGREEMENT = ("Metadataflow",), ("MetadataProvisionAgreement", "ProvisionAgreement")
_LEADING = (*_STRUCTURE, *_FLOW, *_METADATA, *_METADATAFLOW, *_LIMIT)


def _named(files: Sequence[_File]) -> list[_File]:
    """The files with their path in the overlay: named after the first artefact of the weightiest kind."""
    taken: set[str] = set()
    named = []
    for file in files:
        ranked = sorted(
            file.artefacts, key=lambda a: _LEADING.index(a[0]) if a[0] in _LEADING else len(_LEADING)
        )  # stable: the first of its kind
        agency, id_, version = re.split(r"[:(]", ranked[0][1].removesuffix(")"), maxsplit=2) if ranked else ("", "", "")
        plain = re.sub(r"[^A-Za-z0-9.+\-]+", "_", f"{agency}_{id_}_{version}", flags=re.ASCII)[:100].strip("._") or "_"
        name, number = plain, 1
        while name.casefold() in taken:
            number += 1
            name = f"{plain}_{number}"
        taken.add(name.casefold())
        named.append(replace(file, path=f"dsd/{name}.xml"))
    return named


def _usable(files: Sequence[_File], found: _Found) -> None:
    """There is a data or a metadata structure; a reason and a way out when there is none."""
    data, metadata = found.data, found.metadata
    if data.structures or metadata.structures:
        return
    where = ", ".join(file.name for file in files)
    how = "Export it whole: .../datastructure/AGENCY/ID/VERSION?references=all&detail=full."
    if stubs := (*data.stubs, *metadata.stubs):
        why = f"only the name of {', '.join(stubs)} is there (a stub, or an external reference), not its components."
    else:
        counted = {
            "code lists": len(data.codelists),
            "concepts": len(data.concepts),
            "dataflows": len(data.dataflows),
            "constraints": len(data.constraints),
            "metadataflows": len(metadata.flows),
            "provision agreements": len(metadata.agreements),
        }
        there = ", ".join(f"{number} {what}" for what, number in counted.items() if number)
        why = f"there is no data structure, but {there or 'nothing that is used here'}."
        kind = "metadata structure" if metadata.flows or metadata.agreements else "data structure"
        how = f"Give the file of the {kind} too, in one command. {how.replace('datastructure', kind.replace(' ', ''))}"
    raise FactsError(Problem(where, why, how))


# ------------------------------------------------------------------------------- what is missing or doubtful


def _notes(files: Sequence[_File], found: _Found) -> Iterator[str]:
    """In sentences: departures from the standard's schemas, other readings, and what is not there."""
    for file in files:
        yield from _departures(file)
        yield from _another_reading(file)
    yield from _notes_on_data(found.data)
    yield from _notes_on_metadata(files, found.metadata)
    for file in files:
        external = [ref for kind, ref, e in file.artefacts if e.get("isExternalReference") in ("true", "1")]
        if external:
            yield f"{file.name} only refers to {', '.join(external[:8])}: they are kept elsewhere, and not fetched."


def _notes_on_metadata(files: Sequence[_File], found: MetadataStructures) -> Iterator[str]:
    """What is missing of the metadata structures, and of what goes with them."""
    for structure in found.structures.values():
        yield from (f"{structure.ref}: {gap}" for gap in gaps_of_metadata(structure))
    for ref in found.stubs:
        yield f"{ref}: only its name is there (a stub, or an external reference); it cannot be used."
    for file in files:
        for kind, ref, element in file.artefacts:
            reports = [report.get("id", "") for report in element.iter("{*}ReportStructure")]
            if kind in _METADATA and ref in found.structures and len(reports) > 1:
                used = found.structures[ref].report
                others = ", ".join(report for report in reports if used is None or report != used.id)
                yield f"{ref}: of its report structures the one with the most attributes is used, not {others}."
    for flow in found.flows.values():
        if not flow.structure_ref:
            yield f"The metadataflow {flow.ref} does not say which structure it follows; it is left out."
        elif flow.structure_ref not in found.structures:
            yield f"The metadataflow {flow.ref} follows {flow.structure_ref}, which is not in these files."


def _notes_on_data(found: Structures) -> Iterator[str]:
    """What is missing of the data structures, and of what goes with them."""
    for structure in found.structures.values():
        whole = found.structure(f"DataStructure={structure.ref}")
        yield from (f"{structure.ref}: {gap}" for gap in gaps(whole))
    for ref in found.stubs:
        yield f"{ref}: only its name is there (a stub, or an external reference); it cannot be used."
    used = {c.codelist.ref for s in found.structures.values() for c in s.components if c.codelist is not None}
    for codelist in found.codelists.values():
        if codelist.ref not in used and (alike := same_but_for_case(codelist)):
            yield f"{codelist.ref} has codes that differ in upper and lower case only: {', '.join(alike[:8])}."
    for flow in found.dataflows.values():
        wanted = parse_reference(flow.structure_ref)
        if not flow.structure_ref or wanted is None:
            yield f"The dataflow {flow.ref} does not say which structure it follows; it is left out."
        elif resolve(found.structures, wanted) is None:
            yield f"The dataflow {flow.ref} follows {flow.structure_ref}, which is not in these files."
    for constraint in found.constraints:
        if not constraint.attached_to:
            yield f"The constraint {constraint.ref} is attached to nothing that is used here; it limits nothing."
        elif constraint.kind == "allowed" and not any(
            (wanted := parse_reference(to)) and (resolve(found.structures, wanted) or resolve(found.dataflows, wanted))
            for to in constraint.attached_to
        ):
            yield f"The constraint {constraint.ref} is attached to what is not in these files: {', '.join(constraint.attached_to)}."


def _departures(file: _File) -> Iterator[str]:
    """Where the message departs from the standard's schema, with the line."""
    judge = schema.standard_schema(file.sdmx)
    if judge is None:
        yield f"{file.name}: not judged by the schema of SDMX {file.sdmx}, which this installation lacks."
        return
    faults = schema.validate(judge, file.data)
    for fault in faults[:FAULTS]:
        told = re.sub(r"\{[^}]*\}", "", fault.message)
        yield f"{file.name} line {fault.line}: not as the SDMX {file.sdmx} schema wants it: {told}"
    if len(faults) > FAULTS:
        yield f"{file.name}: {len(faults) - FAULTS} more departures from the schema."


def _another_reading(file: _File) -> Iterator[str]:
    """What sdmx1 reads otherwise in this file, or why it cannot say."""
    import sdmx

    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            theirs = sdmx.read_sdmx(io.BytesIO(file.data))
        ours = read_structures([(file.name, file.data)])
        differences = list(_differences(theirs, ours, file))
    except FactsError:
        return  # what contradicts itself alone was completed by another file
    except Exception as error:  # a foreign reader may raise anything
        why = " ".join(f"{type(error).__name__} {error}".split())[:160]
        yield f"{file.name}: no second opinion, as sdmx1 cannot read it ({why})."
        return
    yield from (f"{file.name}: sdmx1 reads it otherwise: {words}." for words in differences)


_LEVELS = {"GroupRelationship": "group", "DimensionRelationship": "dimensions", "NoSpecifiedRelationship": "dataset",
           "PrimaryMeasureRelationship": "observation", "MeasureRelationship": "observation",
           "ObservationRelationship": "observation", "DataflowRelationship": "dataset"}  # fmt: skip


def _differences(theirs: Any, ours: Structures, file: _File) -> Iterator[str]:
    """Components, attachment and usage of attributes, codes of lists, where the two readings differ."""
    for foreign in theirs.structure.values():
        ref = f"{_agency(foreign)}:{foreign.id}({foreign.version})"
        structure = ours.structures.get(ref)
        if structure is None:
            continue
        pairs = [
            (
                "dimensions",
                {d.id for d in structure.observation_key(FLAT)},
                {d.id for d in foreign.dimensions.components},
            ),
            ("measures", {m.id for m in structure.measures}, {m.id for m in foreign.measures.components}),
            ("attributes", {a.id for a in structure.attributes}, {a.id for a in foreign.attributes.components}),
        ]
        for what, mine, others in pairs:
            if mine != others:
                yield f"the {what} of {ref}: {', '.join(sorted(mine ^ others))}"
        own_attributes = {attribute.id: attribute for attribute in structure.attributes}
        for other in foreign.attributes.components:
            attribute = own_attributes.get(other.id)
            if attribute is None:
                continue
            kind = other.related_to if isinstance(other.related_to, type) else type(other.related_to)
            level, usage = _LEVELS.get(kind.__name__), getattr(other.usage_status, "name", None)
            if level is not None and level != attribute.relationship:
                yield f"{attribute.id} of {ref} is attached to {level}, not to {attribute.relationship}"
            if file.sdmx == "2.1" and usage is not None and (usage == "mandatory") != attribute.mandatory:
                yield f"{attribute.id} of {ref} is {usage}"
    extended = {ref for _, ref, e in file.artefacts if e.find("{*}CodelistExtension") is not None}
    for foreign in theirs.codelist.values():
        ref = f"{_agency(foreign)}:{foreign.id}({foreign.version})"
        codelist = ours.codelists.get(ref)
        if codelist is not None and foreign.items and ref not in extended:
            odd = sorted(set(codelist.codes) ^ {str(code) for code in foreign.items})
            if odd:
                yield f"{len(odd)} codes of {ref}, as {', '.join(odd[:5])}"


def _agency(foreign: Any) -> str:
    return str(getattr(foreign.maintainer, "id", ""))


# --------------------------------------------------------------------------------------- the index, and what changes


@dataclass(frozen=True, slots=True)
class _Change:
    """The overlay's files as they shall be (``None``: gone), the index last but for what goes; the new entries.

    ``follow_up`` says what had to be changed elsewhere, so that what followed a reconstruction follows what was imported.
    """

    files: Mapping[str, bytes | None]
    entries: Sequence[StructureEntry]
    follow_up: Sequence[str]


def _change(files: Sequence[_File], found: _Found, overlay: Path, *, official: bool, today: dt.date) -> _Change:
    data = at_hand(overlay, STRUCTURES) or b""
    index = read_toml(STRUCTURES, data, StructureIndex).structure
    entries = _entries(files, found, index, official=official, today=today)
    mine = {(entry.kind, entry.id) for entry in entries}
    newest = _newest(found)
    replaced = {(e.kind, e.id) for e in index if (e.kind, e.id) in mine or _reconstruction(e, newest)}
    kept = [entry for entry in index if (entry.kind, entry.id) not in replaced]
    _separable(files, kept, overlay)
    moved, moved_files = _moved(kept, newest, overlay, today)
    superseded = {e.id: new for e in index if _reconstruction(e, newest) and (new := _instead(e.kind, e.id, newest))}
    moved_files |= _named_anew(superseded, overlay)
    blocks = _blocks(data, index)
    first = min((i for i, entry in enumerate(index) if (entry.kind, entry.id) in replaced), default=len(index))
    stays = [block for e, block in zip(index, blocks.each, strict=True) if (e.kind, e.id) not in replaced]
    texts = [moved.get((e.kind, e.id), block) for e, block in zip(kept, stays, strict=True)]
    texts[first:first] = map(_toml, entries)  # in place of the first that is replaced, else at the end
    text = blocks.start + "\n\n".join(text.strip("\n") for text in texts) + "\n"
    if all(entry in index for entry in entries) and not moved and replaced <= mine:
        text = data.decode("utf-8")  # nothing new: not a byte of the index changes
    after = read_toml(STRUCTURES, text.encode(), StructureIndex).structure
    used = {file for entry in after for file in entry.files}
    gone = {
        file: None
        for entry in index
        for file, digest in entry.sha256.items()
        if file not in used and (there := own(overlay, file)) and hashlib.sha256(there).hexdigest() == digest
    }
    stored: dict[str, bytes | None] = {file.path: file.data for file in files}
    told = [f"{old} was a reconstruction; {new.ref} takes its place." for old, new in superseded.items()]
    told += [f"{path}: the copy in the overlay names it now." for path in moved_files]
    told += _to_be_named(found.metadata, overlay, superseded)
    return _Change({**stored, **moved_files, STRUCTURES: text.encode(), **gone}, entries, told)


def _separable(files: Sequence[_File], kept: Iterable[StructureEntry], overlay: Path) -> None:
    """No artefact that stays was imported in a file that is now another; FactsError naming those that were."""
    new = {file.path: file.data for file in files}
    problems = [
        Problem(
            new_name,
            f"{entry.id} was imported with an earlier export ({path}), and this one lacks it.",
            "Export both together (references=all), or give the file of each in one command.",
        )
        for entry in kept
        for path in entry.files
        if path in new and (before := own(overlay, path)) is not None and before != new[path]
        for new_name in [next(file.name for file in files if file.path == path)]
    ]
    if problems:
        raise FactsError(problems)


def _to_be_named(
    found: MetadataStructures, overlay: Path, superseded: Mapping[str, Structure | MetadataStructure]
) -> Iterator[str]:
    """What of the imported nothing follows yet, and where to name it."""
    if not found.structures:
        return
    rules = read_toml(_RULES, at_hand(overlay, _RULES) or b"", MetadataRules).report
    followed = superseded[rules.structure].ref if rules.structure in superseded else rules.structure
    hint = f"to follow it, name it in a copy of {_RULES} in the overlay:"
    for structure in found.structures.values():
        if structure.ref != followed:
            yield f"{structure.ref}: the report follows {followed}; {hint} report.structure, and report.flow."
    for flow in found.flows.values():
        if flow.structure_ref in found.structures and flow.ref != rules.flow:
            yield f"{flow.ref}: the report belongs to the metadataflow {rules.flow}; {hint} report.flow."
    for agreement in found.agreements.values():
        yield f"{agreement.ref}: the report is made under it where a country.toml names it, report.provision."


def _entries(
    files: Sequence[_File], found: _Found, index: Sequence[StructureEntry], *, official: bool, today: dt.date
) -> list[StructureEntry]:
    """An entry for each artefact; the one that is there already where it is about the same bytes."""
    artefacts: list[tuple[str, tuple[str, ...], str]]
    artefacts = [("data structure", _STRUCTURE, ref) for ref in found.data.structures]
    artefacts += [("dataflow", _FLOW, flow.ref) for flow in found.data.dataflows.values() if flow.structure_ref]
    artefacts += [("constraint", _LIMIT, constraint.ref) for constraint in found.data.constraints]
    artefacts += [("metadata structure", _METADATA, ref) for ref in found.metadata.structures]
    artefacts += [("metadataflow", _METADATAFLOW, f.ref) for f in found.metadata.flows.values() if f.structure_ref]
    artefacts += [("provision agreement", _AGREEMENT, ref) for ref in found.metadata.agreements]
    digests = {file.path: hashlib.sha256(file.data).hexdigest() for file in files}
    entries = []
    for kind, tags, ref in artefacts:
        source = next((file for file in files if file.holds(tags, ref)), None)
        if source is None:  # an answer about availability is no fact to keep
            continue
        paths = [source.path, *(file.path for file in files if file is not source)]
        when = f", prepared {source.prepared}" if source.prepared else ""
        before = next(
            (e for e in index if (e.kind, e.id) == (kind, ref) and e.sha256 == digests and set(e.files) == set(paths)),
            None,
        )
        if before is not None and (before.evidence == "official" or not official):
            entries.append(before)
            continue
        entries.append(
            StructureEntry.model_validate(
                {
                    "kind": kind,
                    "id": ref,
                    "files": tuple(paths),
                    "origin": f"{source.name}, an SDMX-ML {source.sdmx} message of {source.sender or 'an unnamed sender'}{when}",
                    "evidence": "official" if official else "public",
                    "reference": f"The registry's export, taken over by `ebs structure import` ({source.name})",
                    "checked": today,
                    "sha256": {path: digests[path] for path in paths},
                }
            )
        )
    return entries


Newest = Mapping[tuple[str, str, str], Structure | MetadataStructure]
"""The newest imported version of each structure, by kind, agency and id."""


def _newest(found: _Found) -> Newest:
    newest: dict[tuple[str, str, str], Structure | MetadataStructure] = {}
    given: list[tuple[str, Structure | MetadataStructure]]
    given = [("data structure", structure) for structure in found.data.structures.values()]
    given += [("metadata structure", structure) for structure in found.metadata.structures.values()]
    for kind, structure in given:
        name = (kind, structure.agency, structure.id)
        if name not in newest or numbers(structure.version) > numbers(newest[name].version):
            newest[name] = structure
    return newest


def _instead(kind: str, ref: str, newest: Newest) -> Structure | MetadataStructure | None:
    """The imported structure that replaces what this reference means, if that was guessed.

    A later version of a data structure, since an earlier one may have been in force before; any version of a metadata
    structure, since a report follows one.
    """
    old = parse_reference(ref)
    new = newest.get((kind, old.agency, old.id)) if old is not None else None
    if new is None or old is None or not numbers(old.version):
        return None
    later, other = numbers(new.version) > numbers(old.version), new.version != old.version
    return new if (other if kind == "metadata structure" else later) else None


def _reconstruction(entry: StructureEntry, newest: Newest) -> bool:
    """Whether the entry is a reconstruction of another version: the registry's own replaces it."""
    return entry.evidence == "inferred" and _instead(entry.kind, entry.id, newest) is not None


def _moved(
    kept: Sequence[StructureEntry], newest: Newest, overlay: Path, today: dt.date
) -> tuple[dict[tuple[str, str], str], dict[str, bytes]]:
    """Reconstructed flows that followed another version follow the imported one: their entries and files."""
    blocks: dict[tuple[str, str], str] = {}
    files: dict[str, bytes] = {}
    for entry in kept:
        own_files = {path: data for path in entry.files if (data := at_hand(overlay, path))}
        followed = _followed(entry, own_files) if entry.evidence == "inferred" else ""
        kind = "data structure" if entry.kind == "dataflow" else "metadata structure"
        new = _instead(kind, followed, newest) if followed else None
        if new is None:
            continue
        files |= {path: _following(data, entry.id, new) for path, data in own_files.items()}
        note = f"Follows {new.ref} instead of {followed} since that was imported ({today.isoformat()})."
        digests = {path: hashlib.sha256(files[path]).hexdigest() for path in own_files}
        blocks[entry.kind, entry.id] = _toml(
            entry.model_copy(update={"sha256": digests, "note": f"{entry.note} {note}".strip()})
        )
    return blocks, files


def _followed(entry: StructureEntry, files: Mapping[str, bytes]) -> str:
    """The structure that a flow of the index follows; nothing for an entry of another kind."""
    flow: Dataflow | Metadataflow | None = None
    if entry.kind == "dataflow" and len(entry.files) == 1:
        flow = read_structures(files.items()).dataflows.get(entry.id)
    elif entry.kind == "metadataflow":
        flow = read_metadata_structures(files.items(), "").flows.get(entry.id)
    return flow.structure_ref if flow else ""


def _named_anew(superseded: Mapping[str, Structure | MetadataStructure], overlay: Path) -> dict[str, bytes]:
    """The law's own files with the new version where they name a structure that is replaced."""
    changed = {}
    for path in (f"{REGULATION}/transmission.toml", _RULES):
        data = at_hand(overlay, path) or b""
        new = data
        for old, structure in superseded.items():
            line = re.compile(rb'^([ \t]*structure[ \t]*=[ \t]*)"' + re.escape(old.encode()) + rb'"', re.MULTILINE)
            new = line.sub(rb'\1"' + structure.ref.encode() + rb'"', new)
        if new != data:
            changed[path] = new
    return changed


def _following(data: bytes, flow: str, new: Structure | MetadataStructure) -> bytes:
    """The message with its flow following another structure."""
    root = _root(data)
    for element in root.iter("{*}Dataflow", "{*}Metadataflow"):
        followed = element.find("{*}Structure")
        if followed is None or _ref(element) != flow:
            continue
        ref, urn = followed.find("{*}Ref"), followed.find("{*}URN")
        if ref is not None:
            ref.set("version", new.version)
        else:
            (followed if urn is None else urn).text = new.urn
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


@dataclass(frozen=True, slots=True)
class _Blocks:
    """The text of an index: what stands before its entries, and each of them."""

    start: str
    each: list[str]


_BLOCK = re.compile(r"^[ \t]*\[\[[ \t]*structure[ \t]*\]\]", re.MULTILINE)


def _blocks(data: bytes, index: Sequence[StructureEntry]) -> _Blocks:
    """The index cut into its entries, so that what is kept stays as it was written."""
    text = data.decode("utf-8-sig").replace("\r\n", "\n")
    starts = [match.start() for match in _BLOCK.finditer(text)]
    each = [text[start:end] for start, end in pairwise([*starts, len(text)])]
    with contextlib.suppress(tomllib.TOMLDecodeError):
        if [tomllib.loads(block)["structure"][0]["id"] for block in each] == [entry.id for entry in index]:
            return _Blocks(text[: starts[0]] if starts else text, each)
    raise FactsError(
        Problem(STRUCTURES, "its entries cannot be told apart.", "Begin each with a line [[structure]], as shipped.")
    )


def _toml(entry: StructureEntry) -> str:
    """The entry as it stands in the index."""
    lines = ["[[structure]]", f"kind = {toml_text(entry.kind)}", f"id = {toml_text(entry.id)}"]
    lines += ["files = [", *(f"    {toml_text(file)}," for file in entry.files), "]"]
    lines += [f"{name} = {day.isoformat()}" for name in ("valid_from", "valid_to") if (day := getattr(entry, name))]
    lines += [f"{name} = {toml_text(getattr(entry, name))}" for name in ("origin", "evidence", "reference")]
    lines.append(f"checked = {entry.checked.isoformat()}")
    lines += [f"note = {toml_text(entry.note)}"] if entry.note else []
    lines += ["[structure.sha256]", *(f"{toml_text(file)} = {toml_text(sum_)}" for file, sum_ in entry.sha256.items())]
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------------------------------- before it is stored


def _checked(
    overlay: Path, changed: Mapping[str, bytes | None], names: Sequence[str], found: _Found
) -> tuple[dict[str, str], str]:
    """The facts as they would be hold together; the structure of each data set, and the report's if it is imported."""
    with tried(overlay, changed) as copy:
        try:
            facts = load(copy)
            for country in facts.country_ids:
                facts.country(country)
            report = ""
            if found.metadata.structures:
                report = facts.metadata_structures.structure(facts.metadata.report.flow).ref
            follow = {d.id: facts.structure(d.dataflow).ref for d in facts.transmission.data_set}
        except FactsError as error:
            raise FactsError([_contradiction(names, overlay), *error.problems]) from error
    return follow, report if report in found.metadata.structures else ""


def _contradiction(names: Sequence[str], overlay: Path) -> Problem:
    return Problem(
        ", ".join(names),
        "these facts would contradict each other; nothing was imported, nothing was changed.",
        f"Put corrected copies of the fact files named below into {overlay} first, then import again.",
    )

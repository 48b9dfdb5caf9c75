"""An independent opinion: what we wrote, read by sdmx1, compared cell by cell with what we meant.

sdmx1 must be given the structure, with its concepts and lists in one message; it prints on failure, so its standard
output is kept away from ours.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from lxml import etree

from pipeline.facts.structure import Structure
from pipeline.messages.names import COMMON, MESSAGE, ML_30, SDMX, said, several

_STRUCTURE = SDMX + "structure"
_ORDER = ("OrganisationSchemes", "Dataflows", "Metadataflows", "CategorySchemes", "Categorisations", "Codelists",
          "HierarchicalCodelists", "Concepts", "MetadataStructures", "DataStructures", "StructureSets", "ReportingTaxonomies",
          "Processes", "Constraints", "ProvisionAgreements")  # fmt: skip


def merged(messages: Iterable[bytes]) -> bytes:
    """Several SDMX-ML 2.1 structure messages as one, in the order of the schema."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    trees = [etree.fromstring(data, parser) for data in messages]
    parts: dict[str, list[Any]] = {}
    for tree in trees:
        for part in tree.iterfind(f"{{{MESSAGE}}}Structures/*"):
            parts.setdefault(etree.QName(part).localname, []).extend(part)
    root = etree.Element(
        f"{{{MESSAGE}}}Structure", nsmap={"message": MESSAGE, "structure": _STRUCTURE, "common": COMMON}
    )
    header = trees[0].find(f"{{{MESSAGE}}}Header")
    if header is not None:
        root.append(header)
    body = etree.SubElement(root, f"{{{MESSAGE}}}Structures")
    for name in _ORDER:
        if name in parts:
            etree.SubElement(body, f"{{{_STRUCTURE}}}{name}").extend(parts[name])
    etree.cleanup_namespaces(root, keep_ns_prefixes=["common"])
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _sdmx1() -> Any:
    """The library, with its reader of SDMX 3.0: that one cannot be loaded any more once data of 2.1 have been read."""
    import sdmx

    with contextlib.suppress(ImportError, ValueError):
        importlib.import_module("sdmx.reader.xml.v30")
    return sdmx


@lru_cache(maxsize=4)
def _foreign_structure(message: bytes, id_: str) -> Any:
    """The data structure as sdmx1 reads it."""
    sdmx = _sdmx1()
    with contextlib.redirect_stdout(io.StringIO()):
        return sdmx.read_sdmx(io.BytesIO(message)).structure[id_]


def read_by_sdmx1(data: bytes, structure: Structure, structure_message: bytes) -> Iterator[dict[str, str]]:
    """The observations of a file as sdmx1 reads them: component id → text, attributes of every level included."""
    sdmx = _sdmx1()
    foreign = _foreign_structure(structure_message, structure.id)
    with contextlib.redirect_stdout(io.StringIO()):
        message = sdmx.read_sdmx(io.BytesIO(data), structure=foreign)
    measure = structure.measures[0].id
    for data_set in message.data:
        attributes = getattr(data_set, "attrib", {})  # its data sets of SDMX 3.0 have none
        common = {name: str(value.value) for name, value in attributes.items()}
        for observation in data_set.obs:
            row = dict(common)
            for group in observation.group_keys:
                row |= {name: str(value.value) for name, value in group.attrib.items()}
            if observation.series_key is not None:
                row |= {name: str(value.value) for name, value in observation.series_key.attrib.items()}
            row |= {name: str(value.value) for name, value in observation.attached_attribute.items()}
            row |= {name: str(value.value) for name, value in observation.key.values.items()}
            if observation.value is not None:
                row[measure] = str(observation.value)
            yield row


def read_csv_by_sdmx1(data: bytes, structure: Structure, structure_message: bytes) -> Iterator[dict[str, str]]:
    """The observations of an SDMX-CSV file as sdmx1 reads them: component id → text."""
    sdmx = _sdmx1()
    foreign = _foreign_structure(structure_message, structure.id)
    log = logging.getLogger("sdmx.reader.csv")  # it warns of every optional column that is not there
    silent, log.disabled = log.disabled, True
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            message = sdmx.read_sdmx(io.BytesIO(data), format="csv", structure=foreign)
    finally:
        log.disabled = silent
    for data_set in message.data:
        for observation in data_set.obs:
            row = {name: str(value.value) for name, value in observation.attached_attribute.items()}
            row |= {name: str(value.value) for name, value in observation.key.values.items()}
            yield row | {structure.measures[0].id: str(observation.value)}


def known_limit(structure: Structure, meant: Sequence[Mapping[str, object]], message: str) -> str:
    """Why sdmx1 is no judge of these observations in a format, though it reads the structure; empty when it is.

    ``message``: ``2.1``, ``3.0`` or ``csv``. Measured with sdmx1 2.28.
    """
    if message == "2.1":
        return ""
    used = {name for row in meant for name, value in row.items() if said(value)}
    format_ = "SDMX-ML 3.0" if message == ML_30.version else "SDMX-CSV"
    if sum(measure.id in used for measure in structure.measures) > 1:
        return f"sdmx1 reads one measure of {format_}, and there are several"
    if arrays := [c.id for c in structure.components if c.id in used and several(c)]:
        return f"sdmx1 does not take several values of a component apart in {format_}: {', '.join(arrays)}"
    if message == ML_30.version:
        whole = [a.id for a in structure.reported("dataset") if a.id in used]
        return f"sdmx1 does not read attributes of the data set in {format_}: {', '.join(whole)}" if whole else ""
    broken = sorted({name for row in meant for name, value in row.items() if len(f"{value}.".splitlines()) > 1})
    return f"sdmx1 does not read a text with a line break in {format_}: {', '.join(broken)}" if broken else ""


def cannot_read(structure_message: bytes, structure: Structure) -> str:
    """Why sdmx1 is no judge of files of this structure; empty when it is."""
    try:
        _foreign_structure(structure_message, structure.id)
    except Exception as error:  # a foreign reader fails in any way there is
        return f"sdmx1 cannot read the structure {structure.ref}: {type(error).__name__}: {error}"
    return ""


def components_by_sdmx1(structure_message: bytes, structure: Structure) -> list[str]:
    """The ids of the components as sdmx1 reads the structure: dimensions with time, measures, attributes."""
    foreign = _foreign_structure(structure_message, structure.id)
    return [c.id for part in (foreign.dimensions, foreign.measures, foreign.attributes) for c in part.components]


def differences(
    meant: Iterable[Mapping[str, str]], read: Iterable[Mapping[str, str]], structure: Structure, most: int = 20
) -> list[str]:
    """What differs between the observations we meant and those that were read, in words; empty when equal.

    Rows map component ids to text; numbers are compared as numbers, everything else as text; an empty text is the
    same as none.
    """
    keys = [d.id for d in structure.dimensions] + ([structure.time.id] if structure.time else [])
    numbers = {measure.id for measure in structure.measures}
    meant, read = list(meant), list(read)
    ours, theirs = _by_key(meant, keys), _by_key(read, keys)
    said = []
    if len(ours) != len(meant) or len(theirs) != len(read):
        said.append(
            f"a key stands more than once: {len(meant)} written, {len(read)} read, {len(ours)} and {len(theirs)} keys"
        )
    said += [f"{'.'.join(key)} was written and not read" for key in ours if key not in theirs]
    said += [f"{'.'.join(key)} was read and not written" for key in theirs if key not in ours]
    for key, row in ours.items():
        other = theirs.get(key)
        if other is None:
            continue
        for name in {*row, *other}:
            a, b = row.get(name, ""), other.get(name, "")
            if a != b and not (name in numbers and _equal(a, b)):
                said.append(f"{'.'.join(key)} {name}: written {a!r}, read {b!r}")
    return sorted(said)[:most]


def _by_key(rows: Iterable[Mapping[str, str]], keys: Sequence[str]) -> dict[tuple[str, ...], dict[str, str]]:
    return {tuple(row.get(key, "") for key in keys): {name: text for name, text in row.items() if text} for row in rows}


def _equal(a: str, b: str) -> bool:
    try:
        return Decimal(a) == Decimal(b)
    except InvalidOperation:
        return False

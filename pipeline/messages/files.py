"""The files of a delivery: which rows go into which file, under which name and header, and what others say of it."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from pipeline.errors import FactsError, Problem
from pipeline.messages import header, readback, schema, sdmx_csv, structure_specific
from pipeline.messages.header import Follows, Header
from pipeline.messages.names import ML_21, ML_30

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.facts import CountryFacts, Facts
    from pipeline.facts.models import DataSet
    from pipeline.facts.structure import Structure
    from pipeline.period import Period


CSV = "csv"
DIALECTS = {dialect.version: dialect for dialect in (ML_21, ML_30)}
FORMATS = {**{version: f"StructureSpecificData {version}" for version in DIALECTS}, CSV: "SDMX-CSV 2.0"}
"""The messages that can be written: what they are called on the command line, and by their full name."""


@dataclass(frozen=True)
class DataFile:
    """A file that was written, and what it was written from."""

    name: str
    data: bytes
    data_set: str
    rows: pd.DataFrame
    structure: str
    header: Header
    message: str = ML_21.version

    @property
    def sha256(self) -> str:
        """The hash of its bytes."""
        return hashlib.sha256(self.data).hexdigest()

    def summary(self) -> dict[str, Any]:
        """The file's entry in the manifest."""
        return {
            "data_set": self.data_set,
            "file": self.name,
            "structure": self.structure,
            "refers_to": self.header.reference.urn,
            **self._size(),
            "first": self.rows["period"].min(),
            "last": self.rows["period"].max(),
            "sha256": self.sha256,
        }

    def _size(self) -> dict[str, int]:
        return {"series": len(self.rows[["indicator", "aggregate"]].drop_duplicates()), "observations": len(self.rows)}


def data_set_file(
    data_set: DataSet,
    observations: pd.DataFrame,
    facts: Facts,
    country: CountryFacts,
    month: Period,
    prepared: dt.datetime,
    test: bool,
    message: str = ML_21.version,
) -> DataFile:
    """The file of one data set, named as EDAMIS wants it; ``message``: one of ``FORMATS``."""
    rows = observations[observations["indicator"] == data_set.indicator]
    rule = facts.transmission.file_name
    id_ = (rule.test_prefix if test else "") + data_set.id
    name = _named(rule.pattern, data_set=id_, country=country.country.edamis, year=month.year, period=month.number)
    name = _of_kind(name, message)
    structure = facts.structure(data_set.dataflow)
    by_dataflow = data_set.refers_to == "dataflow"
    reference = Follows.to_dataflow(data_set.dataflow) if by_dataflow else Follows.to_structure(structure)
    head = Header(
        id=_message_id(PurePosixPath(name).stem, prepared),
        prepared=prepared,
        sender=country.country.sender.id,
        receiver=country.country.receiver.id,
        reference=reference,
        action=data_set.action,
        data_set_id=id_,
        test=test,
        extracted=prepared,
        begin=rows["period"].min(),
        end=rows["period"].max(),
        source=country.indicator(data_set.indicator).producer,
    )
    data = _written(message, rows, structure, head)
    return DataFile(name, data, data_set.id, rows, structure.ref, head, message)


def preview_files(
    index: pd.DataFrame,
    names: Mapping[str, str],
    facts: Facts,
    country: CountryFacts,
    prepared: dt.datetime,
    test: bool,
    message: str = ML_21.version,
) -> list[DataFile]:
    """One file for each weighting (``names``: measure → name) and frequency: weightings share keys, never a file.

    They name the structure, not a dataflow, and no data set: a preview is not transmitted.
    """
    structure = facts.structure(facts.transmission.preview.structure)
    reference = Follows.to_structure(structure)
    made = []
    for (measure, frequency), rows in index.groupby(["measure", "frequency"], sort=True):
        name = f"{names[str(measure)]}_{frequency}"
        head = Header(
            id=_message_id(name, prepared),
            prepared=prepared,
            sender=country.country.sender.id,
            receiver=country.country.receiver.id,
            reference=reference,
            action=facts.transmission.preview.action,
            test=test,
            extracted=prepared,
        )
        data = _written(message, rows, structure, head)
        made.append(DataFile(_of_kind(f"{name}.xml", message), data, "", rows, structure.ref, head, message))
    return made


def _written(message: str, rows: pd.DataFrame, structure: Structure, head: Header) -> bytes:
    stream = io.BytesIO()
    if message == CSV:
        sdmx_csv.write(stream, rows, structure, head)
    else:
        structure_specific.write(stream, rows, structure, head, DIALECTS[message])
    return stream.getvalue()


def _of_kind(name: str, message: str) -> str:
    """The name with the ending of its format."""
    return PurePosixPath(name).with_suffix(f".{CSV}").name if message == CSV else name


def has_schema(file: DataFile) -> bool:
    """Whether a schema can judge the file: SDMX-CSV has none, and is judged by reading it back."""
    return file.message in DIALECTS


def schema_faults(file: DataFile, facts: Facts) -> list[tuple[int, str]]:
    """Where and how a file departs from the schema generated from its structure: (line, words)."""
    namespace = file.header.reference.namespace(file.header.at)
    xsd = schema.schema_xml(facts.structure(file.structure), namespace=namespace, dialect=DIALECTS[file.message])
    return [(fault.line, fault.message) for fault in schema.validate(schema.compile_schema(xsd), file.data)]


def header_differences(file: DataFile) -> list[tuple[str, str, str]]:
    """Where a file says something else of itself than was meant: (what, meant, found)."""
    if file.message == CSV:
        return sdmx_csv.differences(file.data, file.header)
    return header.differences(file.data, file.header, DIALECTS[file.message])


def read_back(file: DataFile, facts: Facts) -> tuple[list[str], str]:
    """What another library reads differently from what was meant; and why it cannot judge, if it cannot.

    A structure that sdmx1 cannot read makes it no judge, nor does what it is known not to read in a format; any other
    file that it cannot read is a difference.
    """
    structure, entry = facts.structure(file.structure), facts.entry(file.structure)
    message = readback.merged([facts.store.read(path) for path in (entry.files if entry else ())])
    names = [c.id for c in structure.components if c.id in file.rows.columns]
    meant = file.rows[names].to_dict("records")
    unable = readback.cannot_read(message, structure) or readback.known_limit(structure, meant, file.message)
    if unable:
        return [], unable
    read = readback.read_csv_by_sdmx1 if file.message == CSV else readback.read_by_sdmx1
    try:
        return readback.differences(meant, read(file.data, structure, message), structure), ""
    except Exception as error:  # what stops another library would stop a receiver's
        return [f"sdmx1 cannot read it: {type(error).__name__}: {error}"], ""


def _message_id(name: str, prepared: dt.datetime) -> str:
    return f"{name}-{prepared.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"


def _named(pattern: str, **parts: object) -> str:
    """The name of a file after the pattern of the facts; FactsError when that gives none."""
    try:
        name = pattern.format(**parts)
    except (LookupError, ValueError):
        name = ""
    if not re.fullmatch(r"[A-Za-z0-9_-]+\.[a-z]+", name):
        where = "codelists/regulation/transmission.toml file_name.pattern"
        hint = f"It may use {', '.join(f'{{{part}}}' for part in parts)}, letters, digits and _, and ends in .xml."
        raise FactsError(Problem(where, f"{pattern!r} gives no file name.", hint))
    return name

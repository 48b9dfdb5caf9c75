"""What a reader says while it reads a data file, in the same words for every format.

A reader knows no rule: it calls a ``Listener`` with what stands in the file and where. Lines and columns start at 1 and
count characters. The words are SDMX's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pipeline.findings import Finding

Value = str | tuple[str, ...]
"""What stands at a component: a text, or several where SDMX 3.0 allows several."""

Cells = dict[str, Value]
"""Component id → value, as it stands in the file; the listener may keep it and change it."""

Where = Callable[[str], tuple[int, int]]
"""Component id → line and column of its value; of the tag or row for an empty id or an id that is not there.

It may be called only while the event is handled.
"""


Spot = tuple[int, int]
"""Line and column."""


@dataclass(frozen=True, slots=True)
class Part:
    """An element of the header: its name, text and attributes, and where they stand.

    ``space`` is ``message``, ``common``, empty for none, or a foreign namespace as it is. ``at`` is where the tag begins,
    ``text_at`` where the text does, ``places`` where the value of each attribute does.
    """

    name: str
    space: str
    text: str
    attributes: Mapping[str, str]
    at: Spot
    text_at: Spot
    places: Mapping[str, Spot]
    parts: tuple[Part, ...] = ()

    def part(self, name: str) -> Part | None:
        """The first part of this name inside it."""
        return next((part for part in self.parts if part.name == name), None)


@dataclass(frozen=True, slots=True)
class Use:
    """What the header says of one structure that data sets follow; ``ref`` is ``AGENCY:ID(VERSION)``.

    ``kind``: ``DataStructure``, ``Dataflow``, ``ProvisionAgreement``, ``Metadataflow`` … as the reference says itself.
    ``missing`` names what the reference lacks (agency, id, version). ``part`` is the element it was read from.
    """

    id: str
    ref: str
    kind: str
    namespace: str
    at: str
    part: Part
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """The header as it stands in the file: its parts in their order, and the structures it names."""

    parts: tuple[Part, ...] = ()
    uses: tuple[Use, ...] = ()
    at: Spot = (1, 1)

    def part(self, name: str) -> Part | None:
        """The first part of this name."""
        return next((part for part in self.parts if part.name == name), None)

    def text(self, name: str) -> str:
        """Its text, or an empty one."""
        part = self.part(name)
        return "" if part is None else part.text.strip()


@dataclass(frozen=True, slots=True)
class DataSetHead:
    """What a data set says of itself before its content: what it follows, its action, the attributes at its level.

    ``refers`` is the id of the ``Use`` (XML), or ``AGENCY:ID(VERSION)`` itself (CSV); ``kind`` then says what it is.
    ``type`` is the ``xsi:type`` as namespace and name. ``cells`` are attributes of the data set, ``frame`` its other
    attributes by local name.
    """

    refers: str = ""
    kind: str = ""
    type: tuple[str, str] | None = None
    action: str = ""
    scope: str = ""
    cells: Cells = field(default_factory=dict)
    frame: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    where: Where = lambda _: (1, 1)


class DataSet(Protocol):
    """Listens to the content of one data set."""

    def attributes(self, cells: Cells, where: Where) -> None:
        """Attributes of the data set or of a part of its key, said apart from it (generic, SDMX 3.0 ``Atts``)."""

    def group(self, id: str, cells: Cells, where: Where) -> None:  # noqa: A002 - SDMX's own word
        """A group: its key and its attributes; the id is empty where the file does not say it."""

    def series(self, cells: Cells, where: Where) -> None:
        """A series begins: its key and its attributes."""

    def observation(self, cells: Cells, where: Where) -> None:
        """An observation: of the series that is open, else with its whole key."""

    def end_series(self) -> None:
        """The series that is open ends."""

    def end(self) -> None:
        """The data set ends; not called when the file breaks off before."""


class Listener(Protocol):
    """Listens to a message."""

    def message(self, format: str) -> None:  # noqa: A002 - the word of the report
        """The file is of this format (``StructureSpecificData 2.1``)."""

    def header(self, header: Header) -> None:
        """The header, before any data set; not called when there is none."""

    def data_set(self, head: DataSetHead) -> DataSet:
        """A data set begins; who listens to its content."""

    def found(self, finding: Finding) -> None:
        """The reader itself found something wrong: the file cannot be read further, or not as it stands."""

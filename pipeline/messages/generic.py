"""SDMX-ML 2.1 generic data: the elements of a data set become events.

In generic data every value is an element of its own (``<generic:Value id="FREQ" value="M"/>``), so that what stands where
is the file's own choice. Which columns are dimensions is known to the structure alone; ``is_dimension`` tells it.

Sources: SDMXDataGenericBase.xsd and SDMXDataGenericTimeSeries.xsd 2.1; SDMXCommon.xsd 2.1 (``SetAttributeGroup``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pipeline.errors import nearest, quoted
from pipeline.events import Cells, DataSet, DataSetHead, Listener, Use
from pipeline.findings import Finding, Place
from pipeline.messages.names import COMMON, SDMX, XSI

GENERIC = SDMX + "data/generic"
"""The namespace of generic data."""

_TIME, _FLAT, _VALUE = "TIME_PERIOD", "AllDimensions", "OBS_VALUE"
_ONCE = "Annotations", "DataProvider", "Attributes", "GroupKey", "SeriesKey", "ObsKey", "ObsDimension", "ObsValue"
#: what may stand in what, in the order of the schema; the places of one rank are alternatives
_CONTENT: dict[str, tuple[tuple[str, ...], ...]] = {
    "DataSet": (("Annotations",), ("DataProvider",), ("Attributes",), ("Group",), ("Series", "Obs")),
    "Group": (("Annotations",), ("GroupKey",), ("Attributes",)),
    "Series": (("Annotations",), ("SeriesKey",), ("Attributes",), ("Obs",)),
    "Obs": (("Annotations",), ("ObsDimension",), ("ObsValue",), ("Attributes",)),
    "flat Obs": (("Annotations",), ("ObsKey",), ("ObsValue",), ("Attributes",)),
    **dict.fromkeys(("Attributes", "GroupKey", "SeriesKey", "ObsKey"), (("Value",),)),
    **dict.fromkeys(("Value", "ObsDimension", "ObsValue"), ()),
}
_RANKS = {
    parent: {
        f"{COMMON if name == 'Annotations' else GENERIC} {name}": (rank, name)
        for rank, names in enumerate(content)
        for name in names
    }
    for parent, content in _CONTENT.items()
}
#: attributes of a data set that say something of it; they have no namespace in generic data
_FRAME = {
    "setID", "reportingBeginDate", "reportingEndDate", "validFromDate", "validToDate", "publicationYear",
    "publicationPeriod",
}  # fmt: skip
_NONE: set[str] = set()
_OF_VALUE = {"id", "value"}
_ATTRIBUTES = {
    "DataSet": {"structureRef", "action", *_FRAME},
    "Group": {"type"},
    "Value": _OF_VALUE,
    "ObsDimension": _OF_VALUE,
    "ObsValue": _OF_VALUE,
}


@dataclass(slots=True)
class _Level:
    """An element that is open: what it is, how far its content has come, which of its parts were there."""

    name: str
    rank: int = 0
    seen: set[str] = field(default_factory=set)


#: those in which nothing may stand: always open with nothing seen
_EMPTY = {name: _Level(name) for name in ("Value", "ObsDimension", "ObsValue")}


@dataclass(slots=True)
class _Said:
    """What a data set, group, series or observation says of itself: values and their places."""

    at: tuple[int, int]
    id: str = ""
    cells: Cells = field(default_factory=dict)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)

    def where(self, component: str) -> tuple[int, int]:
        """The place of a value, or of the element."""
        return self.places.get(component, self.at)


class Generic:
    """Listens to the tags of generic data sets, and tells a listener what they say.

    ``start`` and ``end`` are called for every element from a data set's own on, with names as expat gives them
    (``namespace local``); ``place`` is where the current tag begins, ``value_place`` where the value of one of its
    attributes does. ``measure_of`` is the component that ``ObsValue`` gives. ``is_dimension`` says of a component whether
    it is a dimension, None for one that is unknown.

    Findings: ``unexpected-element``, ``unexpected-attribute``, ``element-order``; with ``is_dimension`` also
    ``dimension-misplaced`` and ``attribute-misplaced``, which nobody could see behind the events.
    """

    def __init__(
        self,
        listener: Listener,
        uses: Mapping[str, Use],
        measure_of: Callable[[], str],
        place: Callable[[], tuple[int, int]],
        value_place: Callable[[str], tuple[int, int]],
        is_dimension: Callable[[str], bool | None] = lambda _: None,
    ) -> None:
        self._listener = listener
        self._uses = uses
        self._measure_of = measure_of
        self._place = place
        self._value_place = value_place
        self._is_dimension = is_dimension
        self._levels: list[_Level] = []
        self.observations = 0
        self._skipped = 0  # how deep we are in an element whose content is not read
        self._data_set: DataSet | None = None
        self._at = _TIME
        self._series: _Said | None = None
        self._series_told = False
        self._said = _Said((1, 1))

    @property
    def open(self) -> str:
        """The element that is open, the innermost that is read."""
        return _word(self._levels[-1].name) if self._levels else ""

    @property
    def skipping(self) -> bool:
        """Whether the current element is in a part that is not read (annotations, data provider): it may have text."""
        return self._skipped > 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if self._skipped:
            self._skipped += 1
            return
        if not self._levels:
            self._begin(attributes)
            return
        parent = self._levels[-1]
        known = _RANKS[parent.name].get(name)
        if known is None:
            self._unexpected(name, parent.name)
            self._skipped = 1
            return
        rank, local = known
        if rank < parent.rank:
            self._out_of_order(local, parent)
        elif local in parent.seen and local in _ONCE:
            self._unexpected_twice(local, parent.name)
            self._skipped = 1
            return
        parent.rank = max(rank, parent.rank)
        parent.seen.add(local)
        if local in ("Annotations", "DataProvider"):
            self._skipped = 1
            return
        if attributes and not attributes.keys() <= _ATTRIBUTES.get(local, _NONE):
            attributes = self._own(local, attributes)
        self._enter(local, parent.name, attributes)

    def end(self, name: str) -> None:  # noqa: ARG002 - well-formed: it is the element that is open
        """The element ends."""
        if self._skipped:
            self._skipped -= 1
            return
        level = self._levels.pop()
        if level.name in _EMPTY:
            return
        match level.name:
            case "Obs" | "flat Obs":
                self._listening.observation(self._said.cells, self._said.where)
            case "Series":
                self._tell_series()
                self._listening.end_series()
                self._series = None
            case "Group":
                if "Attributes" not in level.seen:
                    self._lacks("Group", "Attributes")
                self._listening.group(self._said.id, self._said.cells, self._said.where)
            case "Attributes":
                if not level.seen:
                    self._lacks("Attributes", "Value")
                if len(self._levels) == 1:
                    self._listening.attributes(self._said.cells, self._said.where)
            case "DataSet":
                self._listening.end()
                self._data_set = None

    # --- what begins ----------------------------------------------------------------------------------------------

    @property
    def _listening(self) -> DataSet:
        assert self._data_set is not None, "no data set is open"
        return self._data_set

    def _begin(self, attributes: dict[str, str]) -> None:
        """A data set begins: its head."""
        self._levels.append(_Level("DataSet"))
        at = self._place()
        places = {_local(name): self._value_place(name) for name in attributes}
        if not attributes.keys() <= _ATTRIBUTES["DataSet"]:
            attributes = self._own("DataSet", attributes)
        use = self._uses.get(attributes.get("structureRef", ""))
        self._at = use.at if use is not None and use.at and use.at != _FLAT else _TIME
        self._series = None
        self._data_set = self._listener.data_set(
            DataSetHead(
                refers=attributes.get("structureRef", ""),
                action=attributes.get("action", ""),
                frame={name: value for name, value in attributes.items() if name in _FRAME},
                where=lambda name: places.get(name, at),
            )
        )

    def _enter(self, local: str, parent: str, attributes: dict[str, str]) -> None:
        """An element that has its place begins."""
        match local:
            case "Value":
                self._add(attributes.get("id", ""), attributes.get("value", ""), "value" in attributes)
            case "ObsDimension":
                self._add(attributes.get("id", self._at), attributes.get("value", ""), "value" in attributes)
            case "ObsValue":
                if attributes.get("id", _VALUE) != _VALUE:
                    words = f"ObsValue has the id {quoted(attributes['id'])}; in generic data it is always {_VALUE}."
                    self._found("unexpected-attribute", words, "id", attributes["id"], _VALUE)
                self._add(self._measure_of(), attributes.get("value", ""), "value" in attributes)
            case "Group":
                self._said = _Said(self._place(), attributes.get("type", ""))
                if attributes.get("type", "?") == "":
                    self._found(
                        "group-unknown",
                        "the type of the Group is empty; it is the group's id.",
                        "type",
                    )
            case "Series":
                self._said = self._series = _Said(self._place())
                self._series_told = False
            case "Obs":
                self._tell_series()
                self.observations += 1
                self._said = _Said(self._place())
                local = "Obs" if parent == "Series" else "flat Obs"
            case "Attributes" if parent == "DataSet":
                self._said = _Said(self._place())
            case "SeriesKey" | "Attributes" if parent == "Series" and self._series_told:
                self._said = _Said(self._place())  # too late, which is reported: nobody is told
        self._levels.append(_EMPTY.get(local) or _Level(local))

    def _tell_series(self) -> None:
        """Tell the series that is open, before its first observation or at its end."""
        if self._series is not None and not self._series_told:
            self._series_told = True
            self._listening.series(self._series.cells, self._series.where)

    def _add(self, component: str, value: str, has_value: bool) -> None:
        """A value for a component; one that has a value already keeps it, and one without a name is none."""
        said, part = self._said, self._levels[-1].name
        if not component:
            self._found("unexpected-element", f"a Value in {part} has no id: it names no component.", value=value)
            return
        at = self._value_place("value") if has_value else self._place()
        if component in said.cells:
            line, column = said.places[component]
            words = f"{component} is given twice: {quoted(value)}, and before it {quoted(str(said.cells[component]))}."
            before = Place(line, column, str(said.cells[component])[:200])
            self._found("unexpected-element", words, value=value, component=component, related=(before,))
            return
        said.cells[component] = value
        said.places[component] = at
        is_dimension = self._is_dimension(component)
        if is_dimension and part == "Attributes":
            words = f"the dimension {component} stands among the attributes; expected in the key."
            self._found("dimension-misplaced", words, "value" * has_value, value, component=component)
        elif is_dimension is False and part.endswith("Key"):
            words = f"{component} is no dimension, but stands in {part}; expected in Attributes."
            self._found("attribute-misplaced", words, "value" * has_value, value, component=component)

    # --- what is wrong --------------------------------------------------------------------------------------------

    def _found(
        self,
        rule: str,
        message: str,
        attribute: str = "",
        value: str = "",
        expected: str = "",
        component: str = "",
        related: tuple[Place, ...] = (),
    ) -> None:
        """Report a fault at the current tag, or at the value of one of its attributes."""
        line, column = self._value_place(attribute) if attribute else self._place()
        self._listener.found(
            Finding(
                rule,
                message,
                line=line,
                column=column,
                component=component,
                value=value[:200],
                expected=expected,
                related=related,
            )
        )

    def _own(self, local: str, attributes: dict[str, str]) -> dict[str, str]:
        """The attributes that have a place on this element; one that only has a wrong prefix is reported and taken."""
        own = _ATTRIBUTES.get(local, _NONE)
        taken = {name: value for name, value in attributes.items() if name in own}
        for name, value in attributes.items():
            if name in own or name.startswith(XSI + " "):
                continue
            near = nearest(_local(name), own) or "."
            words = f"{local} has an attribute {quoted(_local(name))}, which has no place there{near}"
            if _local(name) in own:
                words = f"{local} has the attribute {_local(name)} with a prefix; in generic data it has none."
                taken.setdefault(_local(name), value)
            self._found("unexpected-attribute", words, name, value, ", ".join(sorted(own)), _local(name)[:200])
        return taken

    def _unexpected(self, name: str, parent: str) -> None:
        """Report an element that has no place where it stands; its content is not read."""
        namespace, _, local = name.rpartition(" ")
        expected = [inner for inners in _CONTENT[parent] for inner in inners]
        words = f"the element {quoted(local)} has no place inside {_word(parent)}{nearest(local, expected) or '.'}"
        if local in expected:
            expected = [COMMON if local == "Annotations" else GENERIC]
            words = (
                f"{local} inside {_word(parent)} is of the namespace {quoted(namespace)}; it must be of {expected[0]}."
            )
        self._found("unexpected-element", words, value=local, expected=", ".join(expected))

    def _unexpected_twice(self, local: str, parent: str) -> None:
        self._found(
            "unexpected-element", f"{local} stands twice inside {_word(parent)}; the second is not read.", value=local
        )

    def _out_of_order(self, local: str, parent: _Level) -> None:
        """Report an element that comes after one that must follow it."""
        order = [" or ".join(names) for names in _CONTENT[parent.name]]
        words = f"{local} stands after {order[parent.rank]} inside {_word(parent.name)}; it comes before."
        self._found("element-order", words, value=local, expected=", ".join(order))

    def _lacks(self, local: str, part: str) -> None:
        self._found("element-order", f"{local} ends without {part}.", value=local, expected=part)


def _local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition(" ")[2]


def _word(level: str) -> str:
    """What an element is called where a message names it."""
    return level.removeprefix("flat ")

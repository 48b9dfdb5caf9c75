"""What stands inside a structure-specific data set, SDMX-ML 2.1 and 3.0: groups, series, observations, in any layout.

Sources: SDMXDataStructureSpecificBase.xsd (2.1), SDMXDataStructureSpecific.xsd (3.0).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipeline.errors import nearest, quoted
from pipeline.events import Cells, DataSet, DataSetHead, Spot, Value
from pipeline.messages.safe_xml import DEEPEST, MOST_ATTRIBUTES, XSI, Machine

MOST_HINTS = 300  # elements for which the one that was meant is looked for
_CONTENT = ("Annotations", "DataProvider", "Atts", "Group", "Series", "Obs")
_ORDER = {"Annotations": 0, "DataProvider": 1, "Atts": 2, "Group": 3, "Series": 4, "Obs": 4}  # 2.1; any order in 3.0
_FRAME = {
    "structureRef", "setID", "action", "reportingBeginDate", "reportingEndDate", "validFromDate", "validToDate",
    "publicationYear", "publicationPeriod", "dataScope",
}  # fmt: skip
_TYPE = f"{XSI} type"


class Specific:
    """Reads one data set; ``start`` and ``end`` are called by the machine for each of its elements."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        machine.parser.StartElementHandler, machine.parser.EndElementHandler = self.start, self.end
        self.data_set: DataSet | None = None
        self.depth = 0
        self.skip = 0  # the depth below which nothing is read
        self.open = ""  # Series, Obs, Group, Atts that is open, the innermost
        self.in_series = False
        self.latest = "Annotations"
        self.held: tuple[str, str, Cells, tuple[int, int, int]] | None = None  # 3.0: a tag that may have components
        self.component: tuple[str, list[str], Spot] | None = None
        self.value: list[str] | None = None
        self.places: dict[str, Spot] = {}
        self.refused = 0
        self.newer = machine.version != "2.1"
        self.observations = 0
        self._where = machine.value_place

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self.depth += 1
        if len(attributes) > MOST_ATTRIBUTES or self.depth > DEEPEST:
            self.machine.too_much(len(attributes))
        if name == "Obs" and self.depth == 2 + self.in_series and not self.skip:
            self.observations += 1
            if self.newer:
                self._hold("Obs", "", attributes)
            else:
                self.open = "Obs"
                if not self.in_series:
                    self._in_order("Obs")
                self.data_set.observation(attributes, self.machine.value_place)  # type: ignore[union-attr, arg-type]
            return
        if self.skip:
            return
        if self.depth == 1:
            self._data_set(attributes)
            return
        space, _, local = name.rpartition(" ")
        if space and local in _CONTENT and local not in ("Annotations", "DataProvider"):
            words = f"{local} is written with a namespace; in a structure-specific data set it has none."
            self._unexpected(words, local)
        self._inside(local, attributes)

    def end(self, _: str) -> None:
        """It ends."""
        self.depth -= 1
        if self.skip:
            if self.depth < self.skip:
                self.skip = 0
            return
        data_set = self.data_set
        assert data_set is not None
        if self.value is not None:
            if self.depth == self._value_depth:
                assert self.component is not None
                self.component[1].append("".join(self.value))
                self.value = self.machine.takes_text = None
        elif self.component is not None:
            self._close_component()
        elif self.depth == 0:
            self._release()
            data_set.end()
            self.machine.resume()
        elif self.in_series and self.depth == 1:
            self._release()
            self.in_series = False
            data_set.end_series()
        else:
            self._release()
        self.open = "Series" if self.in_series else ""

    def _start_in_series(self, name: str, attributes: dict[str, str]) -> None:
        """The short way, inside a series of 2.1: nothing but observations so far."""
        if name == "Obs" and self.open == "Series" and len(attributes) <= MOST_ATTRIBUTES:
            self.open = "Obs"
            self.observations += 1
            self._observation(attributes, self._where)  # type: ignore[arg-type]
        else:
            self._long_way()
            self.start(name, attributes)

    def _end_in_series(self, name: str) -> None:
        if self.open == "Obs":
            self.open = "Series"
        else:
            self._long_way()
            self.end(name)

    def _long_way(self) -> None:
        self.depth += self.open == "Obs"
        self.machine.parser.StartElementHandler, self.machine.parser.EndElementHandler = self.start, self.end

    @property
    def skipping(self) -> bool:
        """Whether an element is open of which nothing is read (annotations, metadata)."""
        return bool(self.skip)

    def at_series(self) -> bool:
        """Whether the machine stands directly inside the data set, where a series without namespace may begin."""
        if self.depth != 1 or self.skip or self.held is not None or "" in self.machine.prefixes:
            return False
        self._in_order("Series")
        return True

    def text(self, text: str) -> None:
        """Text inside a Value (3.0)."""
        if self.value is not None:
            if self.component is not None and not self.component[1] and not self.value:
                self.component = (self.component[0], [], self.machine.text_place())
            self.value.append(text)

    # --------------------------------------------------------------------------------------------- elements

    def _data_set(self, attributes: dict[str, str]) -> None:
        frame: dict[str, str] = {}
        cells: Cells = {}
        type_: tuple[str, str] | None = None
        specific = self.machine.message_space.removesuffix("message") + "data/structurespecific"
        for name, value in attributes.items():
            space, _, local = name.rpartition(" ")
            if not space:
                cells[name] = value
            elif name == _TYPE:
                prefix, _, word = value.rpartition(":")
                type_ = (self.machine.prefixes.get(prefix, ""), word)
            elif space == specific and local in _FRAME and not (local == "dataScope" and self.newer):
                frame[local] = value
            elif space == XSI:
                pass
            else:
                self.machine.unexpected_attribute(name, "DataSet")
        head = DataSetHead(
            refers=frame.get("structureRef", ""),
            type=type_,
            action=frame.get("action", ""),
            scope=frame.get("dataScope", ""),
            cells=cells,
            frame=frame,
            where=self.machine.value_place,
        )
        self.data_set = self.machine.listener.data_set(head)

    def _inside(self, local: str, attributes: dict[str, str]) -> None:
        """An element below the data set other than a plain observation."""
        depth, inside = self.depth, self.open or "DataSet"
        if local == "Comp" and self.newer and self.held is not None and self.component is None:
            self.component = (attributes.get("id", ""), [], self.machine.value_place("id"))
            self._no_others(attributes, local, ("id",))
        elif local == "Value" and self.component is not None and self.value is None:
            self.value, self.machine.takes_text, self._value_depth = [], self.text, depth - 1
            self._no_others(attributes, local, ())
        elif self.value is not None:
            pass  # Text and StructuredText inside a Value: their text counts
        elif self.component is not None or self.open in ("Obs", "Group", "Atts"):
            self._refuse(local, inside)
        elif local == "Annotations" or (local == "Metadata" and self.newer):
            self.skip = depth
        elif local == "Obs":
            self.observations += 1
            if self.newer:
                self._hold("Obs", "", attributes)
            else:
                self.open = "Obs"
                self.data_set.observation(self._plain(attributes), self.machine.value_place)  # type: ignore[union-attr]
        elif self.in_series:
            self._refuse(local, "Series")
        elif local == "Series":
            self._in_order(local)
            if self.newer:
                self._hold("Series", "", attributes)
            else:
                self.data_set.series(self._plain(attributes), self.machine.value_place)  # type: ignore[union-attr]
                parser, self._observation = self.machine.parser, self.data_set.observation  # type: ignore[union-attr]
                parser.StartElementHandler, parser.EndElementHandler = self._start_in_series, self._end_in_series
            self.in_series, self.open = True, "Series"
        elif local == "Group":
            self._in_order(local)
            id_ = attributes.pop(_TYPE, "").rpartition(":")[2] or attributes.pop(
                self.machine.message_space.removesuffix("message") + "data/structurespecific type", ""
            )
            if self.newer:
                self._hold("Group", id_, attributes)
            else:
                self.open = "Group"
                self.data_set.group(id_, self._plain(attributes), self.machine.value_place)  # type: ignore[union-attr]
        elif local == "Atts" and self.newer:
            self._hold("Atts", "", attributes)
        elif local == "DataProvider":
            self._in_order(local)
            self.skip = depth
        else:
            self._refuse(local, inside)

    def _no_others(self, attributes: dict[str, str], local: str, known: tuple[str, ...]) -> None:
        """No attributes but these, the type and the language."""
        for name in attributes:
            if name not in known and not name.startswith((XSI, "http://www.w3.org/XML/1998/namespace")):
                self.machine.unexpected_attribute(name, local)

    def _plain(self, attributes: dict[str, str]) -> Cells:
        return attributes  # type: ignore[return-value]

    def _refuse(self, local: str, inside: str) -> None:
        if self.held is not None and self.held[0] == "Series":
            self._release()
        self.refused += 1
        near = (
            ""
            if self.refused > MOST_HINTS
            else nearest(local, _CONTENT if inside == "DataSet" else ("Obs",) if inside == "Series" else ())
        )
        self._unexpected(f"the element {quoted(local)} has no place inside {inside}{near or '.'}", local)
        self.skip = self.depth

    def _unexpected(self, words: str, local: str) -> None:
        self.machine.found("unexpected-element", words, self.machine.place(), value=local[:200])

    def _in_order(self, local: str) -> None:
        if self.newer or local == self.latest:
            return
        if _ORDER[local] < _ORDER[self.latest]:
            words = f"{local} stands after {self.latest}; in SDMX-ML 2.1 it comes before."
            self.machine.found("element-order", words, self.machine.place(), value=local)
        else:
            self.latest = local

    # ------------------------------------------------------------------------------- SDMX 3.0: components

    def _hold(self, what: str, id_: str, attributes: dict[str, str]) -> None:
        """Keep a tag until it is known whether components stand inside it."""
        self._release()
        self.held = (what, id_, self._plain(attributes), self.machine.mark())
        self.open = what

    def _release(self) -> None:
        """Say the tag that was kept, with the components that stood inside it."""
        if self.held is None:
            return
        what, id_, cells, mark = self.held
        self.held = None
        places, self.places = self.places, {}

        def where(name: str) -> Spot:
            return places.get(name) or self.machine.value_place_at(mark, name)

        data_set = self.data_set
        assert data_set is not None
        if what == "Group":
            data_set.group(id_, cells, where)
            return
        tell: dict[str, Callable[[Cells, Any], None]] = {
            "Obs": data_set.observation,
            "Series": data_set.series,
            "Atts": data_set.attributes,
        }
        tell[what](cells, where)

    def _close_component(self) -> None:
        assert self.component is not None
        assert self.held is not None
        id_, values, at = self.component
        self.component = None
        cells = self.held[2]
        before: Value = cells.get(id_, ())
        said = (before,) if isinstance(before, str) else before
        cells[id_] = (*said, *values)
        self.places.setdefault(id_, at)

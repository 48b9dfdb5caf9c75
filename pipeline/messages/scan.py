"""Proves structure-specific data messages conforming, fast; says nothing of what is wrong.

Series written as nearly all programs write them are cut out of the bytes and matched with expressions; what is the same
twice is judged once. All else is read by the same machine as ever: the header, the frame of a data set, its groups, and
single series that are written in another way. The machine then sees a message from which the proven series are left
out. The judge of both is the one that explains: what is accepted here, the explaining pass finds silent. Places are
wrong in a message with gaps; so nobody may speak here: the listener raises ``UnprovenError`` instead, and so does this
module when it is of no use.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

from pipeline.events import Cells, DataSet
from pipeline.messages.safe_xml import Machine
from pipeline.messages.specific import Specific

LONGEST = 4 << 20  # bytes of a series, or of what stands between two
FEW = 20  # series that the machine may read before the share of them counts
MOST = 900  # attributes of a tag
MEMORY = 20_000  # verdicts that are remembered before they are forgotten

_BLANK = r"[ \t\r\n]"
_TEXT = r"[^\"<&\t\r\n\ufffe\uffff]*"  # as it stands: no entities, nothing that XML turns into a blank
_NAME = r"[A-Za-z_][A-Za-z0-9_.\-]*"
_WRITTEN = rf"{_TEXT}(?:&(?:amp|lt|gt|quot|apos);{_TEXT})*"  # the same with XML's own five entities
_CELL = re.compile(rf'{_BLANK}+({_NAME})="({_WRITTEN})"')
_LABEL = re.compile(rf"{_BLANK}+({_NAME})=")
_BETWEEN = re.compile(rf"{_BLANK}*/>{_BLANK}*")
_TEXTS = re.compile(r"[^<&\t\r\n\ufffe\uffff]*")
_CELLS = re.compile(rf'(?:{_BLANK}+{_NAME}="{_WRITTEN}")*{_BLANK}*')
_OPENING = re.compile(rf"({_CELLS.pattern})>{_BLANK}*(?=<)")
_NEXT = re.compile(rb"[ \t\r\n]*<Series(?=[ \t\r\n])")
_SERIES, _END = b"<Series", b"</Series>"
_TOKEN = re.compile(
    rb"<Series(?=[ \t\r\n/>])|<!--(?P<comment>.*?-->)?|<!\[CDATA\[(?P<data>.*?\]\]>)?|<\?(?P<instruction>.*?\?>)?",
    re.DOTALL,
)


class UnprovenError(Exception):
    """The message is not proven; nothing is said of it, so it has to be explained."""


class Tail(Protocol):
    """The verdict on the cells of an observation besides its period and value."""

    @property
    def missing(self) -> bool:
        """They say that there is no value."""


class Prover(Protocol):
    """Answers for the judge of a data set; it is silent wherever the judge is, and counts what it accepts."""

    period: str
    """What an observation carries besides values: the attribute that holds the period."""

    measure: str
    """The attribute that holds the value."""

    number: str
    """An expression: what matches it is a value that the judge finds right; empty when there is none."""

    def tail(self, cells: Cells) -> Tail | None:
        """The verdict on the cells of an observation besides period and value; None when something is wrong with them."""

    def series(self, cells: Cells, periods: Sequence[str], values: Sequence[str], tails: Sequence[Any]) -> bool:
        """Accept a series with its observations; False, and nothing is counted, when it is not plainly right.

        ``values`` of those observations that have one · ``tails``: the different ones of its observations, as given by ``tail``.
        """


def scan(machine: Machine, blocks: Iterable[bytes], prover: Callable[[DataSet], Prover | None]) -> bool:
    """Read a message as the machine would, proving the series that can be proven; False when it breaks off.

    ``prover`` says who answers for the judge of a data set. Raises ``UnprovenError``.
    """
    return machine.read(_Scan(machine, prover).pieces(blocks))


class _Scan:
    """One pass over one message."""

    def __init__(self, machine: Machine, prover: Callable[[DataSet], Prover | None]) -> None:
        self.machine = machine
        self.prover_of = prover
        self.content: Specific | None = None
        self.series: _Series | None = None
        self.proven = self.left = 0

    def pieces(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """What the machine has to read: everything but the proven series. After each piece it stands at a tag."""
        data, at, after = b"", 0, 0  # what is at hand; from where on it is not read; from where on to look for a tag
        proving = False
        for block in blocks:
            data, after, at = data[at:] + block, after - at, 0
            while True:
                if proving:
                    end = self._proven(data, at)
                    if end > at:
                        at = end
                        continue
                    if end < 0:  # what is at hand is not a whole series yet
                        break
                    proving, after = False, data.find(b"<", at) + 1
                after = max(after, at)
                found = _TOKEN.search(data, after)
                if found is not None and found.lastgroup:  # a comment and the like: it hides what stands in it
                    after = found.end()
                    continue
                begins = found is not None and found[0] == _SERIES
                stop = found.start() if found is not None else data.rfind(b"<", max(after - 1, at))
                stop = len(data) if stop < 0 else stop
                if stop > at:
                    yield data[at:stop]  # never ends inside a tag: the machine has understood all of it
                    at = stop
                if not begins:
                    if len(data) - at > LONGEST:
                        raise UnprovenError
                    break
                proving, after = self._begins(), at + 1
        yield data[at:]

    def _begins(self) -> bool:
        """Whether the machine stands directly inside a data set, where a series begins."""
        content = self.machine.content
        if not isinstance(content, Specific):
            raise UnprovenError
        if content is not self.content:
            assert content.data_set is not None
            prover = self.prover_of(content.data_set)
            if prover is None:
                raise UnprovenError
            self.content, self.series = content, _Series(prover)
        return content.at_series()

    def _proven(self, data: bytes, at: int) -> int:
        """The end of the series that begins here, when it is proven; ``at`` when it is not; -1 when more is needed."""
        assert self.series is not None
        opening = _NEXT.match(data, at)
        if opening is None:
            return -1 if len(data) - at < 64 else at
        end = data.find(_END, opening.end())
        if end < 0 and len(data) - at < LONGEST:
            return -1
        if end > 0 and self.series.proves(data[opening.end() : end].decode("utf-8")):
            self.proven += 1
            return end + len(_END)
        self.left += 1
        if self.left > FEW and self.left * 10 > self.proven + self.left:  # all of this is of no use
            raise UnprovenError
        return at


Found = tuple[Sequence[str], Sequence[str], Sequence[Tail]]
"""Periods, values, and the different verdicts on the rest, of the observations of a series."""


class _Series:
    """Matches the series of one data set and has them judged."""

    def __init__(self, prover: Prover) -> None:
        self.prover = prover
        self.tails: dict[str, Tail | None] = {}
        self.layouts: dict[tuple[str, ...], tuple[int, int] | None] = {}
        self.separators: dict[str, str] = {}
        period, measure = re.escape(prover.period), re.escape(prover.measure)
        number = prover.number or f'(?!"){_TEXT}'
        end = rf"([^<>]*)/>{_BLANK}*(?=<|\Z)"
        one = rf'(?>([^<>]*?) (?:{period}="({_TEXT})"|{measure}="({number})"))'
        self.numbers = re.compile(rf'(?:(?>{number})")*+(?:{number})')
        self.period_first = re.compile(rf'<Obs {period}="({_TEXT})"(?: {measure}="({number})")?{end}')
        self.anywhere = re.compile(rf"<Obs{one}{one}{end}")
        self.ways: list[Callable[[str], Found | None]] = [self._alike, self._period_first, self._anywhere]

    def proves(self, text: str) -> bool:
        """Whether this is a series that the judge accepts; what stands between ``<Series`` and ``</Series>``."""
        if "</Obs>" in text:
            text = text.replace("></Obs>", "/>")
        opening = _OPENING.match(text)
        cells = _cells(opening[1]) if opening else None
        if opening is None or cells is None:
            return False
        text = text[opening.end() :]
        for way in self.ways:
            found = way(text)
            if found is not None:
                if way != self.ways[0]:  # the next series is probably written in the same way
                    self.ways.remove(way)
                    self.ways.insert(0, way)
                return self.prover.series(cells, *found)
        return False

    def _alike(self, text: str) -> Found | None:
        """Observations with the same attributes in the same order: cut at the quotes, all is in columns."""
        parts = text.split('"')
        width = 2
        while width < len(parts) and ">" not in parts[width]:
            width += 2
        if width > 2 * MOST:
            return None
        number, odd = divmod(len(parts) - 1, width)
        names = (parts[0], *parts[2:width:2])
        places = self._places(names)
        if odd or places is None or any(parts[at::width].count(parts[at]) != number for at in range(2, width, 2)):
            return None
        for separator in {*parts[width:-1:width], parts[-1] + names[0]}:
            if self.separators.get(separator) != names[0]:
                if not separator.endswith(names[0]) or not _BETWEEN.fullmatch(separator[: -len(names[0])]):
                    return None
                if len(self.separators) < FEW:
                    self.separators[separator] = names[0]
        periods, values = parts[places[0] :: width], parts[places[1] :: width]
        if self.numbers.fullmatch('"'.join(values)) is None or _TEXTS.fullmatch('"'.join(periods)) is None:
            return None
        rest = [at for at in range(1, width, 2) if at not in places]
        labels = [names[at // 2].removeprefix("<Obs") for at in rest]
        tails = []
        for cells in set(zip(*[parts[at::width] for at in rest], strict=True)) or {()}:
            tail = self._tail("".join([f'{label}"{cell}"' for label, cell in zip(labels, cells, strict=True)]))
            if tail is None or tail.missing:
                return None
            tails.append(tail)
        return periods, values, tails

    def _places(self, names: tuple[str, ...]) -> tuple[int, int] | None:
        """Where period and value stand, when each attribute is there once: counted in what lies between quotes."""
        if names not in self.layouts:
            found = [_LABEL.fullmatch(name) for name in (names[0].removeprefix("<Obs"), *names[1:])]
            ids = [match[1] for match in found if match]
            wanted = (self.prover.period, self.prover.measure)
            right = names[0].startswith("<Obs") and len(set(ids)) == len(names) and all(id_ in ids for id_ in wanted)
            if len(self.layouts) >= 1000:
                self.layouts.clear()
            self.layouts[names] = (2 * ids.index(wanted[0]) + 1, 2 * ids.index(wanted[1]) + 1) if right else None
        return self.layouts[names]

    def _period_first(self, text: str) -> Found | None:
        """Observations that begin with their period and then their value, if they have one."""
        found = self.period_first.findall(text)
        if len(found) != text.count("<"):
            return None
        periods, values, rests = zip(*found, strict=True)
        absent = "" in values
        tails: dict[str, Tail] = {}
        for rest in set(rests):
            tail = self._tail(rest)
            if tail is None or (tail.missing and not absent):
                return None
            tails[rest] = tail
        if absent:
            if any(tails[rest].missing is not (not value) for _, value, rest in found):
                return None
            values = tuple([value for value in values if value])
        return periods, values, list(tails.values())

    def _anywhere(self, text: str) -> Found | None:
        """Observations with period and value somewhere among the rest."""
        found = self.anywhere.findall(text)
        if len(found) != text.count("<"):
            return None
        before, period, value, between, other_period, other_value, after = zip(*found, strict=True)
        periods = [a or b for a, b in zip(period, other_period, strict=True)]
        values = [a or b for a, b in zip(value, other_value, strict=True)]
        if "" in periods or "" in values:  # one of them is empty, or stands twice and the other not at all
            return None
        tails = [self._tail("".join(parts)) for parts in set(zip(before, between, after, strict=True))]
        known = [tail for tail in tails if tail is not None and not tail.missing]
        return (periods, values, known) if len(known) == len(tails) else None

    def _tail(self, text: str) -> Tail | None:
        """The verdict on the attributes besides period and value, once for each text."""
        if text not in self.tails:
            cells = _cells(text)
            right = cells is not None and self.prover.period not in cells and self.prover.measure not in cells
            if len(self.tails) >= MEMORY:
                self.tails.clear()
            self.tails[text] = self.prover.tail(cells) if right and cells is not None else None
        return self.tails[text]


def _cells(text: str) -> Cells | None:
    """Attributes as they stand in a tag; None when they are not written plainly, each name once."""
    if _CELLS.fullmatch(text) is None:
        return None
    pairs = _CELL.findall(text)
    if "&" in text:
        pairs = [(name, html.unescape(value)) for name, value in pairs]
    cells: Cells = dict(pairs)
    return cells if len(cells) == len(pairs) <= MOST and "xmlns" not in cells else None

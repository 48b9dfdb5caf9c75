"""Reading SDMX-ML data messages from hostile bytes: one streaming pass with expat, exact places at any size.

A document type is refused before anything is expanded, nothing is fetched, depth and lengths are limited. The frame of
the message (root, header, data sets) is read here; what stands inside a data set is read by ``specific`` or ``generic``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Protocol
from xml.parsers import expat

from pipeline.errors import nearest, quoted
from pipeline.events import Header, Listener, Part, Spot, Use
from pipeline.facts.references import Reference, parse_reference
from pipeline.findings import Finding

DEEPEST = 40  # elements inside one another
MOST_ATTRIBUTES = 1000  # of one element
MOST_HEADER = 10_000  # elements of a header
LONGEST_HEADER = 1 << 20  # bytes up to its end
MOST_DATA_SETS = 1000
LONGEST_TEXT = 1 << 20  # characters of an element of the header
NEAR = 4096  # bytes that are looked at from a place on
LOOK = 1 << 16  # bytes that are looked at before a place
LONGEST = 8 << 20  # bytes of a tag, a text or a comment

XSI = "http://www.w3.org/2001/XMLSchema-instance"
_SDMX = re.compile(r"https?://www\.sdmx\.org/resources/sdmxml/schemas/v(\d)_(\d)/(.+)", re.IGNORECASE)
_OF_METADATA = frozenset({"GenericMetadata", "StructureSpecificMetadata", "MetadataSet"})
_FORMATS = {
    "StructureSpecificData": ("StructureSpecificData", "specific", ("2.1", "3.0", "3.1")),
    "StructureSpecificTimeSeriesData": ("StructureSpecificTimeSeriesData", "specific", ("2.1",)),
    "GenericData": ("GenericData", "generic", ("2.1",)),
    "GenericTimeSeriesData": ("GenericTimeSeriesData", "generic", ("2.1",)),
}


class Content(Protocol):
    """Reads what stands inside a data set; names are ``namespace local``, or ``local`` for an unqualified name."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins, the data set itself included."""

    def end(self, name: str) -> None:
        """It ends."""


class StopReadingError(Exception):
    """Nothing more can be read; the reason was found and said."""


class Machine:
    """One pass over one message; ``read`` drives it."""

    def __init__(self, listener: Listener, contents: dict[str, Callable[[Machine], Content]]) -> None:
        self.listener = listener
        self.contents = contents
        self.format = ""
        self.version = ""
        self.kind = ""
        self.uses: dict[str, Use] = {}
        self.observations = 0  # counted by the content, for the sentence about a file that breaks off
        self._stack: list[str] = []
        self._header: list[_Open] | None = None
        self._headers = 0
        self._header_done = False
        self._data_sets = 0
        self._content: Content | None = None
        self.takes_text: Callable[[str], None] | None = None  # set by the content where text is meant
        self.prefixes: dict[str, str] = {}
        self._last_root_child = ""
        self._before = self._block = b""
        self._block_at = 0
        self._both: bytes | None = None
        self._tag_at = -1  # the tag that was asked last
        self._tag: tuple[bytes, int, dict[bytes, int]] = (b"", 0, {})
        self.parser = expat.ParserCreate("UTF-8", " ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.XmlDeclHandler = self._declaration
        self.parser.StartNamespaceDeclHandler = self._prefix

    # ---------------------------------------------------------------------------------------------- driving

    def read(self, blocks: Iterable[bytes]) -> bool:
        """Read the whole message; False when it breaks off or cannot be read to its end."""
        try:
            for block in blocks:
                self._before, self._block, self._both = self._block, block, None
                self.parser.Parse(block, False)
                self._block_at += len(block)
                if self._block_at - self.parser.CurrentByteIndex > LONGEST:
                    self.found("limit", f"a tag or text is longer than {LONGEST:,} bytes.", self.place())
                    return False
            self._before, self._block, self._both = self._block, b"", None
            self.parser.Parse(b"", True)
        except StopReadingError:
            return False
        except expat.ExpatError as error:
            self._not_well_formed(error)
            return False
        return True

    def found(self, rule: str, message: str, at: Spot, **more: Any) -> None:
        """Say what the reader itself found."""
        self.listener.found(Finding(rule, message, line=at[0], column=at[1], **more))

    # --------------------------------------------------------------------------------------------- places

    def place(self) -> Spot:
        """Where the current tag or text begins."""
        return self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1

    def mark(self) -> tuple[int, int, int]:
        """The current tag, to ask for the places inside it later: byte index, line, column."""
        parser = self.parser
        return parser.CurrentByteIndex, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1

    def value_place(self, name: str) -> Spot:
        """Where the value of an attribute of the current tag begins; the tag for one that it has not."""
        if not name:
            parser = self.parser
            return parser.CurrentLineNumber, parser.CurrentColumnNumber + 1
        return self.value_place_at(self.mark(), name)

    def value_place_at(self, mark: tuple[int, int, int], name: str) -> Spot:
        """The same for a tag that was marked before, while its block is at hand."""
        index, line, column = mark
        local = name.rpartition(" ")[2].encode()
        if not local:
            return line, column
        if index != self._tag_at:
            self._tag_at, self._tag = index, self._values_from(index)
        block, inside, values = self._tag
        if local not in values:
            return line, column
        before = block[inside : values[local]]
        lines = _lines(before)
        last = before[max(before.rfind(b"\n"), before.rfind(b"\r")) + 1 :]
        width = len(last.decode("utf-8", "replace"))
        return (line + lines, width + 1) if lines else (line, column + width)

    def _values_from(self, index: int) -> tuple[bytes, int, dict[bytes, int]]:
        """The bytes at hand, where the tag begins in them, and where the value of each attribute does, by local name."""
        block, inside = self._at_hand(index)
        opening = _OPENING.match(block, inside)
        place = opening.end() if opening else inside
        found: dict[bytes, int] = {}
        while match := _ATTRIBUTE.match(block, place):
            found.setdefault(match[1].rpartition(b":")[2], match.start(3))
            if b":" not in match[1]:
                found[match[1]] = match.start(3)
            place = match.end()
        return block, inside, found

    def _at_hand(self, index: int) -> tuple[bytes, int]:
        """Bytes that are at hand, and where this index stands in them."""
        inside = index - self._block_at
        if inside >= 0:
            return self._block, inside
        if self._both is None:
            self._both = self._before + self._block
        return self._both, max(inside + len(self._before), 0)

    def _from(self, index: int) -> bytes:
        """Some bytes from this index on, as far as they are at hand."""
        block, inside = self._at_hand(index)
        return block[inside : inside + NEAR]

    # ------------------------------------------------------------------------------------------- handlers

    def _declaration(self, version: str, _encoding: str | None, _standalone: int) -> None:
        if version != "1.0":
            self.found("not-well-formed", f"the file is XML {version}; SDMX messages are XML 1.0.", self.place())

    def _prefix(self, prefix: str | None, space: str) -> None:
        self.prefixes[prefix or ""] = space

    def _doctype(self, name: str, *_: object) -> None:
        words = f"the file has a document type declaration ({name[:60]!r}): DTD not allowed; possible attack; nothing was read."
        self.found("document-type", words, self.text_place(b"<!DOCTYPE"))
        raise StopReadingError

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._stack.append(name)
        depth = len(self._stack)
        if depth > DEEPEST or len(attributes) > MOST_ATTRIBUTES:
            self.too_much(len(attributes))
        if self._content is not None:
            self._content.start(name, attributes)
        elif depth == 1:
            self._root(name, attributes)
        elif self._header is not None:
            self._header_start(name, attributes)
        elif depth == 2:
            self._root_child(name, attributes)
        elif depth == 3 and self._stack[1].endswith("Footer"):
            pass

    def too_much(self, attributes: int) -> None:
        """Refuse an element that is too deep or has too many attributes."""
        words = f"elements stand more than {DEEPEST} deep inside one another."
        if attributes > MOST_ATTRIBUTES:
            words = f"an element has {attributes:,} attributes; at most {MOST_ATTRIBUTES:,} are read."
        self.found("limit", words, self.place())
        raise StopReadingError

    def resume(self) -> None:
        """The content of a data set that took over the handlers has come to its end."""
        self.parser.StartElementHandler, self.parser.EndElementHandler = self._start, self._end
        self._stack.pop()
        self.observations += getattr(self._content, "observations", 0)
        self._content = None

    @property
    def content(self) -> Content | None:
        """Who reads the data set that is open."""
        return self._content

    def inside(self) -> str:
        """The element that is open."""
        opened: str | None = getattr(self._content, "open", None)
        if opened:
            return opened
        return self._stack[-1].rpartition(" ")[2] if self._stack else ""

    def _end(self, name: str) -> None:
        self._stack.pop()
        depth = len(self._stack)
        if self._content is not None:
            self._content.end(name)
            if depth == 1:
                self.observations += getattr(self._content, "observations", 0)
                self._content = None
        elif self._header is not None:
            self._header_end(depth)

    def _text(self, text: str) -> None:
        if self._header is None and self.takes_text is None and not text.strip(" \t\r\n"):
            return
        if self.takes_text is not None:
            self.takes_text(text)
            return
        if self._header is not None:
            self._header_text(text)
            return
        if not text.strip(" \t\r\n") or (len(self._stack) > 1 and self._stack[1].endswith("Footer")):
            return
        if getattr(self._content, "skipping", False):
            return
        inside = self.inside() or "the message"
        shown = text.strip()
        self.found(
            "stray-text",
            f"the text {quoted(shown)} stands inside {inside}, where no text belongs.",
            self.text_place(),
            value=shown[:200],
        )

    def _header_text(self, text: str) -> None:
        assert self._header is not None
        opened = self._header[-1]
        if not text.strip() and not opened.text:
            return
        if not opened.text:
            opened.text_at = self.text_place()
        opened.text += text
        if len(opened.text) > LONGEST_TEXT:
            self.found("limit", f"a text of the header is longer than {LONGEST_TEXT:,} characters.", opened.at)
            raise StopReadingError

    def text_place(self, after: bytes = b">") -> Spot:
        """Where a text begins, its blanks left out: expat tells it when the next tag is reached."""
        index, line, column = self.mark()
        block, inside = self._at_hand(index)
        near = block[max(inside - LOOK, 0) : inside]
        if len(near) < LOOK and block is self._block:
            near = self._before[-LOOK:] + near
        start = near.rfind(after) + (after == b">")
        start += len(near[start:]) - len(near[start:].lstrip())
        behind = near[start:]
        begin = max(near.rfind(b"\n", 0, start), near.rfind(b"\r", 0, start)) + 1
        if not begin and not _lines(behind):  # the line begins before the bytes at hand
            return line, max(column - len(behind.decode("utf-8", "replace")), 1)
        return line - _lines(behind), len(near[begin:start].decode("utf-8", "replace")) + 1

    # ------------------------------------------------------------------------------------------- the frame

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        match = _SDMX.fullmatch(space)
        at = self.place()
        if match is None:
            words = f"this is not SDMX: its root is {quoted(local)}"
            words += f" of the namespace {quoted(space)}." if space else " of no namespace."
            if local in _FORMATS:
                words += " Its namespace is not the one of SDMX messages."
            self.found("not-sdmx", words, at, value=local)
            raise StopReadingError
        version = f"{match[1]}.{match[2]}"
        if version not in ("2.1", "3.0", "3.1"):
            words = f"this is an SDMX {version} message ({local}); accepted are 2.1 and 3.0."
            self.found("sdmx-version", words, at, value=version, expected="2.1 or 3.0")
            raise StopReadingError
        known = _FORMATS.get(local)
        if known is None or match[3].lower() != "message":
            near = "" if local in _OF_METADATA else nearest(local, _FORMATS)
            words = f"this is an SDMX {version} {local} message, not a data message{near or '.'}"
            if local in _OF_METADATA:
                words += " The text of a metadata report is judged by `ebs metadata --check`."
            self.found("not-sdmx", words, at, value=local, expected=", ".join(_FORMATS))
            raise StopReadingError
        name_, self.kind, versions = known
        if version not in versions:
            words = f"SDMX {version} has no message {local}."
            self.found("sdmx-version", words, at, value=f"{local} {version}")
            raise StopReadingError
        self.version, self.format = version, f"{name_} {version}"
        base = space[: -len(match[3])]
        self.message_space, self.common_space = space, f"{base}common"
        for attribute in attributes:
            if not attribute.startswith(XSI + " "):
                self.unexpected_attribute(attribute, local)
        self.listener.message(self.format)

    def unexpected_attribute(self, attribute: str, element: str) -> None:
        """Say that an attribute of the current tag has no place there."""
        local = attribute.rpartition(" ")[2]
        self.found(
            "unexpected-attribute",
            f"{element} has an attribute {quoted(local)}, which has no place there.",
            self.value_place(attribute),
            component=local,
        )

    def _root_child(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        at = self.place()
        if local == "Header" and space == self.message_space:
            if self._headers:
                self.found("unexpected-element", "a second Header stands in the message.", at, value=local)
            elif self._last_root_child:
                self.found("element-order", f"the Header stands after {self._last_root_child}; it comes first.", at)
            self._headers += 1
            self._header = [_Open(local, "message", dict(attributes), at, self._places(attributes))]
        elif local == "DataSet" and space == self.message_space:
            if self._last_root_child == "Footer":
                self.found("element-order", "a DataSet stands after the Footer.", at)
            self._data_sets += 1
            if self._data_sets > MOST_DATA_SETS:
                self.found("limit", f"the message has more than {MOST_DATA_SETS:,} data sets.", at)
                raise StopReadingError
            self._content = self.contents[self.kind](self)
            self._content.start(name, attributes)
        elif local == "Footer" and space.startswith(self.message_space):
            pass
        else:
            near = nearest(local, ("Header", "DataSet", "Footer"))
            words = f"the element {quoted(local)} has no place in the message"
            if local in ("Header", "DataSet"):
                words += f": it is of the namespace {quoted(space)}, not of the message's"
                near = ""
            self.found("unexpected-element", f"{words}{near or '.'}", at, value=local)
            self._content = _Ignored()
            if local == "DataSet":
                self._content = self.contents[self.kind](self)
                self._content.start(name, attributes)
        self._last_root_child = local

    def _places(self, attributes: dict[str, str]) -> dict[str, Spot]:
        return {name: self.value_place(name) for name in attributes}

    def _header_start(self, name: str, attributes: dict[str, str]) -> None:
        assert self._header is not None
        self._headers += 1
        if self._headers > MOST_HEADER or self.parser.CurrentByteIndex > LONGEST_HEADER:
            words = f"the header has more than {MOST_HEADER:,} elements, or ends beyond {LONGEST_HEADER:,} bytes."
            self.found("limit", words, self.place())
            raise StopReadingError
        space, _, local = name.rpartition(" ")
        known = {self.message_space: "message", self.common_space: "common"}
        self._header.append(
            _Open(local, known.get(space, space), dict(attributes), self.place(), self._places(attributes))
        )

    def _header_end(self, depth: int) -> None:
        assert self._header is not None
        part = self._header.pop().close()
        if self._header:
            self._header[-1].parts.append(part)
        if depth == 1:
            self._header = None
            if part.text.strip():
                words = f"the text {quoted(part.text.strip())} stands inside Header, where no text belongs."
                self.found("stray-text", words, part.text_at, value=part.text.strip()[:200])
            if not self._header_done:
                self._header_done = True
                uses = tuple(_use(one) for one in part.parts if one.name == "Structure" and one.space == "message")
                self.uses = {use.id: use for use in reversed(uses)}
                self.listener.header(Header(part.parts, uses, part.at))

    # ------------------------------------------------------------------------------------ not well-formed

    def _not_well_formed(self, error: expat.ExpatError) -> None:
        """Say in one sentence what stops the reading, and how far it got."""
        at = (error.lineno, error.offset + 1)
        code = expat.errors.messages.get(error.code, "")
        self.observations += getattr(self._content, "observations", 0)
        got = f"{self.observations:,} observation{'s' if self.observations != 1 else ''} were read before it."
        inside = self.inside()
        index = self.parser.ErrorByteIndex
        before, rest = self._from(max(index - 2, 0))[: min(index, 2)], self._from(index)[:4096]
        if error.code in _TRUNCATED and not self._block:
            what = f"in the middle of <{inside} …>" if inside else "before its first element is complete"
            if error.code == _UNCLOSED_TOKEN and (tag := re.match(rb"<([^\s/>!?]+)", rest)):
                what = f"in the middle of <{tag[1].decode('utf-8', 'replace').rpartition(':')[2]} …>"
            self.found("truncated", f"the file ends {what} after {self.observations:,} observations.", at)
        elif error.code == _TAG_MISMATCH:
            end = re.match(rb"(?:</)?([^\s>]+)", rest)
            at = (at[0], at[1] - 2) if before == b"</" else at
            ends = end[1].decode("utf-8", "replace") if end else "another"
            words = f"the element {quoted(inside)} is open and {quoted(ends)} is closed; {got}"
            self.found("not-well-formed", words, at, value=ends[:200], expected=inside)
        elif error.code == _JUNK:
            self.found(
                "not-well-formed",
                f"something stands after the end of the message: {quoted(rest[:40].decode('utf-8', 'replace'))}; {got}",
                at,
            )
        elif error.code == _DUPLICATE:
            doubled = re.match(rb"([^\s=]+)\s*=", rest)
            name = doubled[1].decode("utf-8", "replace") if doubled else "of one name"
            words = f"the attribute {quoted(name)} stands twice in one tag; {got}"
            self.found("not-well-formed", words, at, component=name)
        elif error.code == _UNDEFINED_ENTITY:
            entity = re.match(rb"[^&]*?(&[^;\s]*;)", rest)
            name = entity[1].decode("utf-8", "replace") if entity else "an entity"
            self.found("not-well-formed", f"the entity {quoted(name)} is not defined; {got}", at, value=name[:200])
        elif error.code == _CHARACTER:
            reference = re.search(rb"&#[^;\s]*;?", rest)
            name = reference[0].decode("utf-8", "replace") if reference else "a character reference"
            words = f"{quoted(name)} stands for a character that no XML file may have; {got}"
            self.found("control-character", words, at, value=name[:200])
        elif error.code == _INVALID_TOKEN and (rest[:1] in (b"&", b"<") or before[-1:] == b"&"):
            odd = rest[:1].decode() if rest[:1] in (b"&", b"<") else "&"
            at = at if rest[:1] in (b"&", b"<") else (at[0], at[1] - 1)
            words = f"the character {odd!r} stands where it must be written as {_WRITTEN[odd]}; {got}"
            self.found("not-well-formed", words, at, value=odd)
        else:
            shown = f" near {quoted(rest[:30].decode('utf-8', 'replace'))}" if rest else ""
            self.found("not-well-formed", f"not well-formed XML: {code}{shown}; {got}", at)


class _Ignored:
    """What stands inside an element that has no place in the message: nothing of it is read."""

    skipping = True

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Nothing is read."""

    def end(self, name: str) -> None:
        """Nothing is read."""


class _Open:
    """An element of the header that is still open."""

    def __init__(self, name: str, space: str, attributes: dict[str, str], at: Spot, places: dict[str, Spot]) -> None:
        self.name, self.space, self.attributes, self.at, self.places = name, space, attributes, at, places
        self.text, self.text_at = "", at
        self.parts: list[Part] = []

    def close(self) -> Part:
        """The whole element."""
        return Part(
            self.name,
            self.space,
            self.text.rstrip(),
            self.attributes,
            self.at,
            self.text_at,
            self.places,
            tuple(self.parts),
        )


_WRITTEN = {"&": "&amp;", "<": "&lt;"}
_OPENING = re.compile(rb"<[^\s/>\"'=]+")
_ATTRIBUTE = re.compile(rb"\s+([^\s=/>\"']+)\s*=\s*(\"|')((?:(?!\2).)*)\2", re.DOTALL)
_ERRORS = expat.errors.codes
_TAG_MISMATCH = _ERRORS[expat.errors.XML_ERROR_TAG_MISMATCH]
_JUNK = _ERRORS[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]
_DUPLICATE = _ERRORS[expat.errors.XML_ERROR_DUPLICATE_ATTRIBUTE]
_UNDEFINED_ENTITY = _ERRORS[expat.errors.XML_ERROR_UNDEFINED_ENTITY]
_CHARACTER = _ERRORS[expat.errors.XML_ERROR_BAD_CHAR_REF]
_INVALID_TOKEN = _ERRORS[expat.errors.XML_ERROR_INVALID_TOKEN]
_UNCLOSED_TOKEN = _ERRORS[expat.errors.XML_ERROR_UNCLOSED_TOKEN]
_TRUNCATED = {
    _UNCLOSED_TOKEN,
    _ERRORS[expat.errors.XML_ERROR_NO_ELEMENTS],
    _ERRORS[expat.errors.XML_ERROR_PARTIAL_CHAR],
    _ERRORS[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
}


def _lines(data: bytes) -> int:
    """Line ends: LF, CR LF, or CR alone."""
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")


_KINDS = {"Structure": "DataStructure", "StructureUsage": "Dataflow"}
_AGREEMENTS = ("ProvisionAgrement", "ProvisionAgreement")


def _use(part: Part) -> Use:
    """What a header's Structure says: 2.1 with Ref or URN inside, 3.0 with the URN as text."""
    inner = next((one for one in part.parts if one.name in (*_KINDS, *_AGREEMENTS)), None)
    kind = "" if inner is None else _KINDS.get(inner.name, "ProvisionAgreement")
    reference: Reference | None = None
    missing: tuple[str, ...] = ("reference",)
    if inner is not None:
        ref, urn = inner.part("Ref"), inner.part("URN")
        if ref is not None:
            get = ref.attributes.get
            reference = Reference(get("class", ""), get("agencyID", ""), get("id", ""), get("version", "1.0"), "")
            missing = tuple(name for name in ("agencyID", "id") if not get(name))
        else:
            text = (urn.text if urn is not None else inner.text).strip()
            reference = parse_reference(text, version="")
            if reference is not None:
                missing = tuple(
                    word for word, there in zip(("agencyID", "id", "version"), reference[1:4], strict=True) if not there
                )
    get = part.attributes.get
    return Use(
        get("structureID", ""),
        "" if reference is None else reference.ref,
        kind or (reference.kind if reference is not None else ""),
        get("namespace", ""),
        get("dimensionAtObservation", ""),
        part,
        missing,
    )

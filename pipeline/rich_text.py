"""Rich text as the metadata report knows it: a small tree of XHTML elements, on an allow-list, in one canonical form.

What is on the list can be written as Markdown, as XHTML in a message and as HTML on a page, and comes back the same;
everything else is left out by whoever reads it, and named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

PARAGRAPHS = frozenset({"p", "h4", "h5", "h6"})
"""Blocks that hold text; so do the cells of a table and, beside further blocks, the items of a list."""
CONTAINERS = frozenset({"ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr"})
CELLS = frozenset({"th", "td"})
LITERAL = frozenset({"pre"})  # its text is kept as it stands, line by line
EMPTY = frozenset({"br", "hr"})
INLINE = frozenset({"a", "strong", "em", "code", "sub", "sup", "br"})
BLOCKS = PARAGRAPHS | LITERAL | {"ul", "ol", "blockquote", "table", "hr"}
ALLOWED = PARAGRAPHS | CONTAINERS | CELLS | LITERAL | EMPTY | INLINE
ATTRIBUTES = {"a": ("href", "title"), "ol": ("start",), "th": ("align",), "td": ("align",)}
SCHEMES = ("http", "https", "mailto")
DEEPEST = 20
SIDES = frozenset({"left", "center", "right"})

SPACE = re.compile("[ \\t\\r\\n\x85\u2028\u2029]+")
NONCHARACTERS = "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
INVALID = re.compile(f"[\\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef{NONCHARACTERS}]")
"""What XML cannot hold, or should not: controls and what Unicode keeps for no character."""
UNSEEN = re.compile(f"\\s|{INVALID.pattern}")
START = re.compile("[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Element:
    """An element and what is in it; attributes in the order of their names."""

    tag: str
    children: tuple[Node, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        """An attribute, empty where it is not set."""
        return dict(self.attributes).get(name, "")


Node = Element | str
BREAK = Element("br")
"""Between blocks that become lines of one text: a line break unless there is one already."""
RichText = tuple[Element, ...]
"""Blocks: paragraphs, lists, tables, quotations."""


def paragraph(text: str) -> RichText:
    """Plain text as one paragraph."""
    return canonical((Element("p", (text,)),))


def may_link(address: str) -> bool:
    """Whether a link may lead there: an address of the web or of a mailbox, or a place of the same page."""
    if UNSEEN.search(address):
        return False
    try:
        scheme = urlsplit(address).scheme.lower()
    except ValueError:
        return False
    return scheme in SCHEMES or address.startswith("#")


# ------------------------------------------------------------------------------------------------- canonical form


def canonical(blocks: Iterable[Node]) -> RichText:
    """The one form of several that say the same, whatever stands in what; the canonical form is its own.

    No empty element, no double space, no text beside blocks, no emphasis within the same emphasis, no link that may not
    be one (its text stays), no list or quotation deeper than ``DEEPEST`` (its blocks stay). A table has one row of
    headings or none, rows of one length and one alignment for a column.
    Elements that are not on the list must have been left out before (``ALLOWED``); other attributes are left out here.
    """
    return tuple(_blocks(blocks))


def _blocks(nodes: Iterable[Node], depth: int = 0) -> Iterator[Element]:
    """Nodes as blocks; what is inline between them becomes a paragraph, a part without its whole what is in it."""
    line: list[Node] = []
    for node in (*nodes, None):
        if node is not None and (isinstance(node, str) or node.tag in INLINE):
            line.append(node)
            continue
        if text := _text(line):
            yield Element("p", text)
        line = []
        if node is None:
            continue
        holds_blocks = any(isinstance(child, Element) and child.tag not in INLINE for child in node.children)
        too_deep = depth == DEEPEST and node.tag in CONTAINERS - {"table"}
        if node.tag not in BLOCKS or too_deep or (node.tag == "p" and holds_blocks):
            yield from _blocks(node.children, depth)
        elif (block := _block(node, depth + 1)) is not None:
            yield block


def _block(node: Element, depth: int) -> Element | None:
    """A block, or nothing where it is empty."""
    if node.tag == "hr":
        return Element("hr")
    if node.tag == "table":
        return _table(node)
    children: tuple[Node, ...]
    if node.tag in LITERAL:
        lines = INVALID.sub("", plain_inline(node.children)).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        text = "\n".join(line.rstrip() for line in lines).strip("\n")
        children = (text,) if text else ()
    elif node.tag in PARAGRAPHS:
        children = _text(node.children)
    elif node.tag == "blockquote":
        children = tuple(_blocks(node.children, depth))
    else:
        children = tuple(_items(node.children, depth))
    return Element(node.tag, children, _attributes(node)) if children else None


def _items(nodes: Iterable[Node], depth: int) -> Iterator[Element]:
    """The items of a list; what stands between them is one, too."""
    for node in nodes:
        is_item = isinstance(node, Element) and node.tag == "li"
        blocks = tuple(_blocks(node.children if isinstance(node, Element) and is_item else (node,), depth))
        if blocks and blocks[0].tag == "p" and not any(block.tag == "p" for block in blocks[1:]):
            yield Element("li", (*blocks[0].children, *blocks[1:]))  # a tight item: its text, then perhaps a list
        elif blocks:
            yield Element("li", blocks)


def _table(node: Element) -> Element | None:
    """A table: a row of headings where the first row is one, then the others; the empty ones are left out."""
    found = [(heads, tuple(_cell(cell) for cell in row)) for heads, row in _rows(node, False)]
    found = [(heads, row) for heads, row in found if any(cell.children for cell in row)]
    if not found:
        return None
    columns = range(max(len(row) for _, row in found))
    align = [
        next((row[at].get("align") for _, row in found if at < len(row) and row[at].attributes), "") for at in columns
    ]
    parts: dict[str, list[Node]] = {"thead": [], "tbody": []}
    for place, (heads, row) in enumerate(found):
        part, tag = ("thead", "th") if heads and not place else ("tbody", "td")
        texts = [row[at].children if at < len(row) else () for at in columns]
        cells = tuple(
            Element(tag, text, (("align", side),) if side else ()) for text, side in zip(texts, align, strict=True)
        )
        parts[part].append(Element("tr", cells))
    return Element("table", tuple(Element(part, tuple(rows)) for part, rows in parts.items() if rows))


def _rows(node: Element, in_head: bool) -> Iterator[tuple[bool, tuple[Element, ...]]]:
    """(Whether it holds headings, its cells) of every row of a table."""
    for child in node.children:
        if not isinstance(child, Element):
            continue
        if child.tag == "tr":
            cells = tuple(cell for cell in child.children if isinstance(cell, Element) and cell.tag in CELLS)
            yield in_head or all(cell.tag == "th" for cell in cells), cells
        else:
            yield from _rows(child, child.tag == "thead")


def _cell(cell: Element) -> Element:
    side = cell.get("align").strip().lower()
    return Element(cell.tag, _text(cell.children), (("align", side),) if side in SIDES else ())


def _attributes(node: Element) -> tuple[tuple[str, str], ...]:
    """The attributes that an element may have, as it may have them."""
    found = {}
    for name, value in node.attributes:
        text = INVALID.sub("", SPACE.sub(" ", value)).strip()
        if name == "start":
            text = str(int(text)) if START.fullmatch(text) else ""
            text = "" if text == "1" else text
        if name in ATTRIBUTES.get(node.tag, ()) and text:
            found[name] = text
    return tuple(sorted(found.items()))


def _text(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """The inline nodes of a block: nothing blank at its ends, neither a line break nor any kind of space."""
    found = list(_inline(nodes, frozenset()))
    for at, strip in ((0, str.lstrip), (-1, str.rstrip)):
        while found:
            node = found[at]
            if isinstance(node, str) and (text := strip(node)):
                found[at] = text
                break
            if isinstance(node, Element) and node.tag != "br":
                break
            found.pop(at)
    return tuple(found)


def _inline(nodes: Iterable[Node], within: frozenset[str]) -> tuple[Node, ...]:
    """Text and inline elements with single spaces, none at the ends or beside a line break."""
    found: list[Node] = []
    space = True  # whether a space would be one too many here
    for node in _merged(_inlined(nodes, within)):
        if isinstance(node, str):
            text = SPACE.sub(" ", node)
            text = text.removeprefix(" ") if space else text
            if text:
                space = text.endswith(" ")
                found.append(text)
        elif node.tag == "br":
            _strip_end(found)
            last = found[-1] if found else BREAK
            if node is not BREAK or not isinstance(last, Element) or last.tag != "br":
                found.append(Element("br"))
            space = True
        else:
            if _edge(node, 0) and not space:
                found.append(" ")
            if node.tag == "code":
                children: tuple[Node, ...] = (SPACE.sub(" ", plain_inline(_inlined(node.children, INLINE))).strip(),)
            else:
                children = _inline(node.children, within | {node.tag})
            found.append(Element(node.tag, children, _attributes(node)))
            space = _edge(node, -1)
            if space:
                found.append(" ")
    while found and (found[-1] == " " or (isinstance(found[-1], Element) and found[-1].tag == "br")):
        found.pop()
    while found and isinstance(found[0], Element) and found[0].tag == "br":
        found.pop(0)
    _strip_end(found)
    return tuple(_joined(found))


def _inlined(nodes: Iterable[Node], within: frozenset[str]) -> Iterator[Node]:
    """Nodes without what adds nothing: a block becomes its lines, an element that is blank or there already its text."""
    for node in nodes:
        if isinstance(node, str):
            yield INVALID.sub("", node)
        elif node.tag == "br":
            yield node
        elif node.tag not in INLINE:
            yield BREAK
            yield from _inlined(node.children, within)
            yield BREAK
        else:
            refused = node.tag == "a" and not may_link(dict(_attributes(node)).get("href", ""))
            if refused or node.tag in within or not INVALID.sub("", plain_inline(node.children)).strip():
                yield from _inlined(node.children, within)
            else:
                yield node


def _edge(node: Element, at: int) -> bool:
    """Whether the text of an element begins (0) or ends (-1) with a space."""
    text = INVALID.sub("", plain_inline(node.children))
    return bool(SPACE.match(text[at]))


def _strip_end(found: list[Node]) -> None:
    if found and isinstance(found[-1], str):
        found[-1] = found[-1].rstrip(" ")
        if not found[-1]:
            found.pop()


def _merged(nodes: Iterable[Node]) -> Iterator[Node]:
    """Texts that follow one another as one."""
    text = ""
    for node in nodes:
        if isinstance(node, str):
            text += node
            continue
        if text:
            yield text
        text = ""
        yield node
    if text:
        yield text


def _joined(nodes: Iterable[Node]) -> Iterator[Node]:
    """Texts, and emphases of one kind, that follow one another as one."""
    last: Element | None = None
    for node in _merged(nodes):
        if isinstance(node, Element) and last is not None and node.tag == last.tag and node.tag not in ("a", "br"):
            last = Element(last.tag, tuple(_joined((*last.children, *node.children))))
            continue
        if last is not None:
            yield last
        last = None
        if isinstance(node, str):
            yield node
        else:
            last = node
    if last is not None:
        yield last


# ------------------------------------------------------------------------------------------------------- plain text


def plain_inline(nodes: Iterable[Node]) -> str:
    """The text of inline nodes, line breaks as such."""
    return "".join(
        node if isinstance(node, str) else "\n" if node.tag == "br" else plain_inline(node.children) for node in nodes
    )


def plain(text: RichText) -> str:
    """Rich text without its form: a line for each paragraph, item and row."""
    return "\n".join(_lines(text))


def _lines(nodes: Iterable[Node], mark: str = "") -> Iterator[str]:
    for block in nodes:
        if isinstance(block, str) or block.tag in INLINE:
            raise ValueError("inline text where blocks are expected: it is not in canonical form")
        if block.tag in ("ul", "ol"):
            for place, item in enumerate(block.children, 1):
                assert isinstance(item, Element)
                text = [child for child in item.children if isinstance(child, str) or child.tag in INLINE]
                rest = [child for child in item.children if isinstance(child, Element) and child.tag not in INLINE]
                sign = "- " if block.tag == "ul" else f"{place + int(block.get('start') or 1) - 1}. "
                if text:
                    yield f"{mark}{sign}{plain_inline(text)}"
                yield from _lines(rest, f"{mark}  ")
        elif block.tag == "table":
            for row in rows(block):
                yield mark + " | ".join(plain_inline(cell.children) for cell in row)
        elif block.tag == "blockquote":
            yield from _lines(block.children, f"{mark}> ")
        elif block.tag == "hr":
            yield f"{mark}---"
        else:
            yield from (f"{mark}{line}" for line in plain_inline(block.children).split("\n"))


def rows(table: Element) -> Iterator[tuple[Element, ...]]:
    """The rows of a table, those of its head first."""
    for child in table.children:
        if isinstance(child, Element) and child.tag == "tr":
            yield tuple(cell for cell in child.children if isinstance(cell, Element))
        elif isinstance(child, Element):
            yield from rows(child)


# -------------------------------------------------------------------------------------------------- Markdown's asides


@dataclass(frozen=True, slots=True)
class Aside:
    """A part of a line that is no prose: from the character ``start`` to before ``end``.

    ``kind``: code, comment, or indented, which is code by nothing but the blanks before it.
    """

    start: int
    end: int
    kind: str


FENCE = re.compile(r"(?:[ \t>]|[-+*] |\d{1,9}[.)] )*(?P<marks>`{3,}(?=[^`]*$)|~{3,})")
APART = re.compile(r"\\[\\`<]|(?P<code>(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))|`+|(?P<comment><!--)")
TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9-]*(?:\s[^<>]*)?/?>")
OF_TEXT = re.compile(r"<br ?/?>|</?su[bp]>")
IN_CODE = 4  # columns to the right of the text around it
MARK = re.compile(r">|(?:[-+*]|(?P<number>\d{1,9})[.)])(?=[ \t]|$)")
ALONE = re.compile(r"#{1,6}(?:[ \t]|$)|(?:([-*_])[ \t]*)(?:\1[ \t]*){2,}$|=+[ \t]*$")
"""A line that is no part of a paragraph: a heading, what underlines one, a rule between texts."""


def uncommented(lines: Sequence[str], blank: str = "") -> Iterator[str]:
    """The lines of a Markdown text without its comments; ``blank`` stands for each character of one, if any."""
    for line, apart in zip(lines, asides(lines), strict=True):
        for span in reversed(apart):
            if span.kind == "comment":
                line = line[: span.start] + blank * (span.end - span.start) + line[span.end :]
        yield line


def asides(lines: Sequence[str]) -> tuple[tuple[Aside, ...], ...]:
    """What is code or comment in each line of a Markdown text.

    A fence or a comment that nothing closes is none.
    """
    found: list[list[Aside]] = [[] for _ in lines]
    around = _Around()
    ends = [(line, text.rindex("-->")) for line, text in enumerate(lines) if "-->" in text]
    last = ends[-1] if ends else (0, -1)
    at, start = 0, 0
    while at < len(lines):
        if not start and around.indented(lines[at]):
            found[at].append(Aside(0, len(lines[at]), "indented"))
            at += 1
            continue
        fenced = _fenced(lines, at) if not start else 0
        if fenced:
            for line in range(at, fenced):
                found[line].append(Aside(0, len(lines[line]), "code"))
            at, start = fenced, 0
            around.in_paragraph = False
            continue
        mark = APART.search(lines[at], start)
        if mark is None:
            at, start = at + 1, 0
        elif mark["code"]:
            found[at].append(Aside(mark.start(), mark.end(), "code"))
            start = mark.end()
        elif not mark["comment"] or (at, mark.end()) > last or (end := _closed(lines, at, mark.end())) is None:
            start = mark.end()
        else:
            for line in range(at, end[0] + 1):
                first = mark.start() if line == at else 0
                found[line].append(Aside(first, end[1] if line == end[0] else len(lines[line]), "comment"))
            around.commented(lines, at, mark.start(), end)
            at, start = end
    return tuple(map(tuple, found))


class _Around:
    """Where a line of Markdown stands: in which items of lists, by the columns of their texts, and whether in a paragraph."""

    def __init__(self) -> None:
        self.items: list[int] = []
        self.in_paragraph = self.quoted = self.empty = False  # the line before: of a paragraph, a quotation, an item

    def indented(self, line: str) -> bool:
        """Whether a line is code because of the blanks before it; a line that is none is taken in."""
        line = line.expandtabs(IN_CODE)
        text = line.lstrip(" ")
        if not text:
            if self.empty:
                self.items.pop()
            self.in_paragraph = self.quoted = self.empty = False
            return False
        at = len(line) - len(text)
        goes_on = self.in_paragraph and not (MARK.match(text) and at - self._inner(at) < IN_CODE)
        if not goes_on:
            while self.items and at < self.items[-1]:
                self.items.pop()
        return not goes_on and self._rest(line, at, self.items[-1] if self.items else 0)

    def _inner(self, at: int) -> int:
        """The column of the text around a line that begins there."""
        return max((item for item in self.items if item <= at), default=0)

    def _rest(self, line: str, at: int, around: int) -> bool:
        """Whether what begins at a column is code; the marks of lists and quotations before it are taken in."""
        continued, self.quoted, self.empty = self.in_paragraph and self.quoted, False, False
        while at < len(line):
            if at - around >= IN_CODE:
                self.in_paragraph = continued and self.quoted
                return not self.in_paragraph
            mark = None if ALONE.match(line, at) else MARK.match(line, at)
            if mark is None:
                break
            text = len(line) - len(line[mark.end() :].lstrip(" "))
            around = mark.end() + 1
            self.quoted = mark[0] == ">"
            if not self.quoted:
                around = text if 0 < text - mark.end() <= IN_CODE and text < len(line) else around
                self.items.append(around)
                self.empty = text == len(line)
            at = text
        self.in_paragraph = at < len(line) and not ALONE.match(line, at)
        return False

    def commented(self, lines: Sequence[str], at: int, start: int, end: tuple[int, int]) -> None:
        """A comment has been left out: without text around it no paragraph stands there."""
        if not lines[at][:start].strip() or end[0] > at:
            self.in_paragraph = bool(lines[end[0]][end[1] :].strip())


def _fenced(lines: Sequence[str], at: int) -> int:
    """The line after a block of code that begins here, 0 where none does."""
    mark = FENCE.match(lines[at])
    if mark is None:
        return 0
    end = re.compile(rf"[ \t>]*{re.escape(mark['marks'][0])}{{{len(mark['marks'])},}}[ \t]*")
    return next((line + 1 for line in range(at + 1, len(lines)) if end.fullmatch(lines[line])), 0)


def _closed(lines: Sequence[str], at: int, start: int) -> tuple[int, int] | None:
    """The line and the character after the end of a comment."""
    for line in range(at, len(lines)):
        end = lines[line].find("-->", start if line == at else 0)
        if end >= 0:
            return line, end + 3
    return None

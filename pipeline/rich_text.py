"""Rich text as the metadata report knows it: a small tree of XHTML elements, on an allow-list, in one canonical form.

What is on the list can be written as Markdown, as XHTML in a message and as HTML on a page, and comes back the same;
everything else is left out by whoever reads it, and named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
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
RichText = tuple[Element, ...]
"""Blocks: paragraphs, lists, tables, quotations."""


def paragraph(text: str) -> RichText:
    """Plain text as one paragraph."""
    return canonical((Element("p", (text,)),))


def may_link(address: str) -> bool:
    """Whether a link may lead there: an address of the web or of a mailbox, or a place of the same page."""
    try:
        scheme = urlsplit(address).scheme.lower()
    except ValueError:
        return False
    return scheme in SCHEMES or address.startswith("#")


# ------------------------------------------------------------------------------------------------- canonical form


def canonical(blocks: Iterable[Node]) -> RichText:
    """The one form of several that say the same: no empty element, no double space, text beside blocks in paragraphs.

    Elements and attributes that are not on the list must have been left out before (``ALLOWED``, ``ATTRIBUTES``).
    """
    return tuple(_blocks(blocks))


def _blocks(nodes: Iterable[Node]) -> Iterator[Element]:
    """Nodes as blocks; what is inline between them becomes a paragraph."""
    line: list[Node] = []
    for node in (*nodes, None):
        if node is not None and (isinstance(node, str) or node.tag in INLINE):
            line.append(node)
            continue
        if text := _inline(line):
            yield Element("p", text)
        line = []
        if node is not None and (block := _block(node)) is not None:
            yield block


def _block(node: Element) -> Element | None:
    if node.tag == "hr":
        return Element("hr")
    if node.tag in LITERAL:
        text = plain_inline(node.children).strip("\n")
        return Element(node.tag, (text,)) if text.strip() else None
    children: tuple[Node, ...]
    if node.tag in PARAGRAPHS or node.tag in CELLS:
        children = _inline(node.children)
        keep = node.tag in CELLS
    elif node.tag in ("li", "blockquote"):
        blocks = tuple(_blocks(node.children))
        children = blocks
        if node.tag == "li" and blocks and blocks[0].tag == "p" and not any(c.tag == "p" for c in blocks[1:]):
            children = (*blocks[0].children, *blocks[1:])  # a tight item: its text, then perhaps a list
        keep = False
    else:  # lists and the parts of a table hold elements alone
        inner = (_block(child) for child in node.children if isinstance(child, Element))
        children = tuple(child for child in inner if child is not None)
        keep = False
    attributes = tuple(sorted((name, value) for name, value in node.attributes if value))
    return Element(node.tag, children, attributes) if children or keep else None


def _inline(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """Text and inline elements with single spaces, none at the ends of the block or of a line."""
    flat = _merged(_inlined(nodes))
    found: list[Node] = []
    space = True  # whether a space would be one too many here
    for node in flat:
        if isinstance(node, str):
            text = re.sub(r"[ \t\r\n]+", " ", node)
            text = text.removeprefix(" ") if space else text
            space = text.endswith(" ") if text else space
            if text:
                found.append(text)
        elif node.tag == "br":
            _strip_end(found)
            found.append(Element("br"))
            space = True
        else:
            children = _inline(node.children) if node.tag != "code" else (plain_inline(node.children).strip(),)
            if not any(children):
                continue
            lead = _edge(node.children, 0)
            if lead and not space:
                found.append(" ")
            found.append(Element(node.tag, children, tuple(sorted((k, v) for k, v in node.attributes if v))))
            space = _edge(node.children, -1)
            if space:
                found.append(" ")
    while found and (found[-1] == " " or (isinstance(found[-1], Element) and found[-1].tag == "br")):
        found.pop()
    _strip_end(found)
    return tuple(_merged(found))


def _inlined(nodes: Iterable[Node]) -> Iterator[Node]:
    """Where a block stands inside text, its text; the break between two of them is a space."""
    for node in nodes:
        if isinstance(node, str) or node.tag in INLINE:
            yield node
        else:
            yield " "
            yield from _inlined(node.children)
            yield " "


def _edge(nodes: tuple[Node, ...], at: int) -> bool:
    """Whether the text of nodes begins (0) or ends (-1) with a space."""
    text = plain_inline(nodes)
    return bool(text) and text[at] in " \t\r\n"


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

"""Rich text as HTML: its elements and nothing else, every character escaped, headings one below the other."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING

from pipeline.pages.visible import visible
from pipeline.rich_text import ALLOWED, CELLS, EMPTY, Element, Node, RichText, may_link

if TYPE_CHECKING:
    from markupsafe import Markup

HEADINGS = ("h4", "h5", "h6")
ALIGNMENTS = ("left", "center", "right")
UNSEEN = "\t\n\u00ad\u200c\u200d\u200e\u200f"
"""What writing needs and nobody sees: breaks of words and lines, joiners, marks of direction."""


def clean(text: str) -> str:
    """Text that cannot steer what shows it: control characters and overrides of direction become escapes."""
    if text.isprintable():
        return text
    return "".join(c if c in UNSEEN or unicodedata.category(c)[0] not in "C" else visible(c) for c in text)


@dataclass(frozen=True)
class Texts:
    """How a text becomes HTML: the places of this page that a link may lead to, and what the tables in it are called."""

    places: frozenset[str]
    table: str = ""
    tables: Iterator[int] = field(default_factory=lambda: count(1))

    def html(self, content: str | RichText, level: int) -> Markup:
        """A text as HTML; its highest headings are of this level, and none is left out below them."""
        from markupsafe import Markup

        if isinstance(content, str):
            paragraphs = [part.strip("\n").split("\n") for part in content.split("\n\n")]
            blocks = (Markup("<br>").join(clean(line) for line in lines) for lines in paragraphs if any(lines))
            return Markup("\n").join(Markup("<p>{}</p>").format(block) for block in blocks)
        return self._blocks(content, level, [])

    def link(self, label: Markup, address: str) -> Markup:
        """A link, or its text alone where it may not lead there."""
        return self._link(Element("a", (), (("href", address),)), label)

    def _blocks(self, blocks: Iterable[Node], level: int, above: list[str]) -> Markup:
        """Blocks one after the other; ``above``: the headings that the next one stands below."""
        from markupsafe import Markup, escape

        found = Markup("")
        for node in blocks:
            if isinstance(node, str):
                found += escape(clean(node))
                continue
            tag = node.tag if node.tag in ALLOWED else ""
            if tag in HEADINGS:
                while above and above[-1] >= tag:
                    above.pop()
                above.append(tag)
                tag = f"h{min(level + len(above) - 1, 6)}"
            if tag in EMPTY:
                found += Markup(f"<{tag}>")
                continue
            inner = self._blocks(_with_row_headers(node).children, level, above)
            found += self._link(node, inner) if tag == "a" else self._element(tag, node, inner) if tag else inner
        return found

    def _element(self, tag: str, node: Element, inner: Markup) -> Markup:
        from markupsafe import Markup

        attributes = ""
        if tag == "ol" and node.get("start").isdecimal():
            attributes = f' start="{int(node.get("start"))}"'
        elif tag in CELLS:
            align = node.get("align")
            attributes = f' scope="{"row" if node.get("scope") else "col"}"' if tag == "th" else ""
            attributes += f' class="{align}"' if align in ALIGNMENTS else ""
        whole = Markup(f"<{tag}{attributes}>") + inner + Markup(f"</{tag}>")
        if tag == "table":
            frame = Markup('<div class="wide" role="region" aria-label="{}" tabindex="0">{}</div>')
            number = next(self.tables)
            return frame.format(f"{self.table} ({number})" if number > 1 else self.table, whole)
        return whole

    def _link(self, node: Element, inner: Markup) -> Markup:
        from markupsafe import Markup

        address = node.get("href")
        if not may_link(address) or (address.startswith("#") and address[1:] not in self.places):
            return inner
        title = node.get("title")
        more = Markup(' title="{}"').format(clean(title)) if title else ""
        return Markup('<a href="{}"{}>{}</a>').format(clean(address), more, inner)


def _with_row_headers(body: Element) -> Element:
    """The body of a table with the first cell of each row as what heads it; anything else as it is."""
    if body.tag != "tbody":
        return body
    rows = (replace(row, children=tuple(_headed(row))) for row in body.children if isinstance(row, Element))
    return replace(body, children=tuple(rows))


def _headed(row: Element) -> Iterator[Node]:
    for place, cell in enumerate(row.children):
        if place == 0 and isinstance(cell, Element):
            yield replace(cell, tag="th", attributes=(*cell.attributes, ("scope", "row")))
        else:
            yield cell

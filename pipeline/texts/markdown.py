"""Markdown ⇄ rich text: CommonMark and tables; of HTML only ``<br>``, ``<sub>`` and ``<sup>``, the rest is shown as text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from pipeline.rich_text import INLINE, Element, Node, RichText, canonical, may_link, plain_inline, rows

if TYPE_CHECKING:
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

BREAKS = re.compile(r"<br ?/?>")
SHIFTED = {"<sub>": "</sub>", "<sup>": "</sup>"}
NESTED = 100  # of Markdown; the canonical form of rich text ends before


# --------------------------------------------------------------------------------------------------------- reading


def to_rich(markdown: str) -> RichText:
    """Markdown as rich text: what may not link keeps its text alone, an image its description, headings become small."""
    root = _Open("")
    open_ = [root]
    for token in _flat(_parser().parse(markdown)):
        _add(token, open_)
    return canonical(root.children)


class _Open:
    """An element whose end has not come yet; without a tag its children are those of the element around it."""

    def __init__(self, tag: str, attributes: tuple[tuple[str, str], ...] = ()) -> None:
        self.tag, self.attributes, self.children = tag, attributes, list[Node]()


class _Parser(MarkdownIt):
    """Addresses as they are written: whether they may be links is for ``may_link`` to say."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802
        return link

    def validateLink(self, url: str) -> bool:  # noqa: ARG002, N802
        return True


@cache
def _parser() -> MarkdownIt:
    parser = _Parser("commonmark", {"html": False, "maxNesting": NESTED}).enable("table")
    parser.disable(["html_block", "html_inline"])
    parser.inline.ruler.before("autolink", "shifted", _shifted)
    return parser


def _shifted(state: StateInline, silent: bool) -> bool:
    """``<br>``, and text between ``<sub>`` or ``<sup>`` and its end: Markdown has no signs of its own for them."""
    if found := BREAKS.match(state.src, state.pos, state.posMax):
        if not silent:
            state.push("hardbreak", "br", 0)
        state.pos = found.end()
        return True
    mark = state.src[state.pos : state.pos + 5]
    end = SHIFTED.get(mark, "")
    first, most = state.pos + 5, state.posMax
    if not end or first > most or state.src.find(end, first, most) < 0:
        return False
    state.pos = first
    while state.pos < most and not state.src.startswith(end, state.pos):
        state.md.inline.skipToken(state)
    last = state.pos
    if not state.src.startswith(end, last) or last + len(end) > most:
        state.pos = first - 5
        return False
    if not silent:
        state.pos, state.posMax = first, last
        state.push(f"{mark[1:4]}_open", mark[1:4], 1)
        state.md.inline.tokenize(state)
        state.push(f"{mark[1:4]}_close", mark[1:4], -1)
    state.pos, state.posMax = last + len(end), most
    return True


def _flat(tokens: list[Token]) -> list[Token]:
    """The tokens of the blocks with those of their text in their places."""
    return [one for token in tokens for one in (token.children or () if token.type == "inline" else (token,))]


def _add(token: Token, open_: list[_Open]) -> None:
    """One token more: an element begins, ends or is whole."""
    into = open_[-1].children
    if token.nesting > 0:
        open_.append(_Open(*_named(token)))
    elif token.nesting < 0:
        done = open_.pop()
        found = (Element(done.tag, tuple(done.children), done.attributes),) if done.tag else done.children
        open_[-1].children.extend(found)
    elif token.type in ("fence", "code_block", "code_inline"):
        into.append(Element("code" if token.type == "code_inline" else "pre", (token.content,)))
    elif token.type in ("hardbreak", "hr"):
        into.append(Element("br" if token.type == "hardbreak" else "hr"))
    elif token.type == "softbreak":
        into.append(" ")
    elif token.type == "image":
        described = [_Open("")]
        for child in token.children or ():
            _add(child, described)
        into.append(plain_inline(described[0].children))
    else:
        into.append(token.content)


def _named(token: Token) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The tag of a token that begins an element, and its attributes."""
    if token.tag == "a":
        attributes = tuple((name, str(value)) for name, value in token.attrs.items())
        return ("a" if may_link(str(token.attrGet("href") or "")) else ""), attributes
    if token.tag in ("h1", "h2", "h3"):
        return "h4", ()
    if token.tag == "ol":
        start = token.attrGet("start")
        return "ol", () if start is None else (("start", str(start)),)
    if token.tag in ("th", "td"):
        side = str(token.attrGet("style") or "").removeprefix("text-align:")
        return token.tag, (("align", side),) if side else ()
    return token.tag, ()


# --------------------------------------------------------------------------------------------------------- writing

EMPHASES = {"em": "_", "strong": "**"}
MARKS = frozenset(EMPHASES.values())
ALIGNED = {"": "---", "left": ":---", "center": ":---:", "right": "---:"}
LINKED = re.compile(r"(?:https?://|mailto:)[A-Za-z0-9._~:/?#@!$'()+,;=%-]+")
MAILBOX = re.compile(r"[A-Za-z0-9.+-]+@[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*")
SIGNS = (("- ", "+ "), (". ", ") "))  # a list beside another one has the second

ESCAPED = re.compile(r"[\\`*\[\]]|<(?=[A-Za-z/!?])|&(?=#|[A-Za-z][A-Za-z0-9]*;)|(?<={)#|_")  # {#ID} is a concept's
LINE = re.compile(
    r"#{1,6}(?=\s|$)|>|[-+](?=\s|$)|\d{1,9}(?=[.)](?:\s|$))|~~~|=+(?=\s*$)|[-|:](?=[-|:\s]*$)",
    re.ASCII,
)
"""What would begin something else at the beginning of a line; a backslash keeps it, behind the digits of a number."""


def to_markdown(rich: RichText) -> str:
    """Rich text in canonical form as Markdown that ``to_rich`` reads as the same.

    Emphasis is ``_so_`` and ``**so**``; where it begins or ends within a word, the letter beside it is a character
    reference, for Markdown has no other way. What has no sign in Markdown is ``<br>`` in a cell, ``<sub>``, ``<sup>``.
    """
    return "\n".join(_blocks(rich))


def _blocks(blocks: Sequence[Node]) -> Iterator[str]:
    """The lines of blocks, a blank one between them."""
    second = False
    for place, block in enumerate(blocks):
        assert isinstance(block, Element)
        last = blocks[place - 1] if place else None
        second = isinstance(last, Element) and last.tag == block.tag and not second
        if place:
            yield ""
        yield from _block(block, second)


def _block(block: Element, second: bool) -> Iterator[str]:
    if block.tag == "hr":
        yield "***"
    elif block.tag == "pre":
        text = plain_inline(block.children)
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
        yield from (fence, *text.split("\n"), fence)
    elif block.tag in ("ul", "ol"):
        yield from _list(block, SIGNS[block.tag == "ol"][second])
    elif block.tag == "blockquote":
        yield from (f"> {line}" if line else ">" for line in _blocks(block.children))
    elif block.tag == "table":
        yield from _table(block)
    elif block.tag == "p":
        yield from map(_line_start, _inline(block.children, "\\\n").split("\n"))
    else:
        text = re.sub(r"#$", r"\\#", _inline(block.children, "<br>"))
        yield f"{'#' * int(block.tag[1:])} {text}"


def _line_start(line: str) -> str:
    """A line of a paragraph that begins nothing else."""
    if not (found := LINE.match(line)):
        return line
    at = found.end() if found[0].isdigit() else 0
    return f"{line[:at]}\\{line[at:]}"


def _list(block: Element, sign: str) -> Iterator[str]:
    number = int(block.get("start") or 1)
    for place, item in enumerate(block.children):
        assert isinstance(item, Element)
        mark = f"{min(number + place, 10**9 - 1)}{sign}" if block.tag == "ol" else sign
        for at, line in enumerate(_item(item)):
            yield (mark if not at else " " * len(mark) if line else "") + line


def _item(item: Element) -> Iterator[str]:
    """The lines of an item: its text, then what stands below it."""
    inline = [child for child in item.children if isinstance(child, str) or child.tag in INLINE]
    blocks = item.children[len(inline) :]
    if inline:
        yield from _block(Element("p", tuple(inline)), False)
    if inline and blocks:
        first = blocks[0]
        assert isinstance(first, Element)
        if first.tag not in ("ul", "ol") or first.get("start"):  # these do not end a paragraph
            yield ""
    yield from _blocks(blocks)


def _table(table: Element) -> Iterator[str]:
    """The rows; Markdown wants headings, so a table without them has empty ones."""
    found = list(rows(table))
    heads = found[0] if found[0][0].tag == "th" else ()
    yield _row([_inline(cell.children, "<br>") for cell in heads] or [""] * len(found[0]))
    yield _row([ALIGNED[cell.get("align")] for cell in found[0]])
    for row in found[1:] if heads else found:
        yield _row([_inline(cell.children, "<br>") for cell in row])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


@dataclass(slots=True)
class _Bit:
    """A piece of the text's Markdown: a character, the sign of an emphasis that begins or ends, or something whole."""

    written: str
    letter: str = ""
    begins: bool = False


def _inline(nodes: Sequence[Node], line_break: str) -> str:
    """Inline nodes in one line, or in several where a line break is one."""
    bits = list(_bits(nodes, line_break))
    while True:  # a letter that has become a reference is a neighbour of another kind
        spelled = [
            bit for at, bit in enumerate(bits) if bit.written in MARKS and not bit.letter for bit in _near(bits, at)
        ]
        if not spelled:
            return "".join(bit.written for bit in bits)
        for bit in spelled:
            bit.written = f"&#{ord(bit.letter)};"


def _near(bits: Sequence[_Bit], at: int) -> Iterator[_Bit]:
    """The letters beside the sign of an emphasis that must be spelled for it to be one."""
    mark = bits[at]
    before, after = bits[at - 1] if at else None, bits[at + 1] if at + 1 < len(bits) else None
    inner, outer = (after, before) if mark.begins else (before, after)
    edge, inside = (0, -1) if mark.begins else (-1, 0)
    assert inner is not None
    if _kind(inner.written[edge]) == "space":
        yield inner
    elif outer is not None and _kind(outer.written[inside]) == "letter":
        within_word = mark.written == EMPHASES["strong"] and inner.written[edge].isalnum()  # there it may stand
        if not within_word:
            yield outer


def _kind(char: str) -> str:
    """What Markdown takes a character for, where emphasis begins or ends; a letter where its versions differ."""
    if char.isspace():
        return "space"
    return "sign" if unicodedata.category(char)[0] == "P" or char in "$+<=>^`|~" else "letter"


def _bits(nodes: Sequence[Node], line_break: str) -> Iterator[_Bit]:
    for place, node in enumerate(nodes):
        following = nodes[place + 1] if place + 1 < len(nodes) else None
        if isinstance(node, str):
            yield from _letters(node, isinstance(following, Element) and following.tag == "a")
        elif node.tag == "br":
            yield _Bit(line_break)
        elif node.tag == "code":
            yield _Bit(_code(plain_inline(node.children)))
        elif node.tag == "a":
            yield _Bit(_link(node, line_break))
        elif node.tag in EMPHASES:
            yield _Bit(EMPHASES[node.tag], begins=True)
            yield from _bits(node.children, line_break)
            yield _Bit(EMPHASES[node.tag])
        else:
            yield _Bit(f"<{node.tag}>")
            yield from _bits(node.children, line_break)
            yield _Bit(f"</{node.tag}>")


def _letters(text: str, before_link: bool) -> Iterator[_Bit]:
    """The characters of a text, with a backslash before those that would be signs."""
    signs = {found.start() for found in ESCAPED.finditer(text)}
    for at, char in enumerate(text):
        within_word = char == "_" and text[at - 1 : at].isalnum() and text[at + 1 : at + 2].isalnum()
        if within_word and 1 < at < len(text) - 2:
            signs.discard(at)  # a sign of emphasis cannot stand there; the letters at the ends may be spelled
        is_image = char == "!" and before_link and at == len(text) - 1
        yield _Bit(f"\\{char}" if at in signs or is_image else char, char)


def _code(text: str) -> str:
    ticks = "`"
    while re.search(rf"(?<!`){ticks}(?!`)", text):
        ticks += "`"
    space = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def _link(node: Element, line_break: str) -> str:
    href, title, text = node.get("href"), node.get("title"), plain_inline(node.children)
    is_plain = node.children == (text,) and not title
    if is_plain and text == href and LINKED.fullmatch(href):
        return f"<{href}>"
    if is_plain and href == f"mailto:{text}" and MAILBOX.fullmatch(text):
        return f"<{text}>"
    address = re.sub(r"[\\()<>]|&(?=#|[A-Za-z][A-Za-z0-9]*;)", r"\\\g<0>", href)
    titled = ' "' + re.sub(r'[\\"<]|&(?=#|[A-Za-z][A-Za-z0-9]*;)', r"\\\g<0>", title) + '"' if title else ""
    return f"[{_inline(node.children, line_break)}]({address}{titled})"

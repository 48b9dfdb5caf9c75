"""A report's text as its reader meets it: passages and sentences, every character with its place in the document.

A *passage* is a paragraph, an item of a list, a row of a table or a heading inside a text. Comments, code, and
expressions without a value are blanked out of it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.findings import Finding
from pipeline.metadata_set import Document, Line, Section
from pipeline.rich_text import Aside, asides

EXPRESSION = re.compile(r"(?<!\\)\{\{((?:(?!\{\{|\}\}).)*)\}\}")
_UNCLOSED = re.compile(r"(?<!\\)\{\{")
EMAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_CODE = re.compile(r"(?<![`\\])(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_FENCE = re.compile(r"[ \t]*(```+|~~~+)")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+")
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+")
_QUOTATION = re.compile(r" {0,3}>[ \t]?")
_ROW = re.compile(r"[ \t]*\|")
_RULE = re.compile(r"[|:=_*\- \t]*\n")  # of a table's head, below a heading, between texts
_MARKUP = re.compile(
    r"""(?x)
    !?\[(?=[^\[\]]*\]\()                  # what opens the label of a link
    | \]\((?:[^()\n]|\([^()\n]*\))*\)     # and what closes it, with its address
    | <(?:[a-z]+:|[^\s<>@]+@)[^<>]*>      # addresses
    | \b(?:https?:|www\.)[^\s<>|]*
    | (?<![\w.+-])[\w.+-]+@[\w.-]+
    | \*+ | (?<!\w)_+ | _+(?!\w)
    | \\(?=[!-/:-@\[-`{-~])
    """
)
_SIGN = re.compile(r"[\]<*_@\\]|https?:|www\.")  # without one of these there is no markup
_END = re.compile(r"(?<=[.!?…])[\"”»’)\]]*\s+(?=[\"“«(\[]*[^\W\d_a-zà-öø-ÿ])")
_GAP = re.compile(r"\s{3,}")  # says no more than one blank, and is slow to look through
_INITIAL = re.compile(r"(?:^|[\W\d_])[^\W\d_]\.$")  # the full stop after one letter ends no sentence

At = tuple[int, int, bool]
"""Line and column in the file, from 1, and whether the character was typed there (else an expression gave it)."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a concept's text; ``places`` of its characters.

    ``lead``: the sentence that ends in a colon above a list · ``about``: the bold words at its beginning, else the heading
    above it: what it is about, where it does not say so.
    """

    concept: str
    text: str
    places: tuple[At, ...]
    lead: Passage | None = None
    about: Passage | None = None

    def place(self, at: int) -> tuple[int, int]:
        """Line and column of a character."""
        return self.places[at][:2]

    def typed(self, start: int, end: int) -> bool:
        """Whether all of this was typed, and nothing of it comes from an expression."""
        return all(typed for _, _, typed in self.places[start:end])

    def part(self, start: int, end: int) -> Passage:
        """From one character to another."""
        return replace(self, text=self.text[start:end], places=self.places[start:end])

    def stripped(self) -> Passage:
        """Without the blanks at its ends."""
        start = len(self.text) - len(self.text.lstrip())
        return self.part(start, max(start, len(self.text.rstrip())))

    def without(self, spans: Iterable[tuple[int, int]]) -> Passage:
        """Without some pieces, which follow one another."""
        text, places, done = "", tuple[At, ...](), 0
        for start, end in (*spans, (len(self.text), len(self.text))):
            text, places = text + self.text[done:start], places + self.places[done:start]
            done = end
        return replace(self, text=text, places=places)

    def blanked(self, spans: Iterable[tuple[int, int]]) -> Passage:
        """With spaces in place of some pieces."""
        text = self.text
        for start, end in spans:
            text = text[:start] + _blank(text[start:end]) + text[end:]
        return replace(self, text=text)

    def plain(self) -> Passage:
        """Without the marks of Markdown and without addresses."""
        spans = [match.span() for match in _MARKUP.finditer(self.text)] if _SIGN.search(self.text) else []
        return self.without(spans) if spans else self


def passages(document: Document) -> list[Passage]:
    """The passages of every section, in order."""
    return [passage for section in document.sections for passage in _of_section(section)]


def sentences(passage: Passage) -> list[Passage]:
    """The sentences of a passage, without marks; the first of an item comes with the words that introduce the list."""
    whole, start, found = passage.plain(), 0, []
    whole = whole.without((gap.start() + 1, gap.end()) for gap in _GAP.finditer(whole.text))
    for end in _END.finditer(whole.text):
        if not _INITIAL.search(whole.text[: end.start()]):
            found.append(whole.part(start, end.start()).stripped())
            start = end.end()
    found.append(whole.part(start, len(whole.text)).stripped())
    return [sentence for sentence in found if sentence.text]


def introduced(sentence: Passage) -> Passage:
    """A sentence of an item after the words that introduce the list."""
    if (lead := sentence.lead) is None or not lead.places:
        return sentence
    return _after(lead, " ", sentence)


def told(sentence: Passage) -> Passage:
    """A sentence after the words that say what it is about."""
    about = sentence.about
    return _after(about, ". ", sentence) if about and about.places else sentence


def _after(first: Passage, between: str, then: Passage) -> Passage:
    """Two pieces as one, with a sign between them."""
    line, column, typed = first.places[-1]
    gap: list[At] = [(line, column + 1, typed)] * len(between)
    return replace(then, text=first.text + between + then.text, places=(*first.places, *gap, *then.places))


# ------------------------------------------------------------------------------------------- from lines to passages

_BRACES = (re.escape(r"\{{"), r"\\?" + re.escape("{{"))  # meant literally: filled without the backslash


def characters(line: Line, asides: Sequence[Aside] = ()) -> Iterator[tuple[str, At]]:
    """The characters of a line as filled, each with its place in the file; comments among its asides are not filled."""
    hidden = {at for aside in asides if aside.kind == "comment" for at in range(aside.start, aside.end)}
    columns = [at + 1 for at in range(len(line.source)) if at not in hidden]
    pieces = EXPRESSION.split("".join(line.source[column - 1] for column in columns))
    parts = _parts(pieces[::2], line.filled)
    if parts is None:  # filled in a way that cannot be followed: the line alone is known
        yield from ((char, (line.number, 1, False)) for char in line.filled)
        return
    at = 0  # of the source without comments
    for i, given in enumerate(parts):
        if i % 2:
            hole = given.startswith("{{")
            yield from ((" " if hole else char, (line.number, columns[at], False)) for char in given)
            at += len(pieces[i]) + len("{{}}")
            continue
        literal, place = pieces[i], 0
        unclosed = _UNCLOSED.search(literal)
        for char in given:
            place += char != literal[place]  # the backslash that made the braces literal is gone
            hole = unclosed is not None and place >= unclosed.start()
            yield " " if hole else char, (line.number, columns[at + place], True)
            place += 1
        at += len(literal)


def _parts(pieces: Sequence[str], filled: str) -> list[str] | None:
    """The pieces of a line as filled and, between them, what the expressions gave; None where they are not there."""
    found, at = list[str](), 0
    for i, piece in enumerate(pieces):
        sought = re.compile(re.escape(piece).replace(*_BRACES))
        first, last = i == 0, i == len(pieces) - 1
        if last and not first:
            least = max(at, len(filled) - len(piece))
            match = sought.fullmatch(filled, least) or next(
                (one for start in range(least, len(filled) + 1) if (one := sought.fullmatch(filled, start))), None
            )
        else:
            match = sought.match(filled) if first else sought.search(filled, at)
        if match is None or (last and match.end() != len(filled)):
            return None
        found += [match[0]] if first else [filled[at : match.start()], match[0]]
        at = match.end()
    return found


def whole(section: Section, *, code: bool = True) -> Passage:
    """All that a section says, comments left out; ``code=False``: without the lines that are code by their blanks."""
    text, places = list[str](), list[At]()
    for line, apart in zip(section.lines, asides([line.source for line in section.lines]), strict=True):
        if any(aside.kind == "indented" for aside in apart) and not code:
            pass
        elif line.filled == line.source and "{{" not in line.source:
            text.append(line.source)
            places += [(line.number, column, True) for column in range(1, len(line.source) + 1)]
        else:
            for char, place in characters(line, apart):
                text.append(char)
                places.append(place)
        text.append("\n")
        places.append((line.number, len(line.source) + 1, True))
    return Passage(section.concept, "".join(text), tuple(places))


def _of_section(section: Section) -> Iterator[Passage]:
    lead = heading = None
    text = whole(section, code=False)
    headings = _headings(text)
    for passage, item in _blocks(text):
        ready = without_code(passage).stripped()
        if not ready.text:
            continue
        if ready.place(0)[0] in headings:
            heading, lead = ready.plain(), None
            yield ready
            continue
        bold = _BOLD.match(ready.text)
        ready = replace(ready, about=ready.part(*bold.span(1)).plain() if bold else heading)
        if not item:
            last = sentences(ready)[-1:]
            lead = last[0] if last and last[0].text.endswith(":") else None
        yield replace(ready, lead=lead) if item else ready


_BOLD = re.compile(r"\*\*([^*\n]{1,60}?)[.:]?\*\*")
_UNSHOWN = re.compile(
    r"<!--.*|</?[a-z][^<>]*>|!\[[^\[\]]*\]\([^()]*\)|(?<!\[)\]\([^()]*\)|^[ \t>]*\[[^\[\]]+\]:[ \t]*\S+[ \t]*$|^[ \t>]*(?:```|~~~).*$",
    re.I | re.M,
)
"""What is markup in every line, and a comment that nothing closes, up to the end of its line."""


def has_words(section: Section) -> bool:
    """Whether a section says anything: a letter or a digit is left without comments, markup and addresses of links.

    An expression without a value is to be something once it is mended.
    """
    text = section.markdown
    return "{{" in text or any(char.isalnum() for char in html.unescape(_UNSHOWN.sub(" ", text)))


def _headings(text: Passage) -> set[int]:
    """The lines on which a heading inside a text stands."""
    found, at = set[int](), 0
    for line in text.text.split("\n"):
        if _HEADING.match(line):
            found.add(text.place(at)[0])
        at += len(line) + 1
    return found


def without_code(passage: Passage) -> Passage:
    """A passage with blanks in place of the code between its ticks."""
    return passage.blanked(m.span(2) for m in _CODE.finditer(passage.text)) if "`" in passage.text else passage


def _blocks(whole: Passage) -> Iterator[tuple[Passage, bool]]:
    """Passages, and whether each is an item of a list."""
    start, item, fence, at = -1, False, "", 0
    for line in re.findall(r"[^\n]*\n", whole.text):
        end, mark = at + len(line), _FENCE.match(line)
        if fence:
            fence = "" if mark and mark[1].startswith(fence) else fence
            at = end
            continue
        rule = _RULE.match(line)  # or a blank line
        begins = mark or rule or any(kind.match(line) for kind in (_ITEM, _HEADING, _ROW))
        if begins and start >= 0:
            yield whole.part(start, at), item
            start = -1
        if mark:
            fence = mark[1]
        elif not rule and start < 0:
            sign = _ITEM.match(line) or _HEADING.match(line) or _QUOTATION.match(line)
            item = bool(_ITEM.match(line)) or (item and line[:1].isspace())
            start = at + (sign.end() if sign else 0)
        at = end
    if start >= 0:
        yield whole.part(start, at), item


def _blank(text: str) -> str:
    return "".join(char if char == "\n" else " " for char in text)


# ------------------------------------------------------------------------------------------------------------ findings


def at_words(passage: Passage, at: int, rule: str, message: str, hint: str, value: str) -> Finding:
    """A finding about words of a passage, at the place of the first of their characters."""
    line, column = passage.place(at)
    return Finding(rule, message, hint, line=line, column=column, component=passage.concept, value=shown(value))


def shown(text: str, most: int = 60) -> str:
    """A text as a message shows it: on one line that is not too long."""
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[:most].rstrip()}…"

"""What Markdown makes of the text of a metadata report: HTML is shown as it stands, and some text would vanish.

Markdown leaves out in silence the cells of a row that the head of its table does not have, and what it takes for the
definition of a link: nothing that was written may go unsaid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pipeline.checks.prose import Passage, at_words, shown, whole, without_code
from pipeline.findings import Finding, Verdict
from pipeline.metadata_set import Document, Section
from pipeline.rich_text import ALONE, FENCE, MARK, OF_TEXT, TAG, asides, may_link

if TYPE_CHECKING:
    from pipeline.facts.metadata_structure import MetadataStructure

_BEFORE = re.compile(r"[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+[ \t>]*)*")
"""The marks of lists and quotations before the text of a line."""
_HEAD = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
"""The line below the head of a table."""
_CELL = re.compile(r"(?:[^|\\]|\\.)*")
_DEFINITION = re.compile(
    r"""(?x)
    [ \t]*\[(?P<label>(?:[^\[\]\\]|\\.){1,999})\]:
    [ \t]*\n?[ \t]*(?P<to><[^<>\n]*>|[^\s<]\S*)
    (?:(?:[ \t]+|[ \t]*\n[ \t]*)(?:"[^"]*"|'[^']*'|\([^()]*\)))?
    [ \t]*(?:\n|\Z)
    """
)
_LABEL = re.compile(r"\[((?:[^\[\]\\]|\\.)+)\](?!\()")


# -------------------------------------------------------------------------------------------------------------- HTML


_FOREIGN = (
    (
        re.compile(r"(?<!\\)!\[[^\[\]]*\]\([^()\s]*\)?"),
        "is an image, of which only the description is kept.",
        "Describe it in words.",
    ),
    (
        re.compile(r"(?<![\\~])~~(?=[^\s~])[^~\n]+~~(?!~)"),
        "is not struck out here but shown as it stands.",
        "Leave it out.",
    ),
    (
        re.compile(r"(?<!\\)\[\^[^\[\]\s]+\]"),
        "is no footnote here but shown as it stands.",
        "Write the note into the text.",
    ),
    (re.compile(r"\A\[[ xX]\](?=\s)"), "is no box here but shown as it stands.", "Leave it out."),
    (
        re.compile(r"(?<!\\)<!--"),
        "begins a comment that nothing closes: it is shown as it stands.",
        "Close it with -->.",
    ),
)
"""Signs of other kinds of Markdown, what becomes of them, what to write."""
_LINK = re.compile(r"(?<![\\!])\[[^\[\]]+\]\([^()\s]+\)")


def metadata_markup(text: Sequence[Passage], structure: MetadataStructure) -> Verdict:
    """No HTML in the text: it is shown as it stands. One finding for each element of a passage.

    Nor signs that other kinds of Markdown know, nor a link where the structure has plain text, which has no addresses.
    """
    found = []
    for passage in text:
        for sign, why, hint in _FOREIGN:
            for match in sign.finditer(passage.text):
                words = f"{shown(match[0])!r} {why}"
                found.append(at_words(passage, match.start(), "metadata-markup", words, hint, match[0]))
        known = structure.by_id.get(passage.concept)
        if known is not None and not known.is_rich and not known.is_value and not known.presentational:
            for match in _LINK.finditer(passage.text):
                words = f"{shown(match[0])!r} is in a plain text: the address of the link is lost."
                hint = "Write the address as text."
                found.append(at_words(passage, match.start(), "metadata-markup", words, hint, match[0]))
        seen = set[str]()
        for match in TAG.finditer(passage.text):
            name = match.group().strip("</>").split()[0].lower()
            escaped = passage.text[: match.start()].endswith("\\")
            if name in seen or escaped or OF_TEXT.fullmatch(match.group()) or not passage.typed(*match.span()):
                continue
            seen.add(name)
            words = f"{shown(match.group())!r} is HTML, which is not read here but shown as it stands."
            found.append(at_words(passage, match.start(), "metadata-markup", words, "", match.group()))
    return Verdict("metadata-markup", checked=len(text), findings=tuple(found))


# ------------------------------------------------------------------------------------------------- what would vanish


def metadata_lost(document: Document) -> Verdict:
    """Nothing of the text is left out in silence: each cell has a column, each definition of a link is used."""
    found = [finding for section in document.sections for finding in _lost(section)]
    return Verdict("metadata-lost", checked=len(document.sections), findings=tuple(found))


def _lost(section: Section) -> Iterator[Finding]:
    if any("|" in line.filled for line in section.lines):
        yield from _cells(_lines(section))
    if any("]:" in line.filled for line in section.lines):
        yield from _definitions(_lines(section))
    yield from _fences(section)


def _lines(section: Section) -> list[Passage]:
    """The lines of a section as filled; those that are code are empty."""
    sources = [line.source for line in section.lines]
    lengths = {line.number: len(line.source) for line in section.lines}
    code = {
        line.number
        for line, apart in zip(section.lines, asides(sources), strict=True)
        if any(aside.kind != "comment" and (aside.start, aside.end) == (0, lengths[line.number]) for aside in apart)
    }
    text, found, at = whole(section), list[Passage](), 0
    while at < len(text.text):
        end = text.text.index("\n", at)
        found.append(text.part(at, at if text.place(at)[0] in code else end))
        at = end + 1
    return found


def _cells(lines: Sequence[Passage]) -> Iterator[Finding]:
    """The cells of a row beyond those of the head of its table: Markdown leaves them out."""
    columns = 0
    for above, line in zip((None, *lines), lines, strict=False):
        text = line.text
        before = _BEFORE.match(text)
        start = before.end() if before else 0
        if columns and (not text.strip() or ALONE.match(text, start) or MARK.match(text.lstrip())):
            columns = 0
        if columns:
            row = _row(text, start)
            if left := [at for at in row[columns:] if _CELL.match(text, at)[0].strip()]:  # type: ignore[index]
                value = text[left[0] :].strip().rstrip("|").strip()
                words = (
                    f"this row has {len(row)} cells, and the head of its table {columns}: {shown(value)!r} is left out."
                )
                hint = "Give the head more cells, or put a backslash before a | that is text."
                at = left[0] + len(text[left[0] :]) - len(text[left[0] :].lstrip())
                yield at_words(line, at, "metadata-lost", words, hint, value)
        elif above is not None and "|" in above.text and _HEAD.fullmatch(text, start):
            first = _BEFORE.match(above.text)
            heads = len(_row(above.text, first.end() if first else 0))
            columns = heads if heads == len(_row(text, start)) else 0


def _row(text: str, start: int) -> list[int]:
    """Where the cells of a row begin."""
    at = start + (text[start:].lstrip()[:1] == "|") * (text[start:].index("|") + 1 if "|" in text[start:] else 0)
    end = len(text.rstrip())
    found = [at]
    while (match := _CELL.match(text, found[-1], end)) and match.end() < end:
        if text[match.end()] != "|" or match.end() + 1 == end:
            break
        found.append(match.end() + 1)
    return found


def _definitions(lines: Sequence[Passage]) -> Iterator[Finding]:
    """What Markdown takes for the definition of a link, and shows nowhere: unused, said twice, or leading nowhere."""
    defined: dict[str, tuple[Passage, re.Match[str]]] = {}
    rest: list[str] = []
    for passage in _paragraphs(lines):
        at = 0
        while match := _DEFINITION.match(passage.text, at):
            label = _normal(match["label"])
            if not label:
                break
            if label in defined:
                yield _undone(passage, match, "is defined twice: this one is left out.")
            defined.setdefault(label, (passage, match))
            at = match.end()
        rest.append(without_code(passage).text[at:])
    used = {_normal(label) for text in rest for label in _LABEL.findall(text)}
    for label, (passage, match) in defined.items():
        if label not in used:
            why = "is the definition of a link that nothing uses: it is shown nowhere."
            yield _undone(passage, match, why)
        elif not may_link(match["to"].strip("<>")):
            yield _undone(passage, match, "defines a link whose address is none of the web: the address is left out.")


def _undone(passage: Passage, match: re.Match[str], why: str) -> Finding:
    at = match.start() + len(match[0]) - len(match[0].lstrip())
    value = match[0].strip()
    hint = "Write the link as [text](https://…); put a backslash before a [ that is text."
    return at_words(passage, at, "metadata-lost", f"{shown(value)!r} {why}", hint, value)


def _paragraphs(lines: Sequence[Passage]) -> Iterator[Passage]:
    """Lines that follow one another, without the marks before them; each item, and what stands alone, by itself."""
    part: list[Passage] = []
    for line in lines:
        before = _BEFORE.match(line.text)
        text = line.part(before.end() if before else 0, len(line.text))
        alone = bool(ALONE.match(text.text))
        if part and (not text.text.strip() or alone or MARK.match(line.text.lstrip())):
            yield _together(part)
            part = []
        if text.text.strip() and not alone:
            part.append(text)
    if part:
        yield _together(part)


def _together(lines: Sequence[Passage]) -> Passage:
    text, places = "\n".join(line.text for line in lines), list(lines[0].places)
    for line in lines[1:]:
        places += [places[-1], *line.places]
    return Passage(lines[0].concept, text, tuple(places))


def _normal(label: str) -> str:
    """A label as Markdown compares it: without regard to case and blanks."""
    return " ".join(label.split()).casefold()


def _fences(section: Section) -> Iterator[Finding]:
    """Words behind the fence of a block of code, which Markdown takes for a name; a fence that nothing closes."""
    if not any("```" in line.source or "~~~" in line.source for line in section.lines):
        return
    sources, within = [line.source for line in section.lines], False
    for line, apart in zip(section.lines, asides(sources), strict=True):
        is_code = [(one.kind, one.start, one.end) for one in apart] == [("code", 0, len(line.source))]
        mark = FENCE.match(line.source)
        words = line.source[mark.end() :].strip() if mark else ""
        why = ""
        if mark and is_code and not within and len(words.split()) > 1:
            why = f"{shown(words)!r} stands behind the fence of a block of code: it is shown nowhere."
        elif mark and not apart:
            words = line.source.strip()
            why = f"{shown(words)!r} begins a block of code that nothing closes: what follows is shown as code."
        if why:
            at = line.source.index(words) + 1
            hint = "Close the block with the same fence on a line of its own, and write words on their own lines."
            where = {"line": line.number, "column": at, "component": section.concept}
            yield Finding("metadata-lost", why, hint, value=shown(words), **where)  # type: ignore[arg-type]
        within = is_code and (mark is None or not within)

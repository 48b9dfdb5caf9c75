"""The document that an officer edits: Markdown, a heading with an id for each concept, ``{{ … }}`` where facts stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.errors import FactsError, Problem, ended, nearest
from pipeline.facts.metadata_structure import MetadataAttribute, MetadataStructure
from pipeline.facts.structure import TextFormat
from pipeline.metadata_set import Content, Document, Hole, Line, MetadataSet, ReportedAttribute, Section, said
from pipeline.rich_text import NONCHARACTERS, Element, asides, canonical, plain, uncommented
from pipeline.texts.markdown import to_markdown, to_rich

HEADING = re.compile(r"(?P<marks>#{1,6})[ \t]+")
CLOSING = re.compile(r"(?<=[ \t])#+\Z")
WITH_ID = re.compile(r"\{#(?P<id>[^{}]*)\}\Z")
NUMBERED = re.compile(r"(?P<number>\d+(?:\.\d+)*)\.?(?:[ \t]+(?P<name>.*))?")
IN_TEXT = 4  # from this level on a heading without an id belongs to a text

EXPRESSION = re.compile(r"\\\{\{|\{\{(?P<said>(?:(?!\{\{|\}\}).)*)\}\}|\{\{")
RICH = TextFormat("XHTML")  # what a concept is written in that the structure does not know
CONTROL = re.compile(
    f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef{NONCHARACTERS}]"
)
"""Controls, what turns the direction of the text after it, and what Unicode keeps for no character."""
MOST = 1 << 20  # bytes of a report's text: the longest that are known have a tenth

DAYS = {"meta.certified": "certified", "meta.posted": "posted"}
"""Expressions that have no value until their day is in country.toml, and its name there."""
BACKSLASH = "To write two braces as such, put a backslash before them."


# --------------------------------------------------------------------------------------------------------- reading


def read(file: str, data: bytes, language: str) -> Document:
    """The sections of a document with their lines; a concept's heading is ``## 3.1 Data description {#DATA_DESCR}``.

    Raises FactsError where the file is not text in UTF-8. What is in code or in a comment is no heading.
    """
    texts = _texts(file, data)
    aside = asides(texts)
    before: list[Line] = []
    sections: list[Section] = []
    lines = before
    for number, (text, apart) in enumerate(zip(texts, aside, strict=True), 1):
        section = None if apart and apart[0].start == 0 else _heading(text, number)
        if section is None:
            lines.append(Line(number, text))
            continue
        if sections:
            sections[-1] = replace(sections[-1], lines=tuple(lines))
        lines = []
        sections.append(section)
    if sections:
        sections[-1] = replace(sections[-1], lines=tuple(lines))
    return Document(file, language, tuple(sections), tuple(before))


def _texts(file: str, data: bytes) -> list[str]:
    """The lines of a file, without their ends."""
    if len(data) > MOST:
        words = f"a report's text has at most {MOST:,} bytes, and this one {len(data):,}."
        raise FactsError(Problem(file, words, "Is it the right file?"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        words = f"byte {error.start} is not UTF-8."
        raise FactsError(Problem(f"{file} line {line}", words, "Save the file as UTF-8.")) from error
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    problems = [
        Problem(
            f"{file} line {number}, column {found.start() + 1}", f"the character {found[0]!r} is no text.", "Remove it."
        )
        for number, line in enumerate(lines, 1)
        if (found := CONTROL.search(line))
    ]
    if problems:
        raise FactsError(problems)
    return lines[:-1] if lines[-1] == "" else lines


def _heading(text: str, line: int) -> Section | None:
    """The section that begins with this line, if it is a heading of one."""
    found = HEADING.match(text)
    if found is None:
        return None
    level, words = len(found["marks"]), CLOSING.sub("", text[found.end() :].strip()).strip()
    with_id = WITH_ID.match(words, max(words.rfind("{#"), 0))
    if with_id is None and level >= IN_TEXT:
        return None
    concept, words = (with_id["id"].strip(), words[: with_id.start()].rstrip()) if with_id else ("", words)
    numbered = NUMBERED.fullmatch(words)
    number, name = (numbered["number"], numbered["name"] or "") if numbered else ("", words)
    return Section(concept, number, name.strip(), level, line)


# --------------------------------------------------------------------------------------------------------- filling


def fill(document: Document, values: Mapping[str, str]) -> Document:
    """The document with the values of its expressions in their places, without comments; what has no value is a hole.

    ``{{ name }}`` stands for a value, ``\\{{`` for the two braces themselves. A value of several lines stands alone on
    its line, between blank lines: a neighbour would become its row or item. A hole is left as it is written.
    """
    holes: list[Hole] = []
    sections = []
    for section in document.sections:
        texts = list(uncommented([line.source for line in section.lines], "\0"))  # what follows keeps its column
        lines = []
        blank = [True, *(not text.replace("\0", "").strip() for text in texts), True]
        for at, (line, text) in enumerate(zip(section.lines, texts, strict=True)):
            filled, missing = _filled(text, values, _beside(blank[at], blank[at + 2]))
            holes += [Hole(section.concept, line.number, *what) for what in missing]
            lines.append(replace(line, filled=filled.replace("\0", "")))
        sections.append(replace(section, lines=tuple(lines)))
    return replace(document, sections=tuple(sections), holes=tuple(holes))


def _beside(above: bool, below: bool) -> str:
    """Where a blank line is missing beside a value of several lines; empty where none is."""
    places = [place for place, there in (("above", above), ("below", below)) if not there]
    return " and ".join(places)


def _filled(text: str, values: Mapping[str, str], beside: str) -> tuple[str, list[tuple[int, str, str, str]]]:
    """A line with its values, and (column, expression, why it has none, how to mend it) of each hole.

    ``beside``: where the line has text beside it that a value of several lines would take in.
    """
    parts: list[str] = []
    holes: list[tuple[int, str, str, str]] = []
    known: dict[str, tuple[str, str]] = {}
    at = 0
    for found in EXPRESSION.finditer(text):
        parts.append(text[at : found.start()])
        at = found.end()
        if found[0].startswith("\\"):
            parts.append("{{")
            continue
        said = found["said"]
        name = (text[at : at + LONGEST].split("{{")[0] if said is None else said).strip()
        if said is None:
            why, hint = "the braces are not closed: }} is missing on this line", f"Close them with }}}}. {BACKSLASH}"
        else:
            why, hint = known.get(name) or known.setdefault(name, _why_not(name, values))
        value = "" if why else values[name]
        alone = len(found[0]) == len(text.strip(" \t\0"))
        if not why and "\n" in value and not alone:
            why = f"the value of {name!r} has several lines: the expression must stand alone on its line"
            hint = "Put it on a line of its own, between blank lines."
        elif not why and "\n" in value and beside:
            why = f"the value of {name!r} has several lines: a blank line is needed {beside} it"
            hint = f"Put a blank line {beside} it."
        if why:
            holes.append((found.start() + 1, name, ended(why), hint))
            parts.append(found[0])
        else:
            indent = text[: found.start()] if alone else ""
            first, *others = value.strip("\n").split("\n")
            parts.append("\n".join((first, *(other and indent + other for other in others))))
    return "".join((*parts, text[at:])), holes


LONGEST = 60  # characters that are shown of an expression that nothing closes


def _why_not(name: str, values: Mapping[str, str]) -> tuple[str, str]:
    """Why an expression has no value and how to mend it, both empty where it has one."""
    if name in values:
        return "", ""
    if not name:
        return "the braces are empty", f"Write the name of a value between them. {BACKSLASH}"
    if day := DAYS.get(name):
        why = f"country.toml [report] has no `{day}`"
        return why, f"Put the day there as {day} = 2024-06-14; until there is one, leave the expression out."
    return f"there is no value {name!r}{nearest(name, {*values, *DAYS})}", f"Correct the name. {BACKSLASH}"


# --------------------------------------------------------------------------------------------------------- writing


def write(set_: MetadataSet, structure: MetadataStructure, language: str, own: str = "") -> tuple[str, tuple[str, ...]]:
    """A metadata set's document in one language, and sentences on what such a document does not say.

    It has a heading for each concept that has a text or stands above one; dates, codes and numbers are in the document
    of the report's ``own`` language, by default the set's first. Concepts that the structure does not know come last, under their ids.
    """
    first = language == (own or next(iter(set_.languages), language))
    reported: dict[str, list[ReportedAttribute]] = {}
    for one in set_.all:
        reported.setdefault(one.id, []).append(one)
    lost: list[str] = []
    texts = {}
    for concept in dict.fromkeys([*structure.by_id, *reported]):
        attribute = structure.by_id.get(concept) or MetadataAttribute(concept, "", text_format=RICH)
        found = [content for one in reported.get(concept, ()) for content in _said(one, attribute, language, first)]
        texts[concept] = "\n\n".join(_markdown(content) for content in found)
        lost += [f"{concept}: {why}" for why in _lost(reported.get(concept, ()), attribute, found, language)]
    lost += [
        f"{child}: it stands below {above or 'nothing'}, in the structure below {structure.parents[child] or 'nothing'}."
        for child, above in _places(set_.attributes)
        if child in structure.by_id and structure.parents[child] != above
    ]
    unknown = [concept for concept in reported if concept not in structure.by_id]
    lost += [f"{concept}: the structure {structure.ref} does not know it." for concept in unknown]
    headings = [
        (f"{'#' * min(one.level, 6)} {one.number} {one.name_in(language)}", one.id)
        for one in structure.all
        if any(texts[below.id] for below in _with_below(one))
    ]
    headings += [(f"### {concept}", concept) for concept in unknown if texts[concept]]
    parts = [part for words, id_ in headings for part in (f"{words} {{#{id_}}}", texts[id_]) if part]
    return "\n\n".join(parts) + "\n" if parts else "", tuple(lost)


def _said(one: ReportedAttribute, attribute: MetadataAttribute, language: str, own: bool) -> list[Content]:
    """What is to be written about a concept in this language; what has no language, and values, in the set's own."""
    wanted = {"", language} if own else set() if attribute.is_value else {language}
    return [content for said_in, content in one.content if said_in in wanted and content]


def _markdown(content: Content) -> str:
    """A text with its braces kept from being expressions; plain text line by line."""
    rich = canonical(_paragraphs(content) if isinstance(content, str) else content)
    return CONTROL.sub("", to_markdown(rich)).replace("{{", "\\{{")


def _paragraphs(text: str) -> list[Element]:
    return [Element("p", (line,)) for line in text.split("\n")]


def _lost(
    reported: Sequence[ReportedAttribute], attribute: MetadataAttribute, found: Sequence[Content], language: str
) -> Iterator[str]:
    """Why the document of a language would not give back what is reported about a concept."""
    if len(reported) > 1:
        yield f"it is reported {len(reported)} times; its texts are one below the other."
    elif len(found) > 1:
        yield f"it has a text without a language beside the one in {language!r}; they are one below the other."
    if any(one.restricted for one in reported) and not attribute.restricted:
        yield "it is restricted from publication in the message alone, not in the structure."
    if found and attribute.presentational:
        yield "it only groups other concepts, so that its text is not reported."
    unspoken = any(content for one in reported for said_in, content in one.content if not said_in)
    if found and unspoken and not attribute.presentational and not attribute.is_value:
        yield f"its text has no language; it is written as {language!r}."
    for content in found:
        rich = canonical(_paragraphs(content) if isinstance(content, str) else content)
        kept = to_rich(CONTROL.sub("", to_markdown(rich)))
        if plain(kept) != said(content):
            yield "its spaces, empty lines or characters that are no text are not kept."
        elif not isinstance(content, str) and not attribute.is_rich and kept != canonical(_paragraphs(plain(kept))):
            yield "the structure has plain text there: the form of its text is not kept."
        elif not isinstance(content, str) and kept != content:
            yield "the form of its text is not kept as it is."
    if attribute.is_value:
        values = {said(content) for one in reported for _, content in one.content if content}
        if len(values) > 1:
            yield f"it has one value in every language, and here {len(values)}."


def _places(attributes: Sequence[ReportedAttribute], above: str = "") -> Iterator[tuple[str, str]]:
    """(Id, id of what it stands below) of every reported attribute."""
    for one in attributes:
        yield one.id, above
        yield from _places(one.children, one.id)


def _with_below(attribute: MetadataAttribute) -> Iterator[MetadataAttribute]:
    yield attribute
    for child in attribute.children:
        yield from _with_below(child)

"""The nouns of the metadata report: the document that an officer edits, and the metadata set that is transmitted.

A *document* is one Markdown file in one language: a section for each concept of the metadata structure, with
expressions (``{{ first_period.registrations }}``) where facts and figures stand. A *metadata set* is what SDMX
transmits: reported attributes, nested as the structure nests them, each with a value or with text in languages.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from pipeline.rich_text import RichText, asides, plain

# ------------------------------------------------------------------------------------------------------ the document


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a section: its number in the file, as it is written, and with its expressions filled in.

    ``filled`` can hold several lines (an expression that stands for a table) and is empty until it is filled.
    """

    number: int
    source: str
    filled: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """What a document says about one concept. ``number`` and ``name`` are those of its heading, as they are written.

    ``concept`` is the id in the heading's ``{#ID}``, empty where it has none; ``line`` is the heading's.
    """

    concept: str
    number: str
    name: str
    level: int
    line: int
    lines: tuple[Line, ...] = ()

    @property
    def markdown(self) -> str:
        """The text with its expressions filled in."""
        return "\n".join(line.filled for line in self.lines).strip("\n")

    @property
    def source(self) -> str:
        """The text as it is written."""
        return "\n".join(line.source for line in self.lines).strip("\n")


@dataclass(frozen=True, slots=True)
class Hole:
    """An expression that has no value: where it stands, what it says, what was probably meant, how to mend it."""

    concept: str
    line: int
    column: int
    expression: str
    why: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """The report's text in one language (``en``); ``before``: lines above the first heading, which belong to nothing.

    ``holes`` is only known once it is filled.
    """

    file: str
    language: str
    sections: tuple[Section, ...]
    before: tuple[Line, ...] = ()
    holes: tuple[Hole, ...] = ()

    def section(self, concept: str) -> Section | None:
        """The first section of a concept."""
        return next((section for section in self.sections if section.concept == concept), None)


MEANT = re.compile(r".*\{#[^{}]*\}[\s#*_]*|[ \t>]*#{1,6}.*\{#[^{}]*\}.*|[ \t]+#{1,3}[ \t].*")
"""A line that is meant for the heading of a concept: it has an id in braces, or a heading's marks after blanks."""


def unopened(section: Section) -> Iterator[tuple[int, str]]:
    """The lines of a section that are meant for a concept's heading and have opened none: (line in the file, text).

    What stands below them would be told, and published, as the text of this section. Code between fences or ticks, and
    comments, are left out; code that is none but by the blanks before it is not.
    """
    sources = [line.source for line in section.lines]
    for line, apart in zip(section.lines, asides(sources), strict=True):
        text = line.source
        for aside in apart:
            if aside.kind != "indented":
                text = text[: aside.start] + "\0" * (aside.end - aside.start) + text[aside.end :]
        if MEANT.fullmatch(text.replace("\0", "")):
            yield line.number, line.source.strip()


# -------------------------------------------------------------------------------------------------- the metadata set

Content = str | RichText


@dataclass(frozen=True, slots=True)
class ReportedAttribute:
    """What is reported about one concept, and about those below it.

    ``content``: pairs of (language, text), in the order of the message. Without a language (``""``) it is a plain value:
    a date, a code. Text is ``str``, rich text a tuple of blocks. ``restricted``: not to be published.
    """

    id: str
    content: tuple[tuple[str, Content], ...] = ()
    children: tuple[ReportedAttribute, ...] = ()
    restricted: bool = False

    def in_language(self, language: str) -> Content:
        """The text in this language, else the plain value; empty where there is neither."""
        said = dict(self.content)
        return said.get(language, said.get("", ""))


@dataclass(frozen=True, slots=True)
class MetadataSet:
    """A set of reference metadata as SDMX transmits it.

    ``structure``, ``flow``, ``provision``: ``AGENCY:ID(VERSION)`` of the metadata structure, of the metadataflow and of
    the provision agreement, empty where the message does not say · ``targets``: URNs of what is described · ``names``:
    (language, name) · ``provider``: URN of the metadata or data provider · ``begins``, ``ends``: the reporting period.
    """

    agency: str
    id: str
    version: str
    names: tuple[tuple[str, str], ...]
    attributes: tuple[ReportedAttribute, ...]
    targets: tuple[str, ...] = ()
    structure: str = ""
    flow: str = ""
    provision: str = ""
    provider: str = ""
    begins: str = ""
    ends: str = ""

    @property
    def all(self) -> Iterator[ReportedAttribute]:
        """Every reported attribute, those above before those below."""
        return _below(self.attributes)

    def attribute(self, concept: str) -> ReportedAttribute | None:
        """What is reported about a concept."""
        return next((one for one in self.all if one.id == concept), None)

    @property
    def restricted(self) -> frozenset[str]:
        """The concepts that are not to be published: those that are marked, and all below them."""
        return frozenset(below.id for one in self.all if one.restricted for below in _below((one,)))

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages in which there is a text, in the order in which they come."""
        return tuple(dict.fromkeys(language for one in self.all for language, _ in one.content if language))


@dataclass(frozen=True, slots=True)
class Heading:
    """The header of a message: its id, when it was prepared (ISO 8601, with an offset), from whom to whom."""

    id: str
    prepared: str
    sender: str
    receiver: str = ""
    test: bool = False


def said(content: Content) -> str:
    """A text without its form."""
    return content if isinstance(content, str) else plain(content)


def _below(attributes: tuple[ReportedAttribute, ...]) -> Iterator[ReportedAttribute]:
    for one in attributes:
        yield one
        yield from _below(one.children)


# ------------------------------------------------------------------------------------------------------ what changed


@dataclass(frozen=True, slots=True)
class Change:
    """What changed about a concept, in one language. ``kind``: new, gone or changed.

    ``lines``: the text line by line, each with its sign: ``-`` only before, ``+`` only after, a space for both. They are
    all alike where the form alone has changed (a link, an emphasis). ``restricted``: one of the two is not to be published.
    """

    concept: str
    language: str
    kind: str
    lines: tuple[tuple[str, str], ...]
    restricted: bool = False


def changes(old: MetadataSet, new: MetadataSet, languages: Collection[str] = ()) -> tuple[Change, ...]:
    """What changed from one report to another, concept by concept, in the order of the new one; what is gone comes last.

    ``languages``: only these, and plain values; by default all that both reports have (``left_out`` are the others). A
    value that the other report says as a text is compared with it.
    """
    before, after = _texts(old), _texts(new)
    restricted = old.restricted | new.restricted
    wanted = {"", *(languages or set(old.languages) & set(new.languages))}
    for key in [key for key in before.keys() ^ after.keys() if key[1] == ""]:
        lacking, having = (after, before) if key in before else (before, after)
        if as_text := [(k, text) for k, text in lacking.items() if k[0] == key[0]]:
            lacking[key] = next((having[key] for _, text in as_text if said(text) == said(having[key])), as_text[0][1])
            for other, _ in as_text:
                lacking.pop(other, None)
    found = []
    for key in dict.fromkeys([*after, *before]):
        was, is_ = before.get(key), after.get(key)
        if was == is_ or key[1] not in wanted:
            continue
        kind = "new" if was is None else "gone" if is_ is None else "changed"
        lines = tuple(_beside(said(was or ""), said(is_ or "")))
        found.append(Change(*key, kind, lines, key[0] in restricted))
    return tuple(found)


def left_out(old: MetadataSet, new: MetadataSet) -> tuple[str, ...]:
    """The languages that one of two reports does not have at all: ``changes`` does not compare them."""
    return tuple(sorted(set(old.languages) ^ set(new.languages)))


def _texts(set_: MetadataSet) -> dict[tuple[str, str], Content]:
    """(Concept, language) → text, where there is one."""
    return {(one.id, language): text for one in set_.all for language, text in one.content if text}


def _beside(old: str, new: str) -> Iterator[tuple[str, str]]:
    before, after = old.split("\n") if old else [], new.split("\n") if new else []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from ((" ", line) for line in before[a:b])
        else:
            yield from (("-", line) for line in before[a:b])
            yield from (("+", line) for line in after[c:d])

"""The metadata report as one HTML page: every public concept with its number, what changed, on a screen and on paper.

The page needs nothing else: no script, no remote resource. What it may show is decided here and once (``_public``): what
the structure or the message restricts from publication reaches neither the text nor the changes.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cache
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING

from pipeline.facts.wording import day, listing, month, number
from pipeline.metadata_set import Change, Content, MetadataSet
from pipeline.pages.rich import Texts, clean

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from pipeline.facts.metadata_structure import MetadataAttribute, MetadataStructure
    from pipeline.facts.models import Language

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class About:
    """What the page says beside the report itself, in its language.

    ``data_sets``: (indicator, code) · ``short``: the concepts of the short form · ``twins``: (label, relative address) of
    the messages · ``pages``: (language, relative address) of the page in other languages · ``languages``: what each
    language calls itself · ``changes`` since the version that was ``certified``, None where that is not kept ·
    ``related``: (label, address) · ``not_confirmed``: the names of the messages that are inferred.
    """

    country: str
    agency: str
    title: str
    id: str
    data_sets: Pairs = ()
    short: frozenset[str] = frozenset()
    twins: Pairs = ()
    pages: Pairs = ()
    languages: Mapping[str, str] = field(default_factory=dict)
    changes: tuple[Change, ...] | None = None
    certified: dt.date | None = None
    related: Pairs = ()
    not_confirmed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """A concept as the page shows it.

    ``text``: HTML, empty where nothing is reported · ``missing``: it should be · ``language``: of the text where it is not
    the page's · ``beyond``: the short form lacks it with all below it, ``bare``: it lacks its own text.
    """

    id: str
    number: str
    name: str
    level: int
    text: Markup
    missing: bool
    language: str
    beyond: bool
    bare: bool
    changed: bool
    children: tuple[Part, ...]


@dataclass(frozen=True)
class Shift:
    """What changed about a concept: its place in the report, the kind of change, rows of (sign, HTML).

    The sign of a row: ``-`` before, ``+`` now, a space for both, ``…`` for what is left out; no rows: only the form changed.
    """

    id: str
    number: str
    name: str
    kind: str
    language: str
    rows: tuple[tuple[str, Markup], ...]


def page(set_: MetadataSet, structure: MetadataStructure, language: Language, about: About) -> str:
    """The report in one language for a browser and for paper; everything is escaped, and nothing restricted is shown.

    A text that is missing in the language is shown in the set's first other one, and marked.
    """
    from markupsafe import Markup

    environment = _environment()
    style = environment.get_template("metadata.css").render(report=_css_text(about.id))
    public = _public(structure, set_)
    shifts = tuple(_shifts(about.changes or (), structure, language, public))
    contents = _contents(set_, public)
    shown = frozenset(_shown(structure.attributes, public, contents))
    changed = frozenset(shift.id for shift in shifts)
    parts = _Parts(contents, shown, changed, language, about.short).all(structure.attributes)
    return environment.get_template("metadata.html").render(
        style=Markup(style),
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        language=language.id,
        languages=about.languages,
        words=language.page,
        about=about,
        parts=parts,
        dates=[(part.name, part.text) for part in _flat(parts) if structure.by_id[part.id].is_date and part.text],
        shifts=shifts,
        shown=shown,
        certified=day(language, about.certified) if about.certified else "",
        related=[Texts(shown).link(label, address) for label, address in about.related],
        not_confirmed=listing(language, about.not_confirmed),
        number=lambda value: number(language, value),
    )


@cache
def _environment() -> Environment:
    """The templates; what they print is escaped, and cannot steer what shows it."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    return Environment(
        loader=PackageLoader("pipeline.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: value if isinstance(value, Markup) else clean(str(value)),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _public(structure: MetadataStructure, set_: MetadataSet) -> frozenset[str]:
    """The concepts that may be shown: neither they nor one above them is restricted, in the structure or in the message."""

    def open_(attributes: Iterable[MetadataAttribute]) -> Iterator[str]:
        for one in attributes:
            if not one.restricted:
                yield one.id
                yield from open_(one.children)

    return frozenset(open_(structure.attributes)) - set_.restricted


# ------------------------------------------------------------------------------------------------------- the concepts


def _contents(set_: MetadataSet, public: frozenset[str]) -> dict[str, dict[str, Content]]:
    """Concept → language → text, of those that may be shown and say something."""
    found = {one.id: {language: text for language, text in one.content if text} for one in set_.all if one.id in public}
    return {id_: texts for id_, texts in found.items() if texts}


def _shown(attributes: Iterable[MetadataAttribute], public: frozenset[str], reported: Container[str]) -> Iterator[str]:
    """The concepts that the page shows: all headings, and below them what is reported, should be, or leads to it."""
    for one in attributes:
        if one.id not in public:
            continue
        below = list(_shown(one.children, public, reported))
        if below or one.id in reported or one.level == 1 or _must(one):
            yield one.id
            yield from below


def _name(attribute: MetadataAttribute, language: Language) -> str:
    """The name of a concept; no line begins with the dash in it."""
    return attribute.name_in(language.id).replace(" - ", "\u00a0- ")


def _must(attribute: MetadataAttribute) -> bool:
    return attribute.min_occurs > 0 and not attribute.presentational


@dataclass(frozen=True)
class _Parts:
    """What is needed to show a concept: the texts, the concepts that are shown, and those that changed."""

    texts: Mapping[str, Mapping[str, Content]]
    shown: frozenset[str]
    changed: Container[str]
    language: Language
    short: frozenset[str]

    def all(self, attributes: Iterable[MetadataAttribute]) -> tuple[Part, ...]:
        """The concepts to be shown, nested as in the structure."""
        return tuple(self._part(one) for one in attributes if one.id in self.shown)

    def _part(self, attribute: MetadataAttribute) -> Part:
        children = self.all(attribute.children)
        text, language = self._text(attribute)
        short = attribute.id in self.short
        return Part(
            attribute.id,
            attribute.number,
            _name(attribute, self.language),
            attribute.level,
            text,
            not text and (_must(attribute) or not children),
            language,
            not short and all(child.beyond for child in children),
            not short,
            attribute.id in self.changed,
            children,
        )

    def _text(self, attribute: MetadataAttribute) -> tuple[Markup, str]:
        """The text of a concept as HTML and the language that it is in, empty for the page's own."""
        from markupsafe import Markup

        said = self.texts.get(attribute.id)
        if not said:
            return Markup(""), ""
        language = next((id_ for id_ in (self.language.id, "") if id_ in said), next(iter(said)))
        content = said[language]
        if isinstance(content, str) and (words := _date(content, self.language) if attribute.is_date else ""):
            return Markup('<p><time datetime="{}">{}</time></p>').format(content.strip(), words), ""
        label = clean(self.language.page["table"].format(name=_name(attribute, self.language)))
        other = language if language not in ("", self.language.id) else ""
        return Texts(self.shown, label).html(content, min(attribute.level + 2, 6)), other


def _flat(parts: Iterable[Part]) -> Iterator[Part]:
    for part in parts:
        yield part
        yield from _flat(part.children)


def _date(text: str, language: Language) -> str:
    """A day or a month in words, empty for what is neither."""
    found = re.fullmatch(r"\s*(\d{4}-(?:0[1-9]|1[0-2]))(-\d{2})?(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?\s*", text)
    if found is None:
        return ""
    if not found[2]:
        return month(language, found[1])
    try:
        return day(language, dt.date.fromisoformat(found[1] + found[2]))
    except ValueError:
        return ""


# -------------------------------------------------------------------------------------------------------- the changes


def _shifts(
    changes: Iterable[Change], structure: MetadataStructure, language: Language, public: frozenset[str]
) -> Iterator[Shift]:
    """One for each public concept that changed, in the order of the structure; in the page's language where it can be."""
    by_concept: dict[str, dict[str, Change]] = {}
    for change in changes:
        if change.concept in public and not change.restricted:
            by_concept.setdefault(change.concept, {})[change.language] = change
    for attribute in structure.all:
        found = by_concept.get(attribute.id)
        if not found:
            continue
        spoken = next((id_ for id_ in (language.id, "") if id_ in found), next(iter(found)))
        change = found[spoken]
        worded = ((sign, (attribute.is_date and _date(text, language)) or text) for sign, text in change.lines)
        yield Shift(
            attribute.id,
            attribute.number,
            _name(attribute, language),
            change.kind,
            spoken if spoken not in ("", language.id) else "",
            tuple(_rows(tuple(worded))),
        )


def _rows(lines: Sequence[tuple[str, str]]) -> Iterator[tuple[str, Markup]]:
    """Lines that changed with the words that did; of what did not change, a line before and after."""
    if all(sign == " " for sign, _ in lines):
        return
    runs = [(sign == " ", list(run)) for sign, run in groupby(lines, lambda line: line[0])]
    hunks = [(same, [line for _, run in those for line in run]) for same, those in groupby(runs, lambda run: run[0])]
    for place, (same, hunk) in enumerate(hunks):
        if not same:
            yield from _hunk([t for s, t in hunk if s == "-"], [t for s, t in hunk if s == "+"])
            continue
        texts = [_escaped(text) for _, text in hunk]
        ends = (texts[:1] if place else []), (texts[-1:] if place + 1 < len(hunks) else [])
        if len(texts) <= len(ends[0]) + len(ends[1]):
            yield from ((" ", text) for text in texts)
            continue
        yield from ((" ", text) for text in ends[0])
        yield "…", _escaped("")
        yield from ((" ", text) for text in ends[1])


def _hunk(before: Sequence[str], now: Sequence[str]) -> Iterator[tuple[str, Markup]]:
    """Lines and those that took their place, each beside the other."""
    for old, new in zip_longest(before, now):
        was, is_ = _marked(old or "", new or "")
        if old is not None:
            yield "-", was
        if new is not None:
            yield "+", is_


_TOKEN = re.compile(r"\s+|(?:\w+|[^\w\s])\s*")  # a word or a sign, with the space behind it


def _marked(old: str, new: str) -> tuple[Markup, Markup]:
    """Two lines with the words in which they differ marked; the whole of both where they have little in common."""
    from markupsafe import Markup

    before, now = _TOKEN.findall(old), _TOKEN.findall(new)
    matcher = SequenceMatcher(None, before, now, autojunk=False)
    if matcher.ratio() < 0.5:
        matcher = SequenceMatcher(None, [old], [new], autojunk=False)
        before, now = [old], [new]
    was, is_ = Markup(""), Markup("")
    for tag, a, b, c, d in matcher.get_opcodes():
        was += _wrapped("del" if tag != "equal" else "", "".join(before[a:b]))
        is_ += _wrapped("ins" if tag != "equal" else "", "".join(now[c:d]))
    return was, is_


def _wrapped(tag: str, text: str) -> Markup:
    """Words in an element, the space behind them outside of it; without a tag, or without words, the text alone."""
    from markupsafe import Markup

    words = text.rstrip()
    if not tag or not words:
        return _escaped(text)
    return Markup(f"<{tag}>") + _escaped(words) + Markup(f"</{tag}>") + _escaped(text[len(words) :])


def _escaped(text: str) -> Markup:
    from markupsafe import escape

    return escape(clean(text))


def _css_text(text: str) -> Markup:
    """A text as a string of a style sheet."""
    from markupsafe import Markup

    return Markup('"' + "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):x} " for c in text) + '"')

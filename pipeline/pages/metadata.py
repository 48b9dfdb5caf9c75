"""The metadata report as one HTML page: every public concept with its number, what changed, on a screen and on paper.

The page needs nothing else: no script, no remote resource. What it may show is decided here and once (``_public``): what
the structure or the message restricts from publication reaches neither the text nor the changes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING, TypeVar

from pipeline.facts.wording import day, listing, month, named, number, phrase
from pipeline.metadata_set import Change, Content, MetadataSet
from pipeline.pages.html import render
from pipeline.pages.rich import Texts, clean

if TYPE_CHECKING:
    from markupsafe import Markup

    from pipeline.facts.metadata_structure import MetadataAttribute, MetadataStructure
    from pipeline.facts.models import Language

Pairs = tuple[tuple[str, str], ...]
T = TypeVar("T")
Named = str | Mapping[str, str]
"""A name in the language of the page, or the names in several, by language: the page shows its own, or marks another's."""


@dataclass(frozen=True)
class About:
    """What the page says beside the report itself.

    ``data_sets``: (indicator, code) · ``short``: the concepts of the short form · ``twins``: (label, relative address) of
    the messages · ``pages``: (language, relative address) of the page in other languages · ``languages``: what each
    language calls itself · ``changes`` since the version that was ``certified``, None where that is not kept ·
    ``related``: (label, address) · ``not_confirmed``: the names of the messages that are inferred.
    """

    country: Named
    agency: Named
    title: Named
    id: str
    data_sets: tuple[tuple[Named, str], ...] = ()
    short: frozenset[str] = frozenset()
    twins: Pairs = ()
    pages: Pairs = ()
    languages: Mapping[str, str] = field(default_factory=dict)
    changes: tuple[Change, ...] | None = None
    certified: dt.date | None = None
    related: tuple[tuple[Named, str], ...] = ()
    not_confirmed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """A concept as the page shows it.

    ``text``: HTML, empty where nothing is reported · ``missing``: it should be · ``language``: of the text where it is not
    the page's · ``beyond``: the short form lacks it with all below it, ``bare``: it lacks its own text · ``withheld``: a
    sentence on those below it that are not for publication, empty where there are none.
    """

    id: str
    number: str
    name: Markup
    level: int
    text: Markup
    missing: bool
    language: str
    beyond: bool
    bare: bool
    changed: bool
    withheld: str
    children: tuple[Part, ...]


@dataclass(frozen=True)
class Row:
    """A line of a text that changed, or a row of a table (``table``) as its cells.

    ``sign``: ``-`` before, ``+`` now, a space for both, ``±`` for a row with the cells that changed marked in it, ``…`` for
    what is left out.
    """

    sign: str
    cells: tuple[Markup, ...] = ()
    table: bool = False


@dataclass(frozen=True)
class Block:
    """Lines, or the rows of one table, that follow one another; ``groups``: (sign, those that have it)."""

    table: bool
    groups: tuple[tuple[str, tuple[Row, ...]], ...]

    @property
    def signed(self) -> bool:
        """Whether a table needs a column for what is before and what is now."""
        return any(sign in ("-", "+") for sign, _ in self.groups)

    @property
    def width(self) -> int:
        """The columns of the widest row."""
        return max(len(row.cells) for _, rows in self.groups for row in rows) + self.signed


@dataclass(frozen=True)
class Shift:
    """What changed about a concept: its place in the report, the kind of change, the text; no blocks: only its form."""

    id: str
    number: str
    name: Markup
    kind: str
    language: str
    blocks: tuple[Block, ...]


def page(set_: MetadataSet, structure: MetadataStructure, language: Language, about: About) -> str:
    """The report in one language for a browser and for paper; everything is escaped, and nothing restricted is shown.

    A text that is missing in the language is shown in the set's first other one, and marked.
    """
    public = _public(structure, set_)
    shifts = tuple(_shifts(about.changes or (), structure, language, public))
    contents = _contents(set_, public)
    shown = frozenset(_shown(structure.attributes, public, contents))
    changed = frozenset(shift.id for shift in shifts)
    parts = _Parts(contents, public, shown, changed, language, about.short).all(structure.attributes)
    return render(
        "metadata.html",
        styles=("metadata.css",),
        running=about.id,
        language=language.id,
        languages=about.languages,
        words=language.page,
        about=about,
        title=_named(about.title, language),
        country=_named(about.country, language),
        agency=_named(about.agency, language),
        data_sets=[(_named(name, language), code) for name, code in about.data_sets],
        parts=parts,
        withheld=_withheld(structure.attributes, public, language),
        dates=[(part.name, part.text) for part in _flat(parts) if structure.by_id[part.id].is_date and part.text],
        shifts=shifts,
        shown=shown,
        certified=day(language, about.certified) if about.certified else "",
        related=[Texts(shown).link(_named(name, language), address) for name, address in about.related],
        not_confirmed=listing(language, about.not_confirmed),
        number=lambda value: number(language, value),
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
    return _undivided(attribute.name_in(language.id))


def _undivided(name: str) -> str:
    return name.replace(" - ", "\u00a0- ")


def _title(attribute: MetadataAttribute, language: Language) -> Markup:
    """The name of a concept, marked where it is in another language than the page; its id where it has none."""
    names = {id_: _undivided(name) for id_, name in attribute.names.items()}
    return _named(names, language) or _escaped(attribute.id)


def _named(name: Named, language: Language) -> Markup:
    """A name as HTML, marked where it is only known in another language than the page's."""
    from markupsafe import Markup

    if isinstance(name, str):
        return _escaped(name)
    text = named(name, language)
    spoken = language.id if name.get(language.id) else next((id_ for id_, one in name.items() if one == text), "")
    if spoken in ("", language.id):
        return _escaped(text)
    return Markup('<span lang="{}">{}</span>').format(spoken, _escaped(text))


def _withheld(siblings: Iterable[MetadataAttribute], public: frozenset[str], language: Language) -> str:
    """A sentence on those that are not for publication, by their numbers: 1.3, 1.4 and 1.6 to 1.8; empty without any."""
    runs = [[one.number for one in run] for open_, run in groupby(siblings, lambda one: one.id in public) if not open_]
    said = [
        text
        for run in runs
        for text in (run if len(run) < 3 else [phrase(language, "range", first=run[0], last=run[-1])])
    ]
    form = "withheld_one" if sum(map(len, runs)) == 1 else "withheld_many"
    return language.page[form].format(numbers=listing(language, said)) if said else ""


def _must(attribute: MetadataAttribute) -> bool:
    return attribute.min_occurs > 0 and not attribute.presentational


@dataclass(frozen=True)
class _Parts:
    """What is needed to show a concept: the texts, what may be shown, what is shown, and what of it changed."""

    texts: Mapping[str, Mapping[str, Content]]
    public: frozenset[str]
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
        withheld = _withheld(attribute.children, self.public, self.language)
        return Part(
            attribute.id,
            attribute.number,
            _title(attribute, self.language),
            attribute.level,
            text,
            not text and (_must(attribute) or not (children or withheld)),
            language,
            not short and all(child.beyond for child in children),
            not short,
            attribute.id in self.changed,
            withheld,
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
            _title(attribute, language),
            change.kind,
            spoken if spoken not in ("", language.id) else "",
            tuple(_blocks(_rows(tuple(worded), language))),
        )


def _blocks(rows: Iterable[Row]) -> Iterator[Block]:
    """Lines and tables, one after the other."""
    for table, those in groupby(rows, lambda row: row.table):
        yield Block(table, tuple((sign, tuple(run)) for sign, run in groupby(those, lambda row: row.sign)))


def _rows(lines: Sequence[tuple[str, str]], language: Language) -> Iterator[Row]:
    """Lines that changed with the words that did; of what did not change, a line before and after."""
    if all(sign == " " for sign, _ in lines):
        return
    hunks = [(same, list(those)) for same, those in groupby(lines, lambda line: line[0] == " ")]
    for place, (same, hunk) in enumerate(hunks):
        if not same:
            yield from _hunk([t for s, t in hunk if s == "-"], [t for s, t in hunk if s == "+"], language)
            continue
        last = hunks[place - 1][1][-1][1] if place else None
        following = hunks[place + 1][1][0][1] if place + 1 < len(hunks) else None
        yield from _around([text for _, text in hunk], last, following)


def _around(texts: Sequence[str], last: str | None, following: str | None) -> Iterator[Row]:
    """Unchanged lines between ``last`` and ``following``, which changed: of each end one, of a table its head besides."""
    kept, end = set(), len(texts) - 1
    if last is not None and not (_is_row(texts[0]) and not _is_row(last)):
        kept.add(0)
    if following is not None and not (_is_row(texts[end]) and not _is_row(following)):
        kept.add(end)
        if _is_row(texts[end]) and _is_row(following):
            kept.add(next((at + 1 for at in range(end, -1, -1) if not _is_row(texts[at])), 0))
    for shown, run in groupby(range(len(texts)), lambda at: at in kept):
        places = list(run)
        if shown:
            yield from (_row(" ", texts[at]) for at in places)
        else:
            yield Row("…", table=places[0] > 0 and all(_is_row(texts[at]) for at in (places[0] - 1, *places)))


def _is_row(line: str) -> bool:
    """Whether a line of a text without its form is a row of a table."""
    return " | " in line


def _row(sign: str, line: str) -> Row:
    cells = line.split(" | ")
    return Row(sign, tuple(_escaped(cell) for cell in cells), len(cells) > 1)


def _hunk(before: Sequence[str], now: Sequence[str], language: Language) -> Iterator[Row]:
    """Lines and those that took their place, each beside the other; tables beside tables."""
    old, new = ([list(run) for _, run in groupby(lines, _is_row)] for lines in (before, now))
    for was, is_ in _paired(old, new, lambda run: _is_row(run[0])):
        if was and is_ and _is_row(was[0]) and _is_row(is_[0]):
            for one, other in _paired(was, is_, lambda line: line.split(" | ")[0]):
                yield from _changed_row(one, other, language)
        elif was and is_ and not _is_row(was[0]) and not _is_row(is_[0]):
            for one, other in zip_longest(was, is_):
                yield from _changed_line(one, other)
        else:
            for line in was or ():
                yield from [_row("-", line)] if _is_row(line) else _changed_line(line, None)
            for line in is_ or ():
                yield from [_row("+", line)] if _is_row(line) else _changed_line(None, line)


def _changed_line(old: str | None, new: str | None) -> Iterator[Row]:
    """A line and the one that took its place, with the words in which they differ marked."""
    was, is_ = _marked(old or "", new or "")
    if old is not None:
        yield Row("-", (was,))
    if new is not None:
        yield Row("+", (is_,))


def _paired(old: Sequence[T], new: Sequence[T], key: Callable[[T], object]) -> Iterator[tuple[T | None, T | None]]:
    """Each beside the one that took its place, which has the same key, or as many do that stand there together."""
    matcher = SequenceMatcher(None, [key(one) for one in old], [key(one) for one in new], autojunk=False)
    for _, a, b, c, d in matcher.get_opcodes():
        if b - a == d - c:
            yield from zip(old[a:b], new[c:d], strict=True)
        else:
            yield from ((one, None) for one in old[a:b])
            yield from ((None, one) for one in new[c:d])


def _changed_row(old: str | None, new: str | None, language: Language) -> Iterator[Row]:
    """A row of a table and what took its place: one row where they have the same cells, else both."""
    was, is_ = (line.split(" | ") if line is not None else [] for line in (old, new))
    if len(was) == len(is_):
        cells = zip(was, is_, strict=True)
        yield Row("±", tuple(_changed_cell(one, other, language) for one, other in cells), table=True)
        return
    yield from (_row(sign, line) for sign, line in (("-", old), ("+", new)) if line is not None)


def _changed_cell(old: str, new: str, language: Language) -> Markup:
    """What a cell said and says, in words for whoever does not see the difference."""
    from markupsafe import Markup

    if old == new:
        return _escaped(new)
    marked = Markup('<{tag}><span class="unseen" lang="{language}">{word} </span>{text}</{tag}>')
    parts = (("del", "before", old), ("ins", "now", new))
    return Markup(" ").join(
        marked.format(tag=tag, language=language.id, word=clean(language.page[word]), text=_escaped(text))
        for tag, word, text in parts
        if text
    )


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

"""The text of a metadata report: is it complete, in date, fit to be published, in accord with the facts and with itself?

The documents are filled: expressions have given way to their values, and what has none is a hole. What is looked for in
the words of a language is data (``codelists/languages``); see ``prose.py``, ``statements.py`` and ``spelling.py``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from itertools import islice
from typing import TYPE_CHECKING

from pipeline.checks import spelling, statements
from pipeline.checks.markup import metadata_lost, metadata_markup
from pipeline.checks.prose import Passage, at_words, has_words, passages, sentences, shown, whole
from pipeline.checks.signs import metadata_brackets, metadata_link
from pipeline.errors import ended, nearest
from pipeline.findings import Finding, Place, Verdict
from pipeline.metadata_set import unopened
from pipeline.rich_text import uncommented

if TYPE_CHECKING:
    from pipeline.facts import CountryFacts, Facts
    from pipeline.facts.metadata_structure import MetadataAttribute, MetadataStructure
    from pipeline.facts.models import Language
    from pipeline.metadata_set import Document, Section


IN_BRACES = re.compile(r"\{#([^{}]*)\}")


def lint(
    documents: Sequence[Document],
    structure: MetadataStructure,
    facts: Facts,
    country: CountryFacts,
    today: dt.date,
    newest: str | None = None,
) -> list[Verdict]:
    """The verdicts of every rule on every document, the report's own language first; ``today`` judges what is in date.

    ``newest``: the month of the newest delivery: the text is compared with the facts in force for it, as expressions
    are, and without one with the last ones. FactsError where a language looks for a fact that the code does not know.
    """
    found: list[Verdict] = []
    right = spelling.forms(facts.languages.values())
    names = "\n".join(dict.fromkeys(_words_of_facts(structure, facts, country)))
    of_language = partial(_of_language, right=right, names=names, facts=facts, country=country, newest=newest)
    public = structure.by_id.keys() - _restricted(structure)
    for place, document in enumerate(documents):
        found += metadata_expression(document), metadata_heading(document, structure)
        found.append(metadata_date(document, structure, facts, today))
        if place == 0:
            open_ = unset(facts, country)
            found.append(metadata_missing(document, structure, open_))
            found.append(metadata_certified(document, facts, today, open_))
        else:
            found.append(metadata_language(document, documents[0], structure))
        language, text = facts.languages.get(document.language), passages(document)
        found += [
            metadata_personal(document, structure, language),
            metadata_lost(document),
            metadata_link(text, public),
            metadata_brackets(text),
            metadata_markup(text, structure),
        ]
        if language is None:
            why = f"there are no facts about the language {document.language!r}"
            rules = ("metadata-spelling", "metadata-fact", "metadata-contradiction")
            found += [Verdict(rule, document.file, unchecked=why) for rule in rules]
        else:
            found += of_language(text, language)
        found = [_of_file(verdict, document.file) for verdict in found]
    return found


def personal(documents: Sequence[Document], structure: MetadataStructure, facts: Facts) -> list[Finding]:
    """Personal contacts in what would be published, of all documents."""
    verdicts = [
        _of_file(metadata_personal(one, structure, facts.languages.get(one.language)), one.file) for one in documents
    ]
    return [finding for verdict in verdicts for finding in verdict.findings]


def _of_file(verdict: Verdict, file: str) -> Verdict:
    """A verdict and its findings with the name of their file, in the order in which they stand there."""
    if verdict.file:
        return verdict
    found = sorted(verdict.findings, key=lambda one: (one.line or 0, one.column or 0))
    return replace(verdict, file=file, findings=tuple(replace(one, file=file) for one in found))


def _verdict(rule: str, checked: int, findings: Iterable[Finding], unchecked: str = "") -> Verdict:
    return Verdict(rule, checked=checked, findings=tuple(findings), unchecked=unchecked)


# ---------------------------------------------------------------------------------------- the document as it is built


def metadata_expression(document: Document) -> Verdict:
    """Every expression has a value."""
    found = [
        Finding(
            "metadata-expression",
            ended(f"{{{{ {shown(hole.expression)} }}}} has no value: {hole.why}"),
            hole.hint,
            line=hole.line,
            column=hole.column,
            component=hole.concept,
            value=shown(hole.expression),
        )
        for hole in document.holes
    ]
    return _verdict("metadata-expression", len(document.sections), found)


def metadata_heading(document: Document, structure: MetadataStructure) -> Verdict:
    """Every heading names a concept of the structure, once, in the structure's order, with its number and name."""
    return _verdict("metadata-heading", len(document.sections), _headings(document, structure))


def _headings(document: Document, structure: MetadataStructure) -> Iterator[Finding]:
    order = {attribute.id: place for place, attribute in enumerate(structure.all)}
    seen: dict[str, Section] = {}
    last = ""
    for line, text in _stray(document):
        words = f"{shown(text)!r} stands above the first heading and belongs to no concept."
        yield Finding("metadata-heading", words, "Move it below a heading.", line=line, column=1, value=shown(text))
    for section in document.sections:
        yield from _unopened(section)
        attribute = structure.by_id.get(section.concept)
        title = " ".join(f"{section.number} {section.name}".split())
        if attribute is None:
            yield _at_heading(section, *_of_no_concept(section, title, structure), value=section.concept or title)
            continue
        if first := seen.get(section.concept):
            words = f"{section.concept} has a heading already; its second text would be lost."
            related = (Place(first.line, 1, section.concept),)
            yield _at_heading(section, words, "Put the texts together.", related=related, value=section.concept)
            continue
        seen[section.concept] = section
        if last and order[section.concept] < order[last]:
            words = f"{section.concept} comes after {last}; in the structure it comes before it."
            related = (Place(seen[last].line, 1, last),)
            yield _at_heading(section, words, "Move it up.", related=related, value=section.concept)
        else:
            last = section.concept
        yield from _title(section, title, attribute, document.language)
        if attribute.presentational and section.markdown and not any(unopened(section)):
            words = f"{section.concept} only groups the concepts below it: a text of its own is in no message."
            yield _at_heading(section, words, "Move the text below one of its sub-headings.", value=section.concept)


def _title(section: Section, title: str, attribute: MetadataAttribute, language: str) -> Iterator[Finding]:
    """A heading's number and name are the structure's, as far as it has a name in this language."""
    name = " ".join(attribute.names.get(language, section.name).split())
    right = f"{attribute.number} {name}"
    if title.replace("’", "'") != right.replace("’", "'"):
        words = f"the heading of {section.concept} is {title!r}; in the structure it is {right!r}."
        yield _at_heading(section, words, "Copy it from the structure.", value=title, expected=right)


def _of_no_concept(section: Section, title: str, structure: MetadataStructure) -> tuple[str, str]:
    """What to say of a heading whose id the structure does not know, or which has none."""
    if section.concept:
        return ended(f"the structure has no concept {section.concept!r}{nearest(section.concept, structure.by_id)}"), ""
    meant = _meant(section, structure)
    hint = f"Write {{#{meant[0]}}} after it." if meant else "Write the id of its concept after it, as in {#ID}."
    return f"the heading {title!r} names no concept: its text belongs to nothing.", hint


def _meant(section: Section, structure: MetadataStructure) -> list[str]:
    """The concepts with the number or the name of a heading."""
    named = {section.name.casefold(), section.number} - {""}
    return [a.id for a in structure.all if {a.number, *(n.casefold() for n in a.names.values())} & named]


def _unopened(section: Section) -> Iterator[Finding]:
    """What is meant for a heading and opens no concept: what stands below it is told about the one above."""
    for number, text in unopened(section):
        words = f"{shown(text)!r} opens no concept: what follows would be told, and published, as {section.concept}."
        hint = "Begin the line with its # and a blank, and end it with {#ID}; put a backslash before a # that is text."
        yield Finding(
            "metadata-heading", words, hint, line=number, column=1, component=section.concept, value=shown(text)
        )


def _at_heading(section: Section, message: str, hint: str, **more: object) -> Finding:
    base = Finding("metadata-heading", message, hint, line=section.line, column=1, component=section.concept)
    return replace(base, **more)  # type: ignore[arg-type]


def _stray(document: Document) -> Iterator[tuple[int, str]]:
    """The first line of a text above the first heading; comments are none."""
    left = zip(document.before, uncommented([line.source for line in document.before]), strict=True)
    yield from islice(((line.number, text.strip()) for line, text in left if text.strip()), 1)


def unset(facts: Facts, country: CountryFacts) -> frozenset[str]:
    """The concepts of the days of certification and posting, where the facts do not have that day (yet)."""
    report, role = country.country.report, facts.metadata.role
    days = ((role.certified, report and report.certified), (role.posted, report and report.posted))
    return frozenset(concept for concept, day in days if day is None)


def metadata_missing(document: Document, structure: MetadataStructure, unset: Collection[str] = frozenset()) -> Verdict:
    """Every concept that must be reported, and may be published, has a text in the report's own language.

    Left out are those whose fact is ``unset``, and those of which a heading is there and only lacks its id or its marks.
    """
    left_out = {*_restricted(structure), *unset, *_begun(document, structure)}
    asked = [a for a in _asked(structure.attributes) if not a.presentational and a.id not in left_out]
    order = {attribute.id: place for place, attribute in enumerate(structure.all)}
    findings = []
    for attribute in asked:
        section = document.section(attribute.id)
        if section and has_words(section):
            continue
        before = [s for s in document.sections if order.get(s.concept, len(order)) < order[attribute.id]]
        line = section.line if section else max((_last_line(s) for s in before), default=1)
        name = attribute.name_in(document.language)
        heading = f"{'#' * attribute.level} {attribute.number} {name} {{#{attribute.id}}}"
        findings.append(
            Finding(
                "metadata-missing",
                f"{attribute.number} {name} ({attribute.id}) has no text.",
                "Write it below its heading." if section else f"Write it here, below the heading: {heading}",
                line=line,
                column=1,
                component=attribute.id,
            )
        )
    return _verdict("metadata-missing", len(asked), findings)


def _begun(document: Document, structure: MetadataStructure) -> Iterator[str]:
    """The concepts that are meant by what opens none; metadata-heading tells these."""
    for section in document.sections:
        if section.concept not in structure.by_id:
            yield from _meant(section, structure)[:1]
        for _, text in unopened(section):
            yield from IN_BRACES.findall(text)


def _asked(attributes: Iterable[MetadataAttribute]) -> Iterator[MetadataAttribute]:
    """What must be reported: below what must be."""
    for attribute in attributes:
        if attribute.min_occurs > 0:
            yield attribute
            yield from _asked(attribute.children)


def _restricted(structure: MetadataStructure) -> set[str]:
    """The concepts that are not published, and all below them."""
    found = set[str]()
    for attribute in structure.all:
        if attribute.restricted or structure.parents[attribute.id] in found:
            found.add(attribute.id)
    return found


def _text(document: Document, concept: str) -> str:
    """What a document says about a concept."""
    section = document.section(concept)
    return section.markdown.strip() if section else ""


def _last_line(section: Section) -> int:
    return max((line.number for line in section.lines if line.source.strip()), default=section.line)


def metadata_language(document: Document, own: Document, structure: MetadataStructure) -> Verdict:
    """A further language has every text that the report's own language has; dates and codes are taken from the latter."""
    found = [*_values_unused(document, own, structure)]
    said = [a for a in structure.all if not a.is_value and _text(own, a.id)]
    lacking = [a for a in said if not _text(document, a.id)]
    if not lacking:
        return _verdict("metadata-language", len(said), found)
    ids = ", ".join(a.id for a in lacking)
    names = "; ".join(f"{a.number} {a.name}" for a in lacking)
    number = "1 concept is" if len(lacking) == 1 else f"{len(lacking)} concepts are"
    words = f"{number} missing in the language {document.language!r}: {names}."
    finding = Finding("metadata-language", words, component=lacking[0].id, value=ids)
    return _verdict("metadata-language", len(said), [finding, *found])


def _values_unused(document: Document, own: Document, structure: MetadataStructure) -> Iterator[Finding]:
    """Dates and codes that a further language has otherwise than the report's own: they are not used."""
    for attribute in structure.all:
        section, text = document.section(attribute.id), _text(document, attribute.id)
        right = _text(own, attribute.id)
        if section is None or not text or text == right or not attribute.is_value:
            continue
        name = f"{attribute.number} {attribute.name_in(document.language)}"
        there = f"there it is {shown(right)!r}" if right else "there is none there"
        words = f"{name}: {shown(text)!r} is not used; it is taken from the text in {own.language!r}, and {there}."
        yield _in_section(section, "metadata-language", words, text, shown(right))


# -------------------------------------------------------------------------------------------------------------- dates


def metadata_date(document: Document, structure: MetadataStructure, facts: Facts, today: dt.date) -> Verdict:
    """A date is written as in ISO 8601; certification, posting and update do not lie in the future."""
    role = facts.metadata.role
    happened = {role.certified, role.posted, role.updated}
    findings, checked = [], 0
    for section in document.sections:
        attribute = structure.by_id.get(section.concept)
        text = _text(document, section.concept)
        holes = any(hole.concept == section.concept for hole in document.holes)
        if attribute is None or not attribute.is_date or not has_words(section) or holes:
            continue
        checked += 1
        date = _date(text)
        name = f"{attribute.number} {attribute.name_in(document.language)}"
        if date is None:
            words, expected = f"{name}: {shown(text)!r} is not a date such as 2024-06-14.", _as_iso(text)
        elif section.concept in happened and date > today:
            words, expected = f"{name}: {date.isoformat()} lies in the future.", f"{today.isoformat()} or before"
        else:
            continue
        findings.append(_in_section(section, "metadata-date", words, text, expected))
    return _verdict("metadata-date", checked, findings)


def metadata_certified(
    document: Document, facts: Facts, today: dt.date, unset: Collection[str] = frozenset()
) -> Verdict:
    """The report has been certified, and within so many months; ``unset``: concepts whose day the facts do not have."""
    months = int(facts.rules["metadata-certified"].parameters["months"])
    concept = facts.metadata.role.certified
    section = document.section(concept)
    text = _text(document, concept)
    if concept in unset and (section is None or not _date(text)):
        words = "the report was never certified: the facts have no day of certification."
        line = section.line if section else 1
        finding = Finding("metadata-certified", words, line=line, column=1, component=concept)
        return _verdict("metadata-certified", 1, [finding])
    date = _date(text) or _date(_as_iso(text))
    if section is None or date is None:
        return _verdict("metadata-certified", 0, (), "no date of certification can be read")
    due = _months_later(date, months)
    if due >= today:
        return _verdict("metadata-certified", 1, ())
    words = f"the report was certified on {date.isoformat()}: more than {months} months ago."
    expected = f"{_months_later(today, -months).isoformat()} or after"
    return _verdict("metadata-certified", 1, [_in_section(section, "metadata-certified", words, text, expected)])


def _date(text: str) -> dt.date | None:
    """A day, or a moment, in ISO 8601 with its dashes."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}(?:T[\d:.+\-Z]+)?", text, re.ASCII):
        return None
    try:
        return dt.datetime.fromisoformat(text).date()
    except ValueError:
        return None


def _as_iso(text: str) -> str:
    """A day that is written day first, in ISO 8601; empty where it is none."""
    match = re.fullmatch(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})", text, re.ASCII)
    try:
        return dt.date(*map(int, match.groups()[::-1])).isoformat() if match else ""
    except ValueError:
        return ""


def _months_later(date: dt.date, months: int) -> dt.date:
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    after = dt.date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(dt.date(year, month + 1, 1) + dt.timedelta(date.day - 1), after - dt.timedelta(1))


def _in_section(section: Section, rule: str, message: str, value: str, expected: str = "") -> Finding:
    """A finding at the first line of a section's text."""
    first = next(line for line in section.lines if line.filled.strip())
    column = len(first.source) - len(first.source.lstrip()) + 1
    where = {"line": first.number, "column": column}
    return Finding(rule, message, component=section.concept, value=shown(value), expected=expected, **where)  # type: ignore[arg-type]


# --------------------------------------------------------------------------------------------- what may not be public

_GAP = r"[ \u00a0\u202f.\-/]?"
AT_SIGN = r"(?:\\?@|&#0*64;|&#[xX]0*40;|&commat;)"  # however Markdown says it
EMAIL = rf"(?<![\w.+-])[\w.+-]+{AT_SIGN}[\w-]+(?:\\?\.[\w-]+)+"
PHONE = (
    rf"(?<![\w.,+\-])(?:\+|00)[1-9]\d{{0,2}}(?:{_GAP}(?:\(0\)|\d)){{7,13}}(?!\d)"
    rf"|(?<![\w.,+\-])0[1-9](?:{_GAP}\d{{2}}){{4}}(?!\d)"
)


def metadata_personal(document: Document, structure: MetadataStructure, language: Language | None) -> Verdict:
    """No personal contact where the public reads: no e-mail address, telephone number, or person by name.

    Code is looked through like any other text: it is published, too.
    """
    restricted = _restricted(structure)
    public = [section for section in document.sections if section.concept not in restricted]
    places = [f"{a.number} {a.name}" for a in structure.all if a.restricted]
    hint = f"Move it to a concept that is not published: {', '.join(places)}." if places else "Leave it out."
    kinds = [("an e-mail address", AT_SIGN, EMAIL), ("a telephone number", PHONE, PHONE)]
    kinds += [("a personal contact", one, one) for one in (language.personal if language else ())]
    sought = [(what, re.compile(sign), re.compile(expression)) for what, sign, expression in kinds]
    found: dict[tuple[int, int], Finding] = {}
    for section in public:
        passage: Passage | None = None  # made only for the few that have something
        text = section.markdown
        for what, sign, expression in sought:
            if not sign.search(text):
                continue
            passage = passage or whole(section)
            for match in expression.finditer(passage.text):
                words = f"{what} is in a concept that is published: {match.group()!r}."
                finding = at_words(passage, match.start(), "metadata-personal", words, hint, match.group())
                found.setdefault(passage.place(match.start()), finding)
    return _verdict("metadata-personal", len(public), found.values())


# ------------------------------------------------------------------------------------------------------ what it says


def _of_language(
    text: Sequence[Passage],
    language: Language,
    *,
    right: frozenset[str],
    names: str,
    facts: Facts,
    country: CountryFacts,
    newest: str | None,
) -> Iterator[Verdict]:
    """The rules that look for words of a language; ``right`` in every language are these, and the ``names`` of the facts."""
    letters = int(facts.rules["metadata-spelling"].parameters["letters"])
    occurring = [word for passage in text for _, word in spelling.words(passage.text)]
    known = spelling.known(language, right, names, letters, occurring)
    yield metadata_spelling(text, cache(known.meant))
    said = [sentences(passage) for passage in text]
    compared = statements.Known(facts, country, language, newest)
    yield _verdict("metadata-fact", len(text), statements.disagreements(said, compared))
    yield _verdict("metadata-contradiction", len(text), statements.contradictions(said, language.topic))


def metadata_spelling(text: Sequence[Passage], meant: Callable[[str], str]) -> Verdict:
    """Words that are almost one of the report's own are that one."""
    found, checked = [], 0
    for passage in text:
        plain = passage.plain()
        for at, word in spelling.words(plain.text):
            checked += 1
            if (right := meant(word)) and plain.typed(at, at + len(word)):
                words = f"{word!r} is probably {right!r}."
                finding = at_words(plain, at, "metadata-spelling", words, "", word)
                found.append(replace(finding, expected=right))
    return _verdict("metadata-spelling", checked, found)


def _words_of_facts(structure: MetadataStructure, facts: Facts, country: CountryFacts) -> Iterator[str]:
    """Names that the facts have, in every language."""
    about = country.country
    names = [one.name for some in (facts.aggregates, facts.indicators, facts.metadata.legal_act) for one in some]
    for name in (*names, *(holiday.name for holiday in about.holiday), about.name):
        yield from name.values()
    for attribute in structure.all:
        yield from attribute.names.values()
    for position in facts.base_classification.positions.values():
        yield from position.name.values()
    for language in facts.languages.values():
        yield from (*language.months, *language.ordinals, *language.phrases.values())
    yield from (about.sender.name, about.receiver.name, *(area.name for area in about.area))
    yield from (indicator.producer for indicator in about.indicator)
    if about.report:
        yield from (*about.report.title.values(), *about.report.agency.values())

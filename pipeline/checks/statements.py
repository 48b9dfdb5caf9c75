"""What a report says against the facts, and against itself: patterns of a language, compared sentence by sentence.

The patterns are facts of the language (``codelists/languages``); the code knows what each fact's name is compared with.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from string import ascii_uppercase
from typing import TYPE_CHECKING

from pipeline.checks.prose import Passage, introduced, shown, told
from pipeline.errors import FactsError, Problem, nearest
from pipeline.facts import holding, wording
from pipeline.findings import Finding, Place

if TYPE_CHECKING:
    from pipeline.facts import CountryFacts, Facts
    from pipeline.facts.models import Aggregate, CountryIndicator, Language, Statement, Topic

Sought = tuple["Statement", re.Pattern[str], "re.Pattern[str] | None"]
"""A statement, how it is said, and what a sentence has in it that speaks of something else."""


@dataclass(frozen=True)
class Known:
    """The facts that a statement is compared with; ``month``: of the newest delivery, without one the last facts hold."""

    facts: Facts
    country: CountryFacts
    language: Language
    month: str | None

    @property
    def base_year(self) -> int:
        """The base year of the index."""
        return holding(self.facts.transmission.base_year, self.month).year

    def indicators(self, statement: Statement) -> list[CountryIndicator]:
        """Those that a statement is about: one, or any of the country's."""
        return [one for one in self.country.country.indicator if statement.of in ("", one.id)]


@dataclass(frozen=True, slots=True)
class Said:
    """A value that the text gives, and of what, where it says so; the statement by which it was found."""

    value: str
    name: str
    statement: Statement
    known: Known


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What the facts say instead: about what, the value, and the expression that gives it."""

    about: str
    expected: str
    expression: str


# ---------------------------------------------------------------------------------------------- against the facts


def disagreements(said: Iterable[Sequence[Passage]], known: Known) -> list[Finding]:
    """Statements typed by hand, in the sentences of each passage, that say otherwise than the facts.

    FactsError for a fact that the code does not know.
    """
    _are_known(known.language)
    sought = [
        (one, pattern(one.pattern), pattern(one.unless) if one.unless else None) for one in known.language.statement
    ]
    return [finding for passage in said for sentence in passage for finding in _said(sentence, known, sought)]


def _said(sentence: Passage, known: Known, sought: Sequence[Sought]) -> Iterator[Finding]:
    seen, alone, whole = set[tuple[int, int]](), sentence, told(sentence)
    for statement, says, unless in sought:
        sentence = alone
        if statement.of and whole is not alone and not says.search(alone.text):
            sentence = whole  # which indicator it is about may stand above it
        for match in says.finditer(sentence.text):
            if unless is not None and unless.search(sentence.text):
                break
            span = match.span("value")
            if sentence.place(span[0]) in seen or not sentence.typed(*span):
                continue
            value, name = (" ".join(text.split()) for text in (match["value"], match.groupdict().get("name") or ""))
            otherwise = COMPARED[statement.fact](Said(value, name, statement, known))
            if otherwise is None:
                continue
            line, column = sentence.place(span[0])
            seen.add((line, column))
            yield Finding(
                "metadata-fact",
                f"{otherwise.about} is {value!r} here, and {otherwise.expected} in the facts.",
                "Correct it, or take it from the facts: {{ " + otherwise.expression + " }}.",
                line=line,
                column=column,
                component=sentence.concept,
                value=value,
                expected=otherwise.expected,
            )


def _are_known(language: Language) -> None:
    where = f"codelists/languages/{language.id}.toml statement"
    wrong = [
        Problem(f"{where}[{i}].fact", f"there is no fact {one.fact!r}{nearest(one.fact, COMPARED) or '.'}")
        for i, one in enumerate(language.statement)
        if one.fact not in COMPARED
    ]
    if wrong:
        raise FactsError(wrong)


def _members(said: Said) -> Otherwise | None:
    """An aggregate, named in the text, and its members."""
    aggregate = _aggregate(said.name, said.known)
    return _made_of(aggregate, said, "aggregates.list") if aggregate else None


def _scope(said: Said) -> Otherwise | None:
    """Everything that is covered: the members of the total."""
    return _made_of(said.known.facts.total, said, "scope")


def _made_of(aggregate: Aggregate, said: Said, expression: str) -> Otherwise | None:
    known, classification = said.known, said.known.facts.base_classification
    codes = _codes(said.value, known)
    right = known.facts.members(aggregate, classification.id)
    if all(code in classification.positions for code in codes) and classification.leaves(codes) == right:
        return None
    name = wording.named(aggregate.name, known.language)
    return Otherwise(name, classification.describe(right), expression)


def _codes(said: str, known: Known) -> list[str]:
    """The positions that a text names: ``B+C+D``, ``B, C and D``, ``B to D``, ``S95``; brackets explain, and are left out."""
    classification = known.facts.base_classification
    said = re.sub(r"\([^()]*\)", " ", said)
    tokens = [*re.finditer(r"\b[A-Z]?\d{2}\b|\b[A-Z]\b", said)]
    both, found, end = known.language.last_join.strip(), list[str](), 0
    for token in tokens:
        code = token.group()
        code = code if code in classification.positions else code.lstrip(ascii_uppercase) or code
        between = said[end : token.start()].strip(" ,+;&\n")
        between = re.sub(rf"\b{re.escape(both)}\b", "", between, flags=re.IGNORECASE).strip(" ,")
        if found and between and len(between) <= LONGEST_RANGE_WORD:
            same = [*classification.positions]
            level = classification.positions[code].level if code in classification.positions else ""
            if found[-1] in same and code in same and same.index(found[-1]) < same.index(code):
                inside = same[same.index(found[-1]) : same.index(code)]
                found += [one for one in inside if classification.positions[one].level == level][1:]
        found.append(code)
        end = token.end()
    return found


LONGEST_RANGE_WORD = 3
"""Between the ends of a range stands a dash or a short word (to, bis); anything longer begins another part of a list."""


def _aggregate(said: str, known: Known) -> Aggregate | None:
    """The aggregate whose name a text has: the same, or only the beginning of one, or at the end of it."""
    words = " ".join(said.split()).casefold()
    names = {wording.named(one.name, known.language).casefold(): one for one in known.facts.aggregates}
    if words in names:
        return names[words]
    begun = [one for name, one in names.items() if re.match(rf"{re.escape(words)}\b", name)]
    if len(begun) == 1 and words:
        return begun[0]
    ended = [name for name in names if re.search(rf"\b{re.escape(name)}$", words)]
    return names[max(ended, key=len)] if ended else None


def _base_year(said: Said) -> Otherwise | None:
    year = said.known.base_year
    return None if said.value == str(year) else Otherwise("The base year", str(year), "base_year")


def _weights_year(said: Said) -> Otherwise | None:
    weights = said.known.country.weights(said.known.base_year)
    if weights is None or said.value == str(weights.year):
        return None
    return Otherwise("The year of the weights", str(weights.year), "weights")


def _first_period(said: Said) -> Otherwise | None:
    return _begins(said, lambda one: [one.first_period])


def _start(said: Said) -> Otherwise | None:
    """Where the series start: with the first month that is sent, or with the first that there is."""
    return _begins(said, lambda one: [one.first_period, one.accepted_from])


def _begins(said: Said, months: Callable[[CountryIndicator], list[str]]) -> Otherwise | None:
    known, indicators, words = said.known, said.known.indicators(said.statement), said.value.casefold()
    year = re.search(r"\d{4}", words)
    named = [i for i, month in enumerate(known.language.months, 1) if re.search(rf"\b{month.casefold()}\b", words)]
    right = [month for one in indicators for month in months(one)]
    if year is None or not right:
        return None
    wanted = f"{year.group()}-{named[0]:02d}" if named else year.group()
    if any(month.startswith(wanted) for month in right):
        return None
    first = indicators[0]
    name = wording.named(known.facts.indicator(first.id).name, known.language)
    expected = " or ".join(wording.month(known.language, month) for month in dict.fromkeys(months(first)))
    return Otherwise(f"The first period of {name}", expected, f"first_period.{first.id}")


def _definitive(said: Said) -> Otherwise | None:
    """The publication with which a value is definitive."""
    return _policy(said, 1, "The publication with which a value is definitive")


def _provisional(said: Said) -> Otherwise | None:
    """In how many publications, or for how many months, a value is provisional."""
    return _policy(said, 0, "The number of publications in which a value is provisional")


def _territory(said: Said) -> Otherwise | None:
    """The areas of an indicator, where a text lists some of them."""
    country, language = said.known.country.country, said.known.language
    names = {one.id: wording.named(one.names, language, one.name) for one in country.area if not one.whole}
    text = said.value.casefold()
    if not any(_bare(name) in text[: len(name) + LONGEST_ARTICLE] for name in names.values()):
        return None  # no list of areas
    named = {id_ for id_, name in names.items() if _bare(name) in text}
    for indicator in said.known.indicators(said.statement):
        right = {id_ for id_ in indicator.territory if id_ in names}
        if len(named) > 1 and (named - right or (len(named) > 2 and right - named)):
            expected = wording.listing(language, [name for id_, name in names.items() if id_ in right])
            about = f"The territory of {wording.named(said.known.facts.indicator(indicator.id).name, language)}"
            return Otherwise(about, expected, f"territory.{indicator.id}")
    return None


LONGEST_ARTICLE = 4
"""Letters, with the blank, that may stand before the first area of a list (the)."""


def _bare(name: str) -> str:
    """A name without what explains it in brackets."""
    return re.sub(r"\s*\([^()]*\)", "", name).casefold()


def _policy(said: Said, more: int, about: str) -> Otherwise | None:
    known, indicators = said.known, said.known.indicators(said.statement)
    right = [holding(one.revision, known.month).provisional_publications + more for one in indicators]
    number = _number(said)
    if number is None or not right or number in right:
        return None
    expected = " or ".join(map(str, dict.fromkeys(right)))
    return Otherwise(about, expected, f"revision_policy.{indicators[0].id}")


def _deadline(said: Said) -> Otherwise | None:
    days = holding(said.known.facts.transmission.deadline, said.known.month).days_after_end
    return _days(said, days, "The deadline of a month, in days after its end,", "deadline")


def _quarterly_deadline(said: Said) -> Otherwise | None:
    days = holding(said.known.facts.transmission.quarterly_deadline, said.known.month).days_after_end
    return _days(said, days, "The deadline of a quarter, in days after its end,", "quarterly_deadline")


def _days(said: Said, right: int, about: str, expression: str) -> Otherwise | None:
    if not said.value.isdecimal() or int(said.value) == right:
        return None
    return Otherwise(about, str(right), expression)


def _number(said: Said) -> int | None:
    """A number in figures or in words."""
    word, language = said.value.casefold(), said.known.language
    if digits := re.match(r"\d+", word):
        return int(digits.group())
    if word in language.ordinals:
        return language.ordinals.index(word) + 1
    return said.statement.words.get(word)


COMPARED: dict[str, Callable[[Said], Otherwise | None]] = {
    "members": _members,
    "scope": _scope,
    "base year": _base_year,
    "year of the weights": _weights_year,
    "first period": _first_period,
    "start": _start,
    "territory": _territory,
    "definitive": _definitive,
    "provisional": _provisional,
    "deadline": _deadline,
    "quarterly deadline": _quarterly_deadline,
}


# --------------------------------------------------------------------------------------------------- against itself


def contradictions(said: Sequence[Sequence[Passage]], topics: Iterable[Topic]) -> list[Finding]:
    """What one sentence says to be so and another not to be; found where it is said to be so."""
    return [finding for topic in topics for finding in _contradiction(said, topic)]


def _contradiction(said: Sequence[Sequence[Passage]], topic: Topic) -> Iterator[Finding]:
    affirmed, denied = dict[tuple[int, int], tuple[Passage, int]](), dict[tuple[int, int], Passage]()
    for sentence, at in _about(said, topic):
        if _has(topic.denies, sentence):
            denied.setdefault(sentence.place(at), sentence)
        elif _has(topic.affirms, sentence) and not _has(topic.unless, sentence):
            affirmed.setdefault(sentence.place(at), (sentence, at))
    if not denied:
        return
    other = next(iter(denied.values()))
    places = tuple(Place(line, column, shown(one.text, LONGEST)) for (line, column), one in denied.items())
    for (line, column), (sentence, at) in affirmed.items():
        yield Finding(
            "metadata-contradiction",
            f"{shown(sentence.text, LONGEST)!r} does not agree with {other.concept}: {shown(other.text, LONGEST)!r}.",
            line=line,
            column=column,
            component=sentence.concept,
            value=shown(sentence.text[at:]),
            related=places,
        )


LONGEST = 100
"""Characters of a sentence that a message shows."""


def _about(said: Sequence[Sequence[Passage]], topic: Topic) -> Iterator[tuple[Passage, int]]:
    """The sentences about a topic, and where its word stands; for one that goes on about it, where that one begins."""
    about = pattern(topic.about)
    for sentences in said:
        was_about = False
        for i, sentence in enumerate(sentences):
            whole = introduced(sentence) if i == 0 else sentence
            if match := about.search(whole.text):
                was_about = True
                yield whole, match.start()
            elif was_about and topic.goes_on and pattern(topic.goes_on).match(sentence.text):
                yield sentence, 0
            else:
                was_about = False


def _has(text: str, sentence: Passage) -> bool:
    return bool(text and pattern(text).search(sentence.text))


@cache
def pattern(text: str) -> re.Pattern[str]:
    """A pattern of a language: without regard to case, across the lines of a sentence."""
    return re.compile(text, re.IGNORECASE | re.DOTALL)

"""Words that are almost one of the report's own, and are not: the slip of a finger, found without a dictionary.

A word is right when it is in the vocabulary of a language or beside it, or an inflection of such a word, or of the facts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.facts.models import Language

WORD = re.compile(r"(?<![\w@/.\-])[^\W\d_]+(?:['’\-][^\W\d_]+)*(?![\w@/]|\.\w)")
_PART = re.compile(r"[^'’\-]+")


def words(text: str) -> Iterator[tuple[int, str]]:
    """The words of a text and where each begins; those with digits, in capitals alone, or of an address are none."""
    for whole in WORD.finditer(text):
        word = whole.group()
        if word.isalpha():
            if not word.isupper():
                yield whole.start(), word
            continue
        for part in _PART.finditer(word):
            if not part.group().isupper():
                yield whole.start() + part.start(), part.group()


@dataclass(frozen=True)
class Known:
    """What is right (in lower case), and the words whose misspellings are found, by first letter and length.

    Each comes with its letters and the number of slips with which it is found.

    ``named`` says whether a word is one of the facts, which are many: it is asked last.
    """

    right: frozenset[str]
    near: Mapping[tuple[str, int], Sequence[tuple[str, frozenset[str], int]]]
    named: Callable[[str], bool]

    def meant(self, word: str) -> str:
        """The word that was meant; empty where the word is right, or like no other."""
        small = word.lower()
        if small in self.right:
            return ""
        close, letters, size = [], frozenset(small), len(small)
        lengths = range(max(1, size - 2), size + 3)
        for place in {(begins, length) for begins in small[:2] for length in lengths}:
            for one, its_letters, most in self.near.get(place, ()):
                if (
                    abs(place[1] - size) <= most
                    and len(letters - its_letters) <= most  # a slip brings in one letter, and takes one away
                    and len(its_letters - letters) <= most
                    and small[0] in one[:2]
                    and (far := distance(small, one)) <= most
                ):
                    close.append((far, one))
        return "" if not close or self.named(small) else min(close)[1]


def forms(languages: Iterable[Language]) -> frozenset[str]:
    """Every word that languages say is right, in its forms."""
    return frozenset(
        form
        for one in languages
        for word in (*one.vocabulary, *one.neighbours)
        for form in inflections(word.lower(), one.endings)
    )


FORMED = 7
"""Letters from which on misspellings of an inflection are found: short ones are like too many words."""


def known(
    language: Language, right: frozenset[str], of_facts: str, letters: int, occurring: Iterable[str] = ()
) -> Known:
    """What is right in a text of this language: the ``right`` words of all languages, and those ``of_facts``.

    ``letters``: a word of so many letters is found with two slips, a shorter one with one; so are the inflections
    that are among the words ``occurring`` in the text: not every inflection that could be formed is a word.
    """
    facts = of_facts.lower()

    def named(word: str) -> bool:
        return word in facts and re.search(rf"(?<![^\W\d_]){re.escape(word)}(?![^\W\d_])", facts) is not None

    near: dict[tuple[str, int], list[tuple[str, frozenset[str], int]]] = {}
    own = {word.lower() for word in language.vocabulary}
    said = {word.lower() for word in occurring}
    formed = {form for word in own for form in inflections(word, language.endings) & said if len(form) >= FORMED}
    for word in sorted(own | formed):
        slips = 2 if word in own and len(word) >= letters else 1
        near.setdefault((word[:1], len(word)), []).append((word, frozenset(word), slips))
    return Known(right, near, named)


def inflections(word: str, endings: Iterable[str]) -> set[str]:
    """A word and its other forms; an ending is what is added (``s``), or what takes the place of what (``y/ies``)."""
    found = {word}
    for gone, comes in exchanges(tuple(endings)):
        if word.endswith(gone):
            found.add(word.removesuffix(gone) + comes)
    return found


@cache
def exchanges(endings: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """(What goes, what comes in its place) at the end of a word, in both directions."""
    pairs = [(old, new) if slash else ("", old) for old, slash, new in (one.partition("/") for one in endings)]
    return tuple(dict.fromkeys(pair for old, new in pairs for pair in ((old, new), (new, old))))


def distance(one: str, other: str) -> int:
    """How many letters must be put in, left out, replaced or exchanged with their neighbour (Damerau–Levenshtein)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]

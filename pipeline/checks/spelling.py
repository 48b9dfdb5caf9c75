"""Words that are almost one of the report's own, and are not: the slip of a finger, found without a dictionary.

A word is right when it is in the vocabulary of a language or beside it, or an inflection of such a word, or of the facts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.facts.models import Language

WORD = re.compile(r"(?<![\w@/.\-])[^\W\d_]+(?:['’\-][^\W\d_]+)*(?![\w@/]|\.\w)")
_PART = re.compile(r"[^'’\-]+")


def words(text: str) -> Iterator[tuple[int, str]]:
    """The words of a text and where each begins; those with digits, in capitals alone, or of an address are none."""
    for whole in WORD.finditer(text):
        for part in _PART.finditer(whole.group()):
            if not part.group().isupper():
                yield whole.start() + part.start(), part.group()


@dataclass(frozen=True)
class Known:
    """What is right (in lower case), and the words whose misspellings are found, by their first letters."""

    right: frozenset[str]
    near: Mapping[str, Sequence[str]]
    letters: int

    def meant(self, word: str) -> str:
        """The word that was meant; empty where the word is right, or like no other."""
        small = word.lower()
        if small in self.right:
            return ""
        close = []
        for one in dict.fromkeys((*self.near.get(small[:1], ()), *self.near.get(small[1:2], ()))):
            most = 2 if len(one) >= self.letters else 1
            if abs(len(one) - len(small)) <= most and small[0] in one[:2] and (far := distance(small, one)) <= most:
                close.append((far, one))
        return min(close)[1] if close else ""


def known(language: Language, languages: Iterable[Language], of_facts: Iterable[str], letters: int) -> Known:
    """What is right in a text of this language; words of the other languages are, too.

    ``letters``: a word of so many letters is found with two slips, a shorter one with one.
    """
    right = {word.lower() for text in of_facts for _, word in words(text)}
    for one in languages:
        right |= {
            form for word in (*one.vocabulary, *one.neighbours) for form in inflections(word.lower(), one.endings)
        }
    near: dict[str, list[str]] = {}
    for word in sorted({word.lower() for word in language.vocabulary}):
        near.setdefault(word[:1], []).append(word)
    return Known(frozenset(right), near, letters)


def inflections(word: str, endings: Iterable[str]) -> set[str]:
    """A word and its other forms; an ending is what is added (``s``), or what takes the place of what (``y/ies``)."""
    found = {word}
    for ending in endings:
        old, slash, new = ending.partition("/")
        old, new = (old, new) if slash else ("", old)
        for gone, comes in ((old, new), (new, old)):
            if word.endswith(gone):
                found.add(word[: len(word) - len(gone)] + comes)
    return found


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

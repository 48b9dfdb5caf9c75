"""Regular expressions of XML Schema, as structures write them in ``pattern``, held against texts."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import groupby

LONGEST = 1_000
"""Longer texts are not held against patterns."""

_Ranges = tuple[tuple[int, int], ...]
_Ends = Callable[[str, frozenset[int]], frozenset[int]]
"""Where a part of an expression can end in the text, from these places on."""


@lru_cache(maxsize=512)
def expression(pattern: str) -> Callable[[str], bool] | None:
    """Whether a whole text is in the language of an XML Schema expression; ``None`` when the expression is none.

    Anchors around the whole, which XML Schema has not and authors write, are taken away. A text is followed through
    all readings at once, so that no expression takes more than polynomial time. Source: XML Schema 1.0 part 2,
    appendix F; categories of Unicode as Python has them, blocks are not known.
    """
    plain = pattern.removeprefix("^")
    if plain.endswith("$") and not plain.endswith("\\$"):
        plain = plain[:-1]
    reader = _Reader(plain)
    try:
        ends = reader.alternatives()
        reader.finished()
    except (ValueError, IndexError, RecursionError):
        return None
    return lambda text: len(text) in ends(text, frozenset((0,)))


class _Reader:
    """Reads an expression from left to right; ValueError or IndexError where it is none."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def sees(self, signs: str) -> bool:
        return self.pattern[self.at : self.at + 1] != "" and self.pattern[self.at] in signs

    def take(self) -> str:
        self.at += 1
        return self.pattern[self.at - 1]

    def skip(self, sign: str) -> None:
        if self.take() != sign:
            raise ValueError(sign)

    def finished(self) -> None:
        if self.at != len(self.pattern):
            raise ValueError(self.pattern[self.at :])

    def alternatives(self) -> _Ends:
        branches = [self.branch()]
        while self.sees("|"):
            self.at += 1
            branches.append(self.branch())
        if len(branches) == 1:
            return branches[0]
        return lambda text, starts: frozenset().union(*(branch(text, starts) for branch in branches))

    def branch(self) -> _Ends:
        pieces = []
        while self.at < len(self.pattern) and not self.sees("|)"):
            pieces.append(self.piece())

        def ends(text: str, starts: frozenset[int]) -> frozenset[int]:
            for piece in pieces:
                if not starts:
                    break
                starts = piece(text, starts)
            return starts

        return ends

    def piece(self) -> _Ends:
        atom = self.atom()
        if not self.sees("?*+{"):
            return atom
        sign = self.take()
        if sign != "{":
            return _repeated(atom, *{"?": (0, 1), "*": (0, None), "+": (1, None)}[sign])
        closing = self.pattern.index("}", self.at)
        match = re.fullmatch(r"([0-9]{1,9})(,?)([0-9]{0,9})", self.pattern[self.at : closing])
        if not match or (match[3] and not match[2]):
            raise ValueError("{")
        self.at = closing + 1
        low = int(match[1])
        return _repeated(atom, low, int(match[3]) if match[3] else None if match[2] else low)

    def atom(self) -> _Ends:
        sign = self.take()
        if sign == "(":
            ends = self.alternatives()
            self.skip(")")
            return ends
        if sign == "[":
            return _one_of(self.bracket())
        if sign == "\\":
            return _one_of(self.escape())
        if sign in "?*+{})":
            raise ValueError(sign)
        return _one_of(_complement(_LINE_ENDS) if sign == "." else ((ord(sign), ord(sign)),))

    def bracket(self) -> _Ranges:
        """A class after its opening bracket: members, ``^`` before, ``-[…]`` taken away at the end."""
        negative = self.sees("^")
        self.at += negative
        members: list[tuple[int, int]] = []
        without: _Ranges = ()
        while not self.sees("]"):
            if self.sees("-") and self.pattern[self.at + 1] == "[" and members:
                self.at += 2
                without = self.bracket()
                if not self.sees("]"):
                    raise ValueError("-[")
                break
            members.extend(self.member())
        self.skip("]")
        if not members:
            raise ValueError("[]")
        ranges = _complement(tuple(members)) if negative else tuple(members)
        return _complement((*_complement(ranges), *without)) if without else ranges

    def member(self) -> _Ranges:
        first = self.single()
        if isinstance(first, tuple) or not self.sees("-") or self.pattern[self.at + 1] in "][":
            return first if isinstance(first, tuple) else ((first, first),)
        self.at += 1
        last = self.single()
        if isinstance(last, tuple) or last < first:
            raise ValueError("-")
        return ((first, last),)

    def single(self) -> int | _Ranges:
        sign = self.take()
        if sign == "[":
            raise ValueError(sign)
        if sign != "\\":
            return ord(sign)
        ranges = self.escape()
        return ranges[0][0] if len(ranges) == 1 and ranges[0][0] == ranges[0][1] else ranges

    def escape(self) -> _Ranges:
        sign = self.take()
        if sign in "\\|.?*+(){}-[]^$":
            return ((ord(sign), ord(sign)),)
        if sign in "nrt":
            code = ord({"n": "\n", "r": "\r", "t": "\t"}[sign])
            return ((code, code),)
        if sign in "pP":
            self.skip("{")
            closing = self.pattern.index("}", self.at)
            ranges = _category(self.pattern[self.at : closing])
            self.at = closing + 1
            return _complement(ranges) if sign == "P" else ranges
        if sign.lower() not in "sdicw":
            raise ValueError(sign)
        return _complement(_class(sign.lower())) if sign.isupper() else _class(sign)


def _repeated(atom: _Ends, low: int, high: int | None) -> _Ends:
    def ends(text: str, starts: frozenset[int]) -> frozenset[int]:
        for _ in range(low):
            after = atom(text, starts)
            if after == starts or not after:
                starts = after
                break
            starts = after
        found, wave, times = starts, starts, low
        while wave and (high is None or times < high):
            wave = atom(text, wave) - found
            found |= wave
            times += 1
        return found

    return ends


def _one_of(ranges: _Ranges) -> _Ends:
    signs = re.compile("[" + "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in ranges) + "]" if ranges else "(?!)")

    def ends(text: str, starts: frozenset[int]) -> frozenset[int]:
        return frozenset(start + 1 for start in starts if signs.match(text, start))

    return ends


def _complement(ranges: _Ranges) -> _Ranges:
    found, after = [], 0
    for low, high in sorted(ranges):
        if low > after:
            found.append((after, low - 1))
        after = max(after, high + 1)
    return tuple(found) if after > sys.maxunicode else (*found, (after, sys.maxunicode))


_LINE_ENDS: _Ranges = ((10, 10), (13, 13))
_NAME_START: _Ranges = (
    (0x3A, 0x3A), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x2FF), (0x370, 0x37D),
    (0x37F, 0x1FFF), (0x200C, 0x200D), (0x2070, 0x218F), (0x2C00, 0x2FEF), (0x3001, 0xD7FF), (0xF900, 0xFDCF),
    (0xFDF0, 0xFFFD), (0x10000, 0xEFFFF),
)  # fmt: skip
_NAME: _Ranges = (*_NAME_START, (0x2D, 0x2E), (0x30, 0x39), (0xB7, 0xB7), (0x300, 0x36F), (0x203F, 0x2040))


def _class(letter: str) -> _Ranges:
    """The signs of ``\\s``, ``\\d``, ``\\i``, ``\\c`` and ``\\w``."""
    if letter == "s":
        return ((9, 10), (13, 13), (32, 32))
    if letter == "d":
        return _digits()
    if letter == "w":
        return _complement((*_category("P"), *_category("Z"), *_category("C")))
    return _NAME_START if letter == "i" else _NAME


@lru_cache(maxsize=1)
def _digits() -> _Ranges:
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    return tuple((run.start(), run.end() - 1) for run in re.finditer(r"\d+", every))


@lru_cache(maxsize=64)
def _category(name: str) -> _Ranges:
    """The signs of a category of Unicode, such as ``L`` or ``Lu``; ValueError when there is none of that name."""
    ranges = _categories()
    found = [part for category, parts in ranges.items() if category.startswith(name) for part in parts]
    if not found or not 1 <= len(name) <= 2:
        raise ValueError(name)
    return tuple(sorted(found))


@lru_cache(maxsize=1)
def _categories() -> Mapping[str, list[tuple[int, int]]]:
    ranges: dict[str, list[tuple[int, int]]] = {}
    start = 0
    for category, run in groupby(map(unicodedata.category, map(chr, range(sys.maxunicode + 1)))):
        after = start + sum(1 for _ in run)
        ranges.setdefault(category, []).append((start, after - 1))
        start = after
    return ranges

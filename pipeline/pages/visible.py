"""Text of a file shown so that it cannot steer what shows it, and cannot hide.

What is between the quotes of a finding was written by whoever made the file. Control characters, characters that turn
the direction of reading and those that cannot be seen are shown as escapes (``\\x1b``, ``\\u202e``).
"""

from __future__ import annotations

import unicodedata
from typing import Any


def visible(text: str) -> str:
    """The text with every character that cannot be seen shown as an escape; one line stays one line."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def short(text: str, most: int = 120) -> str:
    """The beginning of a long text, and how long it is."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"


def shown(value: Any, most: int = 120) -> str:
    """A value of a report as it is shown to people: nothing for None, shortened, without a hidden character."""
    return "" if value is None else visible(short(str(value), most))


def read(text: str, most: int = 120) -> str:
    """A text that is shown to be read: as ``shown``, but a blank of another kind (no break, narrow) is a blank."""
    return shown("".join(" " if unicodedata.category(c) == "Zs" else c for c in text), most)


def counted(number: int, noun: str, nouns: str = "") -> str:
    """``1 error``, ``2 errors``, ``1,341 observations``."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"

"""How a language writes days, months, numbers and lists: the facts of ``codelists/languages`` applied."""

from __future__ import annotations

import datetime as dt
import string
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from pipeline.errors import FactsError, Problem, nearest
from pipeline.period import Period

if TYPE_CHECKING:
    from pipeline.facts.models import Language


def day(language: Language, date: dt.date) -> str:
    """A day in words: 14 June 2024."""
    first = language.first_day or str(date.day)
    return language.date.format(
        day=first if date.day == 1 else date.day, month=language.months[date.month - 1], year=date.year
    )


def month(language: Language, period: str) -> str:
    """A month in words: May 2024; of a longer period its first month."""
    first = Period.parse(period).months[0]
    return language.month.format(month=language.months[first.number - 1], year=first.year)


def time(language: Language, text: str) -> str:
    """A time of day, given as 08:45."""
    hour, minute = text.split(":")
    return language.time.format(hour=int(hour), minute=minute)


def number(language: Language, value: int | float | Fraction | Decimal, decimals: int = 0) -> str:
    """A number with so many decimals, rounded half up: 1,341 or 12.5.

    A ``float`` counts as it is written (``repr``), so that 1.15 is a half between 1.1 and 1.2; what is negative and
    rounds to zero has no sign.
    """
    exact = Fraction(repr(value)) if isinstance(value, float) else Fraction(value)
    units = int(abs(exact) * 10**decimals + Fraction(1, 2))
    whole, part = divmod(units, 10**decimals)
    text = f"{whole:,}".replace(",", language.thousands)
    if decimals:
        text += f"{language.decimal}{part:0{decimals}}"
    return f"−{text}" if exact < 0 and units else text


def listing(language: Language, items: Sequence[str]) -> str:
    """Several things in a sentence: a, b and c."""
    if len(items) < 2:
        return "".join(items)
    return language.join.join(items[:-1]) + language.last_join + items[-1]


def ordinal(language: Language, place: int) -> str:
    """First, second, third; a number and a full stop where the language has no word."""
    return language.ordinals[place - 1] if 0 < place <= len(language.ordinals) else f"{place}."


def named(names: Mapping[str, str], language: Language, otherwise: str = "") -> str:
    """The name of a thing in a language, else the one given, else in English, else its first."""
    return names.get(language.id) or otherwise or names.get("en") or next(iter(names.values()), "")


# ----------------------------------------------------------------------------------------------------------- phrases


class _Filler(string.Formatter):
    """Fills a phrase; ``{name:lower}`` writes the first letter small, as inside a sentence, unless it is an acronym's."""

    def format_field(self, value: Any, spec: str) -> str:
        if spec != "lower":
            return str(super().format_field(value, spec))
        text = str(value)
        return text if text[1:2].isupper() else text[:1].lower() + text[1:]


_FILLER = _Filler()


def phrase(language: Language, name: str, /, **values: object) -> str:
    """A phrase of the language with its values; FactsError where it is missing or wants another value."""
    where = f"codelists/languages/{language.id}.toml phrases.{name}"
    said = language.phrases.get(name)
    if said is None:
        raise FactsError(Problem(where, f"this phrase is missing{nearest(name, language.phrases) or '.'}"))
    try:
        return _FILLER.vformat(said, (), values)
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        known = ", ".join(f"{{{value}}}" for value in values) or "none"
        words = f"this phrase cannot be filled: the values that it can have are {known}."
        raise FactsError(Problem(where, words, "Correct what stands in braces.")) from error


def counted(language: Language, name: str, count: int, /, **values: object) -> str:
    """A phrase that counts something: ``<name>_one`` for one, ``<name>_many`` for several; the number is ``{n}``."""
    form = "one" if count == 1 else "many"
    return phrase(language, f"{name}_{form}", n=number(language, count), **values)

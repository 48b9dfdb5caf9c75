"""How a language writes days, months, numbers and lists: the facts of ``codelists/languages`` applied."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from pipeline.period import Period

if TYPE_CHECKING:
    from pipeline.facts.models import Language


def day(language: Language, date: dt.date) -> str:
    """A day in words: 14 June 2024."""
    return language.date.format(day=date.day, month=language.months[date.month - 1], year=date.year)


def month(language: Language, period: str) -> str:
    """A month in words: May 2024."""
    first = Period.parse(period).months[0]
    year, number = map(int, str(first).split("-"))
    return language.month.format(month=language.months[number - 1], year=year)


def time(language: Language, text: str) -> str:
    """A time of day, given as 08:45."""
    hour, minute = text.split(":")
    return language.time.format(hour=hour, minute=minute)


def number(language: Language, value: int | float | Fraction | Decimal, decimals: int = 0) -> str:
    """A number with so many decimals, rounded half up: 1,341 or 12.5."""
    exact = Fraction(value)
    step = Decimal(1).scaleb(-decimals)
    rounded = (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(step, ROUND_HALF_UP)
    whole, _, part = f"{abs(rounded):,f}".partition(".")
    sign = "−" if rounded < 0 else ""
    return sign + whole.replace(",", language.thousands) + (language.decimal + part if part else "")


def listing(language: Language, items: Sequence[str]) -> str:
    """Several things in a sentence: a, b and c."""
    if len(items) < 2:
        return "".join(items)
    return language.join.join(items[:-1]) + language.last_join + items[-1]


def ordinal(language: Language, place: int) -> str:
    """First, second, third; a number and a full stop where the language has no word."""
    return language.ordinals[place - 1] if 0 < place <= len(language.ordinals) else f"{place}."


def named(names: dict[str, str], language: Language) -> str:
    """The name of a thing in a language, else in English, else its first."""
    return names.get(language.id) or names.get("en") or next(iter(names.values()), "")

"""How a language writes things: days, months, numbers, lists, phrases."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest

from pipeline.errors import FactsError
from pipeline.facts import Facts
from pipeline.facts.models import Language
from pipeline.facts.wording import counted, day, listing, month, named, number, ordinal, phrase, time


@pytest.fixture(scope="module")
def english(facts: Facts) -> Language:
    return facts.languages["en"]


@pytest.fixture(scope="module")
def french(facts: Facts) -> Language:
    return facts.languages["fr"]


def with_phrases(language: Language, **phrases: str) -> Language:
    return language.model_copy(update={"phrases": phrases})


def test_a_day_and_a_month_in_words(english: Language, french: Language) -> None:
    assert day(english, dt.date(2024, 6, 14)) == "14 June 2024"
    assert day(french, dt.date(2024, 6, 14)) == "14 juin 2024"
    assert day(english, dt.date(2024, 8, 1)) == "1 August 2024"
    assert day(french, dt.date(2024, 8, 1)) == "1er août 2024"
    assert month(english, "2024-05") == "May 2024"
    assert month(french, "2024-M12") == "décembre 2024"
    assert month(english, "2024-Q2") == "April 2024"


def test_a_time_of_day(english: Language, french: Language) -> None:
    assert time(english, "08:45") == "08:45"
    assert time(french, "08:45") == "8\u00a0h\u00a045"
    assert time(french, "14:05") == "14\u00a0h\u00a005"


@pytest.mark.parametrize(
    ("value", "decimals", "english_text", "french_text"),
    [
        (0, 0, "0", "0"),
        (999, 0, "999", "999"),
        (1341, 0, "1,341", "1\u202f341"),
        (1234567, 0, "1,234,567", "1\u202f234\u202f567"),
        (12.5, 0, "13", "13"),
        (2.5, 0, "3", "3"),
        (-2.5, 0, "−3", "−3"),
        (1.15, 1, "1.2", "1,2"),
        (-0.04, 1, "0.0", "0,0"),
        (-0.05, 1, "−0.1", "−0,1"),
        (Fraction(2, 3), 2, "0.67", "0,67"),
        (Fraction(1, 200), 2, "0.01", "0,01"),
        (Fraction(1, 201), 2, "0.00", "0,00"),
        (Decimal("1999.995"), 2, "2,000.00", "2\u202f000,00"),
        (1e-7, 2, "0.00", "0,00"),
        (10**30, 0, "1" + 10 * ",000", "1" + 10 * "\u202f000"),
    ],
)
def test_numbers_are_rounded_half_up(
    english: Language,
    french: Language,
    value: float | Fraction | Decimal,
    decimals: int,
    english_text: str,
    french_text: str,
) -> None:
    assert number(english, value, decimals) == english_text
    assert number(french, value, decimals) == french_text


def test_a_language_may_have_nothing_between_thousands(english: Language) -> None:
    assert number(english.model_copy(update={"thousands": ""}), 1234567) == "1234567"


def test_lists_and_places(english: Language, french: Language) -> None:
    assert [listing(english, list("abc"[:n])) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert listing(french, ["a", "b", "c"]) == "a, b et c"
    assert [ordinal(english, n) for n in (1, 3, 6, 7, 0)] == ["first", "third", "sixth", "7.", "0."]
    assert ordinal(french, 2) == "deuxième"


def test_the_name_of_a_thing(english: Language, french: Language) -> None:
    assert named({"en": "Trade", "fr": "Commerce"}, french) == "Commerce"
    assert named({"en": "Trade"}, french) == "Trade"
    assert named({"en": "Trade"}, french, otherwise="Handel") == "Handel"
    assert named({"de": "Handel"}, english) == "Handel"
    assert named({}, english) == ""


def test_a_phrase_with_its_values(english: Language) -> None:
    language = with_phrases(english, a="{x} of {y}", b_one="{n} day", b_many="{n} days", small="{name:lower}, {name}")
    assert phrase(language, "a", x="1", y="2") == "1 of 2"
    assert [counted(language, "b", n) for n in (1, 2, 1000)] == ["1 day", "2 days", "1,000 days"]
    assert phrase(language, "small", name="Pure number") == "pure number, Pure number"
    assert phrase(language, "small", name="INSEE") == "INSEE, INSEE"
    assert phrase(language, "small", name="") == ", "


def test_a_value_is_never_read_as_a_phrase(english: Language) -> None:
    assert phrase(with_phrases(english, a="<{x}>"), "a", x="{y} {{z}}") == "<{y} {{z}}>"


@pytest.mark.parametrize(
    ("phrases", "words"),
    [
        ({"late": "Late"}, "phrases.lat: this phrase is missing; did you mean 'late'?"),
        ({"lat": "{month}"}, "phrases.lat: this phrase cannot be filled: the values that it can have are {months}."),
        ({"lat": "{months!z}"}, "phrases.lat: this phrase cannot be filled"),
        ({"lat": "{}"}, "phrases.lat: this phrase cannot be filled"),
        ({"lat": "{months"}, "phrases.lat: this phrase cannot be filled"),
        ({"lat": "{months.year}"}, "phrases.lat: this phrase cannot be filled"),
    ],
)
def test_a_phrase_that_is_missing_or_wrong_is_named(english: Language, phrases: dict[str, str], words: str) -> None:
    with pytest.raises(FactsError) as raised:
        phrase(with_phrases(english, **phrases), "lat", months="May")
    assert f"codelists/languages/en.toml {words}" in str(raised.value)

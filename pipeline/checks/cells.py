"""One value judged against its component: its code list, or its text format, as SDMX 2.1 and 3.0 write values.

What is accepted here is what the schema of ``messages/schema.py`` accepts, but for this:

- refused here: empty and blank values; blanks around numbers, truth values, URIs and parts of dates, which a schema
  takes away; infinite numbers (``INF``, ``1e400``) of measures, and numbers larger than their type keeps; measures
  without a text format that are no numbers; weeks and days that a year does not have; years before 0001 and beyond
  9999; other scripts' digits in periods; steps of a sequence and its first and last period; what libxml2 alone takes:
  seconds such as ``5.``, numbers such as ``1e``, ``NaN`` above a smallest value;
- accepted here: days such as ``2024-D010``, which the standard schema forgets; ``NaN`` as a measure, which is no value
  and another rule's matter.

Not judged: codes of a list that is not at hand or partial; patterns that are no XML Schema expressions or name blocks
of Unicode; what is inside XHTML, key values, references and geographical features; ``isMultilingual``, ``timeInterval``.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation, localcontext
from difflib import get_close_matches
from functools import lru_cache
from itertools import chain

from pipeline.checks.expressions import LONGEST, expression
from pipeline.checks.numerals import POINT, SCIENTIFIC, no_number
from pipeline.errors import quoted
from pipeline.facts.structure import CodeList, Component, Dimension, Measure, TextFormat
from pipeline.findings import Finding
from pipeline.period import moment

Judge = Callable[[str], tuple[Finding, ...]]

_Fault = tuple[str, str, str]
"""Rule, the end of a sentence that begins with the value, hint."""

_Check = Callable[[str], Iterator[_Fault]]

YEAR_START = "REPORTING_YEAR_START_DAY"
_NEAR = 300
"""So many codes, before and after it in the alphabet, are looked at for those that resemble a value."""
_FEW = 12
_LONGEST_CODE = 200  # characters of a value that are looked at for a code that was meant


def judge(component: Component, text: str, *, measure: bool = False) -> tuple[Finding, ...]:
    """The value fits its component, or what is wrong with it; ``measure`` says that it is an observed value."""
    return compiled(component, measure=measure)(text)


@lru_cache(maxsize=4096)
def compiled(component: Component, *, measure: bool = False, hints: bool = True) -> Judge:
    """What judges the values of one component; without ``hints`` it does not look for the code that was meant."""
    measure = measure or isinstance(component, Measure)
    check, expected = _judged_by(component, measure, hints)
    sentinels = component.text_format.sentinels if component.text_format and not component.codelist_ref else ()

    def judged(text: str) -> tuple[Finding, ...]:
        if text in sentinels:
            return ()
        faults: Iterable[_Fault] = check(text) if text.strip() else [_empty(text)]
        return tuple(
            Finding(
                rule,
                f"{component.id} {quoted(text)} {sentence}.",
                hint,
                component=component.id,
                value=text,
                expected=expected,
            )
            for rule, sentence, hint in faults
        )

    return judged


def _empty(text: str) -> _Fault:
    what = "holds nothing but blanks" if text else "is empty"
    return "empty-value", what, "Write a value, or leave it out altogether where it is optional."


def _judged_by(component: Component, measure: bool, hints: bool) -> tuple[_Check, str]:
    """The check of a component's values and what it expects, in words."""
    if component.id == YEAR_START:
        return _of_format(TextFormat("MonthDay"), measure=False)
    codelist = component.codelist
    if codelist is not None and not codelist.partial:
        return _code(codelist, hints), _of_list(codelist)
    if component.codelist_ref:
        return _anything, ""
    text_format = component.text_format
    if text_format is None:
        return _of_format(TextFormat("Double"), measure=True) if measure else (_anything, "")
    if isinstance(component, Dimension) and component.kind == "time" and text_format.type not in _PERIODS:
        return _of_format(text_format, measure, "ObservationalTimePeriod")
    return _of_format(text_format, measure)


def _anything(_: str) -> Iterator[_Fault]:
    return iter(())


# ------------------------------------------------------------------------------------------------------------ codes


def retired(component: Component, code: str, start: dt.date, end: dt.date) -> Finding | None:
    """The code, and its list, are valid at some time of the period that the observation is of.

    Validity that is not said or cannot be read is not judged; nor is a code that is not in the list.
    """
    codelist = component.codelist
    if codelist is None or code not in codelist.codes:
        return None
    entry = codelist.codes[code]
    for what, valid_from, valid_to in (
        (f"the code {quoted(code)}", entry.valid_from, entry.valid_to),
        (f"the list {codelist.ref} of the code {quoted(code)}", codelist.valid_from, codelist.valid_to),
    ):
        first, last = _day(valid_from, first=True), _day(valid_to, first=False)
        if first and end < first:
            why, expected = f"is valid only from {first}; the period ends on {end}", f"a code valid on {end}"
        elif last and start > last:
            why, expected = f"was valid only to {last}; the period begins on {start}", f"a code valid on {start}"
        else:
            continue
        return Finding(
            "code-retired",
            f"{component.id}: {what} {why}.",
            component=component.id,
            value=code,
            expected=expected,
        )
    return None


def _day(text: str, *, first: bool) -> dt.date | None:
    try:
        found = moment(text)
    except ValueError:
        return None
    return found.first if first else found.last


def _code(codelist: CodeList, hints: bool) -> _Check:
    codes = codelist.codes
    alike: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    ordered: list[str] = []

    def check(text: str) -> Iterator[_Fault]:
        if text in codes:
            return
        if not hints:
            yield "code", f"is not in the code list {codelist.ref}", ""
            return
        if not alike:
            for code, entry in codes.items():
                alike.setdefault(_plain(code), []).append(code)
                names.update({_plain(name): code for name in (entry.name, *entry.names.values()) if name})
            ordered.extend(sorted(alike))
        yield "code", f"is not in the code list {codelist.ref}", _meant(text, alike, names, ordered)

    return check


def _plain(text: str) -> str:
    """The same for texts that differ only in case, in blanks, invisible or full-width characters."""
    shown = "".join(
        char for char in unicodedata.normalize("NFKC", text[:_LONGEST_CODE]) if unicodedata.category(char) != "Cf"
    )
    return " ".join(shown.casefold().split())


def _meant(text: str, alike: Mapping[str, list[str]], names: Mapping[str, str], ordered: Sequence[str]) -> str:
    """The code that was probably meant: written otherwise, given by its name, or near."""
    plain, alone = _plain(text), text.strip()
    if meant := alike.get(plain):
        case = alone not in meant and alone.casefold() in {code.casefold() for code in meant}
        differs = [word for word, is_so in (("blanks", alone != text), ("case", case)) if is_so]
        written = " or ".join(repr(code) for code in meant)
        what = " and ".join(differs) or "characters that look alike or cannot be seen"
        return f"It differs from {written} in {what}: did you mean {written}?"
    if plain in names:
        return f"This is the name of a code: write {names[plain]!r}."
    at = max(0, bisect_left(ordered, plain) - _NEAR // 2) if len(ordered) > _NEAR else 0
    candidates = ordered[at : at + _NEAR]
    near = [code for found in get_close_matches(plain[:60], candidates, cutoff=0.5) for code in alike[found]]
    return f"Did you mean {' or '.join(repr(code) for code in near)}?" if near else ""


def _of_list(codelist: CodeList) -> str:
    codes = list(codelist.codes)
    if len(codes) > _FEW:
        return f"a code of {codelist.ref}"
    return f"one of {', '.join(codes)}" if len(codes) > 1 else f"the code {codes[0]}" if codes else "no code at all"


# ----------------------------------------------------------------------------------------------------- text formats

_WHOLE: Mapping[str, int | None] = {"BigInteger": None, "Count": None, "Integer": 2**31, "Long": 2**63, "Short": 2**15}
_DECIMAL = ("Decimal", "InclusiveValueRange", "ExclusiveValueRange", "Incremental")
_FLOATING: Mapping[str, float] = {"Float": 2.0**128 - 2.0**103, "Double": math.inf}
"""Floating types and the number from which on they are infinite."""

_LETTERS = {
    "Alpha": (r"[A-Za-z]+", "letters A to Z only"),
    "AlphaNumeric": (r"[A-Za-z0-9]+", "letters A to Z and digits only"),
    "Numeric": (r"[0-9]+", "digits only"),
}

_ZONE = r"(?:Z|[+-](?:14:00|(?:0[0-9]|1[0-3]):[0-5][0-9]))?"
_MONTH_DAY = r"(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-9])|(?:0[13-9]|1[0-2])-30|(?:0[13578]|1[02])-31)"
_WRITTEN = {
    "Boolean": (r"true|false|0|1", "true or false (or 1 or 0)"),
    "Month": (rf"--(?:0[1-9]|1[0-2]){_ZONE}", "a month of any year, such as --05"),
    "MonthDay": (rf"--{_MONTH_DAY}{_ZONE}", "a day of any year, such as --05-31"),
    "Day": (rf"---(?:0[1-9]|[12][0-9]|3[01]){_ZONE}", "a day of any month, such as ---31"),
    "Time": (
        rf"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?){_ZONE}",
        "a time of day, such as 10:00:00",
    ),
    "Duration": (
        r"-?P(?=.)(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?(?:T(?=.)(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+(?:\.[0-9]+)?S)?)?",
        "a duration, such as P1M or P1Y6M",
    ),
}
"""Types with one way of writing, as an expression and in words."""

_PERIODS = {
    "ObservationalTimePeriod": ("AMDIR", "ASTQMWD", "a period, such as 2024, 2024-05, 2024-Q2 or 2024-05-31"),
    "StandardTimePeriod": ("AMDI", "ASTQMWD", "a period that is no time range, such as 2024-05 or 2024-Q2"),
    "BasicTimePeriod": ("AMDI", "", "a year, month, day or date-time, such as 2024-05"),
    "GregorianTimePeriod": ("AMD", "", "a year, month or day, such as 2024-05"),
    "GregorianYear": ("A", "", "a year, such as 2024"),
    "GregorianYearMonth": ("M", "", "a month, such as 2024-05"),
    "GregorianDay": ("D", "", "a day, such as 2024-05-31"),
    "ReportingTimePeriod": ("", "ASTQMWD", "a reporting period, such as 2024-M05 or 2024-Q2"),
    "ReportingYear": ("", "A", "a reporting year, such as 2024-A1"),
    "ReportingSemester": ("", "S", "a half-year, such as 2024-S1"),
    "ReportingTrimester": ("", "T", "a trimester (four months), such as 2024-T1"),
    "ReportingQuarter": ("", "Q", "a quarter, such as 2024-Q2"),
    "ReportingMonth": ("", "M", "a reporting month, such as 2024-M05"),
    "ReportingWeek": ("", "W", "a week, such as 2024-W18"),
    "ReportingDay": ("", "D", "a reporting day, such as 2024-D152"),
    "DateTime": ("I", "", "a date-time, such as 2024-05-31T10:00:00"),
    "TimeRange": ("R", "", "a time range, such as 2024-05-01/P1M"),
}
"""Types of period: the kinds they take in the calendar's form and in the reporting form, and in words."""


def _of_format(text_format: TextFormat, measure: bool, type_: str = "") -> tuple[_Check, str]:
    """The check of a text format and what it expects, in words; unknown types are text."""
    type_ = type_ or text_format.type
    if type_ in _PERIODS:
        return _chained(_period(type_, text_format), _lengths(text_format), _patterns(text_format)), _PERIODS[type_][2]
    if type_ in _WHOLE or type_ in _DECIMAL or type_ in _FLOATING:
        number = _chained(
            _number(type_, measure), _bounds(type_, text_format), _lengths(text_format), _patterns(text_format)
        )
        expected = _number_in_words(type_, text_format)
        return (_but_not_a_number(number) if measure else number), expected
    if type_ in _WRITTEN:
        form, expected = _WRITTEN[type_]
        return _chained(_form(form, expected), _lengths(text_format), _patterns(text_format)), expected
    if type_ in _LETTERS:
        form, expected = _LETTERS[type_]
        return _chained(_form(form, expected), _lengths(text_format), _patterns(text_format)), expected
    if type_ == "URI":
        return _chained(_uri, _lengths(text_format), _patterns(text_format)), "a link, such as https://example.org/a"
    return _chained(_anything, _lengths(text_format), _patterns(text_format)), _text_in_words(text_format)


def _chained(written: _Check, *facets: _Check) -> _Check:
    """Facets are judged where the value is written rightly, all of them."""

    def check(text: str) -> Iterator[_Fault]:
        first = next(written(text), None)
        if first is None:
            yield from chain.from_iterable(facet(text) for facet in facets)
        else:
            yield first

    return check


def _but_not_a_number(check: _Check) -> _Check:
    return lambda text: iter(()) if text == "NaN" else check(text)


def _form(form: str, expected: str) -> _Check:
    compiled_form = re.compile(form, re.DOTALL)

    def check(text: str) -> Iterator[_Fault]:
        if compiled_form.fullmatch(text):
            return
        plain = text.strip()
        for meant in (plain, plain.lower(), plain.upper()):
            if meant != text and compiled_form.fullmatch(meant):
                yield "text-format", f"is not {expected}", f"Did you mean {meant!r}?"
                return
        yield "text-format", f"is not {expected}", ""

    return check


def _period(type_: str, text_format: TextFormat) -> _Check:
    plain, reporting, expected = _PERIODS[type_]
    start, end = _day(text_format.start_time or "", first=True), _day(text_format.end_time or "", first=False)

    def check(text: str) -> Iterator[_Fault]:
        try:
            found = moment(text)
        except ValueError as error:
            yield "text-format", f"is not {expected}", f"{error}."
            return
        if found.kind not in (reporting if found.reporting else plain):
            yield "text-format", f"is not {expected}", ""
        elif start and found.first < start:
            yield "text-format", f"is before {text_format.start_time}, the first period of the structure", ""
        elif end and found.first > end:
            yield "text-format", f"is after {text_format.end_time}, the last period of the structure", ""

    return check


_LINK = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.\-]*:(?://AUTHORITY(?:/SEGMENT*)*|/?(?:SEGMENT+(?:/SEGMENT*)*)?)"
    r"|//AUTHORITY(?:/SEGMENT*)*|/(?:SEGMENT+(?:/SEGMENT*)*)?|(?:FIRST+(?:/SEGMENT*)*)?)"
    r"(?:\?(?:SEGMENT|[/?])*)?(?:#(?:SEGMENT|[/?])*)?"
    .replace("AUTHORITY", r"(?:(?:UNIT|:)*@)?(?:\[[^\]]*\]|UNIT*)(?::[0-9]+)?")
    .replace("SEGMENT", r"(?:UNIT|[:@])")
    .replace("FIRST", r"(?:UNIT|@)")
    .replace("UNIT", r"(?:[^%/?#:@\[\]]|%[0-9A-Fa-f]{2})")
)  # fmt: skip
"""What XML Schema's anyURI takes: any character may stand for its percent-encoded form."""


def _uri(text: str) -> Iterator[_Fault]:
    if not _LINK.fullmatch(text) or text != text.strip():
        hint = "Blanks stand around it." if text != text.strip() else ""
        if re.search(r"%(?![0-9A-Fa-f]{2})", text):
            hint = "A percent sign is written %25."
        yield "text-format", "is not a link (URI)", hint


def _lengths(text_format: TextFormat) -> _Check:
    low, high = text_format.min_length or 0, text_format.max_length

    def check(text: str) -> Iterator[_Fault]:
        if len(text) < low or (high is not None and len(text) > high):
            yield "text-format", f"has {_characters(len(text))}; {_lengths_in_words(text_format)} allowed", ""

    return check if low or high is not None else _anything


def _lengths_in_words(text_format: TextFormat) -> str:
    low, high = text_format.min_length or 0, text_format.max_length
    if low and high is not None:
        return f"exactly {_characters(high)}" if low == high else f"{low} to {_characters(high)}"
    if high is not None:
        return f"at most {_characters(high)}"
    return f"at least {_characters(low)}" if low else ""


def _text_in_words(text_format: TextFormat) -> str:
    lengths = _lengths_in_words(text_format)
    pattern = f"that follows the pattern {quoted(text_format.pattern)}" if text_format.pattern else ""
    return f"a text {' '.join(filter(None, (lengths and f'of {lengths}', pattern)))}" if lengths or pattern else ""


def _characters(count: int) -> str:
    return f"{count:,} character" if count == 1 else f"{count:,} characters"


def _patterns(text_format: TextFormat) -> _Check:
    matches = expression(text_format.pattern or "") if text_format.pattern else None
    if matches is None:
        return _anything
    matches_it = matches

    def check(text: str) -> Iterator[_Fault]:
        if len(text) <= LONGEST and not matches_it(text):
            yield "text-format", f"does not follow the pattern {quoted(text_format.pattern or '')}", ""

    return check


# ---------------------------------------------------------------------------------------------------------- numbers

_INTEGER = re.compile(r"[+-]?[0-9]+")
_NOT_FINITE = ("INF", "-INF", "NaN")


def _number(type_: str, measure: bool) -> _Check:
    """Whether the value is written as a number of this type, and the type can hold it."""
    if type_ in _FLOATING:
        return lambda text: _floating(text, _FLOATING[type_], measure)
    if type_ in _DECIMAL:
        return lambda text: iter(()) if POINT.fullmatch(text) else iter([no_number(text, exponent=False)])
    return lambda text: _integer(text, type_, _WHOLE[type_])


def _integer(text: str, type_: str, limit: int | None) -> Iterator[_Fault]:
    if not _INTEGER.fullmatch(text):
        if POINT.fullmatch(text):
            whole = text.partition(".")[0]
            same = whole.strip("+-") and not text.partition(".")[2].strip("0")
            yield "text-format", "is not a whole number", f"Write {whole}." if same else ""
        else:
            yield no_number(text, exponent=False)
    elif limit is not None and not -limit <= Decimal(text) < limit:
        yield "text-format", f"is beyond what the type {type_} holds ({-limit:,} to {limit - 1:,})", ""


def _floating(text: str, infinite: float, measure: bool) -> Iterator[_Fault]:
    if text in _NOT_FINITE:
        if measure:
            yield no_number(text, exponent=True)
    elif not SCIENTIFIC.fullmatch(text):
        yield no_number(text, exponent=True)
    elif math.isinf(value := float(text)) or abs(value) >= infinite:
        yield "number-syntax", "is larger than any number that its type keeps", "Write the number that was meant."


def _bounds(type_: str, text_format: TextFormat) -> _Check:
    """The facets of numbers: smallest, largest, decimals, and the steps of a sequence."""
    low, high = text_format.min_value, text_format.max_value
    if text_format.is_sequence or type_.endswith("ValueRange"):
        low = text_format.start_value if low is None else low
        high = text_format.end_value if high is None else high
    exclusive, floating = type_ == "ExclusiveValueRange", type_ in _FLOATING
    most = None if type_ in _WHOLE else text_format.decimals
    steps = text_format.is_sequence or type_ == "Incremental"
    start, interval = text_format.start_value, text_format.interval

    def number(value: Decimal | str) -> Decimal | float:
        return float(value.replace("INF", "inf") if isinstance(value, str) else value) if floating else Decimal(value)

    def check(text: str) -> Iterator[_Fault]:
        value = number(text)
        if text == "NaN":
            if low is not None or high is not None:
                yield "text-format", "is no number, and the structure sets bounds", ""
            return
        if low is not None and (value <= number(low) if exclusive else value < number(low)):
            yield "text-format", f"is too small: {'more than' if exclusive else 'at least'} {low:f} is expected", ""
        if high is not None and (value >= number(high) if exclusive else value > number(high)):
            yield "text-format", f"is too large: {'less than' if exclusive else 'at most'} {high:f} is expected", ""
        if most is not None and (found := _decimals(text, floating)) > most:
            yield "text-format", f"has {_count(found)}; at most {_count(most)} allowed", ""
        if steps and start is not None and interval and not _is_step(text, start, interval):
            yield "text-format", f"is no step of the sequence that begins at {start:f} and goes by {interval:f}", ""

    return check


def _count(decimals: int) -> str:
    return f"{decimals} decimal" if decimals == 1 else f"{decimals} decimals"


def _decimals(text: str, floating: bool) -> int:
    """Decimals as XML Schema counts them: zeros at the end count in floating numbers only, where they are written."""
    digits = re.split(r"[eE]", text.partition(".")[2])[0]
    return len(digits if floating else digits.rstrip("0"))


def _is_step(text: str, start: Decimal, interval: Decimal) -> bool:
    try:
        with localcontext() as exact:
            exact.prec = 60
            return not (Decimal(text) - start) % interval
    except InvalidOperation:  # too large to tell, or infinite
        return True


def _number_in_words(type_: str, text_format: TextFormat) -> str:
    low, high = text_format.min_value, text_format.max_value
    words = "a whole number" if type_ in _WHOLE else "a number such as 1234.5"
    if low is not None and high is not None:
        words += f", from {low:f} to {high:f}"
    elif low is not None or high is not None:
        words += f", at least {low:f}" if low is not None else f", at most {high:f}"
    if text_format.decimals is not None and type_ not in _WHOLE:
        words += f", with at most {_count(text_format.decimals)}"
    return words

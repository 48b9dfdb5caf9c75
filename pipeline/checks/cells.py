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
import sys
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation, localcontext
from difflib import get_close_matches
from functools import lru_cache
from itertools import chain, groupby

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


def judge(component: Component, text: str, *, measure: bool = False) -> tuple[Finding, ...]:
    """The value fits its component, or what is wrong with it; ``measure`` says that it is an observed value."""
    return compiled(component, measure=measure)(text)


@lru_cache(maxsize=4096)
def compiled(component: Component, *, measure: bool = False) -> Judge:
    """What judges the values of one component."""
    measure = measure or isinstance(component, Measure)
    check, expected = _judged_by(component, measure)
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


def quoted(text: str) -> str:
    """The value as a message shows it: in quotes, what cannot be seen spelled out, cut beyond 60 characters."""
    return repr(text if len(text) <= 60 else f"{text[:60]}…")


def _empty(text: str) -> _Fault:
    what = "holds nothing but blanks" if text else "is empty"
    return "empty-value", what, "Write a value, or leave it out altogether where it is optional."


def _judged_by(component: Component, measure: bool) -> tuple[_Check, str]:
    """The check of a component's values and what it expects, in words."""
    if component.id == YEAR_START:
        return _of_format(TextFormat("MonthDay"), measure=False)
    codelist = component.codelist
    if codelist is not None and not codelist.partial:
        return _code(codelist), _of_list(codelist)
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


def _code(codelist: CodeList) -> _Check:
    codes = codelist.codes
    alike: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    ordered: list[str] = []

    def check(text: str) -> Iterator[_Fault]:
        if text in codes:
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
    shown = "".join(char for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char) != "Cf")
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
        if len(text) <= _LONG and not matches_it(text):
            yield "text-format", f"does not follow the pattern {quoted(text_format.pattern or '')}", ""

    return check


# ---------------------------------------------------------------------------------------------------------- numbers

_INTEGER = re.compile(r"[+-]?[0-9]+")
_POINT = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_SCIENTIFIC = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NOT_FINITE = ("INF", "-INF", "NaN")


def _number(type_: str, measure: bool) -> _Check:
    """Whether the value is written as a number of this type, and the type can hold it."""
    if type_ in _FLOATING:
        return lambda text: _floating(text, _FLOATING[type_], measure)
    if type_ in _DECIMAL:
        return lambda text: iter(()) if _POINT.fullmatch(text) else iter([_no_number(text, exponent=False)])
    return lambda text: _integer(text, type_, _WHOLE[type_])


def _integer(text: str, type_: str, limit: int | None) -> Iterator[_Fault]:
    if not _INTEGER.fullmatch(text):
        if _POINT.fullmatch(text):
            whole = text.partition(".")[0]
            same = whole.strip("+-") and not text.partition(".")[2].strip("0")
            yield "text-format", "is not a whole number", f"Write {whole}." if same else ""
        else:
            yield _no_number(text, exponent=False)
    elif limit is not None and not -limit <= Decimal(text) < limit:
        yield "text-format", f"is beyond what the type {type_} holds ({-limit:,} to {limit - 1:,})", ""


def _floating(text: str, infinite: float, measure: bool) -> Iterator[_Fault]:
    if text in _NOT_FINITE:
        if measure:
            yield _no_number(text, exponent=True)
    elif not _SCIENTIFIC.fullmatch(text):
        yield _no_number(text, exponent=True)
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


_SPACES = "\u0020\u00a0\u202f\u2009\u2007\u2008\u2002\u2003"
_APOSTROPHES = "'\u2019\u02bc\u0060\u00b4"
_MINUSES = "\u2212\u2010\u2011\u2012\u2013\u2014\ufe63\uff0d"
_GROUPS = re.compile(rf"[+-]?[0-9]{{1,3}}(?:([{_SPACES}{_APOSTROPHES}_])[0-9]{{3}})(?:\1[0-9]{{3}})*(?:[.,][0-9]+)?")
_MISSING = {
    ":", "-", "--", "..", "...", "…", ".", "n.d.", "n.d", "nd", "n/d", "n.a.", "n.a", "na", "n/a", "nc", "null", "none",
    "nil", "missing", "s", "c", "x", "m", "*", "/", "?", "–", "—",
}  # fmt: skip
_COMMA_HINT = "SDMX writes a decimal point and nothing between thousands: "
_STATUS_HINT = "A mark belongs in the attribute for the observation's status: "


def _no_number(text: str, *, exponent: bool) -> _Fault:
    """Why a text is no number as SDMX writes it, in the words of the one who must mend it."""
    sentence, hint = _looks_like(text, exponent) or ("is not a number", "Write a plain number, such as 1234.5.")
    return "number-syntax", sentence, hint


def _looks_like(text: str, exponent: bool) -> tuple[str, str] | None:
    plain = text.strip()
    if plain != text and (_SCIENTIFIC if exponent else _POINT).fullmatch(plain):
        return "has blanks around the number", f"Write {plain}."
    for known in (_as_a_word, _in_other_signs, _with_separators, _with_marks):
        if found := known(plain):
            return found
    if _SCIENTIFIC.fullmatch(plain):
        return "is in scientific notation, which its type does not have", _written_out(plain)
    return None


def _as_a_word(text: str) -> tuple[str, str] | None:
    word = text.casefold()
    if word.strip("+-") in ("nan", "inf", "infinity", "∞") or re.fullmatch(r"-?1\.#[a-z]+[0-9]*", word):
        hint = "Where there is no value, leave it out and say why in the observation's status."
        return "is not a finite number", hint
    if re.fullmatch(r"#[a-z/0 ]+[!?]?", word):
        return "is an error value of a spreadsheet", "Mend the formula in the source."
    if word in ("true", "false"):
        return "is a truth value, not a number", ""
    if word in _MISSING:
        hint = "Where there is no value, leave it out and say why in the observation's status."
        return "is a sign for a missing value, not a number", hint
    if re.fullmatch(r"[0-9]{4}-(?:[0-9]{2}(?:-[0-9]{2})?|[ASTQMWD][0-9]{1,3})", text):
        return "looks like a period, not a number", "Perhaps two columns or attributes were exchanged."
    return None


def _in_other_signs(text: str) -> tuple[str, str] | None:
    strange = next((char for char in text if char.isdigit() and not char.isascii()), "")
    if strange:
        name = unicodedata.name(strange, "unnamed").lower()
        written = "".join(str(unicodedata.digit(char)) if char.isdigit() else char for char in text)
        hint = f"Write the digits 0 to 9: {written}." if _POINT.fullmatch(written) else "Write the digits 0 to 9."
        return f"contains {strange!r} (U+{ord(strange):04X}, {name})", hint
    if text[:1] and text[0] in _MINUSES and _SCIENTIFIC.fullmatch(text[1:]):
        name = unicodedata.name(text[0], "unnamed").lower()
        return f"begins with {name} (U+{ord(text[0]):04X}), not with the minus sign", f"Write -{text[1:]}."
    if re.fullmatch(r"[+-]?0[xXoObB][0-9A-Fa-f]+", text):
        return "is a number of a programming language", "Write the digits 0 to 9 only."
    if re.fullmatch(r"[0-9.]+-|\([0-9.]+\)", text):
        return "is negative in a bookkeeper's way", f"Write -{text.strip('()-')}."
    return None


def _with_separators(text: str) -> tuple[str, str] | None:
    """Decimal commas, and thousands set apart by points, commas, blanks, apostrophes or underscores."""
    if re.fullmatch(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+", text):
        return "has points between thousands and a decimal comma", _plainly(text.replace(".", "").replace(",", "."))
    if re.fullmatch(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+", text) or re.fullmatch(
        r"[+-]?[0-9]{1,3}(?:,[0-9]{3}){2,}", text
    ):
        return "has commas between thousands", _plainly(text.replace(",", ""))
    if re.fullmatch(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3}){2,}", text):
        return "has points between thousands", _plainly(text.replace(".", ""))
    if re.fullmatch(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}", text):
        either = f"write {text.replace(',', '')} or {text.replace(',', '.')}, whichever was meant."
        return "has a comma between thousands, or a decimal comma", _COMMA_HINT + either
    if re.fullmatch(r"[+-]?[0-9]*,[0-9]+|[+-]?[0-9]+,", text):
        return "has a decimal comma", _plainly(text.replace(",", "."))
    if match := _GROUPS.fullmatch(text):
        mark = match[1]
        name = "an underscore" if mark == "_" else "an apostrophe" if mark in _APOSTROPHES else "a blank"
        if mark != " " and mark in _SPACES:
            name += f" (U+{ord(mark):04X}, {unicodedata.name(mark, 'unnamed').lower()})"
        return f"has {name} between its digits", _plainly(text.replace(mark, "").replace(",", "."))
    if re.fullmatch(rf"[+-]?[0-9][0-9{_SPACES}{_APOSTROPHES}_]*[0-9](?:[.,][0-9]+)?", text):
        return "has something other than digits between its digits", "Write the plain number, such as 1234.5."
    if re.fullmatch(r"[+-]?[0-9]*(?:\.[0-9]*){2,}", text) and any(char.isdigit() for char in text):
        return "has more than one point", "Write the plain number, such as 1234.5."
    if re.fullmatch(r"[+-]{2,}[0-9.]+|[+-][ ]+[0-9.]+", text):
        return "has signs that do not go together", f"Write {'-' if '-' in text else ''}{text.lstrip('+- ')}."
    return None


def _plainly(number: str) -> str:
    return f"{_COMMA_HINT}write {number.rstrip('.')}."


def _with_marks(text: str) -> tuple[str, str] | None:
    """Numbers with a flag, a currency, a percent sign."""
    if match := re.fullmatch(r"([+-]?[0-9.,]+)\s*[%‰]", text):
        return "has a percent sign", f"Write {match[1]}: the unit is an attribute of its own."
    if match := re.fullmatch(r"[€$£¥]\s*([+-]?[0-9.,]+)|([+-]?[0-9.,]+)\s*[€$£¥]", text):
        return "has a currency sign", f"Write {match[1] or match[2]}: the unit is an attribute of its own."
    mark = r"[(\[]?[^\W\d_]{1,3}[)\]]?\.?|[*†‡°!?<>~≈]+|[(\[][0-9][)\]]"
    if match := re.fullmatch(rf"(?:{mark})\s*([+-]?[0-9.,]+)|([+-]?[0-9.,]+)\s*(?:{mark})", text):
        number = match[1] or match[2]
        return "has a mark beside the number", f"{_STATUS_HINT}write {number} here."
    return None


def _written_out(text: str) -> str:
    if len(text) > 30 or abs(int(re.split(r"[eE]", text)[1])) > 20:
        return "Write the number without exponent."
    return f"Write {Decimal(text):f}."


# ---------------------------------------------------------------------------------- regular expressions of XML Schema

_LONG = 20_000
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

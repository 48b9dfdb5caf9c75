"""Counts, read strictly: a whole number or a reason why it is none. Nothing is rounded, guessed or repaired."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal

from pipeline.errors import InputError, Problem

#: The largest whole number below which a spreadsheet (a double) keeps every whole number apart.
LARGEST = 2**53 - 1

_PLAIN = re.compile(r"0|-?[1-9][0-9]*")
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf(?:inity)?|∞|[0-9]\.#[a-z]+)", re.IGNORECASE)
_EXPONENT = re.compile(r"[+-]?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)[eE][+-]?[0-9]+")
_ERROR_VALUE = re.compile(r"#[^\W\d_][\w/. ]*[!?]?")
_FRACTION = re.compile(r"([+-]?[0-9]*)([.,])([0-9]*)")
_TRIPLETS = re.compile(r"-?[1-9][0-9]{0,2}(?:[.,][0-9]{3})+")
_DIGITS = re.compile(r"[0-9]+")
_MARKED = re.compile(r"-?[0-9]+(?:[^\w+-][0-9]+)+")
_LAX = re.compile(r"[+\u2212\u2010-\u2015\ufe63\uff0b\uff0d-]?[0-9_]*")
_CLOSE = Decimal("0.000001")


def parse_count(text: str, thousands: Sequence[str] = (), decimal: str = ",") -> int:
    """The whole number that a text states; thousands separators only where declared, in groups of three, all alike.

    The decimal mark never separates thousands, even where it is declared so. Raises InputError with one problem (its
    place is the caller's to say) for everything else.
    """
    text = text.strip()
    if _PLAIN.fullmatch(text):
        return _exact(text, text)
    for mark in thousands:
        if mark and mark != decimal and mark in text:
            groups = text.removeprefix("-").split(mark)
            whole = all(_DIGITS.fullmatch(group) for group in groups) and groups[0][0] != "0"
            if whole and len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:]):
                return _exact(text.replace(mark, ""), text)
    raise InputError(_why_not(text, thousands, decimal))


def count_of(cell: object, thousands: Sequence[str] = (), decimal: str = ",") -> int:
    """The whole number in a cell of a sheet or a text file; InputError where it holds none."""
    if isinstance(cell, bool):
        raise _refused("number-boolean", f"{str(cell).upper()} is a truth value, not a number.")
    if isinstance(cell, int):
        return _bounded(cell, str(cell))
    if isinstance(cell, float):
        return _from_float(cell)
    if isinstance(cell, str):
        return parse_count(cell, thousands, decimal)
    if isinstance(cell, dt.datetime | dt.date | dt.time | dt.timedelta):
        said = cell.date().isoformat() if isinstance(cell, dt.datetime) else str(cell)
        raise _refused(
            "number-date", f"the cell holds a date or time ({said}), not a number.", "Format the cell as a number."
        )
    raise _refused("number-text", f"{shown(str(cell))} is not a number.")


def shown(text: str, most: int = 40) -> str:
    """The text in quotes, shortened, as a message shows it."""
    return repr(text) if len(text) <= most else repr(text[:most]) + "…"


def _exact(digits: str, text: str) -> int:
    if len(digits) > 20:
        raise _too_large(text)
    return _bounded(int(digits), text)


def _bounded(number: int, text: str) -> int:
    if abs(number) > LARGEST:
        raise _too_large(text)
    return number


def _too_large(text: str) -> InputError:
    message = f"{shown(text)} is beyond {LARGEST:,}: a spreadsheet no longer keeps such numbers apart."
    return _refused("number-too-large", message)


def _from_float(value: float) -> int:
    if not math.isfinite(value):
        raise _refused("number-not-finite", f"{value} is not a number.")
    if value.is_integer():
        return _bounded(int(value), repr(value))
    return _no_fraction(repr(value), Decimal(repr(value)))


def _no_fraction(text: str, value: Decimal, rule: str = "number-fraction") -> int:
    near = value.to_integral_value()
    if abs(value - near) <= _CLOSE:
        message = f"{text} is the trace of a computation; probably {near} was meant."
        raise _refused("number-float", message, "Round it in the source, or correct the cell; nothing is rounded here.")
    if rule == "number-decimal-comma":
        raise _refused(
            rule, f"{shown(text)} has a decimal comma: counts must be whole.", "Send units, not thousands or averages."
        )
    raise _refused(rule, f"{shown(text)} has decimals: counts must be whole.", "Send units, not thousands or averages.")


def _why_not(text: str, thousands: Sequence[str], decimal: str) -> Problem:
    """The reason why a text is no count, in the words of the one who must mend it."""
    try:
        _refuse_words(text)
        _refuse_digits(text)
        _refuse_marks(text, thousands, decimal)
    except InputError as error:
        return error.problems[0]
    hint = "A word or a mark belongs in the status column; words for 'not available' are declared in the layout."
    return Problem("", f"{shown(text)} is text in a number cell.", hint, "number-text")


def _refuse_words(text: str) -> None:
    if _ERROR_VALUE.fullmatch(text):
        raise _refused("number-error-value", f"the cell shows the error {text}.", "Mend the formula in the source.")
    if text.casefold() in {"true", "false"}:
        raise _refused("number-boolean", f"{text} is a truth value, not a number.")
    if _NOT_FINITE.fullmatch(text):
        raise _refused("number-not-finite", f"{shown(text)} is not a number.")
    if _EXPONENT.fullmatch(text):
        if math.isinf(float(text.replace(",", "."))):
            raise _refused("number-not-finite", f"{shown(text)} is larger than any number a computer keeps.")
        message = f"{shown(text)} is in scientific notation: digits may have been lost."
        raise _refused("number-exponent", message, "Format the column as whole numbers and save again.")


def _refuse_digits(text: str) -> None:
    for char in text:
        if char.isdigit() and not char.isascii():
            name = unicodedata.name(char, "unnamed").lower()
            raise _refused(
                "number-digits",
                f"{shown(text)} contains {char!r} (U+{ord(char):04X}, {name}): write the digits 0 to 9.",
            )
    if _LAX.fullmatch(text) and any(char.isdigit() for char in text):
        what = "an underscore" if "_" in text else "a plus sign" if text[0] in "+\uff0b\ufe62" else ""
        if not what:
            what = (
                "leading zeros or minus zero" if text[0] in "-0123456789" else "a dash that is not the minus sign '-'"
            )
        raise _refused(
            "number-digits", f"{shown(text)} is written with {what}.", "Write the plain number, such as 1234."
        )


def _refuse_marks(text: str, thousands: Sequence[str], decimal: str) -> None:
    fraction = _FRACTION.fullmatch(text)
    if fraction and (fraction[1].strip("+-") or fraction[3]):
        whole, mark, digits = fraction.groups()
        if _TRIPLETS.fullmatch(text):
            other = text.replace(mark, "")
            if mark == ",":
                message = f"{shown(text)} has an undeclared comma between its digits: {other}, or a fraction?"
                raise _refused("number-grouping", message, f"Write {other}.")
            message = f"{shown(text)} is ambiguous: {other} with a point between thousands, or a fraction?"
            raise _refused(
                "number-ambiguous", message, f"Write {other}, or declare the point in the layout's thousands."
            )
        if len(text) <= 400:
            value = Decimal(f"{whole if whole.strip('+-') else whole + '0'}.{digits or '0'}")
            _no_fraction(text, value, "number-decimal-comma" if mark == "," else "number-fraction")
    if _MARKED.fullmatch(text):
        marks = sorted(set(re.sub(r"[0-9-]", "", text)))
        named = " and ".join(
            f"{mark!r} (U+{ord(mark):04X}, {unicodedata.name(mark, 'unnamed').lower()})" for mark in marks
        )
        last = re.fullmatch(r"(.*[0-9]{3})([.,])([0-9]+)", text)
        if last and last[2] not in last[1] and (len(last[3]) != 3 or last[2] == decimal):
            rule = "number-decimal-comma" if last[2] == "," else "number-fraction"
            raise _refused(
                rule, f"{shown(text)} has decimals: counts must be whole.", "Send units, not thousands or averages."
            )
        if len(marks) > 1:
            raise _refused("number-grouping", f"{shown(text)} mixes {named}.", "Write the plain number, such as 1234.")
        if marks[0] in thousands and marks[0] != decimal:
            raise _refused(
                "number-grouping",
                f"{shown(text)} is not grouped in threes by {named}.",
                "Write the plain number, such as 1234.",
            )
        declared = ", ".join(f"U+{ord(mark):04X}" for mark in thousands if len(mark) == 1) or "none"
        message = f"{shown(text)} groups its digits with {named}; the layout declares {declared}."
        raise _refused(
            "number-grouping", message, "Write the plain number, or declare the separator in the layout's thousands."
        )


def _refused(rule: str, message: str, hint: str = "") -> InputError:
    return InputError(Problem("", message, hint, rule))

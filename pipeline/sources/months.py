"""Months as national files write them: only the declared forms, never a guess."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from pipeline.errors import InputError, Problem
from pipeline.period import Period
from pipeline.sources.numbers import shown

_ISO = re.compile(r"([0-9]{4})-([0-9]{2})")
_SLASH = re.compile(r"([0-9]{2})/([0-9]{4})")
_NAMED = re.compile(r"(.*?[^0-9\s.-])\.?-([0-9]{2})")
_DAY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4}|[0-9]{2})")
_SHORT = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_ORIGIN = {1900: dt.date(1899, 12, 30), 1904: dt.date(1904, 1, 1)}


def parse_month(
    cell: object, forms: Sequence[str], month_names: Sequence[Sequence[str]] = (), date_system: int = 1900
) -> str:
    """The month that a cell states, as ``2024-05``, in one of the declared forms.

    ``YYYY-MM``  2024-05
    ``MM/YYYY``  05/2024
    ``MMM-YY``   a name of ``month_names`` and two digits of the year: 70 to 99 are 19xx, 00 to 69 are 20xx; case and
                 a dot after the name do not matter
    ``date``     a date cell of Excel, the first day of the month
    ``serial``   the number behind such a date, in the date system of the workbook (1900 or 1904)

    Raises InputError with one problem that says what the cell looks like; its place is the caller's to say.
    """
    if isinstance(cell, str):
        text = cell.strip()
        found = _from_text(text, forms, month_names)
        if found:
            return str(found)
        if "serial" in forms and re.fullmatch(r"[0-9]{5}", text):
            return _from_serial(int(text), text, date_system)
        raise _refused(_looks(text, date_system), forms)
    if isinstance(cell, dt.datetime | dt.date):
        return _from_date(cell, forms)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if "serial" in forms:
            return _from_serial(cell, f"{cell}", date_system)
        raise _refused(_looks(f"{int(cell) if cell == cell // 1 else cell}", date_system), forms)
    raise _refused(("period-form", f"{shown(str(cell))} is not a month"), forms)


def _from_text(text: str, forms: Sequence[str], month_names: Sequence[Sequence[str]]) -> Period | None:
    year = month = 0
    if "YYYY-MM" in forms and (match := _ISO.fullmatch(text)):
        year, month = int(match[1]), int(match[2])
    elif "MM/YYYY" in forms and (match := _SLASH.fullmatch(text)):
        year, month = int(match[2]), int(match[1])
    elif "MMM-YY" in forms and (match := _NAMED.fullmatch(text)):
        name, short = match[1].casefold(), int(match[2])
        year = short + (1900 if short > 69 else 2000)
        places = [i for i, names in enumerate(month_names, 1) if name in {n.rstrip(".").casefold() for n in names}]
        month = places[0] if len(places) == 1 else 0
    return Period.month(year, month) if 1 <= month <= 12 else None


def _from_date(cell: dt.date, forms: Sequence[str]) -> str:
    day = dt.date(cell.year, cell.month, cell.day)
    if "date" not in forms:
        raise _refused(("period-form", f"this is a date cell of Excel ({_said(day)})"), forms)
    if day.day != 1 or (isinstance(cell, dt.datetime) and cell.time() != dt.time()):
        raise _refused(("period-form", f"{_said(day)} is not the first day of a month: is it a month at all?"), forms)
    return str(Period.month(day.year, day.month))


def _from_serial(number: float, text: str, date_system: int) -> str:
    day = _day(number, date_system)
    if day is None or day.day != 1:
        looks = _looks(text, date_system)
        if day is not None and looks[0] == "period-serial":
            looks = ("period-serial", f"{text} is the Excel date {_said(day)}, not the first day of a month")
        raise _refused(looks, ("serial",))
    return str(Period.month(day.year, day.month))


def _day(number: float, date_system: int) -> dt.date | None:
    """The date behind an Excel serial number; None outside 1950 to 2149, where a serial is hardly meant."""
    if number != number // 1 or not 10_000 <= number <= 99_999:
        return None
    day = _ORIGIN[date_system] + dt.timedelta(days=int(number))
    return day if 1950 <= day.year < 2150 else None


def _looks(text: str, date_system: int) -> tuple[str, str]:
    """The rule that a text breaks, and what it looks like."""
    said = shown(text)
    if not text:
        return "period-form", "the month is empty"
    if match := re.fullmatch(r"((?:19|20)[0-9]{2})(0[1-9]|1[0-2])", text):
        return "period-form", f"{said} looks like the month {match[1]}-{match[2]} written as a number"
    if re.fullmatch(r"[0-9]{5}", text) and (day := _day(int(text), date_system)):
        return "period-serial", f"{said} looks like the Excel date {_said(day)} without format"
    if re.fullmatch(r"(?:19|20)[0-9]{2}", text):
        return "period-form", f"{said} is a year, not a month"
    if re.fullmatch(r"[0-9]{4}[ -]?[QTqt][1-4]|[QTqt][1-4][ /-]?[0-9]{4}", text):
        return "period-form", f"{said} is a quarter; months are wanted"
    for form, year, month in ((_ISO, 1, 2), (_SLASH, 2, 1)):
        if match := form.fullmatch(text):
            if not 1 <= int(match[month]) <= 12:
                return "period-form", f"{said} has no month {match[month]}: they go from 01 to 12"
            return (
                "period-form",
                f"{said} is the month {match[year]}-{match[month]} in a form that the layout does not declare",
            )
    if match := re.fullmatch(r"([0-9]{4})-M?([0-9]{1,2})", text):
        return (
            "period-form",
            f"{said} is not written with two digits for the month, as in {match[1]}-{int(match[2]):02d}",
        )
    if match := re.fullmatch(r"([0-9])/([0-9]{4})", text):
        return "period-form", f"{said} is not written with two digits for the month, as in {match[2]}-0{match[1]}"
    if match := re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ].*)?", text):
        return "period-form", f"{said} is a full date; months are wanted, as in {match[1]}-{match[2]}"
    if match := _DAY.fullmatch(text):
        return _looks_like_a_day(said, int(match[1]), int(match[2]), match[3])
    if re.fullmatch(r"[0-9]{1,2}[/.-][0-9]{2}|.*[^0-9][ .'/-]+[0-9]{2}", text):
        return "period-form", f"{said} is not in a form, or with a month name, that the layout declares"
    return "period-form", f"{said} is not a month"


def _looks_like_a_day(said: str, first: int, second: int, year: str) -> tuple[str, str]:
    if first <= 12 and second <= 12 and first != second and first and second:
        either = f"{first} {_SHORT[second - 1]} or {second} {_SHORT[first - 1]} {year}"
        return "period-ambiguous", f"{said} is ambiguous: {either}"
    return "period-form", f"{said} is a full date; months are wanted"


def _said(day: dt.date) -> str:
    return f"{day.day} {_SHORT[day.month - 1]} {day.year}"


def _refused(looks: tuple[str, str], forms: Sequence[str]) -> InputError:
    rule, message = looks
    hint = f"The layout declares: {', '.join(forms)}. Write the month so, or declare the form that the file has."
    return InputError(Problem("", f"{message}.", hint, rule))

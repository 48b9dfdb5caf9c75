"""A text that stands where a number belongs and is none: what it looks like, and how to write it."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

POINT = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
SCIENTIFIC = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
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


def no_number(text: str, *, exponent: bool) -> tuple[str, str, str]:
    """Why a text is no number as SDMX writes it, in the words of the one who must mend it."""
    sentence, hint = _looks_like(text, exponent) or ("is not a number", "Write a plain number, such as 1234.5.")
    return "number-syntax", sentence, hint


def _looks_like(text: str, exponent: bool) -> tuple[str, str] | None:
    plain = text.strip()
    if plain != text and (SCIENTIFIC if exponent else POINT).fullmatch(plain):
        return "has blanks around the number", f"Write {plain}."
    for known in (_as_a_word, _in_other_signs, _with_separators, _with_marks):
        if found := known(plain):
            return found
    if SCIENTIFIC.fullmatch(plain):
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
        hint = f"Write the digits 0 to 9: {written}." if POINT.fullmatch(written) else "Write the digits 0 to 9."
        return f"contains {strange!r} (U+{ord(strange):04X}, {name})", hint
    if text[:1] and text[0] in _MINUSES and SCIENTIFIC.fullmatch(text[1:]):
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

"""What the values are made of: text that is no markup, lists and tables in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_BREAK = re.compile(r"[ \t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")  # a space that does not break stays
_ALWAYS = re.compile(r"[\\`*\[\]<|~^]|(?<![^\W_])_|_(?![^\W_])|&(?=#|\w+;)")
_AT_THE_START = re.compile(r"^([#>+=-]|[0-9]+(?=[.)]))")


def escaped(text: str) -> str:
    """Plain text as Markdown that says exactly this, in one line: what would be markup has a backslash before it."""
    line = _ALWAYS.sub(r"\\\g<0>", _BREAK.sub(" ", text).strip())
    start = _AT_THE_START.match(line)
    if start is None:
        return line
    mark, rest = start[0], line[start.end() :]
    return f"{mark}\\{rest}" if mark.isdigit() else f"\\{line}"


def bullets(items: Iterable[str]) -> str:
    """Items of Markdown as a list."""
    return "\n".join(f"- {item}" for item in items)


def link(text: str, address: str) -> str:
    """A link with a text that is Markdown already."""
    target = re.sub(r"[<>\s]", lambda found: f"%{ord(found[0]):02X}", address)
    return f"[{text}](<{target}>)" if re.search(r"[()\\]", target) else f"[{text}]({target})"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: int = 0) -> str:
    """A table of Markdown cells; its last ``numbers`` columns hold numbers, which stand to the right."""
    marks = ["---"] * (len(heads) - numbers) + ["---:"] * numbers
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, marks, *rows))

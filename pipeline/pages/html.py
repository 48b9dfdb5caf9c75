"""One design for every page: a single file that needs nothing else, whose policy allows its own style and script alone.

A page is a template that extends ``base.html`` and is made of the macros in ``parts.html``. Whatever it prints is
escaped, and cannot hide or steer what shows it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from pipeline.pages import summary
from pipeline.pages.visible import counted, shown, visible

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

SHARED = "base.css"
BEGINNING = b"<!DOCTYPE html>"  # of every page
MOST = 2000  # characters of what a file says: what is longer says how long it is


def render(template: str, *, styles: Sequence[str] = (), script: str = "", **values: Any) -> str:
    """A page as one text, the same for the same values.

    ``language``: of the words · ``numbers``: how they are written, for the script; none: as in English · ``running``: what stands
    below each printed page · ``styles``: templates that follow ``base.css``, rendered with the
    values · ``script``: a file of the templates, taken as it is. Both are in the page, and its Content-Security-Policy
    names them by their hashes; without a script none may run.
    """
    from markupsafe import Markup

    environment = templates()
    values = {"language": "en", "numbers": None, "running": "", **values}
    style = "".join(environment.get_template(name).render(values) for name in dict.fromkeys((SHARED, *styles)))
    code = _source(environment, script) if script else ""
    frame = {"policy": _policy(style, code), "style": Markup(style), "script": Markup(code)}
    return environment.get_template(template).render(values | frame)


@cache
def templates() -> Environment:
    """The templates, and the words they have for values."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("pipeline.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printed,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "acceptance": summary.acceptance,
        "also": summary.also,
        "columns": summary.columns,
        "css": _css_text,
        "hints": summary.hints,
        "json": _json,
        "number": _number,
        "place": summary.place,
        "shown": lambda value: shown(value, MOST),
    }
    environment.globals |= {"counted": counted}
    return environment


def _source(environment: Environment, name: str) -> str:
    """A file of the templates as it is."""
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def _policy(style: str, script: str) -> str:
    """What a browser may do for the page: show its style, run its script, and nothing else."""
    allowed = [f"script-src {_hash(script)}"] if script else []
    return "; ".join(
        ("default-src 'none'", *allowed, f"style-src {_hash(style)}", "base-uri 'none'", "form-action 'none'")
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _printed(value: Any) -> Any:
    """What a template prints, before it is escaped: nothing unseen but blanks.

    A blank of another kind (no break, narrow) belongs to a language; in what a file says it is a fault, so that such
    values go through ``shown``, which also cuts what is too long to be read.
    """
    from markupsafe import Markup

    if value is None or isinstance(value, Markup):
        return "" if value is None else value
    text = str(value)
    if text.isprintable():
        return text
    return "".join(c if unicodedata.category(c) == "Zs" else visible(c) for c in text)


def _number(value: int | None) -> str:
    """``1,341``; nothing for None."""
    return "" if value is None else f"{value:,}"


def _json(value: Any) -> Markup:
    """Data for a script, in the order given: no character of it can end the element that it stands in."""
    from markupsafe import Markup

    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def _css_text(text: str) -> Markup:
    """A text as a string of a style sheet."""
    from markupsafe import Markup

    return Markup('"' + "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):x} " for c in text) + '"')

"""References to artefacts: ``AGENCY:ID(VERSION).ITEM`` or a URN, and which version at hand one means.

Sources: the SDMX technical notes on versions and wildcards (3.0), SDMXCommonReferences.xsd (2.1).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Reference(NamedTuple):
    """What a reference or URN says; ``item`` is the part inside (a concept in a scheme)."""

    kind: str
    agency: str
    id: str
    version: str
    item: str

    @property
    def ref(self) -> str:
        """``AGENCY:ID(VERSION)``."""
        return f"{self.agency}:{self.id}({self.version})"

    @property
    def full(self) -> str:
        """``AGENCY:ID(VERSION).ITEM``."""
        return f"{self.ref}.{self.item}" if self.item else self.ref


_REFERENCE = re.compile(
    r"(?:urn:sdmx:org\.sdmx\.infomodel\.\w+\.)?(?:(?P<kind>\w+)=)?(?:(?P<agency>[\w.\-]+):)?"
    r"(?P<id>[\w@$\-]+)(?:\((?P<version>[^()\s]+)\))?(?:\.(?P<item>[\w@$.\-]+))?",
    re.ASCII,
)


def parse_reference(text: str, version: str = "1.0") -> Reference | None:
    """Read ``urn:sdmx:…Codelist=ESTAT:CL_FREQ(1.0)``, ``Codelist=ESTAT:CL_FREQ(1.0)`` or less of it."""
    match = _REFERENCE.fullmatch(text.strip())
    if match is None:
        return None
    return Reference(
        match["kind"] or "", match["agency"] or "", match["id"], match["version"] or version, match["item"] or ""
    )


def resolve(table: Mapping[str, T], wanted: Reference) -> T | None:
    """What the reference means: exactly that, else the highest version at hand that it admits."""
    if wanted.agency and wanted.ref in table:
        return table[wanted.ref]
    found = [(ref, parse_reference(ref)) for ref in table]
    alike = [
        (ref, r)
        for ref, r in found
        if r and r.id == wanted.id and wanted.agency in ("", r.agency) and admits(wanted.version, r.version)
    ]
    if not alike or len({r.agency for _, r in alike}) > 1:
        return None
    return table[max(alike, key=lambda pair: _precedence(pair[1].version))[0]]


def admits(wanted: str, version: str) -> bool:
    """Whether a version is meant by the one in a reference: equal, or admitted by ``*`` or ``+`` (SDMX 3.0).

    ``2+.3.1``: 2.3.1 or anything later; ``2.3+.1``: later within 2; ``2.3.1+``: later within 2.3.
    """
    if wanted == version or wanted in ("*", "*+", "latest", "+"):
        return True
    parts = wanted.partition("-")[0].split(".")
    least, have = numbers(wanted.replace("+", "")), numbers(version)
    if not least or not have or len(least) != len(have):
        return False
    fixed = next((i for i, part in enumerate(parts) if part.endswith("+")), None)
    if fixed is None:
        return least == have and wanted.partition("-")[2] == version.partition("-")[2]
    return have[:fixed] == least[:fixed] and have >= least


def numbers(version: str) -> tuple[int, ...]:
    """``1.03`` and ``1.3`` are the same version."""
    parts = version.partition("-")[0].split(".")
    return tuple(map(int, parts)) if all(p.isascii() and p.isdigit() for p in parts) else ()


def _precedence(version: str) -> tuple[bool, tuple[int, ...]]:
    """Stable before draft, then by number."""
    return "-" not in version, numbers(version)

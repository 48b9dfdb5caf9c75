"""What was sent, and when: ``history.toml`` in a country's folder; and what the deliveries sent before have published.

A draft becomes part of the history when it is recorded as sent (``ebs sent``), never before. The file is plain TOML, to
be read and corrected by hand; this module only ever adds to it.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, Field, model_validator

from pipeline.archive.edited import add, content, replace
from pipeline.archive.folder import (
    FINDINGS,
    MANIFEST,
    RECEIPTS,
    digest,
    findings,
    manifest_digest,
    open_delivery,
    unchanged,
)
from pipeline.errors import FactsError, InputError, Problem, UsageError, is_text
from pipeline.facts import read_toml
from pipeline.facts.models import Code, Model, Month
from pipeline.facts.store import toml_text
from pipeline.tables import IDENTITY, VINTAGES, Identity, unguarded, write_csv
from pipeline.vintages import Published, Vintage, Vintages

HISTORY = "history.toml"
TABLE = "observations.csv"
COUNT = "count"  # the measure that is transmitted


def _no_number(value: object) -> object:
    if isinstance(value, int | float):
        raise ValueError(f"{value} is not a date and time: write it as 2024-07-05T09:00:00+02:00")
    return value


class Sent(Model):
    """A delivery that was transmitted. ``at``: with its offset · ``manifest``: sha256 of its manifest.json."""

    delivery: Annotated[str, Field(pattern=r"^\d{4}-\d{2}_\d{2,}$")]
    month: Month
    at: Annotated[dt.datetime, BeforeValidator(_no_number)]
    indicators: Annotated[tuple[Code, ...], Field(min_length=1)]
    manifest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    receipt: str = ""  # below the country's folder
    receipt_sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""

    @model_validator(mode="after")
    def _is_whole(self) -> Sent:
        if self.at.tzinfo is None:
            raise ValueError(f"the time {self.at.isoformat()} has no offset: write it as 2024-07-05T09:00:00+02:00")
        if not (1583 <= self.at.year < 4099 and "1583" <= self.month[:4] < "4099"):  # where there is a calendar
            raise ValueError(f"{self.month}, sent at {self.at.isoformat()}: there is no calendar of that year")
        if not self.delivery.startswith(f"{self.month}_"):
            raise ValueError(f"{self.delivery} is no delivery of {self.month}")
        return self


class _History(Model):
    sent: tuple[Sent, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> _History:
        names = [one.delivery for one in self.sent]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{', '.join(twice)} is recorded more than once; a delivery is sent once")
        return self


def read(folder: Path) -> tuple[Sent, ...]:
    """What was sent from a country's folder, in the order of the months, and of sending within a month.

    Empty where nothing was. Raises FactsError with every fault of the file.
    """
    data = content(folder / HISTORY)
    return () if data is None else _parse(folder / HISTORY, data)


def _parse(path: Path, data: bytes) -> tuple[Sent, ...]:
    return tuple(sorted(read_toml(str(path), data, _History).sent, key=_order))


def _order(one: Sent) -> tuple[str, dt.datetime, str]:
    return one.month, one.at, one.delivery


def corrected(sent: Iterable[Sent], month: str, indicators: Iterable[str], by: Sent | None = None) -> Sent | None:
    """The last delivery sent for a month with one of these indicators: what another one (``by``) corrects.

    With ``by`` only what was sent before it.
    """
    wanted = set(indicators)
    found = [one for one in sent if one.month == month and wanted & set(one.indicators)]
    found = [one for one in found if by is None or (one.delivery != by.delivery and _order(one) < _order(by))]
    return max(found, key=_order, default=None)


_HEAD = """\
# What was sent to Eurostat, and when. `ebs sent` adds to this file; only what stands here is history: statuses,
# revisions, timeliness and punctuality count it. To correct a time, edit it; to take back an entry, remove its block.
"""


def record(folder: Path, entry: Sent) -> None:
    """Add a delivery to the history. Call it inside ``one_at_a_time``."""
    lines = [
        "[[sent]]",
        f"delivery = {toml_text(entry.delivery)}",
        f"month = {toml_text(entry.month)}",
        f"at = {entry.at.isoformat()}",
        f"indicators = [{', '.join(map(toml_text, entry.indicators))}]",
        f"manifest = {toml_text(entry.manifest)}",
        *(_receipt_lines(entry.receipt, entry.receipt_sha256) if entry.receipt else []),
    ]
    path = folder / HISTORY
    add(path, _HEAD, lines, lambda data: _parse(path, data))


def _receipt_lines(receipt: str, sha256: str) -> list[str]:
    return [f"receipt = {toml_text(receipt)}", f"receipt_sha256 = {toml_text(sha256)}"]


def keep_receipt(folder: Path, delivery: str, name: str, data: bytes) -> tuple[str, str]:
    """Keep the receipt of a transmission; answers with its path below the country's folder, and its sha256.

    UsageError where another receipt of this name is kept already.
    """
    if not is_text(name) or name.startswith("."):
        why = "begins with a dot" if is_text(name) else "is not UTF-8"
        raise UsageError(Problem("--receipt", f"the name of this file {why}.", "Rename it."))
    path = f"{RECEIPTS}/{delivery}/{name}"
    there = content(folder / path)
    if there is None:
        replace(folder / path, data)
    elif there != data:
        words = "another receipt of this name is kept already."
        raise UsageError(Problem(str(folder / path), words, "Give the file another name."))
    return path, digest(data)


def receipt_is(folder: Path, entry: Sent, name: str, data: bytes) -> bool:
    """Whether the receipt that an entry names is this one."""
    return entry.receipt == f"{RECEIPTS}/{entry.delivery}/{name}" and content(folder / entry.receipt) == data


def receipt_is_kept(folder: Path, entry: Sent) -> bool:
    """Whether the receipt that an entry names is there, and is the one that was kept; true where it names none."""
    if not entry.receipt:
        return True
    data = content(folder / entry.receipt)
    return data is not None and entry.receipt_sha256 in ("", digest(data))


def add_receipt(folder: Path, delivery: str, receipt: str, sha256: str) -> None:
    """Name the receipt of a delivery that is in the history without one; the rest of the file stays as it is."""
    path = folder / HISTORY
    lines = (content(path) or b"").decode("utf-8").splitlines(keepends=True)
    mentioned = [i for i, line in enumerate(lines) if line.split("#")[0].split() == ["delivery", "=", f'"{delivery}"']]
    if len(mentioned) != 1:
        words, hint = f"the entry of {delivery} cannot be found in it.", f"Add receipt = {toml_text(receipt)} by hand."
        raise UsageError(Problem(str(path), words, hint))
    here = mentioned[0]
    lines[here] = lines[here].rstrip("\r\n") + "\n"  # it may be the last line of the file
    lines[here + 1 : here + 1] = [f"{line}\n" for line in _receipt_lines(receipt, sha256)]
    data = "".join(lines).encode("utf-8")
    try:
        _parse(path, data)
    except FactsError as error:
        words = f"the receipt cannot be added to the entry of {delivery} ({error.problems[0].message})"
        raise FactsError(Problem(str(path), words, f"Add receipt = {toml_text(receipt)} by hand.")) from error
    replace(path, data)


# ------------------------------------------------------------------------------------------- what was published


@dataclass(frozen=True)
class Earlier:
    """The history that a delivery rests on: the deliveries used, as its request names them, and what they said.

    ``findings``: those of the last month's delivery (of several, of each), as its report tells them.
    """

    used: tuple[Mapping[str, Any], ...] = ()
    vintages: Vintages = field(default_factory=Vintages)
    findings: tuple[Mapping[str, Any], ...] = ()


def located(asked: Path | None, place: Path) -> Path:
    """The country's folder in which the deliveries sent before are: ``place``, or what the user has named instead.

    UsageError where that has no history, neither itself nor below it under the country's name.
    """
    if asked is None:
        return place
    for folder in (asked, asked / place.name):
        if (folder / HISTORY).is_file():
            return folder
    words = f"neither this folder nor {place.name} in it has a {HISTORY}."
    raise UsageError(
        Problem(str(asked), words, "Name the folder of the deliveries that were sent, such as outputs/FR.")
    )


def earlier(folder: Path, country: str, month: str, indicators: Sequence[str]) -> Earlier:
    """What was sent of these indicators for months before ``month``; of several sent for one month, the last.

    Raises InputError when a delivery that was sent is gone or is not what was sent.
    """
    sent = [one for one in read(folder) if one.month < month]
    problems: list[Problem] = [problem for one in sent for problem in _misnamed(folder, one)]
    used: dict[str, tuple[Sent, list[str]]] = {}
    for indicator in indicators:
        for one in {one.month: one for one in sent if indicator in one.indicators}.values():
            used.setdefault(one.delivery, (one, []))[1].append(indicator)
    in_order = sorted(used.values(), key=lambda pair: (pair[0].month, pair[0].at, pair[0].delivery))
    by_month: dict[str, tuple[list[str], dict[Identity, tuple[int | None, str]]]] = {}
    for one, those in in_order:
        try:
            said = published(folder / one.delivery, those, one.manifest, country)
        except InputError as error:
            problems += error.problems
            continue
        names, values = by_month.setdefault(one.month, ([], {}))
        names += those
        values.update(said)
    found: tuple[Mapping[str, Any], ...] = ()
    try:
        found = _found_last(folder, [one for one, _ in in_order])
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    entries = tuple(
        {
            "delivery": one.delivery,
            "month": one.month,
            "indicators": those,
            "at": one.at.isoformat(),
            "sha256": one.manifest,
        }
        | _before(one, those, sent)
        for one, those in in_order
    )
    vintages = Vintages.of((at, names, values) for at, (names, values) in sorted(by_month.items()))
    return Earlier(entries, vintages, found)


def _found_last(folder: Path, used: Sequence[Sent]) -> tuple[Mapping[str, Any], ...]:
    """The findings of the deliveries of the last month among these; InputError where they are not what was stored."""
    found: list[Mapping[str, Any]] = []
    for one in used:
        delivery = folder / one.delivery
        if (
            one.month == used[-1].month and manifest_digest(delivery) == one.manifest
        ):  # else it is told where it is read
            unchanged(delivery, open_delivery(delivery), [FINDINGS])
            found += findings(delivery)["findings"]
    return tuple(found)


def _before(one: Sent, indicators: Iterable[str], sent: Iterable[Sent]) -> dict[str, Any]:
    """When its month was first sent, by indicator, where that was in another delivery: this one corrected it."""
    first = {
        indicator: min(
            (other for other in sent if other.month == one.month and indicator in other.indicators), key=_order
        )
        for indicator in indicators
    }
    found = {i: {"delivery": of.delivery, "at": of.at.isoformat()} for i, of in first.items() if of != one}
    return {"first": found} if found else {}


class Transmission(NamedTuple):
    """A delivery that was sent, as far as punctuality needs to know it."""

    delivery: str
    month: str
    at: dt.datetime
    indicators: tuple[str, ...]


def transmitted(used: Iterable[Mapping[str, Any]]) -> tuple[Transmission, ...]:
    """What was sent, from the history that a request names: the deliveries used, and those that they corrected."""
    found = []
    for one in used:
        at = dt.datetime.fromisoformat(one["at"])
        found.append(Transmission(one["delivery"], one["month"], at, tuple(one["indicators"])))
        for indicator, first in one.get("first", {}).items():
            at = dt.datetime.fromisoformat(first["at"])
            found.append(Transmission(first["delivery"], one["month"], at, (indicator,)))
    return tuple(found)


def _misnamed(folder: Path, one: Sent) -> Iterator[Problem]:
    """An entry whose indicators are not those of its delivery: a month would silently be missing from the history."""
    if manifest_digest(folder / one.delivery) != one.manifest:
        return  # told where it is read
    asked = open_delivery(folder / one.delivery)["request"]["indicators"]
    if set(asked) != set(one.indicators):
        words = f"{one.delivery} has {', '.join(asked)}; its entry says {', '.join(one.indicators)}."
        yield Problem(str(folder / HISTORY), words, "Correct the entry.", "history")


def published(
    delivery: Path, indicators: Iterable[str] | None = None, sha256: str = "", country: str = ""
) -> Published:
    """The counts that a delivery holds, of these indicators or of all.

    ``sha256``: of its manifest as it was sent · ``country``: whose delivery it must be. Raises InputError when it is gone,
    has been changed, or is another country's.
    """
    if sha256 and not (delivery / MANIFEST).is_file():
        words, hint = "this delivery was sent and is gone.", f"Put it back from a copy, or take it out of {HISTORY}."
        raise InputError(Problem(str(delivery), words, hint, "history"))
    if sha256 and manifest_digest(delivery) != sha256:
        words, hint = "this is no longer the delivery that was sent.", "Put it back from a copy."
        raise InputError(Problem(str(delivery / MANIFEST), words, hint, "history"))
    manifest = open_delivery(delivery)
    if country and manifest["request"]["country"] != country:
        words = f"this is a delivery of {manifest['request']['country']}, not of {country}."
        raise InputError(Problem(str(delivery), words, "Name the folder of this country with --history.", "history"))
    wanted = None if indicators is None else set(indicators)
    return {
        identity: (int(value) if value else None, status)
        for identity, (value, status) in observed(delivery, manifest, COUNT).items()
        if wanted is None or identity.indicator in wanted
    }


def observed(delivery: Path, manifest: Mapping[str, Any], measure: str = "") -> dict[Identity, tuple[str, str]]:
    """Everything that a delivery holds, or one measure of it: identity → (value, code of the status), as text.

    The status is empty where the delivery has none. Raises InputError when the table is not what was stored.
    """
    unchanged(delivery, manifest, [TABLE])
    text = (delivery / TABLE).read_bytes().decode("utf-8")
    lines = text.removesuffix("\n").split("\n")
    names = manifest["components"]
    header = next(csv.reader(lines[:1]), [])
    if missing := [name for name in (*IDENTITY, names["value"]) if name not in header]:
        words = f"this table has no column {', '.join(missing)}."
        raise InputError(Problem(str(delivery / TABLE), words, "Deliver the month again."))
    status = names.get("status")
    places = (
        *(header.index(name) for name in (*IDENTITY, names["value"])),
        header.index(status) if status in header else None,
    )
    if any(line.count('"') % 2 for line in lines if '"' in line):  # a row goes over several lines
        table = list(csv.reader(io.StringIO(text, newline="")))
        rows = (_said([unguarded(cell) for cell in row], places) for row in table[1:])
    else:
        inside = 0 < header.index("measure") < len(header) - 1
        word = f",{measure}," if measure and inside else measure  # rows without it need no look
        rows = (_parsed(line, places) for line in lines[1:] if word in line)
    return {identity: said for identity, said in rows if measure in ("", identity.measure)}


Places = tuple[int | None, ...]  # of the identity, the value, the status


@lru_cache(maxsize=2**15)  # most rows of a delivery stand in the next one, too
def _parsed(line: str, places: Places) -> tuple[Identity, tuple[str, str]]:
    row = next(csv.reader([line])) if '"' in line else line.split(",")
    return _said([unguarded(cell) for cell in row] if "'" in line else row, places)


def _said(row: Sequence[str], places: Places) -> tuple[Identity, tuple[str, str]]:
    *identity, value, status = ["" if place is None else row[place] for place in places]
    return Identity(*identity), (value, status)


def with_its_own(delivery: Path) -> Vintages:
    """What was published up to a delivery, itself the newest: from the delivery's own folder."""
    manifest = open_delivery(delivery)
    asked = manifest["request"]
    before = stored(delivery, manifest)
    return before.then(asked["month"], asked["indicators"], published(delivery))


#: where a delivery keeps what was sent before it, and what was found in the last of it
STORED, FOUND = "inputs/earlier/observations.csv", "inputs/earlier/findings.json"


def stored(delivery: Path, manifest: Mapping[str, Any]) -> Vintages:
    """What was published before a delivery, as it keeps it; InputError when the table is not what was stored."""
    used = manifest["request"].get("history", [])
    if not used:
        return Vintages()
    unchanged(delivery, manifest, [STORED])
    return from_csv((delivery / STORED).read_bytes(), used)


def found_before(delivery: Path, manifest: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The findings of the last delivery before this one, as it keeps them; InputError when they are not what was stored."""
    if FOUND not in manifest["files"]:
        return ()
    unchanged(delivery, manifest, [FOUND])
    return tuple(json.loads((delivery / FOUND).read_bytes()))


def to_csv(vintages: Vintages) -> bytes:
    """The table VINTAGES as a file."""
    rows = (
        (*identity, vintage.published, vintage.value, vintage.status)
        for identity, known in sorted(vintages.values.items())
        for vintage in known
    )
    return write_csv(VINTAGES.columns, rows)


def from_csv(data: bytes, used: Iterable[Mapping[str, Any]]) -> Vintages:
    """The vintages of such a file; ``used``: the deliveries they are of, as a request names them."""
    sent: dict[str, set[str]] = {}
    for one in used:
        for indicator in one["indicators"]:
            sent.setdefault(indicator, set()).add(one["month"])
    values: dict[Identity, list[Vintage]] = {}
    rows = csv.reader(io.StringIO(data.decode("utf-8"), newline=""))
    header = next(rows)
    places = [header.index(name) for name in IDENTITY]
    published_, value_, status_ = (header.index(name) for name in ("published", "value", "status"))
    for row in rows:
        identity = Identity(*(unguarded(row[place]) for place in places))
        value = int(row[value_]) if row[value_] else None
        values.setdefault(identity, []).append(Vintage(row[published_], value, unguarded(row[status_])))
    months = {indicator: tuple(sorted(those)) for indicator, those in sorted(sent.items())}
    return Vintages(months, {identity: tuple(known) for identity, known in values.items()})

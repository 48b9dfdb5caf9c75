"""What a delivery is: for whom and when it was made, from which files, by which rules and structures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.facts.wording import day, listing, month, number, time
from pipeline.pages.draft import Draft
from pipeline.pages.visible import shown

UPLOAD, INPUTS = "upload/", "inputs/"
RULES = "/rules.toml"  # how the path of the rules ends among the facts


@dataclass(frozen=True)
class Upload:
    """A file that is sent, or would be: ``address`` is empty where nothing is packed; numbers as they are shown."""

    file: str
    address: str
    data_set: str
    format: str
    structure: str
    series: str
    observations: str
    first: str
    last: str
    size: str
    sha256: str


@dataclass(frozen=True)
class Input:
    """A national file that was read, and by which layout."""

    file: str
    address: str
    layout: str
    sha256: str


@dataclass(frozen=True)
class Identity:
    """What a delivery is; ``facts``: pairs of (name, what is said)."""

    facts: tuple[tuple[str, str], ...]
    uploads: tuple[Upload, ...]
    inputs: tuple[Input, ...]
    structures: tuple[tuple[str, str, str, str], ...]
    not_read: tuple[tuple[str, str], ...]
    not_confirmed: tuple[str, ...]


def view(draft: Draft) -> Identity:
    """The identity of a draft."""
    manifest, language = draft.manifest, draft.language
    layouts = dict(manifest["request"]["layouts"])
    return Identity(
        tuple((name, said) for name, said in _facts(draft) if said),
        tuple(_upload(draft, one) for one in manifest["data_sets"]),
        tuple(
            Input(name, draft.address(INPUTS + name), layouts.get(name, ""), sha256)
            for name, sha256 in manifest["request"]["inputs"].items()
        ),
        tuple(
            (one.ref, one.origin, one.evidence, day(language, one.valid_from) if one.valid_from else "")
            for one in draft.structures
        ),
        tuple(manifest["not_read"].items()),
        tuple(manifest["not_confirmed"]),
    )


def moment(draft: Draft, at: dt.datetime) -> str:
    """A day, and the time of day with its offset from UTC, in words."""
    offset = f"{at:%z}"
    zone = f" {offset[:3]}:{offset[3:5]}" if offset else ""
    return f"{day(draft.language, at.date())}, {time(draft.language, f'{at:%H:%M}')}{zone}"


def size(draft: Draft, octets: int) -> str:
    """A size as people read it: 116.9 kB."""
    language = draft.language
    if octets < 1000:
        return f"{number(language, octets)} bytes"
    if octets < 1_000_000:
        return f"{number(language, octets / 1000, 1)} kB"
    return f"{number(language, octets / 1_000_000, 1)} MB"


def _upload(draft: Draft, one: Mapping[str, Any]) -> Upload:
    file = f"{UPLOAD}{one['file']}"
    formats = {entry["file"]: entry["format"] for entry in draft.findings["files"]}
    count = draft.sizes.get(file)
    return Upload(
        file=one["file"],
        address=draft.address(file),
        data_set=one["data_set"],
        format=shown(formats.get(one["file"])),
        structure=shown(one["structure"]),
        series=number(draft.language, one["series"]),
        observations=number(draft.language, one["observations"]),
        first=shown(one["first"]),
        last=shown(one["last"]),
        size="" if count is None else size(draft, count),
        sha256=one["sha256"],
    )


def _facts(draft: Draft) -> list[tuple[str, str]]:
    """Pairs of (name, what is said), nothing where there is nothing to say."""
    asked, language = draft.manifest["request"], draft.language
    rules = next((sha256 for path, sha256 in asked["facts"].items() if path.endswith(RULES)), "")
    corrects = asked.get("corrects")
    made = f"ebs {asked['tool']}, {number(language, len(draft.rules))} rules"
    return [
        ("Country", f"{draft.country} ({asked['country']})"),
        ("Reference month", f"{month(language, draft.month)} ({draft.month})"),
        ("Indicators", listing(language, [f"{one.name} ({one.id})" for one in draft.indicators])),
        ("Draft", draft.name or "the folder in which this page is"),
        ("Request", draft.manifest["identity"][:12]),
        ("Test", "yes: it is marked as a test, and is never part of the history" if asked["test"] else ""),
        ("Prepared", moment(draft, dt.datetime.fromisoformat(draft.manifest["prepared"]))),
        ("Sent", moment(draft, draft.sent) if draft.sent is not None else ""),
        ("Corrects", f"{corrects['delivery']}, sent on {_when(draft, corrects['at'])}" if corrects else ""),
        ("Made by", made + (f" (rules.toml, SHA-256 {rules})" if rules else "")),
        ("History used", _history(draft)),
        ("Decisions in force", number(language, len(asked["decisions"])) if asked["decisions"] else ""),
        ("Weights of the index", _weights(draft)),
    ]


def _when(draft: Draft, text: str) -> str:
    return moment(draft, dt.datetime.fromisoformat(text))


def _history(draft: Draft) -> str:
    used = draft.manifest["request"]["history"]
    if not used:
        return "none: nothing was sent for an earlier month"
    last = used[-1]
    words = "delivery" if len(used) == 1 else "deliveries, the last"
    return f"{number(draft.language, len(used))} {words} {last['delivery']}, sent on {_when(draft, last['at'])}"


def _weights(draft: Draft) -> str:
    """The weights of the index and how official they are."""
    weights = draft.manifest["index"]["weights"]
    if not weights:
        return "none: there is no weighted index"
    return f"{weights['unit']}, {weights['year']}: {weights['status']}. {weights['source']}"

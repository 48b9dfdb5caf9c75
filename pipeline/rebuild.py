"""`ebs rebuild`: make a delivery again from its own inputs/, and compare byte for byte."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import __version__, archive, sources
from pipeline.archive import decisions, history
from pipeline.deliver import Built, Material, build, environment

INPUTS = "inputs/"


@dataclass(frozen=True)
class Rebuilt:
    """What came out beside what stands there: ``differs`` names the files whose bytes are others, with how.

    ``made_by``: the version of the tool that made the delivery; with another version the bytes may differ.
    """

    files: int
    differs: Mapping[str, str]
    made_by: str
    folder: Path | None = None

    @property
    def ok(self) -> bool:
        """Byte for byte the same."""
        return not self.differs

    @property
    def same_version(self) -> bool:
        """Whether the delivery was made by this version of the tool."""
        return self.made_by == __version__


def rebuild(
    delivery: Path, out: Path | None = None, *, check: bool = False, say: Callable[[str], None] = lambda _: None
) -> Rebuilt:
    """Make the delivery again from what it keeps: facts, structures, decisions, earlier observations, national files.

    With ``check`` nothing is written; else the new folder is ``out``, by default ``<delivery>.rebuilt`` beside it.
    Raises InputError where its inputs are not what was stored, UsageError where the path is no delivery.
    """
    manifest = archive.open_delivery(delivery)
    built = build(_material(delivery, manifest), say)
    made = {**built.files, archive.SUMS: archive.written_sums(built.files)}
    differs = archive.differences(delivery, made)
    folder = None if check else _stored(delivery, out, built)
    return Rebuilt(len(built.files), differs, str(manifest["request"]["tool"]), folder)


def _material(delivery: Path, manifest: Mapping[str, Any]) -> Material:
    """What a delivery was made of, from its own folder and from nowhere else."""
    asked = manifest["request"]
    names = [name for name in manifest["files"] if name.startswith(INPUTS)]
    archive.unchanged(delivery, manifest, names)
    national = sorted(name.removeprefix(INPUTS) for name in names if "/" not in name.removeprefix(INPUTS))
    snapshots = {name: sources.Snapshot(name, archive.read(delivery, f"{INPUTS}{name}")) for name in national}
    facts = archive.facts_of(delivery, manifest)
    country = facts.country(asked["country"])
    files = [(snapshots[name], country.layouts[layout]) for name, layout in asked["layouts"]]
    return Material(
        facts=facts,
        country=country,
        asked=asked,
        inputs=list(snapshots.values()),
        files=files,
        reading=sources.read(files),
        prepared=dt.datetime.fromisoformat(manifest["prepared"]),
        earlier=history.Earlier(
            tuple(asked["history"]), history.stored(delivery, manifest), history.found_before(delivery, manifest)
        ),
        decisions=decisions.stored(delivery, manifest, facts.rules),
        not_read=manifest["not_read"],
    )


def _stored(delivery: Path, out: Path | None, built: Built) -> Path:
    """The new folder, whole or not at all; beside the delivery no other run writes meanwhile."""
    here = delivery.resolve()
    target = out.resolve() if out is not None else here.with_name(f"{here.name}.rebuilt")
    archive.must_be_new(out if out is not None else target)
    with archive.one_at_a_time(here.parent) if target.parent == here.parent else contextlib.nullcontext():
        archive.place(target.parent, target.name, built.files, environment())
    return out if out is not None else delivery.parent / target.name if delivery.name == here.name else target

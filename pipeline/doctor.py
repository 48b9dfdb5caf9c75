"""`ebs doctor`: can this installation do its work? Each line is something examined and what is wrong with it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from pipeline import __version__
from pipeline.errors import EbsError
from pipeline.facts import Facts, load
from pipeline.facts.store import shipped

LEAST_FREE = 100 << 20  # bytes for a delivery and its temporary sibling


def examine(out: Path, overlay: Path | None) -> Iterator[tuple[str, str]]:
    """What was examined, and the problem in words (empty: none)."""
    yield f"ebs {__version__}, Python {sys.version.split()[0]}, {sys.platform}", ""
    yield from _libraries()
    try:
        facts = load(overlay)
    except EbsError as error:
        yield f"facts in {shipped()}", "; ".join(map(str, error.problems))
        return
    yield f"facts in {' over '.join(map(str, facts.store.roots))}", ""
    for id_ in facts.country_ids:
        try:
            facts.country(id_)
            yield f"country {id_}", ""
        except EbsError as error:
            yield f"country {id_}", "; ".join(map(str, error.problems))
    yield from _structures(facts)
    yield _of_the_report(facts)
    yield _place(out)


def _libraries() -> Iterator[tuple[str, str]]:
    from packaging.requirements import Requirement

    try:
        wanted = [Requirement(text) for text in requires("ebs-pipeline") or ()]
    except PackageNotFoundError:
        yield "installation", "the package ebs-pipeline is not installed here; run pip install in the checkout."
        return
    for requirement in wanted:
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            yield requirement.name, f"not installed; run: pip install '{requirement}'"
            continue
        fits = requirement.specifier.contains(found, prereleases=True)
        yield (
            f"{requirement.name} {found}",
            "" if fits else f"needs {requirement.specifier}; run: pip install '{requirement}'",
        )


def _structures(facts: Facts) -> Iterator[tuple[str, str]]:
    """Every data structure in use gives a schema that compiles, and sdmx1 reads the same components."""
    from pipeline.messages import readback, schema

    for entry in facts.structure_index:
        if entry.kind != "data structure":
            continue
        try:
            structure = facts.structure(entry.id)
            schema.compile_schema(schema.schema_xml(structure))
            yield f"schema of {entry.id}", ""
            theirs = readback.components_by_sdmx1(
                readback.merged([facts.store.read(f) for f in entry.files]), structure
            )
            ours = [component.id for component in structure.components]
            yield f"sdmx1 reads {entry.id} as we do", "" if sorted(theirs) == sorted(ours) else f"{theirs} and {ours}"
        except Exception as error:  # an examination reports whatever it meets
            yield f"structure {entry.id}", f"{type(error).__name__}: {error}"


def _of_the_report(facts: Facts) -> tuple[str, str]:
    """The metadata structure that reports follow can be read."""
    try:
        return f"metadata structure {facts.metadata_structures.structure(facts.metadata.report.flow).ref}", ""
    except EbsError as error:
        return "metadata structure", "; ".join(map(str, error.problems))


def _place(out: Path) -> tuple[str, str]:
    existing = next((path for path in (out, *out.resolve().parents) if path.exists()), Path("/"))
    if not existing.is_dir():
        return f"outputs in {out}", f"{existing} is a file, not a folder; choose another with --out."
    try:
        with tempfile.TemporaryDirectory(dir=existing):
            pass
    except OSError as error:
        return (
            f"outputs in {out}",
            f"{existing} cannot be written ({os.strerror(error.errno or 0).lower()}); choose another with --out.",
        )
    free = shutil.disk_usage(existing).free
    what = f"outputs in {out}, {free >> 20:,} MB free"
    return what, "" if free >= LEAST_FREE else f"a delivery needs {LEAST_FREE >> 20} MB."

"""The facts that a delivery was made by, from its own folder and from nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.archive.folder import state, unchanged
from pipeline.errors import FactsError, InputError, Problem
from pipeline.facts import Facts, load

FACTS = "inputs/facts/"


def facts_of(delivery: Path, manifest: Mapping[str, Any]) -> Facts:
    """The facts that a delivery keeps, with those of its country read.

    Raises InputError where they are not what was stored, FactsError where this version of the tool cannot use them.
    """
    unchanged(delivery, manifest, [name for name in manifest["files"] if name.startswith(FACTS)])
    if added := [name for name in state(delivery).added if name.startswith(FACTS)]:
        words = "this is not of the delivery, and would be taken for one of its facts."
        raise InputError([Problem(str(delivery / name), words, "Take it away.") for name in added])
    asked = manifest["request"]
    try:
        facts = load(delivery / FACTS, alone=True)
        facts.country(asked["country"])
    except FactsError as error:
        words = f"this version of the tool, {__version__}, cannot use the facts that the delivery keeps."
        hint = f"It was made by ebs {asked['tool']}; use that version."
        raise FactsError([Problem(str(delivery), words, hint), *error.problems]) from error
    return facts

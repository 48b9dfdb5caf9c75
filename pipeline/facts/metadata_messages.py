"""SDMX-ML messages about reference metadata, 2.1 and 3.0, read into frozen structures."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.facts.metadata_structure import MetadataStructures


def read_metadata_structures(messages: Iterable[tuple[str, bytes]], restriction: str) -> MetadataStructures:
    """What messages, given as (name, bytes), hold of metadata structures; several complete one another."""
    raise NotImplementedError

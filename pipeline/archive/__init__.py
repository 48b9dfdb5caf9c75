"""A country's folder below ``outputs/``: its deliveries, what was sent of them, what was accepted in them.

``folder``     a delivery: stored whole or not at all, found again, opened, checked against its hashes
``history``    history.toml, what was sent and when; the values as they were published
``decisions``  decisions.toml, the findings that a person has accepted
``kept``       the facts that a delivery keeps, to make it or its page again
``edited``     how both are added to without touching what people have written
``lock``       one writer at a time
"""

from pipeline.archive.folder import (
    FINDINGS,
    MANIFEST,
    SUMS,
    State,
    canonical,
    damaged,
    differences,
    digest,
    findings,
    is_draft_name,
    keep,
    manifest_digest,
    may_be_written,
    must_be_new,
    open_delivery,
    ordered,
    packed,
    parted,
    place,
    read,
    remove,
    require_place,
    same_request,
    state,
    store,
    table,
    to_upload,
    unchanged,
    written_sums,
)
from pipeline.archive.kept import facts_of
from pipeline.archive.lock import one_at_a_time

__all__ = [
    "FINDINGS",
    "MANIFEST",
    "SUMS",
    "State",
    "canonical",
    "damaged",
    "differences",
    "digest",
    "facts_of",
    "findings",
    "is_draft_name",
    "keep",
    "manifest_digest",
    "may_be_written",
    "must_be_new",
    "one_at_a_time",
    "open_delivery",
    "ordered",
    "packed",
    "parted",
    "place",
    "read",
    "remove",
    "require_place",
    "same_request",
    "state",
    "store",
    "table",
    "to_upload",
    "unchanged",
    "written_sums",
]

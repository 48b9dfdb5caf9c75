"""National files → COUNTS. How a file is laid out is declared in the country's ``sources.toml``, never coded.

freeze      the files of a folder as bytes, once; nothing is read from the disk afterwards
recognise   which layout each file has
read        their cells as COUNTS, with what is doubtful in them as findings
"""

from __future__ import annotations

from pipeline.sources.counts import Reading, read
from pipeline.sources.layouts import Recognised, recognise
from pipeline.sources.numbers import parse_count
from pipeline.sources.snapshot import LIMIT, Snapshot, freeze

#: What `read` can find wrong or doubtful in cells that it could read.
FINDING_RULES = ("input-blank", "input-duplicate", "count-negative", "count-ceiling", "thousands-read")

__all__ = ["FINDING_RULES", "LIMIT", "Reading", "Recognised", "Snapshot", "freeze", "parse_count", "read", "recognise"]

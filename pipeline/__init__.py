"""ebs: from a country's monthly counts of business registrations and bankruptcies to what Eurostat expects.

The public face. Names are imported when they are first used, so that ``import pipeline`` costs nothing:

    from pipeline import Request, load_facts
    from pipeline.deliver import deliver

    delivered = deliver(Request(Path("examples/FR-2024-05")), load_facts())
"""

from __future__ import annotations

from importlib import import_module

__version__ = "0.1.0"

_HOMES = {
    "Delivered": "pipeline.deliver:Delivered",
    "EbsError": "pipeline.errors:EbsError",
    "Facts": "pipeline.facts:Facts",
    "Finding": "pipeline.findings:Finding",
    "Period": "pipeline.period:Period",
    "Request": "pipeline.deliver:Request",
    "Structure": "pipeline.facts.structure:Structure",
    "Trace": "pipeline.trace:Trace",
    "load_facts": "pipeline.facts:load",
    "read_structures": "pipeline.facts.structure_messages:read_structures",
    "rebase_index": "pipeline.compile.rebase:rebase",
}
__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, inside = _HOMES[name].partition(":")
    return getattr(import_module(module), inside)

"""The files themselves: valid by the schema generated from their structure, and read back equal by another library."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.findings import Finding, Verdict


def schema(file: str, data_set: str, faults: Iterable[tuple[int, str]], observations: int) -> Verdict:
    """The file is valid by its schema; ``faults`` are lines with what the schema says of them."""
    findings = tuple(Finding("schema", message, file=file, line=line, data_set=data_set) for line, message in faults)
    return Verdict("schema", file, observations, findings)


def read_back(file: str, data_set: str, differences: Sequence[str], observations: int) -> Verdict:
    """Another library reads the file and finds what we meant, cell by cell; ``differences`` in words."""
    findings = tuple(Finding("read-back", f"{words}.", file=file, data_set=data_set) for words in differences)
    return Verdict("read-back", file, observations, findings)


def index_base(failed: Iterable[tuple[str, str, str, str]], made: int) -> list[Verdict]:
    """Each index has a base to divide by; a measure without weights is unchecked.

    ``failed``: (indicator, aggregate or "", measure, why).
    """
    findings, unchecked = [], []
    for indicator, aggregate, measure, why in failed:
        if not aggregate:
            unchecked.append((measure, f"{indicator}: {why}"))
        else:
            findings.append(
                Finding(
                    "index-base",
                    f"{indicator}, {aggregate}: no {measure}: {why}.",
                    data_set=indicator,
                    series=aggregate,
                    component=measure,
                )
            )
    verdicts = [Verdict("index-base", checked=made, findings=tuple(findings))]
    for measure in sorted({measure for measure, _ in unchecked}):
        reasons = "; ".join(why for name, why in unchecked if name == measure)
        verdicts.append(Verdict("index-base", file=measure, unchecked=reasons))
    return verdicts

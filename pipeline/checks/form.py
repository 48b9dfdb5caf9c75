"""The files themselves: valid by the schema generated from their structure, and read back equal by another library."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.findings import Finding, Verdict


def schema(file: str, data_set: str, faults: Iterable[tuple[int, str]], observations: int) -> Verdict:
    """The file is valid by its schema; ``faults`` are lines with what the schema says of them."""
    findings = tuple(Finding("schema", message, file=file, line=line, data_set=data_set) for line, message in faults)
    return Verdict("schema", file, observations, findings)


def header(file: str, data_set: str, differences: Sequence[tuple[str, str, str]]) -> Verdict:
    """The header says what was meant; ``differences``: (what, meant, found)."""
    findings = tuple(
        Finding(
            "header",
            f"{what} is {found!r}; meant was {meant!r}.",
            file=file,
            data_set=data_set,
            component=what,
            value=found,
            expected=meant,
        )
        for what, meant, found in differences
    )
    return Verdict("header", file, 1, findings)


def read_back(file: str, data_set: str, differences: Sequence[str], unable: str, observations: int) -> Verdict:
    """Another library reads the file and finds what we meant, cell by cell.

    ``differences`` in words · ``unable``: why that library is no judge; then the rule is unchecked.
    """
    findings = tuple(Finding("read-back", f"{words}.", file=file, data_set=data_set) for words in differences)
    return Verdict("read-back", file, 0 if unable else observations, findings, unable)


def not_read_back(file: str, data_set: str, unable: str) -> Verdict:
    """No second opinion is a warning: ``unable`` says why there is none."""
    findings = (Finding("not-read-back", f"{unable}.", file=file, data_set=data_set),) if unable else ()
    return Verdict("not-read-back", file, 1, findings)


def index_base(failed: Iterable[tuple[str, str, str, str]], made: int) -> list[Verdict]:
    """Each index has a base to divide by; a measure without weights is unchecked.

    ``failed``: (indicator, aggregate or "", measure, why).
    """
    groups: dict[tuple[str, str, str], list[str]] = {}
    unchecked: dict[str, list[str]] = {}
    for indicator, aggregate, measure, why in failed:
        if aggregate:
            groups.setdefault((indicator, measure, why), []).append(aggregate)
        else:
            unchecked.setdefault(measure, []).append(f"{indicator}: {why}")
    findings = tuple(
        Finding(
            "index-base",
            f"{indicator}: no {measure} of {', '.join(aggregates)}: {why}.",
            data_set=indicator,
            series=aggregates[0],
            component=measure,
        )
        for (indicator, measure, why), aggregates in groups.items()
    )
    verdicts = [Verdict("index-base", checked=made, findings=findings)]
    verdicts += [
        Verdict("index-base", file=name, unchecked="; ".join(whys)) for name, whys in sorted(unchecked.items())
    ]
    return verdicts

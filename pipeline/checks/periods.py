"""Is this a period of SDMX, of the form the structure wants, and of the frequency the series says?

Reading stands in ``pipeline/period.py``. Not judged: the start of a reporting year other than 1 January, and whether
the multiples of a frequency (every second month) meet the right periods.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.checks.cells import compiled
from pipeline.errors import quoted
from pipeline.facts.structure import Component
from pipeline.findings import Finding
from pipeline.period import Moment, moment

__all__ = ["Moment", "fits_frequency", "fits_time_format", "judge_period", "moment"]

_TIME = "TIME_PERIOD"

_NAMES = {
    "A": ("a year", "years", "2024"),
    "S": ("a half-year", "half-years", "2024-S1"),
    "T": ("a trimester (four months)", "trimesters", "2024-T1"),
    "Q": ("a quarter", "quarters", "2024-Q2"),
    "M": ("a month", "months", "2024-05"),
    "W": ("a week", "weeks", "2024-W18"),
    "D": ("a full date", "days", "2024-05-31"),
    "I": ("a date-time", "date-times", "2024-05-31T10:00:00"),
    "R": ("a time range", "time ranges", "2024-05-01/P1M"),
}
"""Kind of period: one, many, an example."""

_FREQUENCIES = {
    "A": "A", "S": "S", "H": "SI", "T": "T", "Q": "Q", "M": "M", "W": "W", "D": "D", "B": "D", "N": "I", "I": "I",
}  # fmt: skip
"""First letter of a frequency code and the kinds of period it asks for; H was half-yearly and became hourly."""

_DAYS = {"A": (365, 366), "S": (181, 184), "T": (120, 123), "Q": (90, 92), "M": (28, 31), "W": (7, 7), "D": (1, 1)}
"""How many days a time range of this frequency has."""


def judge_period(component: Component, text: str) -> tuple[Finding, ...]:
    """The period can be read, and is written as the structure's time dimension says; else what is wrong with it."""
    text_format = component.text_format
    if text_format is not None and text in text_format.sentinels:
        return ()
    try:
        moment(text)
    except ValueError as error:
        expected = "a period, such as 2024, 2024-Q2, 2024-05 or 2024-05-31"
        return (Finding("period", f"{component.id}: {error}.", component=component.id, value=text, expected=expected),)
    return compiled(component)(text)


def fits_frequency(moment: Moment, frequency_code: str, text: str) -> Finding | None:
    """The period is as long as the frequency says: months where FREQ is M; an unknown frequency is not judged.

    Frequencies with a multiplier (A5, M2) ask for the same kind of period; how long a time range of theirs is, is not
    judged.
    """
    match = re.fullmatch(r"([A-Z])([0-9]*)", frequency_code)
    wanted = _FREQUENCIES.get(match[1], "") if match else ""
    if not match or not wanted or moment.kind in wanted:
        return None
    if moment.kind == "R":
        low, high = _DAYS.get(wanted[0], (0, 0))
        if match[2] or wanted[0] not in _DAYS or low <= (moment.last - moment.first).days + 1 <= high:
            return None
    one = _NAMES[moment.kind][0]
    _, many, example = _NAMES[wanted[0]]
    many = "business days" if match[1] == "B" else many
    return Finding(
        "period-frequency",
        f"{quoted(text)} is {one}; the frequency {frequency_code} asks for {many}, such as {example}.",
        f"{one[0].upper()}{one[1:]} is given where {many} are expected: correct the period or the frequency.",
        component=_TIME,
        value=text,
        expected=f"{many}, such as {example}",
    )


def fits_time_format(moment: Moment, code: str, code_of_kind: Mapping[str, str]) -> Finding | None:
    """The period is as long as TIME_FORMAT says: ``code_of_kind`` maps kinds of period to the codes for them.

    A code that is not among them is not judged, nor is a date-time or time range when they have no code.
    """
    meant = [kind for kind, known in code_of_kind.items() if known == code]
    if not meant or moment.kind in meant or (moment.kind in "IR" and moment.kind not in code_of_kind):
        return None
    one = _NAMES[moment.kind][0]
    many, example = _NAMES[meant[0]][1:] if meant[0] in _NAMES else (f"periods of kind {meant[0]}", code)
    fitting = code_of_kind.get(moment.kind, "")
    return Finding(
        "period-time-format",
        f"{quoted(moment.text)} is {one}; the time format {code!r} announces {many}, such as {example}.",
        f"For {one} write the time format {fitting!r}." if fitting else "",
        component=_TIME,
        value=moment.text,
        expected=f"{many}, such as {example}",
    )

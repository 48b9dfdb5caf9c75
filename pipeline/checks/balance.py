"""Nothing is lost: every unit that was read is sent, out of scope, unknown, a control, or withheld with a reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pipeline.findings import Finding, Verdict

Row = Mapping[str, object]

UNMAPPED = "unmapped"
UNIT = ("indicator", "area", "kind", "activity")  # of a finding about cells that go nowhere: its series, with dots


@dataclass
class Balance:
    """Where the units of one indicator went; ``read`` is the reader's own count, taken before anything was mapped."""

    read: int = 0
    sent: int = 0
    out_of_scope: int = 0
    unknown: int = 0
    control: int = 0
    withheld: int = 0
    not_this_month: int = 0
    subtracted: int = 0
    left_out: int = 0

    @property
    def accounted(self) -> int:
        """What the parts add up to."""
        return (
            self.sent
            + self.out_of_scope
            + self.unknown
            + self.control
            + self.withheld
            + self.not_this_month
            + self.subtracted
            + self.left_out
        )

    def document(self) -> dict[str, int]:
        """The balance as numbers, in the order in which they are read."""
        return {
            "read": self.read,
            "sent": self.sent,
            "out of scope": self.out_of_scope,
            "unknown": self.unknown,
            "control rows": self.control,
            "withheld": self.withheld,
            "outside the months delivered": self.not_this_month,
            "subtracted": self.subtracted,
            "left out by decision": self.left_out,
        }


def balances(
    rows: Iterable[tuple[str, str, int, bool, bool, int]], sent: Mapping[str, int], tally: Mapping[str, int]
) -> dict[str, Balance]:
    """The balance of each indicator.

    ``rows``: (indicator, role, factor in the total, month delivered, total computed in that month, units) of all that
    was read · ``sent``: what the total's observations add up to, taken from the observations · ``tally``: the reader's
    own sum.
    """
    found = {indicator: Balance(read=read, sent=sent.get(indicator, 0)) for indicator, read in tally.items()}
    for indicator, role, factor, delivered, computed, units in rows:
        one = found.setdefault(indicator, Balance(sent=sent.get(indicator, 0)))
        if role == "unknown":
            one.unknown += units
        elif role == "control":
            one.control += units
        elif role == "out of scope":
            one.out_of_scope += units
        elif not delivered:
            one.not_this_month += units
        elif factor == 0 or not computed:
            one.withheld += units
        else:
            one.subtracted += (1 - factor) * units
    return found


def balance(found: Mapping[str, Balance]) -> Verdict:
    """What was read is what was sent, plus what was not and why, to the unit."""
    findings = tuple(
        Finding(
            "balance",
            f"{indicator}: {b.read:,} units were read and {b.accounted:,} are accounted for; "
            f"{abs(b.read - b.accounted):,} are {'missing' if b.read > b.accounted else 'too many'}.",
            data_set=indicator,
            value=str(b.accounted),
            expected=str(b.read),
        )
        for indicator, b in sorted(found.items())
        if b.read != b.accounted
    )
    return Verdict("balance", checked=len(found), findings=findings)


def decided(found: Mapping[str, Balance], left_out: Iterable[Row]) -> dict[str, Balance]:
    """The balances when a person has decided that some unknown cells are left out; ``left_out``: these cells."""
    units: dict[str, int] = {}
    for row in left_out:
        if row["value"] is not None:
            units[str(row["indicator"])] = units.get(str(row["indicator"]), 0) + int(str(row["value"]))
    return {
        indicator: replace(one, unknown=one.unknown - units.get(indicator, 0), left_out=units.get(indicator, 0))
        for indicator, one in found.items()
    }


def unmapped(rows: Iterable[Row], checked: int) -> Verdict:
    """Cells that could be read and that neither the classification nor the bridge knows; ``rows`` carry ``why``.

    The id of a finding is that of its code, whatever the months; its value says how many units there are, so that an
    acceptance covers these and no more.
    """
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        key = tuple(str(row[name]) for name in UNIT)
        groups.setdefault(key, []).append(row)
    findings = []
    for (indicator, area, kind, activity), found in sorted(groups.items()):
        numbers = [int(str(row["value"])) for row in found if row["value"] is not None]
        first, periods = found[0], sorted({str(row["period"]) for row in found})
        span = periods[0] if len(periods) == 1 else f"{periods[0]} to {periods[-1]}"
        line = re.fullmatch(r"line ([0-9]+)", str(first["cell"]))
        findings.append(
            Finding(
                UNMAPPED,
                f"{first['why']}: {sum(numbers):,} units in {len(found)} cell{'' if len(found) == 1 else 's'}, {span}, "
                f"{'goes' if len(found) == 1 else 'go'} nowhere.",
                file=str(first["file"]),
                line=int(line[1]) if line else None,
                cell=f"{first['sheet']}!{first['cell']}" if first["sheet"] else None,
                data_set=indicator,
                series=".".join((indicator, area, kind, activity)),
                value=f"{activity}: {sum(numbers)}",
            )
        )
    return Verdict(UNMAPPED, checked=checked, findings=tuple(findings))

"""Nothing is lost: what was read is what was sent, plus what was not, and why."""

from __future__ import annotations

from pipeline.checks.balance import Balance, balance, balances, decided, unmapped

ROWS = [
    # indicator, role, factor in the total, month delivered, total computed, units
    ("reg", "sent", 1, True, True, 100),
    ("reg", "sent", -1, True, True, 7),
    ("reg", "sent", 1, True, False, 20),
    ("reg", "sent", 1, False, False, 30),
    ("reg", "withheld", 0, True, True, 4),
    ("reg", "out of scope", 0, True, True, 1),
    ("reg", "control", 0, True, True, 500),
    ("reg", "unknown", 0, False, False, 3),
]
READ = 100 + 7 + 20 + 30 + 4 + 1 + 500 + 3


def test_the_books_of_an_indicator() -> None:
    found = balances(ROWS, {"reg": 93}, {"reg": READ})
    assert found["reg"].document() == {
        "read": READ,
        "sent": 93,
        "out of scope": 1,
        "unknown": 3,
        "control rows": 500,
        "withheld": 24,
        "outside the months delivered": 30,
        "subtracted": 14,
        "left out by decision": 0,
    }
    assert balance(found).outcome == "holds"
    assert balance(found).checked == 1


def test_units_that_a_decision_leaves_out_are_no_longer_unknown() -> None:
    found = {"reg": Balance(read=10, sent=4, unknown=6), "bkr": Balance(read=3, unknown=3)}
    left_out = [cell(value=4), cell(value=1), cell(value=None)]
    after = decided(found, left_out)
    assert (after["reg"].unknown, after["reg"].left_out) == (1, 5)
    assert (after["bkr"].unknown, after["bkr"].left_out) == (3, 0)
    assert balance(after).outcome == "holds"


def test_units_that_are_lost_or_too_many() -> None:
    found = {
        "a": Balance(read=1000, sent=990, unknown=8),
        "b": Balance(read=1000, sent=1001),
        "c": Balance(read=5, sent=5),
    }
    verdict = balance(found)
    assert [finding.message for finding in verdict.findings] == [
        "a: 1,000 units were read and 998 are accounted for; 2 are missing.",
        "b: 1,000 units were read and 1,001 are accounted for; 1 are too many.",
    ]
    assert [(f.data_set, f.value, f.expected) for f in verdict.findings] == [
        ("a", "998", "1000"),
        ("b", "1001", "1000"),
    ]


def test_units_of_an_indicator_that_nobody_read() -> None:
    assert balance(balances(ROWS[:1], {"reg": 100}, {})).outcome == "violated"


def cell(**said: object) -> dict[str, object]:
    row = {"indicator": "reg", "area": "FR", "kind": "total", "activity": "S99", "period": "2024-05", "value": 5}
    return row | {"file": "a.csv", "sheet": "", "cell": "line 12", "why": "activity 'S99' is no division"} | said


def test_cells_that_nobody_knows_are_told_by_their_class() -> None:
    rows = [cell(), cell(period="2024-04", value=1200, cell="line 13"), cell(period="2024-03", value=None)]
    verdict = unmapped([*rows, cell(activity="T1", file="b.xlsx", sheet="s", cell="C7")], 100)
    first, second = verdict.findings
    assert (verdict.outcome, verdict.checked) == ("violated", 100)
    assert first.message == ("activity 'S99' is no division: 1,205 units in 3 cells, 2024-03 to 2024-05, go nowhere.")
    assert (first.file, first.line, first.cell, first.value) == ("a.csv", 12, None, "S99: 1205")
    assert first.series == "reg.FR.total.S99"
    assert (first.period, second.period) == ("", ""), "it is about a code: who accepts it accepts all its months"
    assert (second.file, second.line, second.cell) == ("b.xlsx", None, "s!C7")
    assert "5 units in 1 cell, 2024-05, goes nowhere" in second.message


def test_no_such_cell() -> None:
    assert unmapped([], 100).outcome == "holds"

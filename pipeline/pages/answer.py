"""The first screen of a report: may the delivery be sent, what is to be done next, and what it says of the newest month.

A director reads the sentence, an officer the steps; what was found, and what the delivery is, follow (``found``,
``identity``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pipeline.facts.wording import day, month, number
from pipeline.pages import found, identity
from pipeline.pages.delivered import days_late, local_day, when
from pipeline.pages.draft import UNNAMED, Draft, Named
from pipeline.pages.figures import on_the_year, year_before
from pipeline.pages.found import Found
from pipeline.pages.identity import Identity
from pipeline.pages.revised import against
from pipeline.pages.summary import Gate, gates, not_accepted, not_checked

MOST = 6  # rules that are named on the first screen

#: the same as data: file or beginning of its path → what it is
TWINS = {
    "findings.json": "every finding, and what came of every rule (JSON, schema 1)",
    "findings.csv": "every finding, a line each",
    "findings.junit.xml": "what came of every rule, for a system of continuous integration",
    "observations.csv": "every value, with its status and its series",
    "counts.csv": "every cell of the national files, with its place",
    "factors.csv": "which cell adds to which aggregate",
    "unmapped.csv": "the cells that go nowhere",
    "manifest.json": "what was asked, what was made, the hash of every file",
    "SHA256SUMS": "the hash of every file, for sha256sum",
    "index/": "the index that Eurostat would compute; never sent",
    "esms/": "the metadata report",
}
#: made after the page, so that its list of files does not name them
BESIDE = ("manifest.json", "SHA256SUMS")


@dataclass(frozen=True)
class Step:
    """Something to do: words, and a command or places of the page; ``uploads``: the files stand below it.

    ``links``: pairs of (name, address) · ``more``: how many there are beside them.
    """

    words: str
    command: str = ""
    links: tuple[tuple[str, str], ...] = ()
    more: int = 0
    uploads: bool = False


@dataclass(frozen=True)
class Due:
    """The last day on time, how far away it is, and from which day that is counted; ``late``: it is over."""

    day: str
    left: str
    counted: str
    moved: str
    late: bool


@dataclass(frozen=True)
class Headline:
    """The newest month of an indicator: its total, the change on the year, how many values were revised."""

    indicator: Named
    month: str
    total: str
    status: str
    change: str
    against: str
    revised: str
    since: str


@dataclass(frozen=True)
class Answer:
    """All that the page says of whether the delivery may be sent."""

    title: str
    banner: tuple[tuple[str, str], ...]
    ok: bool
    kind: str
    sentence: str
    detail: str
    steps: tuple[Step, ...]
    commands: str
    test_first: bool
    due: Due | None
    headlines: tuple[Headline, ...]
    identity: Identity
    gates: tuple[Gate, ...]
    not_run: dict[str, dict[str, list[str]]]
    confronted: str
    files: int
    found: Found
    twins: tuple[tuple[str, str, str], ...]
    made: str


def view(draft: Draft) -> Answer:
    """The answer of a draft."""
    kind, sentence = _verdict(draft)
    told, named = found.view(draft), month(draft.language, draft.month)
    steps = tuple(_steps(draft, told))
    prepared = identity.moment(draft, dt.datetime.fromisoformat(draft.manifest["prepared"]))
    return Answer(
        title=f"{draft.country}, {named}",
        banner=_banner(draft, prepared),
        ok=draft.ok,
        kind=kind,
        sentence=sentence,
        detail=_detail(draft),
        steps=steps,
        commands=_commands(draft, steps),
        test_first=draft.sent is None and not draft.instead and not draft.manifest["request"]["test"],
        due=None if draft.sent or draft.instead or draft.manifest["request"].get("corrects") else _due(draft),
        headlines=tuple(_headline(draft, one) for one in draft.indicators),
        identity=identity.view(draft),
        gates=tuple(gates(draft.findings, draft.rules, draft.groups)),
        not_run=_not_run(draft),
        confronted=_confronted(draft),
        files=len(draft.findings["files"]),
        found=told,
        twins=tuple(_twins(draft)),
        made=f"Made by ebs {draft.manifest['request']['tool']} from a delivery that was prepared on {prepared}",
    )


def _banner(draft: Draft, prepared: str) -> tuple[tuple[str, str], ...]:
    """Which draft it is, and when it was made: pairs of (name, what is said)."""
    name = ("Draft", draft.name) if draft.name else ("Request", draft.manifest["identity"][:12])
    test = (("Kind", "a test"),) if draft.manifest["request"]["test"] else ()
    return (*test, name, ("Prepared", prepared))


# --- the verdict ---------------------------------------------------------------------------------------------------


def _verdict(draft: Draft) -> tuple[str, str]:
    """How the delivery stands (error, warning, information, accepted or holds), and that in a sentence."""
    test = draft.manifest["request"]["test"]
    if not draft.ok:
        which = "A test that must not be sent yet" if test else "Must not be sent yet"
        return "error", f"{which}: {_errors(draft)}."
    if draft.sent is not None:
        return "holds", f"Was sent on {day(draft.language, local_day(draft.manifest, draft.sent))}."
    if draft.instead:
        return "error", f"Must not be sent any more: {draft.instead} was sent for this month after this was prepared."
    warnings = not_accepted(draft.findings, "warning")
    looked = f"after someone has looked at {draft.counted(warnings, 'warning')}" if warnings else ""
    if test:
        return "information", f"A test: may be sent as a test{f', {looked}' if looked else ''}."
    if warnings:
        return "warning", f"May be sent {looked}."
    if _due(draft).late and not draft.manifest["request"].get("corrects"):
        return "warning", "May be sent, though it is late."
    return ("accepted" if _decided(draft) else "holds"), "May be sent."


def _errors(draft: Draft) -> str:
    """3 errors in 2 rules."""
    rules = {one["rule"] for one in draft.findings["findings"] if one["severity"] == "error" and not one["accepted"]}
    errors = draft.counted(not_accepted(draft.findings, "error"), "error")
    return f"{errors} in {draft.counted(len(rules), 'rule')}" if rules else errors


def _detail(draft: Draft) -> str:
    """What else is to be known at once: what was accepted, what it corrects, when it was sent."""
    corrects = draft.manifest["request"].get("corrects")
    said = []
    if corrects:
        on = day(draft.language, local_day(draft.manifest, dt.datetime.fromisoformat(corrects["at"])))
        said.append(f"It corrects what was sent for this month: first {corrects['delivery']}, on {on}.")
    if draft.sent is not None and not corrects:
        said.append(f"That is {when(draft.month, draft.sent, draft.manifest, month(draft.language, draft.month))}.")
    if decided := _decided(draft):
        said.append(f"{decided} accepted with a reason.")
    if not draft.ok:
        said.append("Nothing is packed: there is no file to send.")
    return " ".join(said)


def _decided(draft: Draft) -> str:
    """2 errors and 1 warning were; nothing where nobody has accepted anything."""
    counts = draft.findings["counts"]
    number_of = {one: counts[one] - not_accepted(draft.findings, one) for one in ("error", "warning")}
    said = [draft.counted(count, one) for one, count in number_of.items() if count]
    return f"{' and '.join(said)} {'was' if sum(number_of.values()) == 1 else 'were'}" if said else ""


# --- what to do next -----------------------------------------------------------------------------------------------


def _steps(draft: Draft, told: Found) -> Iterator[Step]:
    """What is to be done, one thing after the other."""
    if not draft.ok:
        yield from _to_mend(draft, told)
        return
    if draft.instead and draft.sent is None:
        yield Step("Make a delivery that corrects what was sent, if that is wrong:", "ebs deliver INPUTS")
        return
    warnings = not_accepted(draft.findings, "warning")
    if warnings and draft.sent is None:
        words = "Look at the warning" if warnings == 1 else f"Look at the {draft.counted(warnings, 'warning')}"
        yield _look(f"{words}:", told, "warning")
    if draft.sent is not None:
        if not draft.receipt:
            yield Step("Keep the receipt of the transmission:", f"ebs sent {UNNAMED} --receipt FILE")
        yield Step("What comes in later goes into the next delivery; what must not wait corrects this one.")
        return
    test, uploads = draft.manifest["request"]["test"], draft.manifest["data_sets"]
    one = len(uploads) == 1
    which = "the file" if one else f"the {draft.counted(len(uploads), 'file')}"
    whither = "for its data set" if one else "each for its data set"
    if corrects := draft.manifest["request"].get("corrects"):
        words = f"Look at what it changes against {corrects['delivery']}, which was sent for this month first:"
        yield Step(words, f"ebs compare OUTPUTS/{corrects['delivery']} {UNNAMED}")
    if test:
        yield Step(f"Send {which} as a test, {whither}:", uploads=True)
        yield Step(
            f"When Eurostat has taken {'it' if one else 'them'}, make the delivery itself, without --test:",
            "ebs deliver INPUTS",
        )
        return
    if draft.manifest["not_confirmed"]:
        yield Step(
            "Send a test first: not everything is confirmed by Eurostat:",
            "ebs deliver INPUTS --test",
            (("what is not confirmed", "#not-confirmed"),),
        )
    yield Step(f"Send {which}, {whither}:", uploads=True)
    yield Step("Record that this was done:", f"ebs sent {UNNAMED}")


def _commands(draft: Draft, steps: Sequence[Step]) -> str:
    """What the words in capitals stand for, of those that the commands use."""
    folder = f"the folder of this delivery, {draft.name}" if draft.name else "the folder that holds this page"
    words = {
        "OUTPUTS": "the folder of this country's deliveries",
        "INPUTS": "the folder of the national files, and the options of this delivery",
        UNNAMED: folder,
        "ID": "that of a finding, or a rule: all that it found",
        "FILE": "the receipt",
    }
    used = {word for step in steps for word in step.command.replace("/", " ").split()}
    return "; ".join(f"{word}: {what}" for word, what in words.items() if word in used)


def _to_mend(draft: Draft, told: Found) -> Iterator[Step]:
    """Correct the input, or accept what may be accepted; then deliver again."""
    errors = [one for one in draft.findings["findings"] if one["severity"] == "error" and not one["accepted"]]
    may = [one for one in errors if one["rule"] in draft.rules and draft.rules[one["rule"]].may_be_accepted]
    yield _look("Look at what is wrong:", told, "error")
    yield Step("Correct the input, then deliver again:", "ebs deliver INPUTS")
    if may:
        which = "" if len(may) == len(errors) else f" ({number(draft.language, len(may))} of them may be accepted)"
        words = f"Or accept with a reason what may stay{which}, then deliver again:"
        yield Step(words, f'ebs accept {UNNAMED} ID --reason "…"')


def _look(words: str, told: Found, severity: str) -> Step:
    """The rules of a severity that nobody has accepted, the first of them by name."""
    rules = [one for part in told.parts if not part.accepted for one in part.rules]
    links = [(one.violation.name, f"#{one.id}") for one in rules if one.violation.severity == severity]
    return Step(words, links=tuple(links[:MOST]), more=len(links) - len(links[:MOST]))


def _due(draft: Draft) -> Due:
    """Until when the delivery is to be sent, and how many days are left at the moment of the page."""
    manifest, language = draft.manifest, draft.language
    plain, last = (
        dt.date.fromisoformat(text) for text in (manifest["due"], manifest.get("effective_due", manifest["due"]))
    )
    late = days_late(manifest, draft.now)
    left = draft.counted(abs(late), "day") + (" late" if late > 0 else " left") if late else "today is the last day"
    moved = f"the working day after {day(language, plain)}" if plain != last else ""
    return Due(day(language, last), left, day(language, local_day(manifest, draft.now)), moved, late > 0)


# --- the newest month ----------------------------------------------------------------------------------------------


def _headline(draft: Draft, indicator: Named) -> Headline:
    """The delivery's own month of an indicator in a few figures."""
    series, newest = draft.series(indicator.id, draft.total.id), draft.month
    values = {at: int(one.value) for at, one in series.items() if one.value}
    tenths = on_the_year(values, newest)
    revised, since = _revised(draft, indicator)
    return Headline(
        indicator,
        month(draft.language, newest),
        number(draft.language, values[newest]) if newest in values else "no value",
        draft.statuses.get(series[newest].status, "") if newest in series else "not delivered",
        "" if tenths is None else f"{draft.signed(Fraction(tenths, 10), 1)} %",
        _against(draft, values),
        revised,
        since,
    )


def _against(draft: Draft, values: Mapping[str, int]) -> str:
    """Against which month the newest value is compared, or why there is no change to tell."""
    before = year_before(draft.month)
    for period in (draft.month, before):
        if period not in values:
            return f"no value for {month(draft.language, period)}"
    then = month(draft.language, before)
    return f"on {then}" if values[before] else f"no change can be told: {then} is 0"


def _revised(draft: Draft, indicator: Named) -> tuple[str, str]:
    """How many of the values of the last delivery this one says otherwise; nothing where none was sent."""
    months = draft.vintages.sent.get(indicator.id, ())
    if not months:
        return "", "nothing was sent for an earlier month"
    found = against(draft, indicator.id)
    of = draft.counted(found.both, "value")
    return number(draft.language, len(found.revised)), f"of {of} in the delivery of {month(draft.language, months[-1])}"


# --- what did not run ----------------------------------------------------------------------------------------------


def _not_run(draft: Draft) -> dict[str, dict[str, list[str]]]:
    """Why rules could not run: reason → rule → files.

    That a rule on what is sent does not run on the index, which is never sent, is no gap where it ran elsewhere.
    """
    index = frozenset(draft.manifest["index"]["files"])
    ran = {one["rule"] for one in draft.findings["rules"] if one["file"] not in index}
    kept = [one for one in draft.findings["rules"] if one["file"] not in index or one["rule"] not in ran]
    return not_checked({**draft.findings, "rules": kept})


def _confronted(draft: Draft) -> str:
    """How many rules the delivery was confronted with, and where the others belong; empty where there are no others."""
    those = {one["rule"] for one in draft.findings["rules"]}
    if those >= draft.rules.keys():
        return ""
    return (
        f"{number(draft.language, len(those))} of {draft.counted(len(draft.rules), 'rule')} were confronted with this "
        "delivery. The others stop a delivery before it is made, when a national file cannot be read, or judge the text "
        "of the metadata report."
    )


# --- the same as data ----------------------------------------------------------------------------------------------


def _twins(draft: Draft) -> Iterator[tuple[str, str, str]]:
    """The files that say the same to a machine: (name, address, what it is)."""
    for beginning, what in TWINS.items():
        for name in [beginning] if beginning in BESIDE else draft.manifest["files"]:
            if name == beginning or (beginning.endswith("/") and name.startswith(beginning)):
                yield name, draft.address(name) or draft.folder + name, what

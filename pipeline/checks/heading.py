"""The header of a message: complete, in the order of the schema, each value what it must be.

Sources: SDMXMessage.xsd, BaseHeaderType and its restrictions (2.1, 3.0); SDMXCommon.xsd, PayloadStructureType.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

from pipeline.checks import periods
from pipeline.errors import ended, nearest, quoted
from pipeline.events import Header, Part, Spot, Use
from pipeline.facts.references import parse_reference
from pipeline.findings import Finding

ACTIONS = ("Append", "Replace", "Delete", "Information")
ACTIONS_31 = (*ACTIONS, "Merge")

#: the header's elements in the order of the schema: name → (namespace, at most, what its text or attribute is)
_HEADER: dict[str, tuple[str, int | None, str]] = {
    "ID": ("message", 1, "id"),
    "Test": ("message", 1, "boolean"),
    "Prepared": ("message", 1, "instant or day"),
    "Sender": ("message", 1, "party"),
    "Receiver": ("message", None, "party"),
    "Name": ("common", None, "text"),
    "Structure": ("message", None, "structure"),
    "DataProvider": ("message", 1, "reference"),
    "DataSetAction": ("message", 1, "action"),
    "DataSetID": ("message", None, "id"),
    "Extracted": ("message", 1, "instant"),
    "ReportingBegin": ("message", 1, "period"),
    "ReportingEnd": ("message", 1, "period"),
    "EmbargoDate": ("message", 1, "instant"),
    "Source": ("message", None, "text"),
}
_ORDER = list(_HEADER)
_MANDATORY = ("ID", "Test", "Prepared", "Sender", "Structure")
_PARTY = {"Name": "common", "Contact": "message", "Timezone": "message"}
_CONTACT = ("Name", "Department", "Role", "Telephone", "Fax", "X400", "URI", "Email")
_OF_STRUCTURE = (
    "structureID", "schemaURL", "namespace", "dimensionAtObservation", "explicitMeasures", "serviceURL", "structureURL",
    "isExternalReference",
)  # fmt: skip
_REF = ("agencyID", "id", "version", "class", "package", "local", "maintainableParentID", "maintainableParentVersion")
_LANG = "http://www.w3.org/XML/1998/namespace lang"
ID = re.compile(r"[A-Za-z0-9_@$\-]+")
_INSTANT = re.compile(r"(\d{4,})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+\-]\d\d:\d\d)?", re.ASCII)


def faults(header: Header, format_: str, today: dt.date, zone: dt.tzinfo | None = None) -> Iterator[Finding]:
    """What is wrong with the header, in the order in which it stands."""
    latest, counted = 0, dict.fromkeys(_HEADER, 0)
    structural = format_.startswith("StructureSpecific")
    for part in header.parts:
        rule = _HEADER.get(part.name)
        if rule is None or rule[0] != part.space:
            near = nearest(part.name, _HEADER) if rule is None else f"; it belongs to the namespace {rule[0]}"
            yield _at(
                part.at, "unexpected-element", f"the header has no element {quoted(part.name)}{near}", value=part.name
            )
            continue
        _, most, what = rule
        counted[part.name] += 1
        if most is not None and counted[part.name] > most:
            yield _at(
                part.at,
                "unexpected-element",
                f"{part.name} stands twice in the header; it stands once.",
                value=part.name,
            )
            continue
        place = _ORDER.index(part.name)
        if place < latest:
            words = f"{part.name} stands after {_ORDER[latest]} in the header; it comes before."
            yield _at(part.at, "element-order", words, value=part.name)
        latest = max(latest, place)
        yield from _part(part, what, structural, format_)
        if part.name == "Prepared" and (day := prepared_day(part.text, zone)) and day > today:
            words = f"Prepared is {quoted(part.text)}, after today, {today}."
            yield _at(
                part.text_at, "prepared-future", words, component="Prepared", value=part.text, expected=f"until {today}"
            )
    odd = [part.name for part in header.parts if _HEADER.get(part.name, ("",))[0] != part.space]
    for use in header.uses:
        twin = next((other for other in header.uses if other.id == use.id and other is not use), None)
        if use.id and twin is not None and twin.part.at < use.part.at:
            words = f"the structureID {quoted(use.id)} stands twice; it is first in line {twin.part.at[0]}."
            spot = use.part.places.get("structureID", use.part.at)
            yield _at(spot, "structure-reference", words, component="structureID", value=use.id)
    for name in _MANDATORY:
        if counted[name] or any(SequenceMatcher(None, name, one).ratio() > 0.7 for one in odd):
            continue  # one that is misspelt, or of another namespace, has been named
        kind = "structure-reference" if name == "Structure" else "header-incomplete"
        yield _at(header.at, kind, f"the header has no {name}.", component=name, expected=name)
    begin, end = header.text("ReportingBegin"), header.text("ReportingEnd")
    try:
        wrong = bool(begin and end) and periods.moment(begin).first > periods.moment(end).last
    except ValueError:
        wrong = False
    if wrong:
        last = header.part("ReportingEnd")
        assert last is not None
        words = f"ReportingEnd {quoted(end)} lies before ReportingBegin {quoted(begin)}."
        yield _at(last.text_at, "header-value", words, component="ReportingEnd", value=end)


def _part(part: Part, what: str, structural: bool, format_: str) -> Iterator[Finding]:
    """One element of the header: its text, its attributes, what stands inside it."""
    text, name = part.text.strip(), part.name
    attributes = {"party": ("id",), "structure": _OF_STRUCTURE, "text": (_LANG,)}.get(what, ())
    for attribute in part.attributes:
        if attribute not in attributes and not attribute.startswith("http://www.w3.org/2001/XMLSchema-instance"):
            yield _odd_attribute(part, attribute)
    if what in ("party", "structure") and text:
        words = f"the text {quoted(text)} stands inside {name}, where no text belongs."
        yield _at(part.text_at, "stray-text", words, value=text[:200])
    if what == "party":
        yield from _party(part)
        return
    if what == "structure":
        yield from _structure(part, structural, format_)
        return
    if what == "reference":
        return
    for inner in part.parts:
        yield _at(
            inner.at,
            "unexpected-element",
            f"the element {quoted(inner.name)} has no place inside {name}.",
            value=inner.name,
        )
    if what == "text":
        return
    if not text:
        yield _at(part.at, "header-value", f"{name} of the header is empty.", component=name)
    elif what == "id" and not ID.fullmatch(text):
        words = f"{name} is {quoted(text)}; an id has letters, digits, _, @, $ and -."
        yield _value(part, words, "letters, digits, _, @, $ and -")
    elif what == "boolean" and text not in ("true", "false", "1", "0"):
        yield _value(part, f"{name} is {quoted(text)}, neither true nor false.", "true or false")
    elif what == "instant" and not instant(text):
        yield _value(
            part, f"{name} is {quoted(text)}, not a date and time.", "a date and time such as 2024-07-05T09:00:00"
        )
    elif what == "instant or day" and not prepared_day(text):
        yield _value(
            part,
            f"{name} is {quoted(text)}, not a date or a date and time.",
            "a date and time such as 2024-07-05T09:00:00",
        )
    elif what == "period" and (why := not_period(text)):
        yield _value(part, f"{name}: {why}.", "a period such as 2024-05")
    elif what == "action" and text not in ACTIONS_31[: 5 if format_.endswith("3.1") else 4]:
        yield _at(
            part.text_at,
            "action",
            ended(f"DataSetAction is {quoted(text)}{nearest(text, ACTIONS)}"),
            component=name,
            value=text,
            expected=", ".join(ACTIONS),
        )


def _value(part: Part, words: str, expected: str) -> Finding:
    return _at(
        part.text_at, "header-value", words, component=part.name, value=part.text.strip()[:200], expected=expected
    )


def _odd_attribute(part: Part, attribute: str) -> Finding:
    local = attribute.rpartition(" ")[2]
    words = f"{part.name} has an attribute {quoted(local)}, which has no place there."
    return _at(part.places.get(attribute, part.at), "unexpected-attribute", words, component=local)


def _party(part: Part) -> Iterator[Finding]:
    id_ = part.attributes.get("id")
    if id_ is None:
        yield _at(
            part.at, "header-incomplete", f"{part.name} of the header has no id.", component=part.name, expected="id"
        )
    elif not ID.fullmatch(id_):
        words = f"the id of {part.name} is {quoted(id_)}; an id has letters, digits, _, @, $ and -."
        yield _at(part.places.get("id", part.at), "header-value", words, component=part.name, value=id_)
    contacts = False
    for inner in part.parts:
        if _PARTY.get(inner.name) != inner.space:
            yield _at(
                inner.at,
                "unexpected-element",
                f"the element {quoted(inner.name)} has no place inside {part.name}.",
                value=inner.name,
            )
        elif inner.name == "Contact":
            contacts = True
            for one in inner.parts:
                if one.name not in _CONTACT:
                    yield _at(
                        one.at,
                        "unexpected-element",
                        f"the element {quoted(one.name)} has no place inside Contact.",
                        value=one.name,
                    )
        elif contacts:
            yield _at(inner.at, "element-order", f"Name stands after Contact in {part.name}; it comes before.")


def _structure(part: Part, structural: bool, format_: str) -> Iterator[Finding]:
    """One Structure of the header: what is named, completely, in its right form."""
    get = part.attributes.get
    wanted = ["structureID", *(["namespace"] if structural else []), "dimensionAtObservation"]
    for name in wanted:
        if not get(name):
            words = f"the Structure of the header has no {name}."
            yield _at(part.at, "structure-reference", words, component=name, expected=name)
    for name in ("namespace", "explicitMeasures") if not structural else ():
        if name in part.attributes:
            yield _odd_attribute(part, name)
    at = get("dimensionAtObservation", "")
    if "TimeSeries" in format_ and at and at != "TIME_PERIOD":
        words = f"the dimension at the observation is {quoted(at)}; in a message of time series it is TIME_PERIOD."
        place = part.places["dimensionAtObservation"]
        yield _at(place, "at-observation", words, value=at, expected="TIME_PERIOD")
    id_ = get("structureID", "")
    if id_ and not re.fullmatch(r"[^\W\d][\w.\-]*", id_):
        words = f"the structureID {quoted(id_)} is no XML id: letters, digits, '_', '-' and '.', a letter first."
        yield _at(part.places["structureID"], "header-value", words, component="structureID", value=id_)
    explicit = get("explicitMeasures")
    if explicit is not None and explicit not in ("true", "false", "1", "0"):
        words = f"explicitMeasures is {quoted(explicit)}, neither true nor false."
        yield _at(part.places["explicitMeasures"], "header-value", words, component="explicitMeasures", value=explicit)
    agreement = "ProvisionAgrement" if format_.endswith("2.1") else "ProvisionAgreement"
    choice = (agreement, "StructureUsage", "Structure")
    named = [one for one in part.parts if one.space == "common" and one.name in choice]
    for one in part.parts:
        if one not in named:
            words = f"the element {quoted(one.name)} has no place inside Structure{nearest(one.name, choice) if one.name not in choice else '; it belongs to the namespace common'}"
            yield _at(one.at, "unexpected-element", ended(words), value=one.name)
    if not named:
        if not part.parts:
            words = "the Structure of the header names no structure."
            yield _at(part.at, "structure-reference", words, expected=" or ".join(choice))
        return
    for one in named[1:]:
        yield _at(
            one.at,
            "unexpected-element",
            f"Structure names a second reference, {one.name}; it names one.",
            value=one.name,
        )
    yield from _reference(named[0], format_)


def _reference(part: Part, format_: str) -> Iterator[Finding]:
    """The reference itself: Ref or URN in 2.1, the URN as text in 3.0."""
    for attribute in part.attributes:
        if not attribute.startswith("http://www.w3.org/2001/XMLSchema-instance"):
            yield _odd_attribute(part, attribute)
    if not format_.endswith("2.1"):
        for one in part.parts:
            yield _at(
                one.at,
                "unexpected-element",
                f"the element {quoted(one.name)} has no place inside {part.name}; in SDMX-ML 3.0 its text is the URN.",
                value=one.name,
            )
        found = parse_reference(part.text.strip(), version="")
        if found is None or not (found.agency and found.id and found.version and found.kind):
            words = (
                f"the reference {quoted(part.text.strip())} is no whole URN."
                if part.text.strip()
                else "the reference is empty."
            )
            yield _at(
                part.text_at,
                "structure-reference",
                words,
                value=part.text.strip()[:200],
                expected="urn:sdmx:org.sdmx.infomodel.datastructure.…",
            )
        return
    if part.text.strip():
        yield _at(
            part.text_at,
            "stray-text",
            f"the text {quoted(part.text.strip())} stands inside {part.name}, where no text belongs.",
            value=part.text.strip()[:200],
        )
    refs = [
        one
        for i, one in enumerate(part.parts)
        if one.name in ("Ref", "URN") and not one.space and one.name not in {before.name for before in part.parts[:i]}
    ]
    for one in part.parts:
        if one not in refs:
            yield _at(
                one.at,
                "unexpected-element",
                ended(
                    f"the element {quoted(one.name)} has no place inside {part.name}{nearest(one.name, ('Ref', 'URN'))}"
                ),
                value=one.name,
            )
    if not refs:
        if not part.parts:
            yield _at(part.at, "structure-reference", f"{part.name} has neither Ref nor URN.", expected="Ref")
        return
    for one in refs:
        if one.name == "URN":
            found = parse_reference(one.text.strip(), version="")
            if found is None or not (found.agency and found.id and found.version):
                yield _at(
                    one.text_at,
                    "structure-reference",
                    f"the URN {quoted(one.text.strip())} is not whole.",
                    value=one.text.strip()[:200],
                )
            continue
        for attribute in one.attributes:
            if attribute not in _REF:
                yield _odd_attribute(one, attribute)
        for name in ("agencyID", "id"):
            if not one.attributes.get(name):
                yield _at(one.at, "structure-reference", f"the reference has no {name}.", component=name, expected=name)
        if one.text.strip():
            yield _at(
                one.text_at,
                "stray-text",
                f"the text {quoted(one.text.strip())} stands inside Ref, where no text belongs.",
                value=one.text.strip()[:200],
            )
        meant = {"Structure": ("DataStructure",), "StructureUsage": ("Dataflow",)}.get(
            part.name, ("ProvisionAgreement",)
        )
        said = one.attributes.get("class")
        if said is not None and said not in meant:
            words = f"{part.name} refers to a {quoted(said)}; here stands a {meant[0]}."
            yield _at(one.places.get("class", one.at), "structure-kind", words, value=said, expected=meant[0])
        package = one.attributes.get("package")
        if package is not None and package not in ("datastructure", "registry"):
            words = f"the reference is to the package {quoted(package)}; structures are in 'datastructure'."
            yield _at(
                one.places.get("package", one.at), "structure-kind", words, value=package, expected="datastructure"
            )


def place_of_reference(use: Use) -> Spot:
    """Where the reference itself stands: the id of the Ref, or the text of the URN."""
    for inner in use.part.parts:
        for one in inner.parts:
            if one.name == "Ref":
                return one.places.get("id", one.at)
            if one.name == "URN":
                return one.text_at
        return inner.text_at
    return use.part.at


def _at(at: Spot, rule: str, words: str, **more: Any) -> Finding:
    return Finding(rule, ended(words), line=at[0], column=at[1], **more)


def instant(text: str) -> dt.datetime | None:
    """An xs:dateTime."""
    match = _INSTANT.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second = (int(n) for n in match.groups()[:6])
    midnight = (hour, minute, second) == (24, 0, 0)  # the end of a day
    try:
        when = dt.datetime(year, month, day, 0 if midnight else hour, minute, second)
        return when + dt.timedelta(days=midnight)
    except (ValueError, OverflowError):
        return None


def prepared_day(text: str, zone: dt.tzinfo | None = None) -> dt.date | None:
    """The day of an xs:dateTime or xs:date; that of ``zone`` where the instant is known."""
    text = text.strip()
    if when := instant(text):
        offset = re.search(r"(?:(Z)|([+\-])(\d\d):(\d\d))$", text)
        if zone is None or offset is None:
            return when.date()
        ahead = dt.timedelta(hours=int(offset[3] or 0), minutes=int(offset[4] or 0)) * (-1 if offset[2] == "-" else 1)
        with contextlib.suppress(OverflowError):
            return (when - ahead).replace(tzinfo=dt.UTC).astimezone(zone).date()
        return when.date()
    match = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)(Z|[+\-]\d\d:\d\d)?", text, re.ASCII)
    try:
        return dt.date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def not_period(text: str) -> str:
    """Why a text is no period; empty when it is one."""
    try:
        periods.moment(text)
    except ValueError as error:
        return str(error)
    return ""

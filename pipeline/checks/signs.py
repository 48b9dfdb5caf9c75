"""Links, brackets and quotation marks in the text of a metadata report: are they whole, and do they come in pairs?"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from urllib.parse import urlsplit

from pipeline.checks.prose import EMAIL, Passage, at_words, shown
from pipeline.errors import ended, nearest
from pipeline.findings import Verdict
from pipeline.rich_text import SCHEMES

# --------------------------------------------------------------------------------------------------------------- links

Fault = tuple[int, int, str, str]
"""From one character to another of a passage, what is wrong with it, what to do."""

_LABEL = re.compile(r"(?<!\\)\[(?P<label>(?:[^\[\]\\]|\\.|\[[^\[\]]*\])*)\](?P<gap>[ \t\n]*)\(")
_TARGET = re.compile(r"\s*(?:<(?P<angle>[^<>\n]*)>|(?P<bare>[^\s<>]*))(?:\s+(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?\s*")
_ADDRESS = re.compile(r"\s*<?(?:https?:|ftp:|mailto:|www\.|[\w-]+(?:\.[\w-]+)*\.\w{2,}/)", re.IGNORECASE)
_AUTOLINK = re.compile(r"<((?:https?|ftp|mailto):[^<>]*)>", re.IGNORECASE)
_BARE = re.compile(r"(?<![\w<\"'=/])(?:https?|ftp)(?::|//)[^\s<>|\"”»]*", re.IGNORECASE)
_LOOSE = re.compile(r"\[[^\[\]]*\([ \t]*(?:https?:|www\.)", re.IGNORECASE)
_DANGLING = re.compile(r"\([ \t]*[.;,]?[ \t]*(?=\n|\Z)")
_WITHIN = re.compile(r"\]\([ \t]*<?#([^\s<>()]+)")
_HOST = re.compile(r"[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)+")


def metadata_link(text: Sequence[Passage], concepts: Collection[str]) -> Verdict:
    """Links and addresses are whole and well-formed; one within the report leads to one of its public ``concepts``."""
    found = [
        at_words(passage, start, "metadata-link", why, hint, passage.text[start:end])
        for passage in text
        for start, end, why, hint in _links(passage.text)[0]
    ]
    for passage in text:
        for match in _WITHIN.finditer(passage.text):
            if match[1] not in concepts:
                words = f"the link leads to {match[1]!r}, which is no public concept of the report{nearest(match[1], concepts)}"
                found.append(at_words(passage, match.start(1) - 1, "metadata-link", ended(words), "", f"#{match[1]}"))
    return Verdict("metadata-link", checked=len(text), findings=tuple(found))


def _links(text: str) -> tuple[list[Fault], list[tuple[int, int]]]:
    """What is wrong with the links of a passage; and the pieces that are links, or were meant to be, without labels."""
    faults, spans = list[Fault](), list[tuple[int, int]]()
    for match in _LABEL.finditer(text):
        start, opened = match.start(), match.end() - 1
        close = _closing(text, opened)
        if match["gap"]:
            if _ADDRESS.match(text, opened + 1):
                why = "the link is broken: its text and its address are apart."
                faults.append((start, close or len(text), why, "Leave out the space between ] and (."))
                spans.append((opened, close or len(text)))
            continue
        end = close or len(text)
        spans.append((opened, end))
        if not close:
            why = f"the link {match['label']!r} is cut off: its address does not end."
            faults.append((start, end, why, "Complete the address and close it with )."))
        elif not match["label"].strip():
            faults.append((start, end, "the link has no text: nobody sees it.", "Write what it leads to."))
        elif why := _target_fault(text[opened + 1 : end - 1]):
            faults.append((start, end, f"the link {match['label']!r} {why}", ""))
    addresses = [(m.start(), m.end(), m[1]) for m in _AUTOLINK.finditer(text)]
    addresses += [(m.start(), m.end(), m.group()) for m in _BARE.finditer(text)]
    for start, end, address in addresses:
        if any(a <= start < b for a, b in spans):
            continue
        address = address if text[start] == "<" else _without_end(address)
        spans.append((start, end if text[start] == "<" else start + len(address)))
        if why := _address_fault(address):
            faults.append((start, start + len(address), f"the address {address!r} {why}", ""))
    for match in (*_LOOSE.finditer(text), *_DANGLING.finditer(text)):
        opened = text.rindex("(", 0, match.end())
        if any(a <= opened < b for a, b in spans) or _closing(text, opened):
            continue
        start = text.rfind("[", 0, match.end())
        start = start if start >= 0 and "]" not in text[start:] else match.start()
        spans.append((start, len(text)))
        why = f"{shown(text[max(0, match.end() - 40) : match.end()].strip())!r} is cut off: an address was to follow."
        faults.append((match.start(), match.end(), why, "Write the link again: [text](address)."))
    return faults, spans


def _closing(text: str, opened: int) -> int:
    """Where what a parenthesis opens ends, behind its closing one; 0 where it does not."""
    depth = 0
    for at in range(opened, len(text)):
        if text[at - 1] == "\\":
            continue
        depth += (text[at] == "(") - (text[at] == ")")
        if depth == 0:
            return at + 1
    return 0


def _target_fault(target: str) -> str:
    match = _TARGET.fullmatch(target)
    if match is None:
        return f"is broken: its address {shown(target.strip())!r} has blanks in it."
    return _address_fault(match["angle"] if match["angle"] is not None else match["bare"])


def _without_end(address: str) -> str:
    """A bare address without the signs of the sentence around it."""
    address = address.rstrip(".,;:!?'’*_]")
    while address.endswith(")") and address.count(")") > address.count("("):
        address = address[:-1].rstrip(".,;:!?'’*_]")
    return address


def _address_fault(address: str) -> str:
    """What is wrong with an address; empty where it is well-formed."""
    if not address:
        return "has no address."
    if address.startswith("#") and len(address) > 1:
        return ""
    if address.endswith(("…", "...")):
        return "is cut off."
    if re.search(r"\s", address):
        return "has blanks in its address."
    if re.match(r"(?:https?|ftp)(?:$|:(?!//)|//|:///)", address, re.IGNORECASE):
        return f"is malformed: {address.split(':')[0].split('/')[0]} is followed by ://, once."
    try:
        parts, port = urlsplit(address), urlsplit(address).port
    except ValueError:
        return "is malformed."
    scheme = parts.scheme.lower()
    if not scheme or "." in scheme:
        return f"has no address of the web: {address!r} begins neither with https:// nor with mailto:."
    if scheme not in SCHEMES:
        return f"leads to {address!r}: {scheme}: is not allowed in a report, only {', '.join(SCHEMES)}."
    if scheme == "mailto":
        return "" if re.fullmatch(EMAIL, parts.path) else f"is malformed: {parts.path!r} is no address of a mailbox."
    if not parts.hostname:
        return "names no host."
    return "" if _HOST.fullmatch(parts.hostname) and port != 0 else f"is malformed: {parts.hostname!r} is no host."


# ------------------------------------------------------------------------------------------- brackets and quotation marks

_PAIRS = {")": "(", "]": "[", "}": "{", "»": "«", "”": "“", '"': '"', "›": "‹"}
_LOW = "„"  # closed by what opens in English
_SIGN = re.compile(f"[{re.escape(''.join({*_PAIRS, *_PAIRS.values(), _LOW}))}]")
_ENUMERATOR = re.compile(r"(?:^|(?<=[\s;,:(]))(?:\d{1,2}|[^\W\d_]|[ivx]{1,4})\Z", re.IGNORECASE)


def metadata_brackets(text: Sequence[Passage]) -> Verdict:
    """Brackets and quotation marks come in pairs; those of links, and of ``a)``, are none."""
    found = []
    for passage in text:
        masked = passage.blanked(_links(passage.text)[1]).text
        for at in _unpaired(masked):
            sign = masked[at]
            around = shown(passage.text[max(0, at - 20) : at + 21].strip())
            words = f"{sign} has no other half: {around!r}."
            found.append(at_words(passage, at, "metadata-brackets", words, "", sign))
    return Verdict("metadata-brackets", checked=len(text), findings=tuple(found))


def _unpaired(text: str) -> list[int]:
    """Where the brackets and quotation marks stand that have no other half."""
    opened: list[int] = []
    alone: list[int] = []
    for match in _SIGN.finditer(text):
        at, sign = match.start(), match[0]
        low = sign in "“”" and any(text[one] == _LOW for one in opened)
        opener = _LOW if low else _PAIRS.get(sign, "")
        if opener and any(text[one] == opener for one in opened):
            while text[opened[-1]] != opener:
                alone.append(opened.pop())
            opened.pop()
        elif sign == _LOW or sign in _PAIRS.values():
            opened.append(at)
        elif opener and not (sign == ")" and _ENUMERATOR.search(text[:at])):
            alone.append(at)
    return sorted(alone + opened)

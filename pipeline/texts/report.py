"""The metadata report as it is transmitted: what the documents say, nested as the metadata structure nests it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pipeline.facts.metadata_structure import MetadataAttribute, MetadataStructure
from pipeline.metadata_set import Content, Document, MetadataSet, ReportedAttribute
from pipeline.rich_text import plain
from pipeline.texts.markdown import to_rich


def report(documents: Sequence[Document], structure: MetadataStructure, frame: MetadataSet) -> MetadataSet:
    """The metadata set of a report: ``frame`` with the attributes that filled documents speak of.

    The first document is in the report's own language: dates, codes and numbers are taken from it alone, texts from
    each. A concept without text is left out unless one below it has some; so is what the structure does not know, and
    text of a concept that only groups others.
    """
    return replace(frame, attributes=tuple(_reported(structure.attributes, documents)))


def _reported(attributes: Iterable[MetadataAttribute], documents: Sequence[Document]) -> Iterator[ReportedAttribute]:
    for attribute in attributes:
        content = tuple(_content(attribute, documents))
        children = tuple(_reported(attribute.children, documents))
        if content or children:
            yield ReportedAttribute(attribute.id, content, children, attribute.restricted)


def _content(attribute: MetadataAttribute, documents: Sequence[Document]) -> Iterator[tuple[str, Content]]:
    """(Language, text) of a concept, in the form that its representation asks for."""
    if attribute.presentational:
        return
    for document in documents[:1] if attribute.is_value else documents:
        section = document.section(attribute.id)
        text = to_rich(section.markdown) if section else ()
        if text:
            language = "" if attribute.is_value else document.language
            yield language, text if attribute.is_rich else plain(text)

"""OBSERVATIONS ⇄ SDMX: the header, the writer, the schema generated from a structure, and an independent reading."""

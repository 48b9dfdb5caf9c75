"""The texts of the metadata report: Markdown documents, rich text, the values of their expressions."""

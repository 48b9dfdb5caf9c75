"""Report formats: from the JSON report of a validation to what people and other programs read. No path, no clock."""

"""COUNTS → OBSERVATIONS: which cell goes where (aggregate), the sums (observe), the index they imply (rebase)."""

"""Below the rooms: reading and checking the facts. Everything that could change by law is here as data."""

from pipeline.facts.load import BridgeRow, CountryFacts, Facts, Stratum, holding, in_force, load, read_toml

__all__ = ["BridgeRow", "CountryFacts", "Facts", "Stratum", "holding", "in_force", "load", "read_toml"]

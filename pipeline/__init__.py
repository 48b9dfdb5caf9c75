"""ebs: from a country's monthly counts of business registrations and bankruptcies to what Eurostat expects."""

__version__ = "0.1.0"

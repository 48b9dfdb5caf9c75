"""Rules: small functions over rows that return a verdict. What a rule means, how severe it is and what its parameters
are stands in ``codelists/regulation/rules.toml``; the id is the name of the function with dashes."""

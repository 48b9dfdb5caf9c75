"""A process that a test has started: it has no network either."""

from no_network import install

install()

"""``python -m pipeline`` is ``ebs``."""

from pipeline.cli import main

main()

"""``python -m pipeline`` is ``ebs``."""

import signal


def run() -> None:
    """Run the command line; an interrupt before it is there ends the process in silence."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from pipeline.cli import main

    main()


if __name__ == "__main__":
    run()

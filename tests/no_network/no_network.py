"""The suite asks no other machine for anything: whoever tries is refused and remembered.

Python tells its audit hooks of every connection, message and look-up before it is made; a hook that raises prevents it.
Sockets between processes of this machine (AF_UNIX) stay possible. `sitecustomize.py` beside this file has the processes
that tests start do the same: this folder is the first of their PYTHONPATH. Imports nothing that Python has not imported
by itself when it starts, so that tests of what a command imports see what they want to see.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib is not imported yet
#: names the file to which every try is appended, one a line; all processes of a run share it
TRIED = "EBS_TESTS_NETWORK_TRIED"

TO_AN_ADDRESS = {"socket.connect", "socket.sendto", "socket.sendmsg"}
LOOK_UPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"}


def refuse(event: str, arguments: tuple) -> None:
    """An audit hook: no address and no name of another machine."""
    if event in TO_AN_ADDRESS:
        connection, address = arguments
        if address is None or getattr(connection.family, "name", "") == "AF_UNIX":
            return
    elif event in LOOK_UPS:
        address = arguments[0]
    else:
        return
    said = f"{event} {address!r} in {os.environ.get('PYTEST_CURRENT_TEST', 'no test')}"
    if path := os.environ.get(TRIED):
        with open(path, "a", encoding="utf-8") as tried:  # noqa: PTH123
            tried.write(f"{said}\n")
    raise OSError(f"the tests have no network: {said}")


def install() -> None:
    """Refuse the network in this process, and in those that it starts with this Python."""
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if HERE not in paths:
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [HERE, *paths]))
    if HERE not in sys.path:
        sys.path.insert(0, HERE)  # some tests hand sys.path on as PYTHONPATH
    if not hasattr(sys, "_tests_have_no_network"):
        sys._tests_have_no_network = True
        sys.addaudithook(refuse)

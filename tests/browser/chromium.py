"""Debian's chromium, driven over a pipe with the standard library alone (Chrome DevTools Protocol)."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium")
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
    "--remote-debugging-pipe",
)  # fmt: skip


class Browser:
    """One tab of a browser: commands go down a pipe, answers come up another, each ended by a NUL."""

    def __init__(self, down: int, up: int) -> None:
        self._down, self._up = os.fdopen(down, "wb", buffering=0), os.fdopen(up, "rb", buffering=0)
        self._number, self._rest, self._session = 0, b"", ""
        self.seen: list[dict[str, Any]] = []  # events that came in between
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        session = {"sessionId": self._session} if self._session else {}
        message = {"id": self._number, "method": method, "params": parameters, **session}
        self._down.write(json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self.seen.append(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = self._up.read(1 << 20)
            assert more, "the browser is gone"
            self._rest += more
        one, self._rest = self._rest.split(b"\0", 1)
        found = json.loads(one)
        assert isinstance(found, dict)
        return found

    def close(self) -> None:
        self._down.close()
        self._up.close()

    def open(self, page: Path, *, width: int = 1440, height: int = 900, dark: bool = False) -> None:
        """Open a page in a window of this size, and wait until it is there."""
        phone = width < 500
        size = {"width": width, "height": height, "deviceScaleFactor": 1}
        self.call("Emulation.setDeviceMetricsOverride", mobile=phone, **size)
        self.media("", dark=dark)
        self.seen.clear()
        self.call("Page.navigate", url=page.as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.seen):
            self.seen.append(self._next())

    def media(self, medium: str, *, dark: bool = False) -> None:
        """Show the page as on this medium (``print``, or empty for the screen), light or dark."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=medium, features=[scheme])

    def ask(self, expression: str, *, wait: bool = False) -> Any:
        """The value of a JavaScript expression: the page has no script, but the one who looks at it may.

        ``wait``: for a promise that it is.
        """
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=wait)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key: str, *, shift: bool = False) -> None:
        """Press one key: Tab, Enter, Escape, Space, ArrowLeft …"""
        code = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowLeft": 37, "ArrowRight": 39}[key]
        text = {"Enter": "\r", " ": " "}.get(key, "")
        about = {"key": key, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
        self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **about)
        self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def click(self, across: int, down: int) -> None:
        """Click at a place of the window."""
        for event in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=event, x=across, y=down, button="left", clickCount=1)

    def paper(self) -> bytes:
        """The page as PDF."""
        done = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=False)
        return base64.b64decode(done["data"])

    def picture(self, *, whole: bool = False) -> bytes:
        """The page as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=whole)["data"])


@contextmanager
def browser(home: Path) -> Iterator[Browser]:
    """A browser that is gone when one is done with it; its profile is below ``home``."""
    assert CHROMIUM
    commands, down = os.pipe()
    up, answers = os.pipe()
    arguments = [CHROMIUM, *OPTIONS, f"--user-data-dir={home / 'profile'}", "about:blank"]
    wired = ["bash", "-c", f'exec "$@" 3<&{commands} 4>&{answers}', "bash", *arguments]
    process = subprocess.Popen(
        wired, pass_fds=(commands, answers), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "HOME": str(home)}
    )  # fmt: skip
    os.close(commands)
    os.close(answers)
    try:
        one = Browser(down, up)
        yield one
        one.close()
    finally:
        process.terminate()
        process.wait(20)

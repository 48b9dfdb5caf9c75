"""Debian's chromium, driven by playwright: pages that say nothing on the console and ask for nothing but themselves."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser.support import OpenPage

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
)  # fmt: skip


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder are browser tests, meant for one process: a browser needs much memory."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="package")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The installed browser without a window, its home a new folder; never one that playwright downloads."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install '.[dev]'")
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed: apt-get install chromium")
    home = {**os.environ, "HOME": str(tmp_path_factory.mktemp("home"))}
    with (
        playwright.sync_playwright() as play,
        play.chromium.launch(executable_path=program, args=OPTIONS, env=home) as browser,
    ):
        yield browser


@pytest.fixture
def noticed() -> Iterator[list[str]]:
    """What a page said on the console, got wrong, or asked for besides itself; a test that expects some clears it."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def open_page(chromium: Browser, noticed: list[str]) -> Iterator[OpenPage]:
    """Opens pages; when the test is over they are closed, and none of them may have been noticed."""
    contexts = []

    def one(file: Path, *, width: int = 1440, height: int = 900, dark: bool = False, script: bool = True) -> Page:
        phone = width < 500
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            is_mobile=phone,
            has_touch=phone,
            java_script_enabled=script,
            offline=True,
        )
        contexts.append(context)
        page = context.new_page()
        address = file.resolve().as_uri()
        context.on("console", lambda message: noticed.append(f"console, {message.type}: {message.text}"))
        context.on("page", lambda other: noticed.append(f"another window: {other.url}"))
        context.on("request", lambda request: request.url == address or noticed.append(f"request: {request.url}"))
        page.on("pageerror", lambda error: noticed.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (noticed.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("download", lambda download: noticed.append(f"download: {download.url}"))
        page.goto(address)
        return page

    yield one
    for context in contexts:
        context.close()

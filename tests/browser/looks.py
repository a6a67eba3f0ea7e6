"""Four views of a page: on a desktop and on a phone, light and dark. A journey is made once, and each page on which it
stops is checked in all four."""

import os
import re
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 860}
# (name, size, dark). In dark mode, only colours differ.
LOOKS = [
    ("on a desk", DESKTOP, False),
    ("on a desk, dark", DESKTOP, True),
    ("on a phone, dark", PHONE, True),
    ("on a phone", PHONE, False),
]
# Widths at which nothing may be wider than the screen: the smallest phone, and half a desktop beside the navigation.
NARROW: list[tuple[str, Any]] = [
    ("on the smallest phone", {"width": 320, "height": 640}),
    ("in half a window", {"width": 900, "height": 860}),
]
# https://www.deque.com/axe/core-documentation/api-documentation/#options-parameter
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
AXE = """options => axe.run({...options, resultTypes: ["violations"]}).then(found => found.violations.map(one =>
    `${one.id}: ${one.help}: ${one.nodes.slice(0, 5).map(node => node.target.join(" "))}`))"""
BEYOND = "all => all.filter(one => one.offsetWidth > one.parentElement.clientWidth).map(one => one.innerText)"
# During a colour transition, the contrast is neither that of light nor that of dark mode.
SETTLED = """Promise.allSettled(document.getAnimations().filter(one => one instanceof CSSTransition)
    .filter(one => one.effect.target.checkVisibility())  // within closed details, time stands still
    .map(one => one.finished)).then(() => true)"""
BEYOND_EDGE = """() => [...document.querySelectorAll("main *")]
    .filter(one => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".tabs, .table-scroll, pre"))
    .slice(0, 5).map(one => `${one.tagName}.${one.className}: ${(one.innerText ?? "").slice(0, 40)}`)"""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
DARK = "matchMedia('(prefers-color-scheme: dark)').matches"


def photograph(page: Page, *names: str) -> None:
    """Take a picture of the whole page, if requested: `HUBPORTAL_LOOKS=/tmp/looks make test TESTS=…`."""
    if folder := os.environ.get("HUBPORTAL_LOOKS"):
        name = re.sub(r"\W+", "-", " ".join(names)).strip("-")
        page.screenshot(path=Path(folder) / f"{name}.png", animations="disabled", full_page=True)


def dress(page: Page, size: Any, dark: bool) -> None:
    page.set_viewport_size(size)
    page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
    page.evaluate(SETTLED)


def misfits(page: Page, where: str = "") -> list[str]:
    """Return elements that are wider than the screen, and tables that are wider than their column."""
    wide = page.evaluate(WIDER)
    found = [f"{page.url} {where} is {wide} px wider than the screen: {page.evaluate(BEYOND_EDGE)}"] if wide > 0 else []
    if page.eval_on_selector_all(".table.cards:not(.table-scroll > *)", BEYOND):
        found.append(f"{where} has a table that runs out of its column")
    return found


def fits(page: Page, where: str = "") -> None:
    found = misfits(page, where)
    assert not found, "\n".join(found)


def no_violations(page: Page, where: str = "", options: Any = None) -> None:
    """Check that axe finds nothing on the page in its current state."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    words = page.evaluate(AXE, options or {})
    assert not words, f"{page.url} {where}\n" + "\n".join(words)


def reads_well(page: Page, where: str = "") -> None:
    """Check a page in all four views and at two more widths; then restore it."""
    before = page.viewport_size, page.evaluate(DARK)
    for called, size, dark in LOOKS:
        dress(page, size, dark)
        no_violations(page, f"{where} {called}", COLOURS if dark else None)
        fits(page, f"{where} {called}")
        photograph(page, where, called)
    for called, size in NARROW:
        page.set_viewport_size(size)
        fits(page, f"{where} {called}")
    dress(page, *before)

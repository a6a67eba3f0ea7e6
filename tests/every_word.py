"""Words of a page that people see or hear, and a language in which every sentence is in brackets."""

import re
from html.parser import HTMLParser

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from portal import catalogues

ATTRIBUTES = ("aria-label", "title", "placeholder", "alt", "data-label", "data-busy", "label")
SILENT = ("script", "style", "code", "pre", "template", "textarea", "datalist", "noscript")
VOID = ("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr")
OPEN, SHUT = "⟦", "⟧"
INNER = re.compile(f"{OPEN}[^{OPEN}{SHUT}]*{SHUT}")


class Words(HTMLParser):
    """`found`: the texts of elements and attributes, except those marked as another language. The bracket of a sentence
    may close in an inner element."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside: list[tuple[str, bool]] = []  # element, silent
        self.open = 0  # brackets

    @property
    def silent(self) -> bool:
        return any(silent for _, silent in self.inside)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        silent = tag in SILENT or (tag != "html" and "lang" in given) or "mono" in (given.get("class") or "").split()
        if not self.silent and not silent:
            self.found += [given[name] or "" for name in ATTRIBUTES if name in given]
            if tag == "input" and given.get("type") in ("submit", "button"):
                self.found.append(given.get("value") or "")
        if tag not in VOID:
            self.inside.append((tag, silent))

    def handle_endtag(self, tag):
        if any(name == tag for name, _ in self.inside):  # a void element may have an end, too: <img />
            while self.inside.pop()[0] != tag:
                pass

    def handle_data(self, data):
        before, self.open = self.open, max(0, self.open + data.count(OPEN) - data.count(SHUT))
        if not self.silent:
            self.found.append(OPEN * before + data + SHUT * self.open)


def words_of(html: str) -> list[str]:
    reader = Words()
    reader.feed(html)
    return [" ".join(text.split()) for text in reader.found if text.strip(f" \n{OPEN}{SHUT}")]


def outside(text: str) -> list[str]:
    """Return the parts outside all brackets, which were in no catalogue."""
    while INNER.search(text):
        text = INNER.sub("\0", text)
    return [part for part in text.split("\0") if part.strip()]


def bracketed(text: str) -> str:
    return OPEN + text + SHUT


def write_bracketed(place, language: str) -> None:
    """Write catalogues in which every sentence is in brackets, for `settings.LOCALE_PATHS`."""
    for domain in catalogues.DOMAINS:
        made: Catalog = catalogues.collected(domain)
        made.locale = "en"
        for message in made:
            if message.id:
                message.string = (
                    bracketed(message.id) if isinstance(message.id, str) else tuple(map(bracketed, message.id))
                )
        folder = place / language / "LC_MESSAGES"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{domain}.mo").open("wb") as file:
            write_mo(file, made)

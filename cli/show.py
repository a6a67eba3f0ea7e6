"""Tables for people, JSON for programs."""

import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import typer

NARROWEST = 8  # characters of a column that is shortened


class Output:
    """Output for people, or JSON if `as_json` is set (once, before the command runs)."""

    def __init__(self) -> None:
        self.as_json = False

    def rows(self, rows: Iterable[dict[str, Any]], columns: Sequence[tuple[str, str]], empty: str) -> None:
        """Print a table of these columns (heading, key), or each row in full as JSON."""
        found = list(rows)
        if self.as_json:
            self.data(found)
        elif not found and empty:
            self.say(empty)
        elif found:
            for line in table([[cell(row.get(key)) for _, key in columns] for row in found], [h for h, _ in columns]):
                typer.echo(line)

    def one(self, row: dict[str, Any], columns: Sequence[tuple[str, str]]) -> None:
        """Print one object, one field per line."""
        if self.as_json:
            self.data(row)
            return
        width = max(len(heading) for heading, _ in columns)
        for heading, key in columns:
            typer.echo(f"{heading:<{width}}  {cell(row.get(key))}")

    def data(self, data: Any) -> None:
        typer.echo(json.dumps(data, indent=2, ensure_ascii=False))

    def say(self, sentence: str) -> None:
        """Print a sentence for people; to standard error if the output is JSON."""
        typer.echo(harmless(sentence), err=self.as_json)


def harmless(text: str) -> str:
    """Return the text without control characters, so that other people's text can't control the terminal."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else " " for letter in text)


def cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(cell(one) for one in value)
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    return harmless(text).replace("\n", " ").replace("\t", " ")


def table(rows: Sequence[Sequence[str]], headings: Sequence[str], width: int = 0) -> list[str]:
    """Return lines as wide as the terminal: the widest columns are shortened."""
    width = width or (shutil.get_terminal_size((120, 24)).columns if sys.stdout.isatty() else 10_000)
    widths = [max(len(heading), *(len(row[n]) for row in rows)) for n, heading in enumerate(headings)]
    while sum(widths) + 2 * (len(widths) - 1) > width and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
    lines = []
    for row in [[heading.upper() for heading in headings], *rows]:
        parts = [text if len(text) <= n else f"{text[: n - 1]}…" for text, n in zip(row, widths, strict=True)]
        lines.append("  ".join(f"{part:<{n}}" for part, n in zip(parts, widths, strict=True)).rstrip())
    return lines


out = Output()

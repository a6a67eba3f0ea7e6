"""The page of all commands, made from the commands themselves."""

from collections.abc import Iterator
from typing import Any

import typer

from .main import app
from .problems import CODES

HEAD = """# The command line

Made by `manage.py cli_reference` from the commands themselves; `make check` compares.

Install it with `pip install ./cli`, then `hubportal login https://portal.example.org` and allow it in a browser,
on this machine or any other. The token is kept in `hubportal/config.json` below `XDG_CONFIG_HOME` (else `~/.config`),
readable by you alone. In a pipeline set `HUBPORTAL_URL` and `HUBPORTAL_TOKEN` instead; they come before what is kept.
[Automate your term](automate.md) shows it at work.

`hubportal --install-completion` completes words in bash, zsh and fish. `hubportal --json ...` writes JSON to standard
output and nothing else; what the portal refused is then one JSON document on standard error: `title`, `detail`,
`exitCode`, `lines`.
"""


def _sections(command: Any, name: str) -> Iterator[str]:
    if children := getattr(command, "commands", None):
        for word, child in children.items():
            yield from _sections(child, f"{name} {word}")
        return
    context = typer.Context(command, info_name=name)
    pieces = " ".join(command.collect_usage_pieces(context))
    yield f"\n## {name}\n\n{command.help or ''}\n\n    {name} {pieces}\n"
    if options := [found for found in (p.get_help_record(context) for p in command.params) if found]:
        yield "\n" + "".join(f"- `{first}`: {' '.join(words.split())}\n" for first, words in options)


def text() -> str:
    codes = "".join(f"| {number} | {words} |\n" for number, words in CODES.items())
    parts = "".join(_sections(typer.main.get_command(app), "hubportal"))
    return f"{HEAD}\n## Exit codes of every command\n\n| code | means |\n|---|---|\n{codes}{parts}"

"""docs/fields.md: every field of a hub, from the one description that the form is made from. Pure."""

from hubs.spec.diff import briefly
from hubs.spec.fields import FIELDS, STEPS, Field
from hubs.spec.honoured import in_part

TOP = """\
# Fields of a hub

Made by `manage.py fields` from `hubs/spec`, which form, comparison and export are made from, too.
*Values* is the place in Zero to JupyterHub's values.yaml; “–” is the portal's own, or composed of several.
"""
HEAD = "| field | what it says | when nothing is said | values |\n|---|---|---|---|\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _row(field: Field) -> str:
    words = field.words
    default = briefly(field, field.default) or ("has to be written" if field.required else "nothing")
    about = f"{words.help} {in_part(field)}".strip()
    if words.choices:
        about += " One of: " + ", ".join(label.split(" — ")[0] for _, label in words.choices) + "."
    values = f"`{field.values_path}`" if field.values_path else "–"
    return f"| {_cell(words.label)} | {_cell(about)} | {_cell(default)} | {values} |\n"


def page() -> str:
    found = [TOP]
    for step in STEPS:
        rows = [_row(field) for field in FIELDS.values() if field.words.step == step.name]
        found.append(f"\n## {step.title}\n\n{step.lead}\n\n{HEAD}{''.join(rows)}")
    return "".join(found)

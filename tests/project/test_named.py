"""Module names in texts exist: code in strings, guides, and files for operators."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

from django.conf import settings

HERE = Path(settings.BASE_DIR)
OURS = "hubs|portal|provisioning|cli"
# The ways in which a text names a module or something in it.
IMPORT = re.compile(rf"\bfrom ((?:{OURS})(?:\.\w+)*) import (?:\()?([\w, ]+)")
RUN = re.compile(rf"-m ((?:{OURS}|tests|bench)(?:\.\w+)+)")
OLD = ("docs/decisions/", "hubs/migrations/", "tests/data/")  # documents of the past


@cache
def names_of(module: str) -> set[str] | None:
    """Return what can be imported from this module of ours; None when it does not exist."""
    place = HERE.joinpath(*module.split("."))
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    if not file.exists():
        return {one.stem for one in place.iterdir()} if place.is_dir() else None
    found = {one.stem for one in place.iterdir()} if place.is_dir() else set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(one.asname or one.name).split(".")[0] for one in node.names}
        elif isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


def is_there(dotted: str) -> bool:
    """Return whether this is a module, a name in one, or a name in a class of one."""
    parts = dotted.split(".")
    for at in range(len(parts), 0, -1):
        names = names_of(".".join(parts[:at]))
        if names is not None:
            return at == len(parts) or parts[at] in names
    return False


def texts():
    tracked = subprocess.run(["git", "ls-files"], cwd=HERE, capture_output=True, text=True, check=True).stdout
    for name in tracked.splitlines():
        if not name.startswith(OLD) and Path(name).suffix not in (".png", ".sqlite3", ".svg", ".ico", ".gz"):
            yield name, (HERE / name).read_text(encoding="utf-8", errors="replace")


def test_every_module_that_a_text_imports_or_runs_exists():
    wrong = []
    for name, text in texts():
        for module, imported in IMPORT.findall(text):
            names = names_of(module)
            wanted = {one.split(" as ")[0].strip() for one in imported.split(",")} - {""}
            if names is None or not wanted <= names:
                wrong.append(f"{name}: from {module} import {imported}")
        wrong += [f"{name}: {module}" for module in RUN.findall(text) if not is_there(module)]
    assert not wrong, "\n".join(wrong)

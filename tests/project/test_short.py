"""Files have at most 300 lines and functions at most 40, with these exceptions and their reasons."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("hubs", "portal", "provisioning", "cli")
FILE, FUNCTION = 300, 40  # lines
LONG_FILES = {
    "portal/settings.py": "one list of settings, which whoever runs the portal reads from top to bottom",
    "hubs/access.py": "all doors in one place, so that nobody overlooks one",
}
LONG_FUNCTIONS = {
    "portal/run.py main": "starts processes one after the other, and ends them in the opposite order",
}


def files():
    """Yield (path from the root, text) of the product's modules, except migrations, which Django writes."""
    for path in (path for name in PRODUCT for path in sorted((ROOT / name).rglob("*.py"))):
        if "migrations" not in path.parts:
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def long_files(found, most=FILE):
    return {name for name, text in found if len(text.splitlines()) > most}


def long_functions(found, most=FUNCTION):
    """Return “file function” of each that is longer, from `def` to its last line."""
    return {
        f"{name} {node.name}"
        for name, text in found
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno >= most
    }


@pytest.mark.parametrize(("long", "excepted"), [(long_files, LONG_FILES), (long_functions, LONG_FUNCTIONS)])
def test_the_long_ones_are_those_with_a_reason(long, excepted):
    found = long(files())
    assert found - set(excepted) == set(), "split it, find what it repeats, or write the reason above"
    assert set(excepted) - found == set(), "short by now: remove its reason"


def test_long_files_and_functions_are_found():
    def made(lines):
        return [("a.py", "class A:\n    async def f(self):\n" + "        pass\n" * (lines - 1))]

    assert long_functions(made(FUNCTION)) == set()
    assert long_functions(made(FUNCTION + 1)) == {"a.py f"}
    assert long_files([("a.py", "x = 1\n" * FILE)]) == set()
    assert long_files([("a.py", "x = 1\n" * FILE + "y = 2\n")]) == {"a.py"}
    assert len(list(files())) > 500

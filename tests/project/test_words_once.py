"""At most two test files read a sentence or label of the product literally. Others take it from tests/words.py, so that
a changed sentence does not break thirty tests."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST = 2  # test files
PRODUCT = ("hubs", "portal", "provisioning", "cli")
DATA = {"demo.py", "samples.py"}  # names of made-up people and hubs
CAST = {"Statistics 101", "River University"}  # of tests/conftest.py; the product has them as examples


def literals(path: Path) -> Iterator[str]:
    """Yield the strings of a module, without its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bodies = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    whole = [one for one in ast.walk(tree) if isinstance(one, bodies) and one.body]
    docs = {id(one.body[0].value) for one in whole if isinstance(one.body[0], ast.Expr)}
    for one in ast.walk(tree):
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in docs:
            yield " ".join(one.value.split())


def of_templates() -> Iterator[str]:
    for path in (ROOT / "templates").rglob("*.*"):
        text = path.read_text(encoding="utf-8")
        yield from re.findall(r'"([^"<>{}%]*)"', text)
        for run in re.split(r"<[^>]*>|\n\n", re.sub(r"{[%{#].*?[%}#]}", "\n\n", text, flags=re.S)):
            yield " ".join(run.split())


def test_sentences_that_many_tests_read_are_in_one_place():
    paths = [path for name in PRODUCT for path in (ROOT / name).rglob("*.py") if "migrations" not in path.parts]
    product = {text for path in paths if path.name not in DATA for text in literals(path)}
    product |= set(of_templates())
    words = {text for text in product if " " in text and len(text) > 8 and re.search("[a-z]{3}", text)} - CAST
    readers: dict[str, set[str]] = defaultdict(set)
    for path in (ROOT / "tests").rglob("*.py"):
        for text in words.intersection(literals(path)) if path.name != "words.py" else ():
            readers[text].add(path.name)
    spread = {text: sorted(files) for text, files in readers.items() if len(files) > MOST}
    assert not spread, f"Put these into tests/words.py, and read them from there: {spread}"

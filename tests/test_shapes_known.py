"""The table of shapes (hubs/spec/chart/classes.json) equals what the real classes define."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from hubs.spec import chart, shape

from .known_shapes import known, own_traits, real_trait

TABLE = Path(chart.__file__).parent / "classes.json"
CLASSES = json.loads(TABLE.read_text(encoding="utf-8"))["classes"]
ODD: tuple[Any, ...] = ("x", 5, 1.5, True, [], ["x"], [5], [[1]], {}, {"a": "x"}, {"a": 5}, {"a": ["x"]}, "2G", "512Mi")
# Settings that depend on another setting beside them, or on a secret, which has a field of its own.
BESIDE = {"allowed_scopes", "idps", "password_groups", "user_password", "admin_password"}


def as_text(table: dict[str, Any]) -> str:
    """Return one line for each class, so that a difference shows what changed."""
    parts = []
    for name, rows in sorted(table.items()):
        if isinstance(rows, dict):
            lines = [f"{json.dumps(key)}: {json.dumps(rows[key], sort_keys=True)}" for key in sorted(rows)]
            parts.append(f'"{name}": {{\n' + ",\n".join(lines) + "\n}")
        else:
            parts.append(f'"{name}": {json.dumps(rows)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def test_the_table_is_that_of_the_classes():
    """HUBPORTAL_GOLDEN=1 writes it."""
    text = as_text(known())
    if os.environ.get("HUBPORTAL_GOLDEN"):
        TABLE.write_text(text, encoding="utf-8")
    assert TABLE.read_text(encoding="utf-8") == text


@pytest.mark.filterwarnings("ignore::DeprecationWarning:kubespawner")
def test_an_accepted_value_is_accepted_by_the_real_trait():
    """Every trait of every class, with values of every kind: refused with a sentence, or accepted by JupyterHub."""
    wrong = []
    for name, trait in own_traits():
        for value in ODD:
            tree = {"hub": {"config": {name: {trait: value}}}}
            if shape.wrong_traits(tree):
                continue
            settled = shape.settled(tree)["hub"]["config"][name].get(trait)
            if not real_trait(name, trait, settled) and trait not in BESIDE:
                wrong.append(f"{name}.{trait} = {value!r}")
    assert wrong == []

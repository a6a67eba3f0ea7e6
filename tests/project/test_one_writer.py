"""Only hubs.wake writes a hub's desired state, and only provisioning.leases what was observed (docs/decisions/055)."""

import ast
from collections.abc import Iterator
from pathlib import Path

from hubs.models import Hub

ROOT = Path(__file__).resolve().parents[2]
WRITERS = {"hubs/wake.py", "provisioning/leases.py"}
OTHERS = {"hubs/api/base.py": "status"}  # a column with the same name on another row: a stored answer
COLUMNS = {
    "status", "desired_state", "generation", "revision", "restart_at", "keep_files_until", "scheduled", "pause_reason",
    "extra_config", "conditions", "observed_generation", "observed_at", "fingerprint", "servers", "reconcile_after",
    "wakes", "lease_until", "lease_token",
}  # fmt: skip


def sources() -> Iterator[tuple[str, ast.Module]]:
    for place in ("hubs", "provisioning", "portal"):
        for path in sorted((ROOT / place).rglob("*.py")):
            if not {"migrations", "hubside"} & set(path.parts):
                yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def written(tree: ast.Module) -> Iterator[str]:
    """Yield columns of hubs that a module writes directly: rows.update(status=...), and hub.save()."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr in ("update", "aupdate", "update_or_create"):
            yield from (word.arg for word in node.keywords if word.arg in COLUMNS)
        if node.func.attr in ("save", "asave") and "hub" in ast.unparse(node.func.value).split("."):
            yield "save"
        if node.func.attr in ("bulk_update", "abulk_update") and "Hub" in ast.unparse(node.func.value).split("."):
            yield "bulk_update"


def test_only_the_writers_set_desired_and_observed_state():
    found = {name: set(written(tree)) - {OTHERS.get(name)} for name, tree in sources() if name not in WRITERS}
    assert {name: columns for name, columns in found.items() if columns} == {}, (
        "call hubs.wake.want (or wake), which wake the hub, too"
    )


def test_the_columns_exist_and_writes_are_found():
    assert {field.name for field in Hub._meta.get_fields()} >= COLUMNS
    assert set(written(ast.parse("Hub.objects.filter(pk=1).update(status='ready')\nhub.save()"))) == {"status", "save"}

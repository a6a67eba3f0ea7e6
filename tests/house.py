"""Where a module of `hubs` may stand, as a contract of import-linter (pyproject.toml; docs/decisions/049).

Every module has two coordinates: its room (a subject) and its floor (a kind). Floors are listed from the top down, and
no module imports from a floor above its own. Forms, services and queries import only from rooms that are listed after
their own. A module whose floor or room is not listed breaks the contract."""

from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

ORDERED = ("forms", "services", "queries")
HUBS = Path(__file__).resolve().parent.parent / "hubs"


class House(Contract):
    """Two orders at once: floors for kinds, rooms for subjects."""

    package: Any = fields.StringField()
    floors: Any = fields.ListField(subfield=fields.StringField())
    rooms: Any = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Check every direct import inside the package: each has to go down."""
        root = str(self.package)
        modules = sorted(graph.find_descendants(root))
        homeless = [one for one in modules if self._floor(one) is None or self._room(one) is None]
        wrong = []
        for importer in modules:
            for imported in sorted(graph.find_modules_directly_imported_by(importer)):
                if imported.startswith(f"{root}.") and not {importer, imported} & set(homeless):
                    said = self._wrong(importer, imported)
                    wrong += [f"{importer} -> {imported}: {said}"] if said else []
        return ContractCheck(kept=not (wrong or homeless), metadata={"wrong": wrong, "homeless": homeless})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Say what to do about each broken import."""
        for one in check.metadata["homeless"]:
            output.print_error(f"{one}: no room of the list in pyproject.toml, or no kind of its floors")
        for one in check.metadata["wrong"]:
            output.print_error(one)

    def _path(self, module: str) -> list[str]:
        return module.removeprefix(f"{self.package}.").split(".")

    def _floor(self, module: str) -> int | None:
        """Return the floor, where 0 is the top. A room's own package is at the bottom, because it holds nothing."""
        parts = self._path(module)
        if parts[0] in self._rooms() and len(parts) == 1:
            return len(list(self.floors))
        for number, floor in enumerate(self.floors):
            for one in str(floor).split(" | "):
                if fnmatchcase(".".join(parts[:2]) if "." in one else parts[0], one):
                    return number
        return None

    def _rooms(self) -> list[str]:
        return [str(one) for one in self.rooms]

    def _room(self, module: str) -> int | None:
        """Return a room's position in the list. Modules outside rooms (access, models, spec, ...) only have a floor."""
        first = self._path(module)[0]
        if first in self._rooms():
            return self._rooms().index(first)
        named = {one for floor in self.floors for one in str(floor).split(" | ")}
        return len(self._rooms()) if first in named else None

    def _wrong(self, importer: str, imported: str) -> str:
        here, there = self._floor(importer), self._floor(imported)
        if here is not None and there is not None and there < here:
            return f"goes up to “{list(self.floors)[there]}”"
        kinds = [path[1] if len(path := self._path(one)) > 1 else "" for one in (importer, imported)]
        mine, other = self._room(importer), self._room(imported)
        if set(kinds) <= set(ORDERED) and mine is not None and other is not None and other < mine:
            return "goes against the order of the rooms"
        return ""


def modules(kind: str) -> list[ModuleType]:
    """Return every module of one kind ("api", "forms", "services", ...), in every room."""
    return [import_module(name) for name in names(kind)]


def names(kind: str) -> list[str]:
    """Like `modules`, by dotted name."""
    return [".".join(path.relative_to(HUBS.parent).with_suffix("").parts) for path in files(kind)]


def files(kind: str) -> list[Path]:
    """Like `modules`, by path; the API's shared modules belong to the kind "api"."""
    found = [*HUBS.glob(f"*/{kind}.py"), *HUBS.glob(f"*/{kind}/**/*.py"), *HUBS.glob(f"{kind}/*.py")]
    return sorted(path for path in found if path.name != "__init__.py")

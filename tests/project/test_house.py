"""The contract of floors and rooms finds violations."""

import pytest
from grimp import ImportGraph

from tests.house import House, files

FLOORS = ["urls", "*.pages | *.api", "*.services | wake", "access", "*.queries", "models", "*.rules"]


def broken(*imports, also=()):
    """Return the violations in a made-up package with these imports: (importer, imported) below `p`."""
    graph = ImportGraph()
    for name in {name for pair in imports for name in pair} | set(also):
        parts = f"p.{name}".split(".")
        for end in range(1, len(parts) + 1):
            graph.add_module(".".join(parts[:end]))
    for importer, imported in imports:
        graph.add_import(importer=f"p.{importer}", imported=f"p.{imported}")
    options = {"package": "p", "floors": FLOORS, "rooms": ["hub", "roster"]}
    check = House("floors and rooms", {}, options).check(graph, verbose=False)
    assert check.kept is not bool(check.metadata["wrong"] or check.metadata["homeless"])
    return [one.split(":")[0] for one in check.metadata["wrong"]], check.metadata["homeless"]


def test_imports_that_go_down_are_allowed():
    pages_of_each_other = [("hub.pages.page", "roster.pages"), ("roster.pages", "hub.pages.frame")]
    down = [
        ("hub.services.verbs", "roster.services"),
        ("hub.services.verbs", "access"),
        ("roster.queries", "models.row"),
    ]
    assert broken(*pages_of_each_other, *down, ("models.row", "hub.rules"), ("urls.pages", "hub.pages.page")) == (
        [],
        [],
    )


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("hub.services", "hub.pages"),  # up, in one room
        ("roster.queries", "hub.services"),  # up, into another
        ("access", "wake"),
        ("models.row", "hub.queries"),
        ("roster.services.groups", "hub.services.verbs"),  # against the order of the rooms
        ("roster.queries", "hub.queries"),
    ],
)
def test_imports_that_go_up_or_back_are_found(importer, imported):
    assert broken((importer, imported)) == ([f"p.{importer} -> p.{imported}"], [])


@pytest.mark.parametrize("name", ["helpers", "garden.pages", "hub.helpers"])
def test_a_module_without_room_or_floor_is_found(name):
    assert f"p.{name}" in broken(("hub.pages", "access"), also=[name])[1]


def test_every_kind_is_found_in_every_room():
    """Other tests go through `files`: if it were empty, they would find no errors."""
    assert {path.parent.name for path in files("pages")} >= {"pages", "webhooks"}
    assert len(files("services")) > 50

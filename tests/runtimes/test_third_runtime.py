"""A new runtime is a class and a line in settings: staff add its cluster, people request a hub there, it starts and is
retired. Pages ask the runtime for its capabilities, and no line of code asks which kind a cluster is."""

import ast
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import reverse

from hubs.hub.services import hubs as hub_services
from hubs.models import Cluster, Hub
from hubs.requests.services import requests as services
from hubs.spec import STEPS
from provisioning.reconcile import reconcile
from provisioning.runtimes.memory import World

from .tiny import Tiny

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tiny(settings):
    settings.RUNTIMES = {**settings.RUNTIMES, "tiny": "tests.runtimes.tiny.Tiny"}
    Tiny.shared = World()
    return Tiny.shared


@pytest.fixture
def place(tiny, as_, stan, river) -> Cluster:
    """Added by staff on the page, for River."""
    client = as_(stan)
    page = client.get(reverse("cluster-new-machine")).content.decode()
    assert "a tiny place" in page
    body = {"name": "Tiny", "slug": "tiny", "runtime": "tiny"}
    assert client.post(reverse("cluster-new-machine"), body).status_code == 302
    row = Cluster.objects.get(slug="tiny")
    assert row.runtime == "tiny"
    river.cluster = row
    river.save()
    return row


def seen(client, name, *args) -> str:
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200, answer
    return answer.content.decode()


@pytest.mark.django_db
def test_staff_see_and_change_its_cluster(place, as_, stan):
    client = as_(stan)
    assert "a tiny place" in seen(client, "cluster-list")
    page = seen(client, "cluster", "tiny")
    assert "Everything is small there." in page
    for of_others in ("Ports", "Credentials", "Domain"):
        assert f"<dt>{of_others}" not in page, of_others
    assert "First port" not in seen(client, "cluster-edit", "tiny")
    assert client.post(reverse("cluster-edit", args=["tiny"]), {"name": "Tinier"}).status_code == 302
    assert client.post(reverse("cluster-check", args=["tiny"])).status_code == 302
    place.refresh_from_db()
    assert (place.name, place.healthy) == ("Tinier", True)


@pytest.mark.django_db
def test_its_cluster_is_added_by_api(tiny, as_, stan):
    body = {"slug": "tiny", "name": "Tiny", "runtime": "tiny"}
    answer = as_(stan).post("/api/v1/clusters/", body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    assert answer.json()["settings"] == {"name": "Tiny"}


@pytest.mark.django_db
def test_the_form_asks_what_it_can_honour_and_names_the_rest_once(place, as_, ines, river):
    row = services.begin(organization=river, starting_point="class", by=ines)
    pages = {step.name: seen(as_(ines), "request-edit", row.uid, step.name) for step in STEPS}
    assert 'name="singleuser.image.name"' in pages["software"]
    assert 'name="singleuser.profileList"' in pages["choices"]
    assert 'name="singleuser.storage.capacity"' not in pages["sizes"], "it has no volumes"
    assert "not available for this hub" in seen(as_(ines), "request-review", row.uid)
    assert "that doesn’t enforce limits" not in pages["sizes"]


@pytest.mark.django_db
def test_a_hub_runs_there_from_its_request_to_its_end(place, tiny, as_, ines, river, ask):
    request = services.submit(request=ask(ines, river), by=ines)
    assert request.state == "approved", request.policy
    hub = Hub.objects.get(pk=request.hub_id)

    def settle() -> None:
        for _ in range(10):
            Hub.objects.filter(pk=hub.pk).update(reconcile_after="2020-01-01T00:00Z", lease_until=None)
            reconcile(hub.pk)
            hub.refresh_from_db()
            if hub.settled and hub.status in ("ready", "retired"):
                return
        raise AssertionError(f"{hub.status}: {hub.conditions}")

    settle()
    assert (hub.status, hub.url) == ("ready", f"https://tiny.example.net/{hub.slug}/")
    assert list(tiny.hubs[hub.uid].parts) == ["files", "proxy", "hub"]
    page = seen(as_(ines), "hub", hub.uid)
    assert "This hub runs on a single machine" not in page, "it isolates people"
    for missing in ("hub-logs", "hub-domain", "hub-objects"):
        assert f'href="{reverse(missing, args=[hub.uid])}"' not in page, missing
    hub_services.retire(hub=hub, by=ines, typed=hub.slug)
    settle()
    assert hub.status == "retired"
    assert tiny.archive == [hub.uid]


@pytest.mark.django_db
def test_it_needs_no_migration(tiny):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


# --- no line asks for the kind ----------------------------------------------------------------------------------------
# Allowed: finding a class by the row's value, writing the value, and a constraint of the database.
MAY = {
    "hubs/models/cluster.py": 2,  # `can`, and the constraint
    "provisioning/runtimes/__init__.py": 3,
}
CLASSES = ("KubernetesRuntime", "LocalRuntime", "MemoryRuntime")


def asks(node: ast.AST) -> bool:
    """Return whether it reads the column `runtime`, compares it in a query, or names a class of runtimes."""
    if isinstance(node, ast.Attribute):
        return node.attr in ("runtime", "get_runtime_display") or node.attr in CLASSES
    if isinstance(node, ast.keyword):
        compared = isinstance(node.value, ast.Constant) and node.value.value != ""
        return bool(re.fullmatch(r"(\w+__)?runtime", node.arg or "")) and compared
    return isinstance(node, ast.ImportFrom) and any(alias.name in CLASSES for alias in node.names)


def test_no_line_asks_which_kind_a_cluster_is():
    found: dict[str, int] = {}
    for path in (path for folder in ("hubs", "portal", "provisioning") for path in (ROOT / folder).rglob("*.py")):
        name = str(path.relative_to(ROOT))
        if "/migrations/" in name or re.match("provisioning/runtimes/(local|kubernetes)/", name):
            continue
        if count := sum(asks(node) for node in ast.walk(ast.parse(path.read_text()))):
            found[name] = count
    assert found == MAY
    for path in (ROOT / "templates").rglob("*.html"):
        assert not re.search(r"(?<!form)\.(get_)?runtime", path.read_text()), path

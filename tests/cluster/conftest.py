"""One portal and one real cluster for all of these tests, as in production: the portal is never started twice.

HUBPORTAL_E2E_KUBECONFIG names the kubeconfig of a cluster's admin; `make test-cluster` sets it. The portal uses only
the ServiceAccount of deploy/kubernetes.
"""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import override_settings
from django.test.utils import setup_databases, teardown_databases
from playwright.sync_api import Page

from hubs import demo
from hubs.clusters.services import clusters
from hubs.models import Cluster, Hub, Organization, User
from portal.settings import PASSWORD_HASHERS
from provisioning import names
from tests.browser.conftest import chromium, visit
from tests.browser.looks import DESKTOP, PHONE
from tests.cluster.kube import PORTAL_ACCOUNT, PORTAL_NAMESPACE, Kube, read_kubeconfig
from tests.cluster.portal import ClusterPortal
from tests.cluster.reverse_proxy import ReverseProxy
from tests.stack.portal import until

__all__ = ["chromium", "visit"]
IMAGES = {
    name: os.environ.get(f"HUBPORTAL_E2E_{name.upper()}_IMAGE", f"localhost/{name}:dev")
    for name in ("hub", "proxy", "singleuser")
}
HOST = os.environ.get("HUBPORTAL_E2E_HOST", "10.245.0.1")  # this machine, at an address that pods reach


@pytest.fixture(autouse=True)
def _safe_settings() -> None:
    """Replaces the fixture of tests/conftest.py: here `_settings` applies to the whole session."""


@pytest.fixture(scope="session")
def kube() -> Iterator[Kube]:
    path = os.environ.get("HUBPORTAL_E2E_KUBECONFIG", "")
    if not path:
        pytest.fail("These tests need a real cluster: HUBPORTAL_E2E_KUBECONFIG, or `make test-cluster`", pytrace=False)
    with Kube(read_kubeconfig(path)) as admin:
        yield admin


@pytest.fixture(scope="session")
def _settings() -> Iterator[None]:
    with override_settings(
        HUBPORTAL_ENCRYPTION_KEYS=[Fernet.generate_key().decode()], PASSWORD_HASHERS=PASSWORD_HASHERS
    ):
        yield


@pytest.fixture(scope="session")
def _rows(django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: Any) -> Iterator[None]:
    """One test database for the whole session, used by the portal's processes and by the tests. pytest-django's own
    would be emptied after each test."""
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, aliases={"default": None})
        yield
        teardown_databases(made, verbosity=0)


def find_hub(kube: Kube) -> Callable[[str], tuple[str, int] | None]:
    """Return where the hub of this slug answers: its proxy-public, by ClusterIP. The newest, if a killed run left
    another."""

    def find(slug: str) -> tuple[str, int] | None:
        found = kube.items("services", labelSelector=f"{names.LABEL_HUB},component=proxy")
        for service in sorted(found, key=lambda service: service["metadata"]["creationTimestamp"], reverse=True):
            meta = service["metadata"]
            if meta["name"] == "proxy-public" and meta["namespace"].rpartition("-")[0] == slug:
                return service["spec"]["clusterIP"], service["spec"]["ports"][0]["port"]
        return None

    return find


@pytest.fixture(scope="session")
def place(kube: Kube, _settings: None, _rows: None) -> Iterator[Cluster]:
    """The cluster's row, the demo's people and organisations, and a way for browsers to its hubs."""
    kube.install_way_in()
    front = ReverseProxy(find_hub(kube))
    front.start()
    demo.make()
    row = Cluster.objects.create(
        slug="real", name="Real cluster", runtime="kubernetes", domain=f"hubs.localhost:{front.port}",
        kubeconfig=json.dumps(kube.kubeconfig_of(PORTAL_NAMESPACE, PORTAL_ACCOUNT)),
        routing=Cluster.Routing.NONE, tls=Cluster.Tls.NONE,
    )  # fmt: skip
    Organization.objects.update(cluster=row)
    Cluster.objects.exclude(pk=row.pk).delete()
    yield row
    homes = [names.namespace(hub.slug, hub.uid) for hub in Hub.objects.all()]
    for name in homes:
        kube.remove(name)
    until(lambda: not any(kube.there(f"namespaces/{name}") for name in homes), "the hubs' namespaces are gone", 90)
    front.stop()


@pytest.fixture(scope="session")
def portal(place: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterPortal]:
    running = ClusterPortal(
        tmp_path_factory.mktemp("portal"), HOST,
        HUBPORTAL_HUB_IMAGE=IMAGES["hub"], HUBPORTAL_OPEN_IMAGES="localhost/", HUBPORTAL_PROXY_IMAGE=IMAGES["proxy"],
    )  # fmt: skip
    clusters.check(cluster=place, by=User.objects.get(username="stan"))  # as the page that adds a cluster does
    running.start("redis", "web", "worker", "beat", "watch")
    yield running
    running.stop()
    if keep := os.environ.get("HUBPORTAL_E2E_LOGS"):
        shutil.copytree(running.var, keep, dirs_exist_ok=True, ignore=shutil.ignore_patterns("redis", "static"))


def pictures(page: Page, name: str, *, whole: bool = True) -> None:
    """Take pictures of the page, desktop and phone, light and dark, if HUBPORTAL_E2E_PICTURES names a folder."""
    folder = os.environ.get("HUBPORTAL_E2E_PICTURES")
    if not folder:
        return
    for size, where in ((DESKTOP, "desk"), (PHONE, "phone")):
        for scheme in ("light", "dark"):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            path = Path(folder) / f"{name}-{where}-{scheme}.png"
            page.screenshot(path=path, full_page=whole, animations="disabled")
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="light")


class Clock:
    """Seconds of each wait, printed at the end of the run."""

    def __init__(self) -> None:
        self.figures: dict[str, float] = {}
        self.began = time.monotonic()

    def start(self) -> None:
        self.began = time.monotonic()

    def stop(self, name: str) -> float:
        self.figures[name] = time.monotonic() - self.began
        return self.figures[name]


FIGURES = Clock()


@pytest.fixture
def clock() -> Clock:
    return FIGURES


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for name, seconds in FIGURES.figures.items():
        terminalreporter.write_line(f"{seconds:6.1f} s  {name}")

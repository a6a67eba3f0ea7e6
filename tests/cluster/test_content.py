"""A missing repository on a real cluster: a person's server starts anyway, a file in their home says why, and the hub's
page shows it to people who run the hub, until the repository can be cloned."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hubs.models import FailedClone, Hub, HubSecret, User
from hubs.roster.services import roster
from provisioning.runtimes.kubernetes.hub_api import TOKEN_HEADER
from tests.browser.conftest import Visitor
from tests.browser.looks import no_violations
from tests.cluster.conftest import HOST, pictures
from tests.cluster.kube import Kube
from tests.cluster.people import STARTING, Working, at_work, have_hub, is_ready, wait_for_lab
from tests.cluster.portal import ClusterPortal
from tests.git_server import GitServer
from tests.stack.portal import until

pytestmark = pytest.mark.cluster
REPOSITORY = "https://git.example.org/uni/course"


class Reached(GitServer):
    """A git server at an address that pods reach."""

    HOST = HOST


@pytest.fixture(scope="module")
def git(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitServer]:
    with Reached(tmp_path_factory.mktemp("git")) as server:
        yield server


@pytest.fixture(scope="module")
def hub(portal: ClusterPortal, git: GitServer) -> Hub:
    """A hub whose servers use this git server instead of the repository's site."""
    host, _, port = git.host.partition(":")
    instead = f"GIT_CONFIG_PARAMETERS='url.{git.url}/.insteadOf=https://git.example.org/'"
    made = have_hub(
        "river", "ines", "content-lab", singleuser__content__repository=REPOSITORY,
        singleuser__extraEnv=instead, singleuser__internetExceptions=f"{host}/32 {port}",
    )  # fmt: skip
    roster.add(hub=made, by=User.objects.get(username="ines"), names=["mia"])
    until(lambda: is_ready(made), f"{made} is ready; {portal.log('worker')}", STARTING)
    return made


def stop(kube: Kube, side: Working) -> None:
    """Stop this person's server, as the portal does."""
    token = HubSecret.objects.get(hub=side.hub, name="portal_service_token").value
    hub = f"/api/v1/namespaces/{side.namespace}/services/proxy-public:80/proxy/hub/api/users/{side.user}"
    kube.api.ask("DELETE", f"{hub}/server", headers={TOKEN_HEADER: token})
    until(lambda: not kube.pods(side.namespace, "singleuser-server"), "the server is stopped", STARTING)


def in_home(kube: Kube, side: Working, *command: str) -> str:
    [pod] = kube.pods(side.namespace, "singleuser-server")
    return kube.run(side.namespace, pod["metadata"]["name"], *command, container="notebook")


def test_a_server_starts_without_its_repository_and_the_page_says_why(
    chromium: Any, portal: ClusterPortal, hub: Hub, kube: Kube, git: GitServer, visit: Callable[[str], Visitor]
) -> None:
    ines = visit(portal.url)
    ines.sign_in("ines")
    ines.goto(f"/hubs/{hub.uid}/")
    notice = ines.page.locator("#not-fetched")
    assert not notice.count()
    with at_work(chromium, portal.url, hub, "mia") as mia:
        wait_for_lab(mia.lab, "mia", lambda: kube.log(mia.namespace, "hub"))
        until(FailedClone.objects.filter(hub=hub).exists, "the portal heard of it", 60)
        notice.wait_for(timeout=30_000)  # on the page that is already open
        said = notice.inner_text()
        assert "The repository could not be fetched for 1 of 1 person" in said
        assert "The repository was not found, or it is private." in said
        assert "mia" in said
        assert "not found" in in_home(kube, mia, "cat", "course.not-fetched.txt")
        no_violations(ines.page)
        pictures(ines.page, "not-fetched")

        git.make("course", {"main": {"week-1.ipynb": "{}"}})
        stop(kube, mia)
        mia.lab.goto(f"{hub.url}hub/spawn")
        wait_for_lab(mia.lab, "mia", lambda: kube.log(mia.namespace, "hub"))
        assert "week-1.ipynb" in in_home(kube, mia, "sh", "-c", "ls course; ls -a")
        assert "not-fetched" not in in_home(kube, mia, "sh", "-c", "ls -a")
        until(lambda: not FailedClone.objects.filter(hub=hub).exists(), "the portal heard of the success", 30)
        notice.wait_for(state="detached", timeout=30_000)

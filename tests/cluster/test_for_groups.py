"""A profile for one group, on a real cluster: Mia, who is not in it, can't start it in any way; Ines, who is in it,
can."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from hubs.models import Hub, User
from hubs.roster.services import roster
from hubs.spec import yaml_text
from provisioning import names
from tests.cluster.kube import Kube
from tests.cluster.people import STARTING, Working, at_work, have_hub, is_ready, wait_for_lab
from tests.cluster.portal import ClusterPortal
from tests.stack.portal import until

pytestmark = pytest.mark.cluster
# People who run a hub are in its group "admins", as the portal's sign-in says; all others are only in "users".
PROFILES = [
    {"display_name": "Small", "slug": "small"},
    {"display_name": "Large", "slug": "large", "allowed_groups": ["Admins"],
     "kubespawner_override": {"environment": {"SIZE": "large"}}},
]  # fmt: skip
WORDS = "is restricted to certain groups of this hub, and you are not in any of them"


@pytest.fixture(scope="module")
def hub(portal: ClusterPortal, kube: Kube) -> Hub:
    made = have_hub("river", "ines", "groups-lab", singleuser__profileList=yaml_text.dump(PROFILES),
                    hub__allowNamedServers="yes")  # fmt: skip
    roster.add(hub=made, by=User.objects.get(username="ines"), names=["mia"])
    until(lambda: is_ready(made), f"{made} is ready; {portal.log('worker')}", STARTING)
    return made


@pytest.fixture(scope="module")
def mia(chromium: Any, portal: ClusterPortal, hub: Hub) -> Iterator[Working]:
    with at_work(chromium, portal.url, hub, "mia") as working:
        working.lab.wait_for_url(re.compile("/hub/spawn"))
        yield working


def offers(page: Page) -> list[str]:
    return [str(one.get_attribute("value")) for one in page.locator("input[name=profile]").all()]


def servers(kube: Kube, side: Working) -> list[dict[str, Any]]:
    found = kube.pods(side.namespace, "singleuser-server")
    return [one for one in found if one["metadata"]["annotations"]["hub.jupyter.org/username"] == side.user]


def ask(side: Working, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Call the hub's own API in the person's own browser: {status, text}."""
    return side.lab.evaluate(
        """async ([method, path, body]) => {
            const headers = {"X-XSRFToken": window.jhdata.xsrf_token, "Content-Type": "application/json"};
            const answer = await fetch(path, {method, headers,
                                              body: body && JSON.stringify(body)});
            return {status: answer.status, text: await answer.text()};
        }""",
        [method, f"{side.hub.url}hub/api/users/{side.user}/{path}", body],
    )


def said(side: Working, path: str) -> str:
    """Return what the page of a starting server receives. A failed start is reported at once."""
    return str(ask(side, "GET", f"{path}/progress")["text"])


def test_the_page_shows_what_is_offered_to_her(mia: Working) -> None:
    assert offers(mia.lab) == ["small"]


def test_a_forged_form_starts_nothing(mia: Working, kube: Kube) -> None:
    page = mia.lab
    page.goto(f"{mia.hub.url}hub/spawn/mia")
    page.locator("input[name=profile]").evaluate("(one) => { one.value = 'large'; one.checked = true; }")
    with page.expect_response(lambda answer: answer.request.method == "POST") as posted:
        page.locator("#spawn_form [type=submit]").click()
    assert posted.value.status == 403
    page.get_by_text(WORDS).wait_for()
    assert offers(page) == ["small"], "she may choose again"
    assert not servers(kube, mia)


@pytest.mark.parametrize("path", ["server", "servers/second"])
def test_the_hubs_api_and_a_named_server_start_nothing(path: str, mia: Working, kube: Kube) -> None:
    mia.lab.goto(f"{mia.hub.url}hub/home")
    for body in ({"profile": "large"}, None):  # None: the remembered choice
        asked = ask(mia, "POST", path, body)
        assert asked["status"] in (201, 202) or WORDS in asked["text"], asked
        until(lambda: WORDS in said(mia, path), f"the hub says why, not {said(mia, path)}", 30)
        assert not servers(kube, mia)


def test_she_starts_what_is_offered_to_her(mia: Working, kube: Kube) -> None:
    mia.lab.goto(f"{mia.hub.url}hub/spawn/mia")
    assert mia.lab.locator("input[name=profile]").is_checked(), "although the hub remembers another choice"
    mia.lab.locator("#spawn_form [type=submit]").click()
    wait_for_lab(mia.lab, "mia", lambda: kube.log(mia.namespace, "hub"))
    assert len(servers(kube, mia)) == 1


def test_people_in_the_group_start_it(chromium: Any, portal: ClusterPortal, hub: Hub, kube: Kube) -> None:
    with at_work(chromium, portal.url, hub, "ines") as ines:
        ines.lab.wait_for_url(re.compile("/hub/spawn"))
        assert offers(ines.lab) == ["small", "large"]
        ines.lab.locator("input[value=large]").check()
        ines.lab.locator("#spawn_form [type=submit]").click()
        wait_for_lab(ines.lab, "ines", lambda: kube.log(names.namespace(hub.slug, hub.uid), "hub"))
        [pod] = servers(kube, ines)
        assert {"name": "SIZE", "value": "large"} in pod["spec"]["containers"][0]["env"]

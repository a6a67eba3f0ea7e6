"""“Only for these groups” is enforced where a server starts: a real hub with the real KubeSpawner, signed-in people,
and every way to request a start."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.runtimes.worlds import until
from tests.words import ANOTHER_IMAGE

from .hub_process import HubProcess
from .server import KubeServer

pytestmark = pytest.mark.kubernetes
PASSWORD = {
    "JupyterHub": {"authenticator_class": "shared-password"},
    "SharedPasswordAuthenticator": {"user_password": "8 letters", "admin_password": "x" * 32},
    "Authenticator": {"allow_all": True, "admin_users": ["ada"]},
}
FREE = {"enabled": True, "display_name_in_choices": ANOTHER_IMAGE, "validation_regex": "^quay.io/.+$",
        "validation_message": "Write an image of quay.io.", "kubespawner_override": {"image": "{value}"}}  # fmt: skip
PROFILES = [
    {"display_name": "GPU", "slug": "gpu", "allowed_groups": ["Gpu  Users", "tutors"], "default": True,
     "kubespawner_override": {"image": "gpu:1"}},
    {"display_name": "Nobody’s", "slug": "closed", "allowed_groups": []},
    {"display_name": "Small", "slug": "small", "kubespawner_override": {"image": "small:1"}, "profile_options": {
        "size": {"display_name": "Size", "choices": {
            "big": {"display_name": "Big one", "default": True, "allowed_groups": ["gpu users"],
                    "kubespawner_override": {"mem_limit": "2G"}},
            "little": {"display_name": "Little", "kubespawner_override": {"mem_limit": "512M"}}}},
        "image": {"display_name": "Image", "choices": {"usual": {"display_name": "Usual"}},
                  "unlisted_choice": {**FREE, "allowed_groups": ["GPU users"]}},
        "extra": {"display_name": "Extra", "choices": {
            "debug": {"display_name": "Debugger", "allowed_groups": ["tutors"]}}}}},
    {"display_name": "Own image", "slug": "own", "profile_options": {
        "image": {"display_name": "Your image", "unlisted_choice": FREE}}},
]  # fmt: skip
# Answers that Mia may not give, and the sentence that she reads. The simplest possible forged forms.
FORGED: dict[str, tuple[dict[str, Any], str]] = {
    "profile": ({"profile": "gpu"}, "“GPU” is restricted to certain groups"),
    "nobody’s": ({"profile": "closed"}, "“Nobody’s” is restricted to certain groups"),
    "unknown": ({"profile": "huge"}, "you chose is not available on this hub"),
    "choice": ({"profile": "small", "size": "big"}, "“Big one” is restricted to certain groups"),
    "choice of a hidden option": ({"profile": "small", "extra": "debug"}, "“Debugger” is restricted to certain groups"),
    "unknown choice": ({"profile": "small", "size": "huge"}, "you chose is not available on this hub"),
    "free answer": ({"profile": "small", "image--unlisted-choice": "quay.io/x"}, "“Another image” is restricted to"),
    "no answer": ({"profile": "own"}, "“Your image” needs an answer"),
    "unfit": ({"profile": "own", "image--unlisted-choice": "evil.io/x"}, "Write an image of quay.io."),
}
STRANGE = {
    "list": {"profile": ["gpu"]}, "map": {"profile": {"gpu": 1}}, "number": {"profile": 1},
    "list of choices": {"profile": "small", "size": ["big"]},
    "map of choices": {"profile": "small", "size": {"big": 1}},
    "free list": {"profile": "own", "image--unlisted-choice": ["quay.io/x"]},
}  # fmt: skip


def groups_only(values: dict[str, Any]) -> None:
    values["hub"]["config"] = dict(PASSWORD)
    values["hub"] |= {"allowNamedServers": True, "consecutiveFailureLimit": 5}
    values["custom"]["portalSignIn"] = False
    values["singleuser"]["profileList"] = PROFILES


@pytest.fixture(scope="module")
def hub(kube: KubeServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with HubProcess(kube, tmp_path_factory.mktemp("groups"), edit=groups_only, about__heads=60) as running:
        yield running


class Person:
    """A person on the hub's own pages, in these groups."""

    def __init__(self, hub: HubProcess, name: str, *groups: str) -> None:
        self.hub, self.name = hub, name
        password = "x" * 32 if name == "ada" else "8 letters"
        self.browser = httpx.Client(base_url=hub.target.url, follow_redirects=True, trust_env=False, timeout=20)
        self.browser.get("hub/login")
        form = {"username": name, "password": password, "_xsrf": self._xsrf()}
        self.browser.post("hub/login", params={"next": "/hub/home"}, data=form)
        self.join(*groups)

    def _xsrf(self) -> str:
        found = [cookie for cookie in self.browser.cookies.jar if cookie.name == "_xsrf"]
        return max(found, key=lambda cookie: len(cookie.path)).value or ""

    def join(self, *groups: str) -> None:
        for group in groups:
            self.hub.ask("POST", f"groups/{group}")
            assert self.hub.ask("POST", f"groups/{group}/users", json={"users": [self.name]}).status_code == 200

    def leave(self, group: str) -> None:
        assert self.hub.ask("DELETE", f"groups/{group}/users", json={"users": [self.name]}).status_code == 200

    def page(self) -> str:
        answer = self.browser.get(f"hub/spawn/{self.name}")
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, answers: dict[str, Any], server: str = "") -> httpx.Response:
        """Post the page's own form, whatever choices it showed."""
        self.browser.get("hub/home")
        named = {key if key == "profile" else f"profile-option-{answers['profile']}--{key}": value
                 for key, value in answers.items()}  # fmt: skip
        where = f"hub/spawn/{self.name}/{server}".rstrip("/")
        return self.browser.post(where, params={"_xsrf": self._xsrf()}, data=named)

    def api(self, body: Any, server: str = "") -> str:
        """Start by the hub's API and return the error, from the answer or from the server's progress."""
        path = f"users/{self.name}/servers/{server}" if server else f"users/{self.name}/server"
        for _ in range(10):
            asked = self.hub.ask("POST", path, json=body)
            assert asked.status_code in (201, 202, 403), asked.text  # 201: it failed during the call
            if asked.status_code == 403:
                return asked.text
            if said := self.told(server):
                return said
        raise AssertionError("The hub says nothing of why it does not start.")

    def told(self, server: str = "") -> str:
        """Return why the start failed; "" when it failed earlier and JupyterHub does not know the reason any more."""
        events = list(self.hub.progress(self.name, server))
        assert not events or events[-1].get("failed"), events
        return str(events[-1]["message"]) if events else ""

    def pods(self) -> list[str]:
        return [one["metadata"]["name"] for one in self.hub.pods()
                if one["metadata"]["annotations"]["hub.jupyter.org/username"] == self.name]  # fmt: skip

    def end(self) -> None:
        self.hub.ask("DELETE", f"users/{self.name}/server")
        self.browser.close()


@pytest.fixture(scope="module")
def mia(hub: HubProcess) -> Iterator[Person]:
    person = Person(hub, "mia", "students")
    yield person
    person.end()


def profiles_shown(page: str) -> list[str]:
    return re.findall(r'name="profile"[^>]*?value="([^"]+)"', page)


def test_the_page_shows_what_is_offered_to_her(mia: Person) -> None:
    page = mia.page()
    assert profiles_shown(page) == ["small", "own"]
    assert re.findall(r'<option value="([^"]+)"', page) == ["little", "usual", "unlisted-choice"]
    assert 'value="small"\n               checked' in page, "the first one offered to her is the default"
    assert [hidden for hidden in ("GPU", "Nobody", "Big one", "Debugger", "Extra") if hidden in page] == []


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_form_is_refused_on_the_page(name: str, mia: Person) -> None:
    answers, words = FORGED[name]
    answer = mia.post(answers)
    assert (answer.status_code, words in answer.text) == (403, True), answer.text
    assert profiles_shown(answer.text) == ["small", "own"], "she may choose again"
    assert not mia.pods()


@pytest.mark.parametrize("name", FORGED)
def test_the_hubs_api_refuses_it_too(name: str, mia: Person) -> None:
    answers, words = FORGED[name]
    for body in (answers, {"user_options": answers}):
        assert words in mia.api(body)
    assert words in mia.api(answers, "second")
    assert not mia.pods()


@pytest.mark.parametrize("name", STRANGE)
def test_answers_of_an_odd_shape_are_refused_without_an_error_of_the_hub(name: str, mia: Person) -> None:
    """Five errors in a row would end the hub for everyone."""
    for _ in range(3):
        mia.api(STRANGE[name])
    assert mia.hub.running[-1].poll() is None
    assert not mia.pods()


def test_an_address_with_a_query_is_refused(mia: Person) -> None:
    answer = mia.browser.get(f"hub/spawn/{mia.name}", params={"profile": "gpu"})
    assert (answer.status_code, "“GPU” is restricted to certain groups" in answer.text) == (403, True), answer.text
    assert not mia.pods()


def test_hub_admins_are_in_no_group_automatically(hub: HubProcess) -> None:
    ada = Person(hub, "ada")
    assert profiles_shown(ada.page()) == ["small", "own"]
    assert "“GPU” is restricted" in ada.api({"profile": "gpu"})
    ada.join("tutors")
    assert profiles_shown(ada.page()) == ["gpu", "small", "own"], "the page is rendered again"
    ada.end()


def test_people_in_a_group_can_start_it_until_they_leave(hub: HubProcess) -> None:
    """Also with the choice of the earlier start that the hub remembers."""
    gus = Person(hub, "gus", "GPU users")
    page = gus.page()
    assert profiles_shown(page) == ["gpu", "small", "own"]
    assert 'value="gpu"\n               checked' in page
    assert gus.post({"profile": "gpu"}).status_code == 200
    pod = hub.new_pod(set())
    assert pod["spec"]["containers"][0]["image"] == "gpu:1"
    stop(hub, "gus")

    gus.leave("GPU users")
    assert "“GPU” is restricted to certain groups" in gus.api(None), "the remembered choice"
    assert hub.ask("POST", "users/gus/servers/later", json={"profile": "gpu"}).status_code in (201, 202, 403)
    assert "“GPU” is restricted to certain groups" in gus.api(None, "later"), "and of a named server"
    assert not gus.pods()
    assert 'value="small"\n               checked' in gus.page(), "and the page preselects what is left"
    assert gus.post({"profile": "small"}).status_code == 200
    [container] = hub.new_pod(set())["spec"]["containers"]
    assert (container["image"], container["resources"]["limits"]["memory"]) == ("small:1", str(512 * 1024**2))
    stop(hub, "gus")

    gus.join("GPU users")
    assert gus.post({"profile": "small", "size": "big", "image--unlisted-choice": "quay.io/x:1"}).status_code == 200
    [container] = hub.new_pod(set())["spec"]["containers"]
    assert (container["image"], container["resources"]["limits"]["memory"]) == ("quay.io/x:1", str(2 * 1024**3))
    stop(hub, "gus")
    gus.end()


def stop(hub: HubProcess, name: str) -> None:
    assert hub.ask("DELETE", f"users/{name}/server").status_code in (202, 204)
    until(lambda: not hub.pods(), 20, "the pod is gone")


def test_a_person_without_offered_profiles_can_not_start_a_server(
    kube: KubeServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Not even the server that the hub would start without profiles."""

    def nothing(values: dict[str, Any]) -> None:
        groups_only(values)
        values["singleuser"]["profileList"] = PROFILES[:2]

    with HubProcess(kube, tmp_path_factory.mktemp("nothing"), edit=nothing) as hub:
        mia = Person(hub, "mia")
        answer = mia.browser.get("hub/spawn/mia")
        assert (answer.status_code, "All servers of this hub are restricted to certain groups" in answer.text) == (
            403,
            True,
        )
        assert "All servers of this hub" in mia.api({})
        assert "All servers of this hub" in mia.api(None)
        assert not mia.pods()
        mia.join("tutors")
        assert profiles_shown(mia.page()) == ["gpu"]
        mia.end()

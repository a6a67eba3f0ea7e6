"""A real JupyterHub on one machine, a real portal and a real git: a server whose repository is missing starts, and the
hub's page says why; once the repository exists, the next start clones it and the notice is gone."""

import dataclasses
from pathlib import Path

import httpx
import pytest

from hubs.models import FailedClone
from provisioning.contract import Target
from provisioning.prepare import hub_secrets
from tests.git_server import GitServer
from tests.runtimes.conftest import local_place
from tests.runtimes.oidc import Provider
from tests.runtimes.people import Person
from tests.runtimes.worlds import Place, free_port, until
from tests.stack.test_user_limits import environment_of
from tests.test_clone_reports import CONTENT, with_content

pytestmark = [pytest.mark.local, pytest.mark.django_db(transaction=True)]
REPOSITORY, BRANCH, FOLDER = CONTENT


@pytest.fixture
def git(tmp_path):
    with GitServer(tmp_path / "git") as server:
        yield server


@pytest.fixture
def running(portal, ready_hub, mia, git, tmp_path):
    """Return (the hub's environment, its target, Mia, her home): a hub whose sign-in is tested elsewhere, and a
    portal."""
    hub = with_content(ready_hub, *CONTENT)
    stack = portal()
    stack.start("redis", "web")
    place = local_place(tmp_path / "hubs")
    (tmp_path / "hubs").mkdir()
    place.secrets = hub_secrets(hub)
    ports = {key: free_port() for key in ("public", "api", "hub")}
    target = Target(hub.uid, "stat-101", f"http://localhost:{ports['public']}/stat-101/", ports)
    place.targets.append(target)
    instead = f"'url.{git.url}/uni/.insteadOf=https://git.example.org/stats/'"
    with Provider() as provider:
        provider.person, provider.client_secret = "mia", place.secrets["oauth_client_secret"]
        sign_in = dataclasses.replace(provider.sign_in(), portal_url=stack.url)
        release = place.release(
            target, sign_in=sign_in, singleuser__extraEnv={"GIT_CONFIG_PARAMETERS": instead},
            singleuser__content={"repository": REPOSITORY, "branch": BRANCH, "folder": FOLDER},
        )  # fmt: skip
        place.converge(release)
        person = Person(target, "mia")
        assert person.sign_in().status_code == 200
        homes = place.homes(target)
        assert homes is not None
        yield place, target, person, homes / "mia"
        person.browser.close()
        place.clean_up()


def api(place: Place, target: Target, method: str, path: str, token: str = "", **more) -> httpx.Response:
    headers = {"Authorization": f"token {token or place.secrets['portal_service_token']}"}
    return httpx.request(method, f"{target.url}hub/api/{path}", headers=headers, trust_env=False, timeout=30, **more)


def stop(place: Place, target: Target) -> None:
    api(place, target, "DELETE", "users/mia/server")
    until(lambda: not api(place, target, "GET", "users/mia").json()["servers"], 30, "the server is stopped")


def test_a_server_starts_without_its_repository_and_the_page_says_why(running, git: GitServer, as_, ines, ready_hub):
    place, target, mia, home = running
    note: Path = home / f"{FOLDER}.not-fetched.txt"
    mia.start_server()
    until(FailedClone.objects.exists, 60, "the portal heard of it")
    row = FailedClone.objects.get()
    assert (row.hub_id, row.person, row.why, row.detail) == (ready_hub.pk, "mia", "not-found", "")
    assert "not found" in note.read_text()
    page = as_(ines).get(f"/hubs/{ready_hub.uid}/").content.decode()
    assert "The repository was not found, or it is private." in page

    git.make("course", {"main": {}, BRANCH: {"week-1.ipynb": "{}"}})
    stop(place, target)
    mia.start_server()
    until(lambda: not FailedClone.objects.exists(), 60, "the portal heard of the success")
    assert (home / FOLDER / "week-1.ipynb").exists()
    until(lambda: not note.exists(), 10, "the note is gone")
    page = as_(ines).get(f"/hubs/{ready_hub.uid}/").content.decode()
    assert 'id="not-fetched"' not in page


def test_people_report_only_for_themselves_and_are_limited(running, tmp_path):
    """With the token of her own server, which every program in it can read."""
    place, target, mia, _ = running
    mia.start_server()
    until(FailedClone.objects.exists, 60, "her server’s own report, the first of six")
    token = environment_of(place, tmp_path, target, "mia")["JUPYTERHUB_API_TOKEN"]
    body = {"status": 1, "said": "<b>fatal</b>", "user": "ines"}
    assert api(place, target, "POST", "material", json=body).status_code == 403, "services can't report"
    assert api(place, target, "POST", "material", "wrong", json=body).status_code == 403
    assert api(place, target, "POST", "material", token, json={"status": "no"}).status_code == 400
    assert api(place, target, "POST", "material", token, json={**body, "said": "x" * 20000}).status_code == 400
    answers = [api(place, target, "POST", "material", token, json=body).status_code for _ in range(6)]
    assert answers == [202] * 5 + [429]
    assert [row.person for row in FailedClone.objects.all()] == ["mia"]
    assert api(place, target, "GET", "material", token).status_code == 405

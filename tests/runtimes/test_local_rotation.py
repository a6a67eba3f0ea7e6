"""Each generated secret of a hub, rotated while a person works in a real hub: their server keeps answering, the old
secret is refused wherever it can be used, and the new one works."""

import base64
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from cryptography.fernet import Fernet, InvalidToken

from hubs.models import HubSecret
from provisioning.contract import Release, Target

from .oidc import Provider
from .people import Person, Visit
from .test_local_people import running_hub, server_pids
from .worlds import SECRET_NAMES, Place, until

pytestmark = pytest.mark.local


def rotated(place: Place, provider: Provider, target: Target, *names: str) -> Release:
    """Return the release with other secrets; the old encryption key stays readable, as in provisioning.prepare."""
    for name in names:
        old, new = place.secrets[name], secrets.token_hex(32)
        place.secrets[name] = f"{new} {old}" if name == "crypt_key" else new
    provider.client_secret = place.secrets["oauth_client_secret"]
    return place.release(target, sign_in=provider.sign_in())


@contextmanager
def at_work(person: Person) -> Iterator[list[int]]:
    """Call the person's server repeatedly; yield the list of its statuses."""
    answers: list[int] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.wait(0.02):
            try:
                answers.append(person.server_status())
            except httpx.HTTPError:
                answers.append(0)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        until(lambda: len(answers) > 5, 10)
        yield answers
        seen = len(answers)
        until(lambda: len(answers) > seen + 5, 10)
    finally:
        stop.set()
        asking.join()


def hub_status(target: Target, token: str) -> int:
    headers = {"Authorization": f"token {token}"}
    return httpx.get(f"{target.url}hub/api/users", headers=headers, trust_env=False, timeout=10).status_code


def proxy_status(target: Target, token: str) -> int:
    url = f"http://127.0.0.1:{target.ports['api']}/api/routes"
    return httpx.get(url, headers={"Authorization": f"token {token}"}, trust_env=False, timeout=10).status_code


def signed_in(person: Person) -> bool:
    """Return whether the hub knows this browser without asking the provider."""
    return person.get("hub/home", follow_redirects=False).status_code == 200


def services(var: Path, target: Target) -> list[str]:
    with closing(sqlite3.connect(var / "hubs" / target.uid / "jupyterhub.sqlite")) as database:
        return [name for (name,) in database.execute("SELECT name FROM services ORDER BY name")]


@pytest.fixture
def class_(local: Place, provider: Provider, visit: Visit) -> tuple[Target, Person]:
    provider.person = "mia"
    target, _ = running_hub(local, provider)
    mia = visit(target, "mia")
    mia.start_server()
    assert signed_in(mia)
    return target, mia


def test_the_names_are_the_same_everywhere():
    assert set(SECRET_NAMES) == set(HubSecret.MADE)


@pytest.mark.parametrize("name", ["cookie_secret", "crypt_key", "portal_service_token", "oauth_client_secret"])
def test_a_rotation_interrupts_no_server_and_the_old_secret_is_refused(
    name: str, class_: tuple[Target, Person], local: Place, provider: Provider, tmp_path: Path
):
    target, mia = class_
    before, pids = dict(local.secrets), server_pids(tmp_path, target)
    assert hub_status(target, before["portal_service_token"]) == 200
    with at_work(mia) as answers:
        release = rotated(local, provider, target, name)
        assert local.act_once(release) == [("apply", "hub")]
        seen = local.converge(release)
    assert set(answers) == {200}, f"{len(answers)} asked"
    assert server_pids(tmp_path, target) == pids
    assert [server.user for server in seen.servers or ()] == ["mia"], "the portal uses the new token"
    assert hub_status(target, local.secrets["portal_service_token"]) == 200
    if name == "portal_service_token":
        assert hub_status(target, before[name]) == 403
        assert len([one for one in services(tmp_path, target) if one.startswith("portal")]) == 1
    assert signed_in(mia) == (name != "cookie_secret")
    assert mia.sign_in().status_code == 200, "signs in again, with the new secrets"
    assert signed_in(mia)
    mia.start_server()
    assert mia.server_status() == 200


def test_a_new_proxy_token_cuts_connections_and_keeps_servers(
    class_: tuple[Target, Person], local: Place, provider: Provider, tmp_path: Path
):
    target, mia = class_
    old, pids = local.secrets["proxy_auth_token"], server_pids(tmp_path, target)
    assert proxy_status(target, old) == 200
    release = rotated(local, provider, target, "proxy_auth_token")
    assert local.act_once(release) == [("apply", "proxy"), ("apply", "hub")]
    local.converge(release)
    assert proxy_status(target, local.secrets["proxy_auth_token"]) == 200
    assert proxy_status(target, old) == 403
    until(mia.server_answers, 20, "the new proxy learns its routes")
    assert server_pids(tmp_path, target) == pids
    assert signed_in(mia)


def test_all_at_once(class_: tuple[Target, Person], local: Place, provider: Provider, tmp_path: Path):
    target, mia = class_
    before, pids = dict(local.secrets), server_pids(tmp_path, target)
    local.converge(rotated(local, provider, target, *SECRET_NAMES))
    assert hub_status(target, before["portal_service_token"]) == 403
    assert proxy_status(target, before["proxy_auth_token"]) == 403
    assert not signed_in(mia)
    until(mia.server_answers, 20, "the server answers without a new sign-in")
    assert server_pids(tmp_path, target) == pids
    assert mia.sign_in().status_code == 200
    stored = (tmp_path / "hubs" / target.uid / "secrets.json").read_text()
    gone = [value for name, value in before.items() if name != "crypt_key" and value in stored]
    assert gone == [], "no file has an old secret"


def readable(key: str, stored: bytes) -> bool:
    """Return whether this key alone can decrypt it. JupyterHub encrypts with Fernet."""
    try:
        return b"access_token" in Fernet(base64.urlsafe_b64encode(bytes.fromhex(key))).decrypt(stored)
    except InvalidToken:
        return False


def stored_sign_in(var: Path, target: Target, person: str) -> bytes:
    with closing(sqlite3.connect(var / "hubs" / target.uid / "jupyterhub.sqlite")) as database:
        [[stored]] = database.execute("SELECT encrypted_auth_state FROM users WHERE name = ?", [person])
        return bytes(stored)


def test_stored_sign_ins_are_read_with_the_old_key_and_written_with_the_new_one(
    class_: tuple[Target, Person], local: Place, provider: Provider, tmp_path: Path
):
    target, mia = class_
    old = local.secrets["crypt_key"]
    assert readable(old, stored_sign_in(tmp_path, target, "mia"))
    local.converge(rotated(local, provider, target, "crypt_key"))
    new = local.secrets["crypt_key"].split()[0]
    asked = provider.userinfo_calls
    mia.get("hub/spawn")  # asks the provider again, with the access token that was stored under the old key
    assert provider.userinfo_calls > asked
    assert signed_in(mia), "all people are still signed in"
    stored = stored_sign_in(tmp_path, target, "mia")
    assert (readable(old, stored), readable(new, stored)) == (False, True)

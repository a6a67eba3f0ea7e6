"""Groups of people in a real hub: from the sign-in's claim, from the portal's roster, and by a hub admin. JupyterHub is
asked for them after the sign-in and after a start."""

import httpx
import pytest

from provisioning.contract import Target

from .oidc import Provider
from .people import Person, Visit, ask_hub
from .test_local_people import running_hub
from .worlds import Place, hub_spec, until

pytestmark = pytest.mark.local


class Admin:
    """Actions of a hub admin on the hub's admin page, which uses this API."""

    def __init__(self, place: Place, target: Target) -> None:
        self.token, self.target = place.secrets["portal_service_token"], target

    def does(self, method: str, path: str, **more: object) -> None:
        headers = {"Authorization": f"token {self.token}"}
        address = f"{self.target.url}hub/api/{path}"
        answer = httpx.request(method, address, headers=headers, json=more or None, trust_env=False, timeout=20)
        assert answer.status_code < 300, answer.text

    def groups(self, person: str) -> set[str]:
        return set(ask_hub(self.target, self.token, f"users/{person}")["groups"])

    def stop(self, person: str) -> None:
        self.does("DELETE", f"users/{person}/server")
        until(lambda: not ask_hub(self.target, self.token, f"users/{person}")["servers"], 30, "the server is stopped")


def start_again(admin: Admin, person: Person) -> set[str]:
    person.start_server()
    found = admin.groups(person.name)
    admin.stop(person.name)
    return found


def test_the_portals_sign_in_sends_groups_and_keeps_all_others(local: Place, provider: Provider, visit: Visit):
    provider.person, provider.groups["mia"] = "mia", ["users", "Lab B"]
    target, release = running_hub(local, provider)
    admin, mia = Admin(local, target), visit(target, "mia")
    admin.does("POST", "users/mia")
    admin.does("POST", "groups/Before", users=["mia"])
    assert mia.sign_in().status_code == 200
    assert admin.groups("mia") == {"users", "Lab B", "Before"}, "at the sign-in"
    admin.does("POST", "groups/Graders", users=["mia"])

    provider.groups["mia"] = ["users", "Project 7"]
    assert start_again(admin, mia) == {"users", "Project 7", "Before", "Graders"}, "before the next start"

    local.kill(target, "hub")
    local.converge(release)
    provider.groups["mia"] = ["admins"]
    assert start_again(admin, mia) == {"admins", "Before", "Graders"}, (
        "the hub knows the origin of groups after a restart"
    )
    assert ask_hub(target, admin.token, "users/mia")["admin"] is True


def test_a_group_added_by_hand_gives_no_admin_role_and_no_access(local: Place, provider: Provider, visit: Visit):
    provider.person = "mia"
    target, _ = running_hub(local, provider)
    admin, mia = Admin(local, target), visit(target, "mia")
    mia.sign_in()
    for name in ("admins", "Admins"):
        admin.does("POST", f"groups/{name}", users=["mia"])
    assert start_again(admin, mia) == {"users"}, "the portal manages role groups, in any spelling"
    assert ask_hub(target, admin.token, "users/mia")["admin"] is False
    provider.groups["mia"] = ["Users", "Admins", "аdmins"]  # the last one with a Cyrillic letter
    assert mia.get("hub/spawn").status_code == 403


def test_groups_of_another_sign_ins_claim_and_of_the_roster(local: Place, provider: Provider, visit: Visit):
    provider.person, provider.groups["mia"], provider.listed = "mia", ["/course/101", "ta"], {"mia": ["Lab B"]}
    local.secrets["values:hub.config.GenericOAuthenticator.client_secret"] = local.secrets["oauth_client_secret"]
    asked = {"client_id": provider.client_id, "authorize_url": f"{provider.url}/authorize",
             "token_url": f"{provider.url}/token", "userdata_url": f"{provider.url}/userinfo",
             "scope": ("openid", "groups"), "username_claim": "preferred_username", "manage_groups": True,
             "auth_state_groups_key": "oauth_user.groups", "allowed_groups": ("ta",)}  # fmt: skip
    spec = hub_spec(signIn__method="generic-oauth", signIn__allowAll=True)
    oauth = spec.signIn.oauth.model_copy(update=asked)  # only a provider on this machine uses plain HTTP
    spec = spec.model_copy(update={"signIn": spec.signIn.model_copy(update={"oauth": oauth, "allowAll": False})})
    target = local.target("stat-101")
    provider.client_secret = local.secrets["oauth_client_secret"]
    local.converge(local.render(target, spec, local.secrets, provider.sign_in(), "running"))
    admin, mia = Admin(local, target), visit(target, "mia")
    home = {"next": f"/{target.slug}/hub/home"}
    assert mia.get("hub/oauth_login", params=home).status_code == 200
    assert admin.groups("mia") == {"/course/101", "ta", "Lab B"}, "at the sign-in"
    admin.does("POST", "groups/Graders", users=["mia"])
    provider.listed = {"mia": ["Project 7"]}
    assert start_again(admin, mia) == {"/course/101", "ta", "Project 7", "Graders"}
    provider.groups["mia"] = ["ta"]
    mia.get("hub/logout")
    assert mia.get("hub/oauth_login", params=home).status_code == 200
    assert admin.groups("mia") == {"ta", "Project 7", "Graders"}


def test_groups_of_the_roster_where_the_sign_in_has_none(local: Place, provider: Provider, visit: Visit):
    section = "values:hub.config.SharedPasswordAuthenticator"
    local.secrets |= {f"{section}.user_password": "eight-letters", f"{section}.admin_password": "x" * 32}
    provider.listed = {"mia": ["Lab B"]}
    target, _ = running_hub(local, provider, signIn__method="shared-password", signIn__allowAll=True)
    admin, mia = Admin(local, target), visit(target, "mia")
    mia.get("hub/login")
    form = {"username": "mia", "password": "eight-letters", "_xsrf": mia.browser.cookies["_xsrf"]}
    home = {"next": f"/{target.slug}/hub/home"}
    assert mia.browser.post(f"{target.url}hub/login", params=home, data=form).status_code == 200
    assert admin.groups("mia") == {"Lab B"}, "at the sign-in"
    admin.does("POST", "groups/Graders", users=["mia"])
    provider.listed = {"mia": ["lab  b", "Project 7"]}
    assert start_again(admin, mia) == {"Lab B", "Project 7", "Graders"}, "before the start, in the hub's spelling"
    provider.listed = {}
    assert start_again(admin, mia) == {"Graders"}
    provider.listed = {"mia": ["Lab B"]}
    start_again(admin, mia)
    provider.listed = None
    assert start_again(admin, mia) == {"Lab B", "Graders"}, "the last known groups while nothing answers"

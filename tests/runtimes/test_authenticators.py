"""Every sign-in method, as set in the form: the hub's files are rendered, JupyterHub loads them, and its own
authenticator class decides who may sign in, with which name, and who is hub admin."""

import asyncio
import base64
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jupyterhub.app import JupyterHub  # type: ignore[import-untyped]
from jupyterhub.crypto import CryptKeeper  # type: ignore[import-untyped]
from jupyterhub.handlers.base import BaseHandler  # type: ignore[import-untyped]
from jupyterhub.user import User  # type: ignore[import-untyped]
from ltiauthenticator.lti13.error import ValidationError  # type: ignore[import-untyped]
from ltiauthenticator.lti13.validator import LTI13LaunchValidator  # type: ignore[import-untyped]
from oauthenticator.oauth2 import _serialize_state  # type: ignore[import-untyped]
from tornado.web import HTTPError

from hubs.models import Hub
from hubs.requests.queries.consequences import consequences
from hubs.spec import HubSpec, from_draft
from hubs.spec.imports import from_values
from hubs.spec.sign_in import CLASSES, METHODS, OAUTH, SECRETS
from hubs.spec.sign_in_lacking import CLAIM, FILL_IN, NO_OPENID, NO_SUB, NOBODY_OPENS, lacking
from provisioning.contract import Target
from provisioning.errors import Refused
from provisioning.render import PortalSignIn, render_kubernetes
from provisioning.render.kubernetes.hub import PATHS, TEXTS

from .shapes import AGREED, PLAIN
from .sign_in_services import SECRET, Account, Client, Services
from .worlds import SECRET_NAMES

URL = "https://stats.hubs.example.edu/"
PORTAL = PortalSignIn("me", f"{URL}a", "https://portal.example.edu/token", "https://portal.example.edu/userinfo", URL)
ADMIN = "x" * 32  # the password for hub admins
TYPED = {"client_secret": SECRET, "user_password": "for everybody", "admin_password": ADMIN}
HUBSIDE = [name.removesuffix(".py") for name in TEXTS if name.endswith(".py")]
Load = Callable[[HubSpec], Any]


@pytest.fixture
def services() -> Iterator[Services]:
    with Services() as running:
        yield running


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, services: Services) -> Iterator[Load]:
    """Return the authenticator of a hub with this spec, as JupyterHub creates it before it listens."""
    for where, name in ((BaseHandler, "get_auth_token"), (BaseHandler, "auth_to_user"), (User, "sync_groups")):
        monkeypatch.setattr(where, name, getattr(where, name))  # a hub changes these for its own process
    monkeypatch.setattr(sys, "path", [*sys.path])
    apps: list[JupyterHub] = []

    def made(spec: HubSpec) -> Any:
        keys = {name: f"{number}" * 64 for number, name in enumerate(SECRET_NAMES)} | {"oauth_client_secret": SECRET}
        for name, _ in SECRETS.get(spec.signIn.method, ()):
            keys[f"values:hub.config.{CLASSES[spec.signIn.method][1]}.{name}"] = TYPED[name]
        release = render_kubernetes(Target("u1", "stats", URL), spec, keys, PORTAL, "running", PLAIN, AGREED)
        objects = {name: one for part in release.parts for name, one in part.payload.items()}
        config, secret, state = (tmp_path / name for name in ("config", "secret", "state"))
        for folder in (config / "pages", secret, state):
            folder.mkdir(parents=True, exist_ok=True)
        for name, text in objects["ConfigMap/hub"]["data"].items():
            (config / PATHS.get(name, name)).write_text(text)
        for name, text in objects["Secret/hub"]["data"].items():
            (secret / name).write_bytes(base64.b64decode(text))
        monkeypatch.chdir(state)
        for name, value in {"HUBPORTAL_REVISION": release.revision, "HUBPORTAL_CONFIG": str(config),
                            "HUBPORTAL_SECRETS": str(secret), "HUBPORTAL_STATE": str(state),
                            "POD_NAMESPACE": "n", "CONFIGPROXY_AUTH_TOKEN": "t"}.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        for name in HUBSIDE:
            monkeypatch.delitem(sys.modules, name, raising=False)
        app = JupyterHub()
        apps.append(app)
        app.load_config_file(str(config / "jupyterhub_config.py"))
        app.init_db()
        CryptKeeper.clear_instance()
        CryptKeeper.instance(parent=app)

        async def people() -> None:
            await app.init_role_creation()
            await app.init_users()

        asyncio.run(people())
        app.authenticator.http_client = Client(services)
        return app.authenticator

    yield made
    CryptKeeper.clear_instance()
    for app in apps:
        app.db.close()
        app.db.bind.dispose()
    for name in HUBSIDE:
        sys.modules.pop(name, None)


def spec_of(method: str, **typed: str) -> HubSpec:
    """Return what a person typed into the form, as complete as sending requires."""
    draft = {f"signIn.{path.replace('__', '.')}": text for path, text in typed.items()}
    spec = from_draft({"about.title": "Tried", "signIn.method": method, **draft})
    assert lacking(spec) == {}, "nothing is missing"
    return spec


def enter(authenticator: Any, services: Services, who: str) -> Any:
    """Return JupyterHub's model of a person who returns from the sign-in service; None when they may not sign in."""
    state = _serialize_state({"code_verifier": "v" * 43})
    code = services.consent(who, list(authenticator.scope))
    handler = SimpleNamespace(get_argument=lambda name: code, get_state_cookie=lambda: state,
                              request=SimpleNamespace(host_name="stats.hubs.example.edu"))  # fmt: skip

    async def asked() -> Any:
        try:
            return await authenticator.get_authenticated_user(handler, None)
        except HTTPError as error:
            if error.status_code == 403:
                return None
            raise

    return asyncio.run(asked())


def who_comes_in(authenticator: Any, services: Services) -> dict[str, tuple[str, bool] | None]:
    """Return by account: the hub's name for them and whether they are hub admin; None for those who may not sign in."""
    found = {who: enter(authenticator, services, who) for who in services.accounts}
    return {who: (one["name"], bool(one["admin"])) if one else None for who, one in found.items()}


def oidc(name: str, **more: Any) -> Account:
    mail = {"email": f"{name.title()}@river.example.edu", "email_verified": True}
    return Account({"": {"sub": f"auth0|{name}", **more}, "profile": {"name": name.title(), "preferred_username":
                   name.title(), "nickname": name}, "email": mail})  # fmt: skip


# --- services beside the portal ---------------------------------------------------------------------------------------
def github(login: str, *teams: str, organizations: tuple[str, ...] = ("river-lab",)) -> Account:
    return Account({"": {"login": login, "id": 7, "email": None, "type": "User"}}, organizations, teams)


def test_github_lets_members_in_whose_membership_is_private(load: Load, services: Services):
    spec = spec_of("github", github__client_id="me", github__allowed_organizations="river-lab", adminUsers="ines-r",
                   allowedUsers="guest")  # fmt: skip
    services.accounts = {"Ines-R": github("Ines-R"), "mia": github("mia"), "guest": github("guest", organizations=()),
                         "zoe": github("zoe", organizations=("lake",))}  # fmt: skip
    authenticator = load(spec)
    assert authenticator.scope == ["read:org"]
    assert who_comes_in(authenticator, services) == {
        "Ines-R": ("ines-r", True), "mia": ("mia", False), "guest": ("guest", False), "zoe": None,
    }  # fmt: skip


def test_githubs_teams_let_people_in_and_become_groups(load: Load, services: Services):
    spec = spec_of("github", github__client_id="me", github__allowed_organizations="river-lab:students",
                   github__populate_teams_in_auth_state="yes")  # fmt: skip
    services.accounts = {"mia": github("mia", "river-lab:students", "lake:rowers"), "zoe": github("zoe", "lake:rowers")}
    authenticator = load(spec)
    assert authenticator.enable_auth_state, "so that GitHub is asked again before each start"
    assert who_comes_in(authenticator, services) == {"mia": ("mia", False), "zoe": None}
    assert enter(authenticator, services, "mia")["groups"] == ["lake:rowers", "river-lab:students"]
    assert spec.signIn.tells_groups


def google(name: str, domain: str, hd: str | None = None, *, verified: bool = True) -> Account:
    of = {"hd": hd or domain} if hd != "" else {}
    return Account({"": {"id": "1078", **of}, "email": {"email": f"{name}@{domain}", "verified_email": verified}})


@pytest.mark.parametrize("domains", ["river.example.edu", "river.example.edu\nlake.example.edu", ""])
def test_google_recognises_the_admin_by_the_typed_address(domains: str, load: Load, services: Services):
    spec = spec_of("google", google__client_id="me", google__hosted_domain=domains, adminUsers="Ines@river.example.edu",
                   allowedUsers="mia@river.example.edu")  # fmt: skip
    services.accounts = {
        "ines": google("Ines", "river.example.edu"), "mia": google("mia", "river.example.edu"),
        "omar": google("omar", "river.example.edu"), "other mia": google("mia", "elsewhere.example.org"),
        "not hers": google("mia", "river.example.edu", verified=False),
    }  # fmt: skip
    end = "" if domains == "river.example.edu" else "@river.example.edu"
    assert who_comes_in(load(spec), services) == {
        "ines": (f"ines{end}", True), "mia": (f"mia{end}", False), "omar": None, "other mia": None, "not hers": None,
    }  # fmt: skip


def test_only_people_of_the_google_domain_may_sign_in(load: Load, services: Services):
    spec = spec_of("google", google__client_id="me", google__hosted_domain="river.example.edu", allowAll="yes")
    services.accounts = {"mia": google("mia", "river.example.edu"), "zoe": google("zoe", "gmail.com", hd="")}
    assert who_comes_in(load(spec), services) == {"mia": ("mia", False), "zoe": None}


def test_a_second_google_domain_changes_user_names_and_is_reported(load: Load, services: Services):
    one, two = (spec_of("google", google__client_id="me", google__hosted_domain=domains, allowAll="yes")
                for domains in ("river.example.edu", "river.example.edu\nlake.example.edu"))  # fmt: skip
    services.accounts = {"mia": google("mia", "river.example.edu")}
    assert [who_comes_in(load(spec), services)["mia"] for spec in (one, two)] == [
        ("mia", False), ("mia@river.example.edu", False),
    ]  # fmt: skip
    assert "The sign-in method changes" in [told.title for told in consequences(one, two, Hub(servers=[]))]


def cilogon(name: str, idp: str, domain: str = "river.example.edu") -> Account:
    return Account({"": {"sub": "http://cilogon.org/serverA/users/123", "iss": "https://cilogon.org"},
                    "org.cilogon.userinfo": {"idp": idp, "idp_name": "River", "eppn": f"{name}1@{domain}"},
                    "email": {"email": f"{name.title()}@{domain}"}})  # fmt: skip


IDP, OTHER_IDP = "https://login.river.example.edu/idp/shibboleth", "http://google.com/accounts/o8/id"


@pytest.mark.parametrize(("claim", "admin"), [("email", "ines@river.example.edu"), ("eppn", "ines1@river.example.edu")])
def test_cilogons_institutions_let_their_people_in(claim: str, admin: str, load: Load, services: Services):
    spec = spec_of("cilogon", cilogon__client_id="me", cilogon__institutions=IDP, cilogon__username_claim=claim,
                   adminUsers=admin)  # fmt: skip
    services.accounts = {"ines": cilogon("ines", IDP), "mia": cilogon("mia", IDP), "zoe": cilogon("zoe", OTHER_IDP)}
    mia = "mia@river.example.edu" if claim == "email" else "mia1@river.example.edu"
    assert who_comes_in(load(spec), services) == {"ines": (admin, True), "mia": (mia, False), "zoe": None}


def test_an_email_domain_restricts_an_institution(load: Load, services: Services):
    spec = spec_of("cilogon", cilogon__client_id="me", cilogon__institutions=OTHER_IDP,
                   cilogon__allowed_domains="river.example.edu", adminUsers="omar@lake.example.edu")  # fmt: skip
    services.accounts = {"mia": cilogon("mia", OTHER_IDP), "zoe": cilogon("zoe", OTHER_IDP, "gmail.com"),
                         "omar": cilogon("omar", OTHER_IDP, "lake.example.edu")}  # fmt: skip
    assert who_comes_in(load(spec), services) == {
        "mia": ("mia@river.example.edu", False), "zoe": None, "omar": ("omar@lake.example.edu", True),
    }  # fmt: skip


SSO = "https://sso.river.example.edu"
BY_OIDC = {"oauth__client_id": "me", "oauth__authorize_url": f"{SSO}/authorize", "oauth__token_url": f"{SSO}/token",
           "oauth__userdata_url": f"{SSO}/userinfo"}  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "names"),
    [
        ("preferred_username", ("ines", "mia")),
        ("email", ("ines@river.example.edu", "mia@river.example.edu")),
        ("sub", ("auth0|ines", "auth0|mia")),
    ],
)
def test_openid_connect_with_the_defaults_of_the_form(
    claim: str, names: tuple[str, str], load: Load, services: Services
):
    ines, mia = names
    spec = spec_of("generic-oauth", **BY_OIDC, oauth__username_claim=claim, adminUsers=ines, allowedUsers=mia)
    services.accounts = {name: oidc(name) for name in ("ines", "mia", "zoe")}
    assert who_comes_in(load(spec), services) == {"ines": (ines, True), "mia": (mia, False), "zoe": None}


def test_user_names_of_another_service_are_valid(load: Load, services: Services):
    """Auth0's: a connection, a bar, and a name."""
    spec = spec_of(
        "generic-oauth", **BY_OIDC, oauth__username_claim="sub", adminUsers="oauth2|River|U7", allowAll="yes"
    )
    services.accounts = {"ines": Account({"": {"sub": "oauth2|River|U7"}}), "mia": Account({"": {"sub": "o'mia+1"}})}
    found = who_comes_in(load(spec), services)
    assert found == {"ines": ("oauth2|river|u7", True), "mia": ("o'mia+1", False)}


@pytest.mark.parametrize("key", ["", "oauth_user.roles"])
def test_groups_of_openid_connect_open_the_hub_and_make_admins(key: str, load: Load, services: Services):
    spec = spec_of("generic-oauth", **BY_OIDC, oauth__username_claim="email", oauth__allowed_groups="Students",
                   oauth__admin_groups="Staff", oauth__auth_state_groups_key=key)  # fmt: skip
    claim = key.rpartition(".")[2] or "groups"
    groups = {"ines": ["Staff"], "mia": ["Students", "Rowers"], "zoe": ["Rowers"]}
    services.accounts = {name: oidc(name, **{claim: mine}) for name, mine in groups.items()}
    authenticator = load(spec)
    assert who_comes_in(authenticator, services) == {
        "ines": ("ines@river.example.edu", True), "mia": ("mia@river.example.edu", False), "zoe": None,
    }  # fmt: skip
    assert enter(authenticator, services, "mia")["groups"] == ["Rowers", "Students"]
    assert spec.signIn.tells_groups


def test_the_portals_roster_gives_access_to_the_hub(load: Load, services: Services):
    groups = {"ines": ["admins"], "mia": ["users"], "zoe": []}
    services.accounts = {n: Account({"": {"sub": n, "preferred_username": n, "groups": g}}) for n, g in groups.items()}
    found = who_comes_in(load(from_draft({"about.title": "Tried"})), services)
    assert found == {"ines": ("ines", True), "mia": ("mia", False), "zoe": None}


# --- a course in Canvas or Moodle -------------------------------------------------------------------------------------
def test_people_who_open_the_hub_from_their_course_are_signed_in(load: Load, services: Services):
    moodle = "https://moodle.river.example.edu"
    authenticator = load(spec_of(
        "lti13", lti13__issuer=moodle, lti13__client_id="hub", lti13__authorize_url=f"{moodle}/mod/lti/auth.php",
        lti13__jwks_endpoint=f"{moodle}/jwks", adminUsers="ines@river.example.edu",
    ))  # fmt: skip
    services.accounts = {name: Account({"": {"email": f"{name}@river.example.edu"}}) for name in ("ines", "mia")}
    services.accounts["private"] = Account({"": {}})

    def launched(who: str, issuer: str = moodle, client: str = "hub") -> Any:
        """As LTI13CallbackHandler does, with the replaced key set."""
        validator = LTI13LaunchValidator()
        token = validator.verify_and_decode_jwt(
            services.launch(who, issuer=issuer, client=client), authenticator.issuer, authenticator.client_id,
            services.here(authenticator.jwks_endpoint), authenticator.jwks_algorithms,
        )  # fmt: skip
        validator.validate_id_token(token)
        found = asyncio.run(authenticator.get_authenticated_user(None, token))
        return found["name"], bool(found["admin"])

    assert launched("ines") == ("ines@river.example.edu", True)
    assert launched("mia") == ("mia@river.example.edu", False)
    assert launched("private") == ("id-private", False), "a platform that sends no addresses"
    for strange in ({"issuer": "https://other.example.org"}, {"client": "another-tool"}):
        with pytest.raises(ValidationError):
            launched("mia", **strange)


# --- the hub's own user names and passwords ---------------------------------------------------------------------------
def with_password(authenticator: Any, name: str, password: str) -> Any:
    page = SimpleNamespace(custom_login_error="")
    found = asyncio.run(authenticator.get_authenticated_user(page, {"username": name, "password": password}))
    return (found["name"], bool(found["admin"])) if found else None


def test_one_password_for_all_and_another_one_for_admins(load: Load):
    authenticator = load(spec_of("shared-password", allowedUsers="mia", adminUsers="ines"))
    assert with_password(authenticator, "Mia", "for everybody") == ("mia", False)
    assert with_password(authenticator, "ines", ADMIN) == ("ines", True)
    for name, password in {"zoe": "for everybody", "ines": "for everybody", "mia": ADMIN}.items():
        assert with_password(authenticator, name, password) is None


@pytest.mark.parametrize("method", ["native", "firstuse"])
def test_a_hub_admin_is_who_has_the_password_not_who_comes_first(method: str, load: Load):
    spec = spec_of(method, allowedUsers="mia", adminUsers="ines")
    authenticator = load(spec)

    def begin(name: str, password: str) -> Any:
        if method == "native":
            authenticator.create_user(name, password)
        return with_password(authenticator, name, password)

    assert begin("Ines", "somebody else's") is None, "the first person is not the admin"
    assert begin("mia", "her password") == ("mia", False)
    assert begin("zoe", "her password") is None, "not on the list"
    assert begin("ines", ADMIN) == ("ines", True)
    assert begin("ines", "somebody else's") is None
    assert with_password(authenticator, "mia", "his password") is None
    if method == "native":
        authenticator.change_password("ines", "a password of her own")
    else:
        authenticator.reset_password("ines", "a password of her own")
    assert with_password(authenticator, "ines", "a password of her own") == ("ines", True), "as they like it later"


def test_without_a_password_for_admins_there_is_no_first_admin(load: Load, monkeypatch: pytest.MonkeyPatch):
    """A hub from before this password was required."""
    monkeypatch.setitem(TYPED, "admin_password", "")
    authenticator = load(spec_of("firstuse", allowAll="yes", adminUsers="ines"))
    for password in ("", "somebody else's", ADMIN):
        assert with_password(authenticator, "ines", password) is None
    assert with_password(authenticator, "mia", "her password") == ("mia", False)


def test_the_admin_of_a_native_hub_approves_accounts(load: Load):
    typed = {"about.title": "Tried", "signIn.method": "native", "signIn.allowAll": "yes"}
    assert lacking(from_draft(typed)) == {"signIn.adminUsers": [NOBODY_OPENS]}
    authenticator = load(spec_of("native", allowAll="yes", adminUsers="ines"))
    mia = authenticator.create_user("mia", "her password")
    assert with_password(authenticator, "mia", "her password") is None, "not yet"
    mia.change_authorization(authenticator.db, "mia")
    assert with_password(authenticator, "mia", "her password") == ("mia", False)


def test_temporary_users_have_no_account(load: Load):
    authenticator = load(spec_of("tmp"))
    one, two = (asyncio.run(authenticator.get_authenticated_user(None, None)) for _ in range(2))
    assert one["name"] != two["name"]
    assert not one["admin"]


# --- missing settings are reported when a request is sent -------------------------------------------------------------
MISSING = {
    "portal": {},
    "github": {"github.client_id": FILL_IN},
    "google": {"google.client_id": FILL_IN},
    "cilogon": {"cilogon.client_id": FILL_IN, "cilogon.institutions": FILL_IN},
    "generic-oauth": {**{f"oauth.{n}": FILL_IN for n in ("client_id", "authorize_url", "token_url", "userdata_url")},
                      "oauth.username_claim": CLAIM},
    "lti13": {f"lti13.{name}": FILL_IN for name in ("issuer", "client_id", "authorize_url", "jwks_endpoint")},
    "shared-password": {}, "native": {}, "firstuse": {}, "tmp": {},
}  # fmt: skip


@pytest.mark.parametrize("method", [name for name, _ in METHODS])
def test_each_sign_in_method_requires_all_its_settings(method: str):
    """With all fields empty except who may sign in."""
    found = lacking(from_draft({"about.title": "Tried", "signIn.method": method, "signIn.allowedUsers": "mia"}))
    assert found == {f"signIn.{path}": [words] for path, words in MISSING[method].items()}


@pytest.mark.parametrize(
    ("method", "typed", "path", "words"),
    [
        ("cilogon", {"cilogon.username_claim": "sub"}, "cilogon.username_claim", NO_SUB),
        ("generic-oauth", {"oauth.scope": "email", "oauth.userdata_url": f"{SSO}/userinfo"}, "oauth.scope", NO_OPENID),
        (
            "generic-oauth",
            {"oauth.scope": "openid", "oauth.username_claim": "email"},
            "oauth.scope",
            "“email” needs the scope “email”",
        ),
        ("generic-oauth", {"oauth.scope": "openid", "oauth.username_claim": "nickname"}, "oauth.scope", "“profile”"),
    ],
)
def test_an_unsupported_user_name_claim_is_refused(method: str, typed: dict[str, str], path: str, words: str):
    draft = {"about.title": "Tried", "signIn.method": method, "signIn.allowedUsers": "mia"}
    found = lacking(from_draft(draft | {f"signIn.{name}": text for name, text in typed.items()}))
    assert str(words) in str(found[f"signIn.{path}"])


def test_a_name_with_a_slash_would_keep_the_hub_from_starting(load: Load):
    """As CILogon's numeric ids are."""
    spec = spec_of("firstuse", allowAll="yes", adminUsers="ines")
    name = "http://cilogon.org/serverA/users/123"
    strange = spec.model_copy(update={"signIn": spec.signIn.model_copy(update={"adminUsers": (name,)})})
    with pytest.raises(Refused, match="not a valid user name"):  # JupyterHub: "is not valid"
        load(strange)


def test_every_method_is_in_the_tables():
    assert set(MISSING) == {name for name, _ in METHODS}
    assert {*OAUTH, *SECRETS} <= set(CLASSES)


# --- unknown classes --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["my.Authenticator", "azuread", "dummy", "jupyterhub.auth.PAMAuthenticator"])
def test_an_unknown_class_is_never_silently_replaced(name: str):
    values = {"hub": {"config": {"JupyterHub": {"authenticator_class": name}, "Authenticator": {"allow_all": True}}}}
    found = from_values(values)
    [leaf] = [one for one in found.leaves if one.path[-1] == "authenticator_class"]
    assert (leaf.fate, found.round_trip) == ("more", True)
    for said in (leaf.why, *lacking(found.spec)["more"]):
        assert f"The portal’s hubs do not include “{name}”" in said


def test_a_known_class_is_chosen_in_the_visible_field():
    class_of = {"hub": {"config": {"JupyterHub": {"authenticator_class": "github"}}}}
    spec = from_draft({"about.title": "Tried"}).model_copy(update={"more": class_of})
    assert "Choose “github” under “Sign-in”" in lacking(spec)["more"][0]
    assert lacking(from_values(class_of).spec).keys() == {
        "signIn.github.client_id",
        "signIn.github.allowed_organizations",
    }

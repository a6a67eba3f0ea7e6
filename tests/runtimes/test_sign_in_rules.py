"""Less common sign-in rules, as fields and in files: the hub's files are rendered, and JupyterHub's own class decides
who may sign in, with which name. See test_authenticators.py."""

import json
from typing import Any

import pytest

from hubs.spec import HubSpec
from hubs.spec.draft import parse
from hubs.spec.imports import from_values
from hubs.spec.sign_in_lacking import NO_GOOGLE_GROUPS, NOBODY, lacking

from .sign_in_services import Services
from .test_authenticators import BY_OIDC, IDP, Load, cilogon, google, load, oidc, services, spec_of, who_comes_in

__all__ = ["load", "services"]
GOOGLE, MICROSOFT = "http://google.com/accounts/o8/id", "http://login.microsoftonline.com/common/oauth2/v2.0/authorize"
RIVER, LAKE = "river.example.edu", "lake.example.edu"


def rows(*institutions: dict[str, Any]) -> str:
    return "\n".join(f"- {json.dumps(one)}" for one in institutions)


# --- CILogon ----------------------------------------------------------------------------------------------------------
def test_each_institution_has_its_own_rules(load: Load, services: Services):
    """Everyone of the first, by user name; two domains of the second, named by a prefix and the address; named people
    of the third."""
    spec = spec_of("cilogon", cilogon__client_id="me", adminUsers="omar1",
                   allowedUsers="google:zoe@elsewhere.example.org", cilogon__institutions=rows(
        {"entity_id": IDP, "default": True, "allow_all": True, "username_claim": "eppn", "action": "strip_idp_domain",
         "domain": RIVER},
        {"entity_id": MICROSOFT, "allowed_domains": [LAKE, f"*.{LAKE}"], "action": "prefix", "prefix": "lake"},
        {"entity_id": GOOGLE, "allow_all": False, "action": "prefix", "prefix": "google"},
    ))  # fmt: skip
    services.accounts = {
        "omar": cilogon("omar", IDP), "mia": cilogon("mia", IDP),
        "ines": cilogon("ines", MICROSOFT, LAKE), "stan": cilogon("stan", MICROSOFT, f"students.{LAKE}"),
        "eve": cilogon("eve", MICROSOFT, "evillake.example.edu"),
        "zoe": cilogon("zoe", GOOGLE, "elsewhere.example.org"), "tim": cilogon("tim", GOOGLE, RIVER),
        "other": cilogon("mia", "https://idp.elsewhere.example.org/s"),
    }  # fmt: skip
    authenticator = load(spec)
    assert who_comes_in(authenticator, services) == {
        "omar": ("omar1", True), "mia": ("mia1", False), "ines": (f"lake:ines@{LAKE}", False),
        "stan": (f"lake:stan@students.{LAKE}", False), "eve": None,
        "zoe": ("google:zoe@elsewhere.example.org", False), "tim": None, "other": None,
    }  # fmt: skip
    assert [name for name, one in authenticator.idps.items() if one.get("default")] == [IDP]


def test_a_claim_has_the_domain(load: Load, services: Services):
    row = {"entity_id": IDP, "allowed_domains": [LAKE], "allowed_domains_claim": "eppn", "username_claim": "email"}
    spec = spec_of("cilogon", cilogon__client_id="me", cilogon__institutions=rows(row))
    mia, zoe = cilogon("mia", IDP), cilogon("zoe", IDP, LAKE)
    services.accounts = {"mia": mia, "zoe": zoe}
    assert who_comes_in(load(spec), services) == {"mia": None, "zoe": (f"zoe@{LAKE}", False)}


def test_people_typed_by_address_are_known_by_the_name_without_domain(load: Load, services: Services):
    spec = spec_of("cilogon", cilogon__client_id="me", adminUsers=f"ines@{RIVER}", cilogon__institutions=rows(
        {"entity_id": IDP, "allow_all": True, "action": "strip_idp_domain", "domain": RIVER}))  # fmt: skip
    services.accounts = {"ines": cilogon("ines", IDP), "mia": cilogon("mia", IDP)}
    assert who_comes_in(load(spec), services) == {"ines": ("ines", True), "mia": ("mia", False)}


OLD = [
    {"institutions": [IDP, GOOGLE], "username_claim": "eppn", "allowed_domains": [RIVER]},
    {"institutions": [IDP], "username_claim": "email"},
    {"institutions": [IDP, GOOGLE]},
]


@pytest.mark.parametrize("old", OLD)
def test_a_spec_from_before_means_the_same(old: dict[str, Any], load: Load, services: Services):
    data = {"about": {"title": "Old"}, "signIn": {"method": "cilogon", "cilogon": {"client_id": "me", **old}}}
    spec = HubSpec.stored(data)
    assert spec == parse(data)
    assert spec.model_dump(mode="json")["signIn"]["cilogon"]["institutions"] == old["institutions"], "programs read it"
    services.accounts = {
        "mia": cilogon("mia", IDP),
        "zoe": cilogon("zoe", IDP, LAKE),
        "tim": cilogon("tim", GOOGLE, "gmail.com"),
    }
    end = "1" if old.get("username_claim") == "eppn" else ""
    narrowed, also_google = "allowed_domains" in old, GOOGLE in old["institutions"]
    assert who_comes_in(load(spec), services) == {
        "mia": (f"mia{end}@{RIVER}", False), "zoe": None if narrowed else (f"zoe{end}@{LAKE}", False),
        "tim": ("tim@gmail.com", False) if also_google and not narrowed else None,
    }  # fmt: skip


def test_an_institution_without_named_people_lets_nobody_in():
    spec = parse({"about": {"title": "Tried"}, "signIn": {"method": "cilogon", "cilogon": {
        "client_id": "me", "institutions": [{"entity_id": IDP, "allow_all": False}]}}})  # fmt: skip
    assert lacking(spec) == {"signIn.cilogon.institutions": [NOBODY]}


# --- Google -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("domains", "strips", "names"),
    [
        (RIVER, "no", ("mia@river.example.edu", None)),
        (RIVER, "yes", ("mia", None)),
        (f"{RIVER}\n{LAKE}", "yes", ("mia", "zoe")),
        (f"{RIVER}\n{LAKE}", "no", ("mia@river.example.edu", "zoe@lake.example.edu")),
    ],
)
def test_google_removes_the_domain_where_this_is_set(
    domains: str, strips: str, names: tuple[str, str | None], load: Load, services: Services
):
    spec = spec_of("google", google__client_id="me", google__hosted_domain=domains, google__strip_domain=strips,
                   allowAll="yes", session__blocked_users=f"eve@{RIVER}\neve")  # fmt: skip
    services.accounts = {"mia": google("mia", RIVER), "zoe": google("zoe", LAKE), "eve": google("eve", RIVER)}
    found = who_comes_in(load(spec), services)
    assert found == {"mia": (names[0], False), "zoe": (names[1], False) if names[1] else None, "eve": None}


def test_files_may_restrict_google_by_an_unknown_trait(load: Load, services: Services):
    """`allowed_hosted_domains`: with this name alone, today's class would let everyone in."""
    config = {
        "JupyterHub": {"authenticator_class": "google"},
        "GoogleOAuthenticator": {"client_id": "me", "allow_all": True, "allowed_hosted_domains": ["River.example.edu"],
                                 "strip_domain": True, "username_claim": "email"},
    }  # fmt: skip
    found = from_values({"hub": {"config": config}})
    assert (found.count("more"), found.round_trip, found.problems) == (0, True, ())
    assert "would give people from other domains access" in " ".join(found.notes)
    assert found.spec.signIn.google.hosted_domain == (RIVER,)
    assert found.spec.signIn.allowAll
    services.accounts = {"mia": google("mia", RIVER), "zoe": google("zoe", "gmail.com", hd="")}
    assert who_comes_in(load(found.spec), services) == {"mia": ("mia", False), "zoe": None}


def test_google_groups_are_not_supported_and_refused(load: Load, services: Services):
    """The class needs Google's library and a key file. Without them, every sign-in fails."""
    more = {"hub": {"config": {"GoogleOAuthenticator": {"allowed_google_groups": {RIVER: ["staff"]}}}}}
    sign_in = {"method": "google", "google": {"client_id": "me", "hosted_domain": [RIVER]}, "allowedUsers": ["mia"]}
    spec = parse({"about": {"title": "Tried"}, "more": more, "signIn": sign_in})
    assert lacking(spec) == {"more": [NO_GOOGLE_GROUPS]}
    services.accounts = {"mia": google("mia", RIVER)}
    authenticator = load(spec)
    with pytest.raises((ImportError, KeyError)):
        who_comes_in(authenticator, services)


# --- another service --------------------------------------------------------------------------------------------------
def test_scopes_let_people_in(load: Load, services: Services):
    spec = spec_of("generic-oauth", **BY_OIDC, oauth__username_claim="email", service__allowed_scopes="profile")
    services.accounts = {"mia": oidc("mia")}
    assert who_comes_in(load(spec), services) == {"mia": (f"mia@{RIVER}", False)}


def test_rare_settings_of_a_service_reach_its_class(load: Load, services: Services):
    spec = spec_of(
        "generic-oauth", **BY_OIDC, oauth__username_claim="email", allowedUsers=f"mia@{RIVER}",
        service__login_service="River account", service__logout_redirect_url="https://sso.river.example.edu/out",
        service__extra_authorize_params="audience=https://hub.example.org\nkc_idp_hint=river",
        service__custom_403_message="Ask Ines.", session__auth_refresh_age="10", session__auto_login="yes",
        session__allow_existing_users="no", session__delete_invalid_users="yes", session__refresh_pre_spawn="yes",
    )  # fmt: skip
    authenticator = load(spec)
    assert authenticator.login_service == "River account"
    assert authenticator.custom_403_message == "Ask Ines."
    assert authenticator.logout_redirect_url == "https://sso.river.example.edu/out"
    assert (authenticator.auth_refresh_age, authenticator.auto_login, authenticator.refresh_pre_spawn) == (
        600,
        True,
        True,
    )
    assert (authenticator.allow_existing_users, authenticator.delete_invalid_users) == (False, True)
    assert authenticator.extra_authorize_params == {"audience": "https://hub.example.org", "kc_idp_hint": "river"}
    services.accounts = {"mia": oidc("mia"), "zoe": oidc("zoe")}
    assert who_comes_in(authenticator, services) == {"mia": (f"mia@{RIVER}", False), "zoe": None}


def test_a_token_brings_the_user_data(load: Load, services: Services):
    asked = {key: text for key, text in BY_OIDC.items() if key != "oauth__userdata_url"}
    spec = spec_of("generic-oauth", **asked, oauth__username_claim="email", oauth__userdata_from_id_token="yes",
                   allowAll="yes")  # fmt: skip
    authenticator = load(spec)
    assert (authenticator.userdata_from_id_token, authenticator.userdata_url) == (True, "")


# --- the hub's own accounts -------------------------------------------------------------------------------------------
def test_native_accounts_follow_the_settings(load: Load):
    native = load(spec_of("native", allowedUsers="mia", adminUsers="ines", native__open_signup="yes",
                          native__enable_signup="no", native__ask_email_on_signup="yes",
                          native__minimum_password_length="12", native__check_common_password="yes",
                          native__allowed_failed_logins="3", native__seconds_before_next_try="10"))  # fmt: skip
    assert (native.open_signup, native.enable_signup, native.ask_email_on_signup) == (True, False, True)
    assert (native.minimum_password_length, native.check_common_password) == (12, True)
    assert (native.allowed_failed_logins, native.seconds_before_next_try) == (3, 600)


def test_first_use_accounts_follow_the_settings(load: Load):
    found = load(
        spec_of("firstuse", allowedUsers="mia", firstuse__create_users="no", firstuse__min_password_length="9")
    )
    assert (found.create_users, found.min_password_length) == (False, 9)


def test_an_unknown_scope_is_reported_before_the_start():
    spec = parse({"about": {"title": "Tried"}, "hub": {"serverScopes": ["read:everything", "read:users!user"]}})
    assert lacking(spec) == {"hub.serverScopes": ["JupyterHub has no scope “read:everything”. Check the spelling."]}

"""Sign-in configurations modelled on real files: each setting in the class's own section or in a parent's, under its
current name or an older one, as a list or as text. Each is drawn twice, as a file has it and as a class reads it, so
that both can be asked who may sign in."""

from typing import Any

from hypothesis import strategies as st

Tree = dict[str, Any]
RIVER, LAKE = "river.example.edu", "lake.example.edu"
IDPS = ("https://login.river.example.edu/idp/shibboleth", "urn:mace:incommon:lake.example.edu",
        "http://google.com/accounts/o8/id",
        "http://login.microsoftonline.com/common/oauth2/v2.0/authorize")  # fmt: skip
SPELLINGS = {
    "cilogon": ("cilogon", "CILogon", "oauthenticator.cilogon.CILogonOAuthenticator"),
    "google": ("google", "oauthenticator.google.GoogleOAuthenticator"),
    "github": ("github", "GitHub", "oauthenticator.github.GitHubOAuthenticator"),
    "generic-oauth": ("generic-oauth", "oauthenticator.generic.GenericOAuthenticator"),
}
SECTIONS = {"cilogon": "CILogonOAuthenticator", "google": "GoogleOAuthenticator", "github": "GitHubOAuthenticator",
            "generic-oauth": "GenericOAuthenticator"}  # fmt: skip
NAMES = st.lists(st.sampled_from([f"mia@{RIVER}", f"zoe@{LAKE}", "tim", "ines"]), min_size=1, max_size=3, unique=True)
yes = st.booleans()
SSO = "https://sso.river.example.edu"

derivation = st.one_of(
    st.fixed_dictionaries({"username_claim": st.sampled_from(["email", "eppn"])}),
    st.just({"username_claim": "email", "action": "strip_idp_domain", "domain": RIVER}),
    st.just({"username_claim": "eppn", "action": "prefix", "prefix": "lake"}),
)
institution = st.fixed_dictionaries(
    {"username_derivation": derivation},
    optional={"default": yes, "allow_all": yes, "allowed_domains_claim": st.just("eppn"),
              "allowed_domains": st.lists(st.sampled_from([RIVER, LAKE, f"*.{LAKE}", "River.example.edu"]), max_size=2,
                                          unique_by=str.lower)},
)  # fmt: skip
OWN: dict[str, Any] = {
    "cilogon": st.fixed_dictionaries({
        "client_id": st.just("me"),
        "idps": st.dictionaries(st.sampled_from(IDPS), institution, min_size=1, max_size=3)}),
    "google": st.fixed_dictionaries({"client_id": st.just("me")}, optional={
        "hosted_domain": st.lists(st.sampled_from([RIVER, LAKE]), min_size=1, unique=True), "strip_domain": yes,
        "username_claim": st.just("email")}),
    "github": st.fixed_dictionaries({"client_id": st.just("me")}, optional={
        "allowed_organizations": st.lists(st.sampled_from(["river-lab", "lake:students"]), min_size=1, unique=True),
        "scope": st.just(["read:org"]), "populate_teams_in_auth_state": yes}),
    "generic-oauth": st.fixed_dictionaries(
        {"client_id": st.just("me"), "authorize_url": st.just(f"{SSO}/a"), "token_url": st.just(f"{SSO}/t"),
         "userdata_url": st.just(f"{SSO}/userinfo"), "username_claim": st.just("email"), "manage_groups": st.just(True),
         "scope": st.just(["openid", "profile", "email"])},
        optional={"allowed_groups": st.just(["students"]),
                  "auth_state_groups_key": st.just("oauth_user.groups"), "admin_groups": st.just(["staff"])}),
}  # fmt: skip
SERVICE = {
    "login_service": st.just("River account"), "logout_redirect_url": st.just(f"{SSO}/out"),
    "extra_authorize_params": st.just({"audience": "https://hub.example.org"}),
    "allowed_scopes": st.just(["openid"]),
}  # fmt: skip
SESSION = {
    "admin_users": NAMES, "allowed_users": NAMES, "blocked_users": NAMES, "allow_all": yes, "enable_auth_state": yes,
    "allow_existing_users": yes, "auth_refresh_age": st.integers(0, 9999), "delete_invalid_users": yes,
    "auto_login": yes, "refresh_pre_spawn": yes,
}  # fmt: skip
OLD = {("cilogon", "idps"): "allowed_idps", ("generic-oauth", "username_claim"): "username_key"}
AS_TEXT = ("allowed_organizations", "hosted_domain")


@st.composite
def files(draw: Any) -> tuple[str, Tree, Tree]:
    """Return (authenticator, `hub.config` as a file has it, the same as today's class reads it)."""
    method = draw(st.sampled_from(sorted(OWN)))
    section = SECTIONS[method]
    own = draw(OWN[method])
    service = draw(st.fixed_dictionaries({}, optional={k: v for k, v in SERVICE.items() if method == "generic-oauth"}))
    session = draw(st.fixed_dictionaries({}, optional=SESSION))
    kind = draw(st.sampled_from(SPELLINGS[method]))
    plain: Tree = {"JupyterHub": {"authenticator_class": kind}, section: {**own, **service, **session}}
    written: Tree = {"JupyterHub": {"authenticator_class": kind}}
    for name, value in own.items():
        old = OLD.get((method, name))
        if name in AS_TEXT and len(value) == 1 and draw(yes):
            value = value[0]
        written.setdefault(section, {})[old if old and draw(yes) else name] = value
    for settings, places in (
        (service, (section, "OAuthenticator")),
        (session, (section, "OAuthenticator", "Authenticator")),
    ):
        for name, value in settings.items():
            place = draw(st.integers(0, len(places) - 1))
            written.setdefault(places[place], {})[name] = value
            if place < len(places) - 1 and draw(st.integers(0, 5)) == 0 and isinstance(value, bool):
                written.setdefault(places[place + 1], {})[
                    name
                ] = not value  # a parent's section differs: it does not count
    return method, written, plain

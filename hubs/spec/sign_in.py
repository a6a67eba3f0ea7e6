"""How people sign in to a hub. The fields of each method have the names of JupyterHub's authenticators.

Secrets are not part of a spec: SECRETS lists those of each method, with their keys in the values.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from hubs.language import lazy
from hubs.spec.base import Frozen
from hubs.spec.institution_rules import CILogon
from hubs.spec.sign_in_traits import OAUTH as OAUTH
from hubs.spec.sign_in_traits import FirstUse, Native, Service, Session
from hubs.spec.sign_in_types import Address, Domain, Name, Several, Team, asked, at
from hubs.spec.types import Line, Username, Words, person

METHODS = (  # in every language, the part before the dash is the name
    (
        "portal",
        lazy("Portal account — people sign in as on this portal; only people on the hub’s people list have access"),
    ),
    ("github", lazy("GitHub — members of organisations or teams, or people on a list")),
    ("google", lazy("Google — for organisations that have their email at Google")),
    ("cilogon", lazy("Institution (CILogon) — people sign in at their university; most universities worldwide")),
    ("generic-oauth", lazy("Other sign-in service — OpenID Connect or OAuth 2.0")),
    ("lti13", lazy("Canvas or Moodle — LTI 1.3: people open the hub from their course")),
    ("shared-password", lazy("Shared password — people choose their own user names; for short workshops")),
    ("native", lazy("Hub account — people sign up on the hub’s own page")),
    ("firstuse", lazy("Password set at first sign-in — people choose it themselves; for people you trust")),
    ("tmp", lazy("No sign-in — anyone with the link gets an empty, temporary server")),
)
CLASSES = {  # (name in `authenticator_class`, section of `hub.config`) of JupyterHub's class
    "github": ("github", "GitHubOAuthenticator"),
    "google": ("google", "GoogleOAuthenticator"),
    "cilogon": ("cilogon", "CILogonOAuthenticator"),
    "generic-oauth": ("generic-oauth", "GenericOAuthenticator"),
    "lti13": ("ltiauthenticator.lti13.auth.LTI13Authenticator", "LTI13Authenticator"),
    "shared-password": ("shared-password", "SharedPasswordAuthenticator"),
    "native": ("native", "NativeAuthenticator"),
    "firstuse": ("firstuse", "FirstUseAuthenticator"),
    "tmp": ("tmp", "TmpAuthenticator"),
}
CLIENT_SECRET = ("client_secret", lazy("Client secret"))
ADMIN_PASSWORD = ("admin_password", lazy("Hub admin password"))
SECRETS = {  # method: (its key in the section, label)
    "github": (CLIENT_SECRET,),
    "google": (CLIENT_SECRET,),
    "cilogon": (CLIENT_SECRET,),
    "generic-oauth": (CLIENT_SECRET,),
    "shared-password": (("user_password", lazy("Shared password")), ADMIN_PASSWORD),
    "native": (ADMIN_PASSWORD,),
    "firstuse": (ADMIN_PASSWORD,),
}
REQUIRED = {  # method: (its part of the spec, fields without which no one could sign in)
    "github": ("github", ("client_id",)),
    "google": ("google", ("client_id",)),
    "cilogon": ("cilogon", ("client_id", "institutions")),
    "generic-oauth": ("oauth", ("client_id", "authorize_url", "token_url", "userdata_url", "username_claim")),
    "lti13": ("lti13", ("issuer", "client_id", "authorize_url", "jwks_endpoint")),
}
OTHERS = tuple(name for name, _ in METHODS if name != "portal")
HAS_LIST = tuple(name for name in OTHERS if name not in ("tmp", "lti13"))
OWN_NAMES = ("native", "firstuse")  # people choose their own user names, possibly that of a hub admin
ANY_NAME = (*OWN_NAMES, "shared-password")  # nothing proves that a user name belongs to the person

ALLOW_RULES = {
    "github": "github.allowed_organizations",
    "cilogon": "cilogon.institutions",
    "generic-oauth": "oauth.allowed_groups",
}
MOST_PEOPLE = 5000
# Paths below the hub's address that people enter at their sign-in service, in Canvas or in Moodle.
CALLBACK = "hub/oauth_callback"
LAUNCHES = ("hub/lti13/oauth_login", "hub/lti13/oauth_callback", "hub/lti13/config")
github = asked("GitHubOAuthenticator", "github")
google = asked("GoogleOAuthenticator", "google")
oauth = asked("GenericOAuthenticator", "generic-oauth")
lti13 = asked("LTI13Authenticator", "lti13")
listed = asked("Authenticator", *HAS_LIST)
others = asked("Authenticator", *OTHERS)
by_github = asked("Authenticator", "github")


class GitHub(Frozen):
    client_id: Annotated[
        Name, github("client_id", lazy("Client ID"), lazy("The client ID of the OAuth app that you created on GitHub."))
    ] = ""
    allowed_organizations: Annotated[
        Several[Team],
        github("allowed_organizations", lazy("Organisations and teams"), lazy("Their members can sign in. One per "
               "line: river-lab, or river-lab:students for one team.")),
    ] = ()  # fmt: skip
    scope: Annotated[
        Several[Name],
        github("scope", lazy("OAuth scopes"), lazy("Permissions that the hub requests from GitHub, one per line. "
               "read:org is added automatically if the hub has to check memberships."), advanced=True),
    ] = ()  # fmt: skip
    populate_teams_in_auth_state: Annotated[
        bool,
        github("populate_teams_in_auth_state", lazy("Use teams as groups"), lazy("GitHub teams become groups of the "
               "hub, such as river-lab:students, so that a server option can be for one team only."), advanced=True),
    ] = False  # fmt: skip


class Google(Frozen):
    client_id: Annotated[
        Name, google("client_id", lazy("Client ID"), lazy("The ID of the OAuth client that you created at Google."))
    ] = ""
    hosted_domain: Annotated[
        Several[Domain],
        google("hosted_domain", lazy("Domains"), lazy("Only accounts of these domains can sign in, such as "
               "example.edu. One per line. With one domain, the user name is the part before the @.")),
    ] = ()  # fmt: skip
    strip_domain: Annotated[
        bool | None,
        google("strip_domain", lazy("Remove the domain from user names"), lazy("ines@example.edu becomes ines, for the "
               "domains above. This is the default with one domain. With several domains, two people could get the "
               "same user name."), advanced=True),
    ] = None  # fmt: skip
    username_claim: Annotated[
        Name,
        google("username_claim", lazy("User name claim"), lazy("The field of Google’s response that contains the user "
               "name. Leave empty for email."), advanced=True),
    ] = ""  # fmt: skip


class GenericOAuth(Frozen):
    client_id: Annotated[
        Name, oauth("client_id", lazy("Client ID"), lazy("The client ID from your sign-in service."))
    ] = ""
    authorize_url: Annotated[
        Address,
        oauth(
            "authorize_url", lazy("Authorisation URL"), lazy("The “authorization_endpoint” of your sign-in service.")
        ),
    ] = ""
    token_url: Annotated[
        Address, oauth("token_url", lazy("Token URL"), lazy("The “token_endpoint” of your sign-in service."))
    ] = ""
    userdata_url: Annotated[
        Address, oauth("userdata_url", lazy("User data URL"), lazy("The “userinfo_endpoint” of your sign-in service."))
    ] = ""
    userdata_from_id_token: Annotated[
        bool,
        oauth("userdata_from_id_token", lazy("User data from the ID token"), lazy("Read user data from OpenID "
              "Connect’s ID token. Then leave the user data URL empty."), advanced=True),
    ] = False  # fmt: skip
    scope: Annotated[
        Several[Name],
        oauth("scope", lazy("OAuth scopes"), lazy("Permissions that the hub requests from the sign-in service, one per "
              "line. OpenID Connect needs openid; profile and email add names and addresses; many services send groups "
              "only if groups is requested."), advanced=True),
    ] = ("openid", "profile", "email")  # fmt: skip
    username_claim: Annotated[
        Name,
        oauth("username_claim", lazy("User name claim"), lazy("The field of the service’s response that contains the "
              "user name, in most cases preferred_username or email.")),
    ] = ""  # fmt: skip
    manage_groups: Annotated[
        bool,
        oauth("manage_groups", lazy("Use groups of the sign-in service"), lazy("Its groups become groups of the hub. "
              "Always on if you fill in a field about groups below."), advanced=True),
    ] = False  # fmt: skip
    auth_state_groups_key: Annotated[
        Name,
        oauth("auth_state_groups_key", lazy("Groups claim"), lazy("The field of the service’s response that contains "
              "the groups. Leave empty for oauth_user.groups."), advanced=True),
    ] = ""  # fmt: skip
    allowed_groups: Annotated[
        Several[Line],
        oauth("allowed_groups", lazy("Allowed groups"), lazy("Members of these groups can sign in. One per line.")),
    ] = ()
    admin_groups: Annotated[
        Several[Line],
        oauth(
            "admin_groups",
            lazy("Admin groups"),
            lazy("Members of these groups are hub admins. One per line."),
            advanced=True,
        ),
    ] = ()


class LTI13(Frozen):
    issuer: Annotated[
        Address, lti13("issuer", lazy("Issuer"), lazy("The issuer address of your Canvas or Moodle."))
    ] = ""
    client_id: Annotated[Several[Name], lti13("client_id", lazy("Client IDs"), lazy("One per line."))] = ()
    authorize_url: Annotated[
        Address,
        lti13("authorize_url", lazy("Authorisation URL"), lazy("The address where people are sent to sign in.")),
    ] = ""
    jwks_endpoint: Annotated[
        Address,
        lti13(
            "jwks_endpoint",
            lazy("Key set URL (JWKS)"),
            lazy("The address of the public keys of your Canvas or Moodle."),
        ),
    ] = ""
    username_key: Annotated[
        Name,
        lti13("username_key", lazy("User name claim"), lazy("The field that contains the user name. Leave empty for "
              "email."), advanced=True),
    ] = ""  # fmt: skip


class SignIn(Frozen):
    method: Annotated[
        Literal["portal", "github", "google", "cilogon", "generic-oauth", "lti13", "shared-password", "native",
                "firstuse", "tmp"],
        Words(lazy("Sign-in method"), lazy("How people sign in to the hub, and with which account."), "people",
              choices=METHODS),
    ] = "portal"  # fmt: skip
    github: GitHub = GitHub()
    google: Google = Google()
    cilogon: CILogon = CILogon()
    oauth: GenericOAuth = GenericOAuth()
    lti13: LTI13 = LTI13()
    native: Native = Native()
    firstuse: FirstUse = FirstUse()
    allowedUsers: Annotated[
        tuple[Username, ...],
        Field(max_length=MOST_PEOPLE),
        listed(
            "allowed_users",
            lazy("Allowed users"),
            lazy("User names as the sign-in method provides them, one per line."),
        ),
    ] = ()
    allowAll: Annotated[
        bool,
        listed("allow_all", lazy("Allow all users"), lazy("Everyone who can sign in with this method has access to the "
               "hub. With GitHub or Google, this can be anyone in the world.")),
    ] = False  # fmt: skip
    adminUsers: Annotated[
        Several[Username],
        Words(lazy("Hub admins"), lazy("User names or email addresses, one per line. Hub admins can see and access all "
              "servers of the hub. With portal accounts, the person who requests the hub is always a hub admin."),
              "people",
              values=at("Authenticator", "admin_users")),
    ] = ()  # fmt: skip
    enableAuthState: Annotated[
        bool,
        others("enable_auth_state", lazy("Store the authentication state"), lazy("Groups and tokens from the sign-in "
               "are stored, encrypted, in the hub’s database."), advanced=True),
    ] = False  # fmt: skip
    manageGroups: Annotated[
        bool,
        by_github(
            "manage_groups",
            lazy("Groups from the sign-in"),
            lazy("GitHub determines who is in which group. Otherwise hub admins do."),
            advanced=True,
        ),
    ] = False

    session: Session = Session()
    service: Service = Service()

    @model_validator(mode="before")
    @classmethod
    def _one_field_says_groups(cls, data: Any) -> Any:
        """Move `manageGroups` of specs from before decision 039 to `oauth.manage_groups`."""
        if isinstance(data, dict) and data.get("method") == "generic-oauth" and data.get("manageGroups") is True:
            oauth = data.get("oauth")
            oauth = oauth.model_dump() if isinstance(oauth, GenericOAuth) else oauth or {}
            if isinstance(oauth, dict):
                return {**data, "manageGroups": False, "oauth": {**oauth, "manage_groups": True}}
        return data

    @field_validator("adminUsers")
    @classmethod
    def _known_by_name(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        """Normalise names of portal accounts; other methods keep the names that the sign-in provides."""
        return tuple(map(person, names)) if info.data.get("method") == "portal" else names

    @property
    def tells_groups(self) -> bool:
        """Whether the sign-in provides the groups of people."""
        if self.method == "github":
            return self.github.populate_teams_in_auth_state or self.manageGroups
        of = self.oauth
        named = of.manage_groups or of.auth_state_groups_key or of.allowed_groups or of.admin_groups
        return self.method == "portal" or (self.method == "generic-oauth" and bool(named or self.manageGroups))

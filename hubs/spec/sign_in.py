"""How people come in. Each method's fields carry the names of JupyterHub's authenticators.

Secrets are no part of a spec: SECRETS says which ones a method has, and where they belong in values.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from hubs.spec.base import Frozen
from hubs.spec.institution_rules import CILogon
from hubs.spec.sign_in_traits import OAUTH as OAUTH
from hubs.spec.sign_in_traits import FirstUse, Native, Service, Session
from hubs.spec.sign_in_types import Address, Domain, Name, Several, Team, asked, at
from hubs.spec.types import Line, Username, Words, person

METHODS = (
    ("portal", "With their account here — only people on the hub’s list get in"),
    ("github", "With GitHub — members of organisations or teams, or people on a list"),
    ("google", "With Google — for organisations whose e-mail lives there"),
    ("cilogon", "With their institution, through CILogon — most universities of the world"),
    ("generic-oauth", "With another sign-in service — OpenID Connect or OAuth 2.0"),
    ("lti13", "From Canvas or Moodle — LTI 1.3: they open the hub from their course"),
    ("shared-password", "With one password for all — each with a name of their own; for short workshops"),
    ("native", "With an account of this hub alone — they sign up on its own page"),
    ("firstuse", "With a password that they choose at the first visit — for people you trust"),
    ("tmp", "Without an account — everybody with the link gets an empty, temporary server"),
)
CLASSES = {  # JupyterHub's class: its name in `authenticator_class`, the section of `hub.config`
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
SECRETS = {  # method: (its key in the section, label)
    "github": (("client_secret", "Client secret"),),
    "google": (("client_secret", "Client secret"),),
    "cilogon": (("client_secret", "Client secret"),),
    "generic-oauth": (("client_secret", "Client secret"),),
    "shared-password": (("user_password", "Password for everybody"), ("admin_password", "Password for hub admins")),
    "native": (("admin_password", "Password for hub admins"),),
    "firstuse": (("admin_password", "Password for hub admins"),),
}
REQUIRED = {  # method: (its part of the spec, what nobody could sign in without)
    "github": ("github", ("client_id",)),
    "google": ("google", ("client_id",)),
    "cilogon": ("cilogon", ("client_id", "institutions")),
    "generic-oauth": ("oauth", ("client_id", "authorize_url", "token_url", "userdata_url", "username_claim")),
    "lti13": ("lti13", ("issuer", "client_id", "authorize_url", "jwks_endpoint")),
}
OTHERS = tuple(name for name, _ in METHODS if name != "portal")
HAS_LIST = tuple(name for name in OTHERS if name not in ("tmp", "lti13"))
OWN_NAMES = ("native", "firstuse")  # where people choose their names themselves, a hub admin's perhaps
ANY_NAME = (*OWN_NAMES, "shared-password")  # where nothing says that a name is its person's

ALLOW_RULES = {
    "github": "github.allowed_organizations",
    "cilogon": "cilogon.institutions",
    "generic-oauth": "oauth.allowed_groups",
}
MOST_PEOPLE = 5000
# Below the hub's address: what people paste at their sign-in service, in Canvas or in Moodle.
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
    client_id: Annotated[Name, github("client_id", "Client ID", "Of the OAuth app that you made at GitHub.")] = ""
    allowed_organizations: Annotated[
        Several[Team],
        github("allowed_organizations", "Organisations and teams", "Who may come in: river-lab, or river-lab:students "
               "for one team. One a line."),
    ] = ()  # fmt: skip
    scope: Annotated[
        Several[Name],
        github("scope", "What GitHub is asked for", "read:org is added where the hub has to see who is a member.",
               advanced=True),
    ] = ()  # fmt: skip
    populate_teams_in_auth_state: Annotated[
        bool,
        github("populate_teams_in_auth_state", "Teams become groups", "Called river-lab:students, so that choices can "
               "be for one team.", advanced=True),
    ] = False  # fmt: skip


class Google(Frozen):
    client_id: Annotated[Name, google("client_id", "Client ID", "Of the OAuth client that you made at Google.")] = ""
    hosted_domain: Annotated[
        Several[Domain],
        google("hosted_domain", "Domains", "Only accounts of these, such as example.edu. One a line. With one domain, "
               "people are named by what stands before the @."),
    ] = ()  # fmt: skip
    strip_domain: Annotated[
        bool | None,
        google("strip_domain", "Leave the domain out of user names", "ines@example.edu becomes ines, for the domains "
               "above. By itself so with one domain. With several, two people may come to one name.", advanced=True),
    ] = None  # fmt: skip
    username_claim: Annotated[
        Name,
        google("username_claim", "User name is in", "The field of Google’s answer with the user name. Empty: email.",
               advanced=True),
    ] = ""  # fmt: skip


class GenericOAuth(Frozen):
    client_id: Annotated[Name, oauth("client_id", "Client ID", "As your sign-in service gave it to you.")] = ""
    authorize_url: Annotated[
        Address, oauth("authorize_url", "Authorisation address", "“authorization_endpoint” of your sign-in service.")
    ] = ""
    token_url: Annotated[Address, oauth("token_url", "Token address", "Its “token_endpoint”.")] = ""
    userdata_url: Annotated[Address, oauth("userdata_url", "User data address", "Its “userinfo_endpoint”.")] = ""
    userdata_from_id_token: Annotated[
        bool,
        oauth("userdata_from_id_token", "User data come with the token", "In OpenID Connect’s ID token. Then leave the "
              "address above empty.", advanced=True),
    ] = False  # fmt: skip
    scope: Annotated[
        Several[Name],
        oauth("scope", "What it is asked for", "OpenID Connect needs openid; profile and email bring names and "
              "addresses; many services tell groups only when groups is asked for. One a line.", advanced=True),
    ] = ("openid", "profile", "email")  # fmt: skip
    username_claim: Annotated[
        Name,
        oauth("username_claim", "User name is in", "The field of its answer with the user name: preferred_username or "
              "email, for most."),
    ] = ""  # fmt: skip
    manage_groups: Annotated[
        bool,
        oauth("manage_groups", "Its groups become groups of the hub", "Always so when a field below names some.",
              advanced=True),
    ] = False  # fmt: skip
    auth_state_groups_key: Annotated[
        Name,
        oauth("auth_state_groups_key", "Groups are in", "The field with the groups. Empty: oauth_user.groups.",
              advanced=True),
    ] = ""  # fmt: skip
    allowed_groups: Annotated[Several[Line], oauth("allowed_groups", "Groups that may come in", "One a line.")] = ()
    admin_groups: Annotated[
        Several[Line], oauth("admin_groups", "Groups of hub admins", "One a line.", advanced=True)
    ] = ()


class LTI13(Frozen):
    issuer: Annotated[Address, lti13("issuer", "Issuer", "The address by which Canvas or Moodle names itself.")] = ""
    client_id: Annotated[Several[Name], lti13("client_id", "Client ID", "One a line.")] = ()
    authorize_url: Annotated[
        Address, lti13("authorize_url", "Authorisation address", "Where people are sent to sign in.")
    ] = ""
    jwks_endpoint: Annotated[
        Address, lti13("jwks_endpoint", "Key set address", "Where its public keys are (JWKS).")
    ] = ""
    username_key: Annotated[Name, lti13("username_key", "User name is in", "Empty: email.", advanced=True)] = ""


class SignIn(Frozen):
    method: Annotated[
        Literal["portal", "github", "google", "cilogon", "generic-oauth", "lti13", "shared-password", "native",
                "firstuse", "tmp"],
        Words("How people sign in", "Who may come in, and with which account.", "people", choices=METHODS),
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
        listed("allowed_users", "People who may come in", "As the sign-in names them, one a line."),
    ] = ()
    allowAll: Annotated[
        bool,
        listed("allow_all", "Everybody who can sign in may come in", "With GitHub or Google this may be the whole "
               "world."),
    ] = False  # fmt: skip
    adminUsers: Annotated[
        Several[Username],
        Words("Hub admins", "User names or e-mail addresses, one a line. They see and help everybody’s servers. You "
              "are one anyway, when people sign in with their account here.", "people",
              values=at("Authenticator", "admin_users")),
    ] = ()  # fmt: skip
    enableAuthState: Annotated[
        bool,
        others("enable_auth_state", "Keep what the sign-in said", "Groups and tokens, encrypted, in the hub’s "
               "database.", advanced=True),
    ] = False  # fmt: skip
    manageGroups: Annotated[
        bool,
        by_github("manage_groups", "The sign-in says who is in which group", "Else hub admins do.", advanced=True),
    ] = False

    session: Session = Session()
    service: Service = Service()

    @model_validator(mode="before")
    @classmethod
    def _one_field_says_groups(cls, data: Any) -> Any:
        """Specs from before 039 may say in `manageGroups` what `oauth.manage_groups` says."""
        if isinstance(data, dict) and data.get("method") == "generic-oauth" and data.get("manageGroups") is True:
            oauth = data.get("oauth")
            oauth = oauth.model_dump() if isinstance(oauth, GenericOAuth) else oauth or {}
            if isinstance(oauth, dict):
                return {**data, "manageGroups": False, "oauth": {**oauth, "manage_groups": True}}
        return data

    @field_validator("adminUsers")
    @classmethod
    def _known_by_name(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        """The portal knows its people by address or user name; elsewhere names are as the sign-in has them."""
        return tuple(map(person, names)) if info.data.get("method") == "portal" else names

    @property
    def tells_groups(self) -> bool:
        """Does whoever signs people in say which groups they are in?"""
        if self.method == "github":
            return self.github.populate_teams_in_auth_state or self.manageGroups
        of = self.oauth
        named = of.manage_groups or of.auth_state_groups_key or of.allowed_groups or of.admin_groups
        return self.method == "portal" or (self.method == "generic-oauth" and bool(named or self.manageGroups))

"""How people come in. Each method's fields carry the names of JupyterHub's authenticators.

Secrets are no part of a spec: SECRETS says which ones a method has, and where they belong in values.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from hubs.spec.base import Frozen
from hubs.spec.institution_rules import CILogon
from hubs.spec.sign_in_traits import OAUTH as OAUTH
from hubs.spec.sign_in_traits import FirstUse, Native, Service, Session
from hubs.spec.sign_in_types import MOST, Address, Domain, Name, Team, at, words
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


class GitHub(Frozen):
    client_id: Annotated[
        Name,
        words("Client ID", "Of the OAuth app that you made at GitHub.", ("github",),
               at("GitHubOAuthenticator", "client_id")),
    ] = ""  # fmt: skip
    allowed_organizations: Annotated[
        tuple[Team, ...],
        Field(max_length=MOST),
        words("Organisations and teams", "Who may come in: river-lab, or river-lab:students for one team. One a line.",
               ("github",), at("GitHubOAuthenticator", "allowed_organizations")),
    ] = ()  # fmt: skip
    scope: Annotated[
        tuple[Name, ...],
        Field(max_length=MOST),
        words("What GitHub is asked for", "read:org is added where the hub has to see who is a member.", ("github",),
               at("GitHubOAuthenticator", "scope"), advanced=True),
    ] = ()  # fmt: skip
    populate_teams_in_auth_state: Annotated[
        bool,
        words("Teams become groups", "Called river-lab:students, so that choices can be for one team.", ("github",),
               at("GitHubOAuthenticator", "populate_teams_in_auth_state"), advanced=True),
    ] = False  # fmt: skip


class Google(Frozen):
    client_id: Annotated[
        Name,
        words("Client ID", "Of the OAuth client that you made at Google.", ("google",),
               at("GoogleOAuthenticator", "client_id")),
    ] = ""  # fmt: skip
    hosted_domain: Annotated[
        tuple[Domain, ...],
        Field(max_length=MOST),
        words("Domains", "Only accounts of these, such as example.edu. One a line. With one domain, people are "
               "named by what stands before the @.", ("google",),
               at("GoogleOAuthenticator", "hosted_domain")),
    ] = ()  # fmt: skip
    strip_domain: Annotated[
        bool | None,
        words("Leave the domain out of user names", "ines@example.edu becomes ines, for the domains above. By itself "
              "so with one domain. With several, two people may come to one name.", ("google",),
              at("GoogleOAuthenticator", "strip_domain"), advanced=True),
    ] = None  # fmt: skip
    username_claim: Annotated[
        Name,
        words("User name is in", "The field of Google’s answer with the user name. Empty: email.", ("google",),
              at("GoogleOAuthenticator", "username_claim"), advanced=True),
    ] = ""  # fmt: skip


class GenericOAuth(Frozen):
    client_id: Annotated[
        Name,
        words("Client ID", "As your sign-in service gave it to you.", ("generic-oauth",),
               at("GenericOAuthenticator", "client_id")),
    ] = ""  # fmt: skip
    authorize_url: Annotated[
        Address,
        words("Authorisation address", "“authorization_endpoint” of your sign-in service.", ("generic-oauth",),
               at("GenericOAuthenticator", "authorize_url")),
    ] = ""  # fmt: skip
    token_url: Annotated[
        Address,
        words("Token address", "Its “token_endpoint”.", ("generic-oauth",), at("GenericOAuthenticator", "token_url")),
    ] = ""
    userdata_url: Annotated[
        Address,
        words("User data address", "Its “userinfo_endpoint”.", ("generic-oauth",),
               at("GenericOAuthenticator", "userdata_url")),
    ] = ""  # fmt: skip
    userdata_from_id_token: Annotated[
        bool,
        words("User data come with the token", "In OpenID Connect’s ID token. Then leave the address above empty.",
              ("generic-oauth",), at("GenericOAuthenticator", "userdata_from_id_token"), advanced=True),
    ] = False  # fmt: skip
    scope: Annotated[
        tuple[Name, ...],
        Field(max_length=MOST),
        words("What it is asked for", "OpenID Connect needs openid; profile and email bring names and addresses; many "
               "services tell groups only when groups is asked for. One a line.", ("generic-oauth",),
               at("GenericOAuthenticator", "scope"), advanced=True),
    ] = ("openid", "profile", "email")  # fmt: skip
    username_claim: Annotated[
        Name,
        words("User name is in", "The field of its answer with the user name: preferred_username or email, for most.",
               ("generic-oauth",), at("GenericOAuthenticator", "username_claim")),
    ] = ""  # fmt: skip
    manage_groups: Annotated[
        bool,
        words("Its groups become groups of the hub", "Always so when a field below names some.", ("generic-oauth",),
               at("GenericOAuthenticator", "manage_groups"), advanced=True),
    ] = False  # fmt: skip
    auth_state_groups_key: Annotated[
        Name,
        words("Groups are in", "The field with the groups. Empty: oauth_user.groups.", ("generic-oauth",),
               at("GenericOAuthenticator", "auth_state_groups_key"), advanced=True),
    ] = ""  # fmt: skip
    allowed_groups: Annotated[
        tuple[Line, ...],
        Field(max_length=MOST),
        words("Groups that may come in", "One a line.", ("generic-oauth",),
               at("GenericOAuthenticator", "allowed_groups")),
    ] = ()  # fmt: skip
    admin_groups: Annotated[
        tuple[Line, ...],
        Field(max_length=MOST),
        words("Groups of hub admins", "One a line.", ("generic-oauth",), at("GenericOAuthenticator", "admin_groups"),
               advanced=True),
    ] = ()  # fmt: skip


class LTI13(Frozen):
    issuer: Annotated[
        Address,
        words("Issuer", "The address by which Canvas or Moodle names itself.", ("lti13",),
               at("LTI13Authenticator", "issuer")),
    ] = ""  # fmt: skip
    client_id: Annotated[
        tuple[Name, ...],
        Field(max_length=MOST),
        words("Client ID", "One a line.", ("lti13",), at("LTI13Authenticator", "client_id")),
    ] = ()
    authorize_url: Annotated[
        Address,
        words("Authorisation address", "Where people are sent to sign in.", ("lti13",),
               at("LTI13Authenticator", "authorize_url")),
    ] = ""  # fmt: skip
    jwks_endpoint: Annotated[
        Address,
        words("Key set address", "Where its public keys are (JWKS).", ("lti13",),
               at("LTI13Authenticator", "jwks_endpoint")),
    ] = ""  # fmt: skip
    username_key: Annotated[
        Name,
        words("User name is in", "Empty: email.", ("lti13",), at("LTI13Authenticator", "username_key"),
               advanced=True),
    ] = ""  # fmt: skip


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
        words("People who may come in", "As the sign-in names them, one a line.", HAS_LIST,
               at("Authenticator", "allowed_users")),
    ] = ()  # fmt: skip
    allowAll: Annotated[
        bool,
        words("Everybody who can sign in may come in", "With GitHub or Google this may be the whole world.", HAS_LIST,
               at("Authenticator", "allow_all")),
    ] = False  # fmt: skip
    adminUsers: Annotated[
        tuple[Username, ...],
        Field(max_length=MOST),
        Words("Hub admins", "User names or e-mail addresses, one a line. They see and help everybody’s servers. You "
              "are one anyway, when people sign in with their account here.", "people",
              values=at("Authenticator", "admin_users")),
    ] = ()  # fmt: skip
    enableAuthState: Annotated[
        bool,
        words("Keep what the sign-in said", "Groups and tokens, encrypted, in the hub’s database.", OTHERS,
               at("Authenticator", "enable_auth_state"), advanced=True),
    ] = False  # fmt: skip
    manageGroups: Annotated[
        bool,
        words("The sign-in says who is in which group", "Else hub admins do.", ("github",),
               at("Authenticator", "manage_groups"), advanced=True),
    ] = False  # fmt: skip

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

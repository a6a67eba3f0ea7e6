"""How people come in. Each method's fields carry the names of JupyterHub's authenticators.

Secrets are no part of a spec: SECRETS says which ones a method has, and where they belong in values.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from hubs.spec.base import Frozen
from hubs.spec.types import Line, Person, Words, reach

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
}
OAUTH = ("github", "google", "cilogon", "generic-oauth")
OTHERS = tuple(name for name, _ in METHODS if name != "portal")
HAS_LIST = tuple(name for name in OTHERS if name not in ("tmp", "lti13"))
ALLOW_RULES = {
    "github": "github.allowed_organizations",
    "cilogon": "cilogon.institutions",
    "generic-oauth": "oauth.allowed_groups",
}
MOST = 100  # entries of one list
# Below the hub's address: what people paste at their sign-in service, in Canvas or in Moodle.
CALLBACK = "hub/oauth_callback"
LAUNCHES = ("hub/lti13/oauth_login", "hub/lti13/oauth_callback", "hub/lti13/config")


def _https(text: str) -> str:
    if text and not text.startswith("https://"):
        raise ValueError("Write an address that begins with https://.")
    if text and reach(text) == "never":
        raise ValueError("This address leads nowhere that a hub may ask.")
    return text


Address = Annotated[str, StringConstraints(max_length=500, pattern=r"^[!-~]*$"), AfterValidator(_https)]
Name = Annotated[str, StringConstraints(max_length=300, pattern=r"^[!-~]*$")]
Domain = Annotated[str, StringConstraints(max_length=253, pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")]
EntityId = Annotated[str, StringConstraints(max_length=300, pattern=r"^(https?://|urn:)[!-~]+$")]
Team = Annotated[str, StringConstraints(max_length=150, pattern=r"^[A-Za-z0-9_.-]+(:[A-Za-z0-9_.-]+)?$")]


def _at(section: str, key: str) -> str:
    return f"hub.config.{section}.{key}"


def _words(label: str, help_text: str, methods: tuple[str, ...], values: str, *, advanced: bool = False,
           choices: tuple[tuple[str, str], ...] = ()) -> Words:  # fmt: skip
    return Words(label, help_text, "people", values=values, when=("signIn.method", methods), advanced=advanced,
                 choices=choices)  # fmt: skip


class GitHub(Frozen):
    client_id: Annotated[
        Name,
        _words("Client ID", "Of the OAuth app that you made at GitHub.", ("github",),
               _at("GitHubOAuthenticator", "client_id")),
    ] = ""  # fmt: skip
    allowed_organizations: Annotated[
        tuple[Team, ...],
        Field(max_length=MOST),
        _words("Organisations and teams", "Who may come in: river-lab, or river-lab:students for one team. One a line.",
               ("github",), _at("GitHubOAuthenticator", "allowed_organizations")),
    ] = ()  # fmt: skip
    scope: Annotated[
        tuple[Name, ...],
        Field(max_length=MOST),
        _words("What GitHub is asked for", "read:org lets the hub see memberships that are not public.", ("github",),
               _at("GitHubOAuthenticator", "scope"), advanced=True),
    ] = ()  # fmt: skip
    populate_teams_in_auth_state: Annotated[
        bool,
        _words("Teams become groups", "So that choices can be for one team only.", ("github",),
               _at("GitHubOAuthenticator", "populate_teams_in_auth_state"), advanced=True),
    ] = False  # fmt: skip


class Google(Frozen):
    client_id: Annotated[
        Name,
        _words("Client ID", "Of the OAuth client that you made at Google.", ("google",),
               _at("GoogleOAuthenticator", "client_id")),
    ] = ""  # fmt: skip
    hosted_domain: Annotated[
        tuple[Domain, ...],
        Field(max_length=MOST),
        _words("Domains", "Only accounts of these, such as example.edu. One a line.", ("google",),
               _at("GoogleOAuthenticator", "hosted_domain")),
    ] = ()  # fmt: skip


class CILogon(Frozen):
    client_id: Annotated[
        Name,
        _words("Client ID", "As CILogon gave it to you.", ("cilogon",), _at("CILogonOAuthenticator", "client_id")),
    ] = ""
    institutions: Annotated[
        tuple[EntityId, ...],
        Field(max_length=MOST),
        Words("Institutions", "The entity ID of each, one a line; the first is the one suggested.", "people",
              when=("signIn.method", ("cilogon",))),
    ] = ()  # fmt: skip
    username_claim: Annotated[
        Literal["email", "eppn", "sub"],
        Words("People are named by", "What the hub calls them.", "people", when=("signIn.method", ("cilogon",)),
              advanced=True, choices=(("email", "Their e-mail address"), ("eppn", "Their institution’s user name"),
                                      ("sub", "CILogon’s number"))),
    ] = "email"  # fmt: skip
    allowed_domains: Annotated[
        tuple[Domain, ...],
        Field(max_length=MOST),
        Words("E-mail domains", "Only these of the institutions’ people may come in. Empty: all of them.", "people",
              when=("signIn.method", ("cilogon",)), advanced=True),
    ] = ()  # fmt: skip


class GenericOAuth(Frozen):
    client_id: Annotated[
        Name,
        _words("Client ID", "As your sign-in service gave it to you.", ("generic-oauth",),
               _at("GenericOAuthenticator", "client_id")),
    ] = ""  # fmt: skip
    authorize_url: Annotated[
        Address,
        _words("Authorisation address", "“authorization_endpoint” of your sign-in service.", ("generic-oauth",),
               _at("GenericOAuthenticator", "authorize_url")),
    ] = ""  # fmt: skip
    token_url: Annotated[
        Address,
        _words("Token address", "Its “token_endpoint”.", ("generic-oauth",), _at("GenericOAuthenticator", "token_url")),
    ] = ""
    userdata_url: Annotated[
        Address,
        _words("User data address", "Its “userinfo_endpoint”.", ("generic-oauth",),
               _at("GenericOAuthenticator", "userdata_url")),
    ] = ""  # fmt: skip
    scope: Annotated[
        tuple[Name, ...],
        Field(max_length=MOST),
        _words("What it is asked for", "Such as openid, email, groups. One a line.", ("generic-oauth",),
               _at("GenericOAuthenticator", "scope"), advanced=True),
    ] = ()  # fmt: skip
    username_claim: Annotated[
        Name,
        _words("User name is in", "The field with the user name, such as preferred_username or email.",
               ("generic-oauth",), _at("GenericOAuthenticator", "username_claim"), advanced=True),
    ] = ""  # fmt: skip
    manage_groups: Annotated[
        bool,
        _words("Its groups become groups of the hub", "Then the fields below can name them.", ("generic-oauth",),
               _at("GenericOAuthenticator", "manage_groups"), advanced=True),
    ] = False  # fmt: skip
    auth_state_groups_key: Annotated[
        Name,
        _words("Groups are in", "The field with the groups, such as oauth_user.groups.", ("generic-oauth",),
               _at("GenericOAuthenticator", "auth_state_groups_key"), advanced=True),
    ] = ""  # fmt: skip
    allowed_groups: Annotated[
        tuple[Line, ...],
        Field(max_length=MOST),
        _words("Groups that may come in", "One a line.", ("generic-oauth",),
               _at("GenericOAuthenticator", "allowed_groups")),
    ] = ()  # fmt: skip
    admin_groups: Annotated[
        tuple[Line, ...],
        Field(max_length=MOST),
        _words("Groups of hub admins", "One a line.", ("generic-oauth",), _at("GenericOAuthenticator", "admin_groups"),
               advanced=True),
    ] = ()  # fmt: skip


class LTI13(Frozen):
    issuer: Annotated[
        Address,
        _words("Issuer", "The address by which Canvas or Moodle names itself.", ("lti13",),
               _at("LTI13Authenticator", "issuer")),
    ] = ""  # fmt: skip
    client_id: Annotated[
        tuple[Name, ...],
        Field(max_length=MOST),
        _words("Client ID", "One a line.", ("lti13",), _at("LTI13Authenticator", "client_id")),
    ] = ()
    authorize_url: Annotated[
        Address,
        _words("Authorisation address", "Where people are sent to sign in.", ("lti13",),
               _at("LTI13Authenticator", "authorize_url")),
    ] = ""  # fmt: skip
    jwks_endpoint: Annotated[
        Address,
        _words("Key set address", "Where its public keys are (JWKS).", ("lti13",),
               _at("LTI13Authenticator", "jwks_endpoint")),
    ] = ""  # fmt: skip
    username_key: Annotated[
        Name,
        _words("User name is in", "Such as email.", ("lti13",), _at("LTI13Authenticator", "username_key"),
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
    allowedUsers: Annotated[
        tuple[Person, ...],
        Field(max_length=MOST),
        _words("People who may come in", "As the sign-in names them, one a line.", HAS_LIST,
               _at("Authenticator", "allowed_users")),
    ] = ()  # fmt: skip
    allowAll: Annotated[
        bool,
        _words("Everybody who can sign in may come in", "With GitHub or Google this may be the whole world.", HAS_LIST,
               _at("Authenticator", "allow_all")),
    ] = False  # fmt: skip
    adminUsers: Annotated[
        tuple[Person, ...],
        Field(max_length=MOST),
        Words("Hub admins", "User names or e-mail addresses, one a line. They see and help everybody’s servers. You "
              "are one anyway, when people sign in with their account here.", "people",
              values=_at("Authenticator", "admin_users")),
    ] = ()  # fmt: skip
    enableAuthState: Annotated[
        bool,
        _words("Keep what the sign-in said", "Groups and tokens, encrypted, in the hub’s database.", OTHERS,
               _at("Authenticator", "enable_auth_state"), advanced=True),
    ] = False  # fmt: skip
    manageGroups: Annotated[
        bool,
        _words("The sign-in says who is in which group", "Else hub admins do.", OTHERS,
               _at("Authenticator", "manage_groups"), advanced=True),
    ] = False  # fmt: skip

    @property
    def nobody_may_come_in(self) -> str:
        """The field that should say who may, when none does; "" when somebody may. JupyterHub lets nobody in unless
        told whom: `allow_all` is False by default."""
        if self.method not in HAS_LIST or self.allowAll or self.allowedUsers or self._named_groups():
            return ""
        return ALLOW_RULES.get(self.method, "allowedUsers")

    def _named_groups(self) -> bool:
        return bool(
            {
                "github": self.github.allowed_organizations,
                "cilogon": self.cilogon.institutions,
                "generic-oauth": self.oauth.allowed_groups or self.oauth.admin_groups,
            }.get(self.method)
        )

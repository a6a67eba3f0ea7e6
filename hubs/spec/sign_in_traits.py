"""What few hubs say of their sign-in: traits that several of JupyterHub's classes share, and those of two classes with
accounts of their own. Each stands at the class that defines it, which counts for all that inherit it. Pure."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from hubs.spec.base import Frozen
from hubs.spec.sign_in_types import MOST, Address, Name, Several, asked
from hubs.spec.types import Line, Username, no_secrets

OAUTH = ("github", "google", "cilogon", "generic-oauth")
TELL_SCOPES = ("google", "cilogon", "generic-oauth")
NAMED = (*OAUTH, "shared-password", "native", "firstuse", "lti13")
LISTED = (*OAUTH, "shared-password", "native", "firstuse")
Param = Annotated[str, StringConstraints(max_length=100, pattern=r"^[A-Za-z0-9_.-]+$")]
ParamValue = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
named = asked("Authenticator", *NAMED, advanced=True)
listed = asked("Authenticator", *LISTED, advanced=True)
oauth = asked("Authenticator", *OAUTH, advanced=True)
service = asked("OAuthenticator", *OAUTH, advanced=True)
scoped = asked("OAuthenticator", *TELL_SCOPES, advanced=True)
native = asked("NativeAuthenticator", "native", advanced=True)
first_use = asked("FirstUseAuthenticator", "firstuse", advanced=True)


class Session(Frozen):
    """Of `Authenticator`: who is kept out, and how long a sign-in counts."""

    blocked_users: Annotated[
        Several[Username],
        named("blocked_users", "Blocked people", "They can’t come in, whatever else lets them in. As the sign-in names "
              "them, one a line."),
    ] = ()  # fmt: skip
    allow_existing_users: Annotated[
        bool | None,
        listed("allow_existing_users", "People who came in before may come back", "Also when they are no longer on the "
               "list above. By itself JupyterHub does so where there is such a list."),
    ] = None  # fmt: skip
    auto_login: Annotated[
        bool | None, oauth("auto_login", "Go straight to the sign-in", "Skips the page with the sign-in button.")
    ] = None
    auth_refresh_age: Annotated[
        int | None,
        Field(ge=0, le=30 * 86400),
        oauth("auth_refresh_age", "Check the sign-in again after", "Who was removed at the sign-in service is noticed "
              "then. 0: never. Empty: 5 minutes.", unit="minutes"),
    ] = None  # fmt: skip
    refresh_pre_spawn: Annotated[
        bool | None,
        oauth("refresh_pre_spawn", "Check the sign-in again before each start", "So that groups and tokens are new "
              "when a server starts."),
    ] = None  # fmt: skip
    delete_invalid_users: Annotated[
        bool,
        named("delete_invalid_users", "Forget people whose names no longer fit", "When the hub starts, accounts whose "
              "names the sign-in could not give any more are removed. Their files stay."),
    ] = False  # fmt: skip


class Service(Frozen):
    """Of `OAuthenticator`: whichever service signs people in."""

    login_service: Annotated[
        Line,
        service("login_service", "Name on the sign-in button", "Such as River account. Empty: the service’s own name."),
    ] = ""
    logout_redirect_url: Annotated[
        Address,
        service("logout_redirect_url", "Page after signing out", "For example the sign-out page of your sign-in "
                "service."),
    ] = ""  # fmt: skip
    allowed_scopes: Annotated[
        Several[Name],
        scoped("allowed_scopes", "Scopes that let people in", "Whoever is given all of these may come in. Most "
               "services give everybody what the hub asks for. One a line."),
    ] = ()  # fmt: skip
    extra_authorize_params: Annotated[
        Annotated[dict[Param, ParamValue], Field(max_length=MOST), AfterValidator(no_secrets)],
        service("extra_authorize_params", "Sent along to the sign-in page", "A name, =, and a value, one a line, such "
                "as audience or kc_idp_hint."),
    ] = {}  # fmt: skip
    custom_403_message: Annotated[
        Line,
        service("custom_403_message", "Words for people who may not come in", "Who to ask, for example. Empty: "
                "JupyterHub’s own."),
    ] = ""  # fmt: skip


class Native(Frozen):
    open_signup: Annotated[
        bool,
        native("open_signup", "People who sign up need no approval", "Among those who may come in. Otherwise a hub "
               "admin approves each account."),
    ] = False  # fmt: skip
    enable_signup: Annotated[
        bool | None,
        native("enable_signup", "People can sign up", "By itself they can. Turn it off once everybody has an account."),
    ] = None
    ask_email_on_signup: Annotated[
        bool, native("ask_email_on_signup", "Ask for an e-mail address", "When people sign up.")
    ] = False
    minimum_password_length: Annotated[
        int | None,
        Field(ge=0, le=200),
        native("minimum_password_length", "Shortest password", "Empty: any length.", unit="characters"),
    ] = None
    check_common_password: Annotated[
        bool, native("check_common_password", "Refuse common passwords", "Such as 12345678.")
    ] = False
    allowed_failed_logins: Annotated[
        int | None,
        Field(ge=0, le=1000),
        native("allowed_failed_logins", "Wrong passwords before a pause", "Empty or 0: there is no pause.",
               unit="times"),
    ] = None  # fmt: skip
    seconds_before_next_try: Annotated[
        int | None,
        Field(ge=0, le=86400),
        native("seconds_before_next_try", "Pause after wrong passwords", "How long people wait then.", unit="minutes"),
    ] = None


class FirstUse(Frozen):
    create_users: Annotated[
        bool | None,
        first_use("create_users", "People can make an account", "At their first visit. By itself they can; without it "
                  "a hub admin adds people."),
    ] = None  # fmt: skip
    min_password_length: Annotated[
        int | None,
        Field(ge=1, le=200),
        first_use("min_password_length", "Shortest password", "Empty: 7 characters.", unit="characters"),
    ] = None

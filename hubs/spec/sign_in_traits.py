"""What few hubs say of their sign-in: traits that several of JupyterHub's classes share, and those of two classes with
accounts of their own. Each stands at the class that defines it, which counts for all that inherit it. Pure."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from hubs.spec.base import Frozen
from hubs.spec.sign_in_types import MOST, Address, Name, at, words
from hubs.spec.types import Line, Username, no_secrets

OAUTH = ("github", "google", "cilogon", "generic-oauth")
TELL_SCOPES = ("google", "cilogon", "generic-oauth")
NAMED = (*OAUTH, "shared-password", "native", "firstuse", "lti13")
LISTED = (*OAUTH, "shared-password", "native", "firstuse")
Param = Annotated[str, StringConstraints(max_length=100, pattern=r"^[A-Za-z0-9_.-]+$")]
ParamValue = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
AUTH, SERVICE, NATIVE, FIRST = "Authenticator", "OAuthenticator", "NativeAuthenticator", "FirstUseAuthenticator"


class Session(Frozen):
    """Of `Authenticator`: who is kept out, and how long a sign-in counts."""

    blocked_users: Annotated[
        tuple[Username, ...],
        Field(max_length=MOST),
        words("Blocked people", "They can’t come in, whatever else lets them in. As the sign-in names them, one a "
              "line.", NAMED, at(AUTH, "blocked_users"), advanced=True),
    ] = ()  # fmt: skip
    allow_existing_users: Annotated[
        bool | None,
        words("People who came in before may come back", "Also when they are no longer on the list above. By itself "
              "JupyterHub does so where there is such a list.", LISTED, at(AUTH, "allow_existing_users"),
              advanced=True),
    ] = None  # fmt: skip
    auto_login: Annotated[
        bool | None,
        words("Go straight to the sign-in", "Skips the page with the sign-in button.", OAUTH, at(AUTH, "auto_login"),
              advanced=True),
    ] = None  # fmt: skip
    auth_refresh_age: Annotated[
        int | None,
        Field(ge=0, le=30 * 86400),
        words("Check the sign-in again after", "Who was removed at the sign-in service is noticed then. 0: never. "
              "Empty: 5 minutes.", OAUTH, at(AUTH, "auth_refresh_age"), advanced=True, unit="minutes"),
    ] = None  # fmt: skip
    refresh_pre_spawn: Annotated[
        bool | None,
        words("Check the sign-in again before each start", "So that groups and tokens are new when a server starts.",
              OAUTH, at(AUTH, "refresh_pre_spawn"), advanced=True),
    ] = None  # fmt: skip
    delete_invalid_users: Annotated[
        bool,
        words("Forget people whose names no longer fit", "When the hub starts, accounts whose names the sign-in could "
              "not give any more are removed. Their files stay.", NAMED, at(AUTH, "delete_invalid_users"),
              advanced=True),
    ] = False  # fmt: skip


class Service(Frozen):
    """Of `OAuthenticator`: whichever service signs people in."""

    login_service: Annotated[
        Line,
        words("Name on the sign-in button", "Such as River account. Empty: the service’s own name.", OAUTH,
              at(SERVICE, "login_service"), advanced=True),
    ] = ""  # fmt: skip
    logout_redirect_url: Annotated[
        Address,
        words("Page after signing out", "For example the sign-out page of your sign-in service.", OAUTH,
              at(SERVICE, "logout_redirect_url"), advanced=True),
    ] = ""  # fmt: skip
    allowed_scopes: Annotated[
        tuple[Name, ...],
        Field(max_length=MOST),
        words("Scopes that let people in", "Whoever is given all of these may come in. Most services give everybody "
              "what the hub asks for. One a line.", TELL_SCOPES, at(SERVICE, "allowed_scopes"), advanced=True),
    ] = ()  # fmt: skip
    extra_authorize_params: Annotated[
        Annotated[dict[Param, ParamValue], Field(max_length=MOST), AfterValidator(no_secrets)],
        words("Sent along to the sign-in page", "A name, =, and a value, one a line, such as audience or "
              "kc_idp_hint.", OAUTH, at(SERVICE, "extra_authorize_params"), advanced=True),
    ] = {}  # fmt: skip
    custom_403_message: Annotated[
        Line,
        words("Words for people who may not come in", "Who to ask, for example. Empty: JupyterHub’s own.", OAUTH,
              at(SERVICE, "custom_403_message"), advanced=True),
    ] = ""  # fmt: skip


class Native(Frozen):
    open_signup: Annotated[
        bool,
        words("People who sign up need no approval", "Among those who may come in. Otherwise a hub admin approves each "
              "account.", ("native",), at(NATIVE, "open_signup"), advanced=True),
    ] = False  # fmt: skip
    enable_signup: Annotated[
        bool | None,
        words("People can sign up", "By itself they can. Turn it off once everybody has an account.", ("native",),
              at(NATIVE, "enable_signup"), advanced=True),
    ] = None  # fmt: skip
    ask_email_on_signup: Annotated[
        bool,
        words("Ask for an e-mail address", "When people sign up.", ("native",), at(NATIVE, "ask_email_on_signup"),
              advanced=True),
    ] = False  # fmt: skip
    minimum_password_length: Annotated[
        int | None,
        Field(ge=0, le=200),
        words("Shortest password", "Empty: any length.", ("native",), at(NATIVE, "minimum_password_length"),
              advanced=True, unit="characters"),
    ] = None  # fmt: skip
    check_common_password: Annotated[
        bool,
        words("Refuse common passwords", "Such as 12345678.", ("native",), at(NATIVE, "check_common_password"),
              advanced=True),
    ] = False  # fmt: skip
    allowed_failed_logins: Annotated[
        int | None,
        Field(ge=0, le=1000),
        words("Wrong passwords before a pause", "Empty or 0: there is no pause.", ("native",),
              at(NATIVE, "allowed_failed_logins"), advanced=True, unit="times"),
    ] = None  # fmt: skip
    seconds_before_next_try: Annotated[
        int | None,
        Field(ge=0, le=86400),
        words("Pause after wrong passwords", "How long people wait then.", ("native",),
              at(NATIVE, "seconds_before_next_try"), advanced=True, unit="minutes"),
    ] = None  # fmt: skip


class FirstUse(Frozen):
    create_users: Annotated[
        bool | None,
        words("People can make an account", "At their first visit. By itself they can; without it a hub admin adds "
              "people.", ("firstuse",), at(FIRST, "create_users"), advanced=True),
    ] = None  # fmt: skip
    min_password_length: Annotated[
        int | None,
        Field(ge=1, le=200),
        words("Shortest password", "Empty: 7 characters.", ("firstuse",), at(FIRST, "min_password_length"),
              advanced=True, unit="characters"),
    ] = None  # fmt: skip

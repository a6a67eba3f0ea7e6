"""Sign-in settings that few hubs use: traits shared by several of JupyterHub's authenticators, and those of the two
authenticators with their own accounts. Each is stored at the class that defines it, so subclasses inherit it. Pure."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from hubs.language import lazy
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
    """Traits of `Authenticator`: who is blocked, and how long a sign-in is valid."""

    blocked_users: Annotated[
        Several[Username],
        named("blocked_users", lazy("Blocked users"), lazy("They can’t sign in, even if another setting allows them. "
              "User names as the sign-in method provides them, one per line.")),
    ] = ()  # fmt: skip
    allow_existing_users: Annotated[
        bool | None,
        listed("allow_existing_users", lazy("Allow existing users"), lazy("People who have signed in before can sign "
               "in again, even if they are no longer listed above. By default, JupyterHub allows this if there is such "
               "a list.")),
    ] = None  # fmt: skip
    auto_login: Annotated[
        bool | None, oauth("auto_login", lazy("Automatic sign-in"), lazy("Skips the page with the sign-in button."))
    ] = None
    auth_refresh_age: Annotated[
        int | None,
        Field(ge=0, le=30 * 86400),
        oauth("auth_refresh_age", lazy("Sign-in check interval"), lazy("How often the hub checks with the sign-in "
              "service that people still have access. Enter 0 to never check. Leave empty for 5 minutes."),
              unit="minutes"),
    ] = None  # fmt: skip
    refresh_pre_spawn: Annotated[
        bool | None,
        oauth("refresh_pre_spawn", lazy("Check the sign-in before each start"), lazy("Groups and tokens are then up to "
              "date when a server starts.")),
    ] = None  # fmt: skip
    delete_invalid_users: Annotated[
        bool,
        named("delete_invalid_users", lazy("Delete invalid users"), lazy("When the hub starts, it deletes accounts "
              "whose user names the sign-in method can no longer provide. Their files are kept.")),
    ] = False  # fmt: skip


class Service(Frozen):
    """Traits of `OAuthenticator`, for every OAuth service."""

    login_service: Annotated[
        Line,
        service(
            "login_service",
            lazy("Name on the sign-in button"),
            lazy("For example River account. Leave empty for the name of the service."),
        ),
    ] = ""
    logout_redirect_url: Annotated[
        Address,
        service("logout_redirect_url", lazy("Page after sign-out"), lazy("For example, the sign-out page of your "
                "sign-in service.")),
    ] = ""  # fmt: skip
    allowed_scopes: Annotated[
        Several[Name],
        scoped("allowed_scopes", lazy("Allowed scopes"), lazy("People with all of these scopes can sign in, one per "
               "line. Most services grant everyone the scopes that the hub requests.")),
    ] = ()  # fmt: skip
    extra_authorize_params: Annotated[
        Annotated[dict[Param, ParamValue], Field(max_length=MOST), AfterValidator(no_secrets)],
        service("extra_authorize_params", lazy("Extra sign-in parameters"), lazy("Sent to the sign-in page, such as "
                "audience or kc_idp_hint. One name=value per line.")),
    ] = {}  # fmt: skip
    custom_403_message: Annotated[
        Line,
        service("custom_403_message", lazy("Message for people without access"), lazy("For example, who to contact. "
                "Leave empty for JupyterHub’s default.")),
    ] = ""  # fmt: skip


class Native(Frozen):
    open_signup: Annotated[
        bool,
        native("open_signup", lazy("Open sign-up"), lazy("Accounts of allowed users need no approval. Otherwise, a hub "
               "admin approves each account.")),
    ] = False  # fmt: skip
    enable_signup: Annotated[
        bool | None,
        native(
            "enable_signup", lazy("Enable sign-up"), lazy("On by default. Turn it off when everyone has an account.")
        ),
    ] = None
    ask_email_on_signup: Annotated[
        bool,
        native("ask_email_on_signup", lazy("Ask for an email address"), lazy("People enter it when they sign up.")),
    ] = False
    minimum_password_length: Annotated[
        int | None,
        Field(ge=0, le=200),
        native(
            "minimum_password_length",
            lazy("Minimum password length"),
            lazy("Leave empty for no minimum."),
            unit="characters",
        ),
    ] = None
    check_common_password: Annotated[
        bool, native("check_common_password", lazy("Refuse common passwords"), lazy("Such as 12345678."))
    ] = False
    allowed_failed_logins: Annotated[
        int | None,
        Field(ge=0, le=1000),
        native("allowed_failed_logins", lazy("Failed sign-ins before a pause"), lazy("Leave empty, or enter 0, for no "
               "pause."), unit="times"),
    ] = None  # fmt: skip
    seconds_before_next_try: Annotated[
        int | None,
        Field(ge=0, le=86400),
        native(
            "seconds_before_next_try",
            lazy("Pause after failed sign-ins"),
            lazy("How long people have to wait."),
            unit="minutes",
        ),
    ] = None


class FirstUse(Frozen):
    create_users: Annotated[
        bool | None,
        first_use("create_users", lazy("Create users at first sign-in"), lazy("On by default. If it is off, a hub "
                  "admin adds people.")),
    ] = None  # fmt: skip
    min_password_length: Annotated[
        int | None,
        Field(ge=1, le=200),
        first_use(
            "min_password_length",
            lazy("Minimum password length"),
            lazy("Leave empty for 7 characters."),
            unit="characters",
        ),
    ] = None

"""Names of JupyterHub's authenticator classes in values files. Pure."""

from typing import Any

from hubs.language import _
from hubs.spec.chart import Tree
from hubs.spec.sign_in import CLASSES
from hubs.spec.trees import Path, get

AUTHENTICATOR: Path = ("hub", "config", "JupyterHub", "authenticator_class")
ALIASES = {  # {authenticator_class: sign-in method}
    **{entry: method for method, (entry, _section) in CLASSES.items()},
    **{f"oauthenticator.{module}.{name}": method for method, module, name in (
        ("github", "github", "GitHubOAuthenticator"), ("google", "google", "GoogleOAuthenticator"),
        ("cilogon", "cilogon", "CILogonOAuthenticator"), ("generic-oauth", "generic", "GenericOAuthenticator"))},
    "tmpauthenticator.TmpAuthenticator": "tmp",
    "nativeauthenticator.NativeAuthenticator": "native",
    "nativeauthenticator.nativeauthenticator.NativeAuthenticator": "native",
    "firstuseauthenticator": "firstuse",
    "firstuseauthenticator.FirstUseAuthenticator": "firstuse",
    "firstuseauthenticator.firstuseauthenticator.FirstUseAuthenticator": "firstuse",
    "jupyterhub.authenticators.shared.SharedPasswordAuthenticator": "shared-password",
    "lti13": "lti13",
}  # fmt: skip


def method_of(name: Any) -> str:
    """Return the sign-in method for this `authenticator_class`, or "" if the portal has no such method. In JupyterHub,
    short names are case-insensitive and class paths are case-sensitive."""
    if not isinstance(name, str):
        return ""
    return ALIASES.get(name if "." in name else name.lower(), "")


def not_offered(values: Tree, method: str) -> str:
    """Return why the class in these values does not match this method, as a sentence, or "" if it does."""
    name = get(values, AUTHENTICATOR)
    if name is None or method_of(name) == method != "":
        return ""
    at = ".".join(AUTHENTICATOR)
    if method_of(name):
        return _("{at}: Choose “{name}” under “Sign-in” instead, and remove it here.", at=at, name=name)
    return _(
        "{at}: The portal’s hubs do not include “{name}”. Choose a sign-in method under “Sign-in”, and remove this. "
        "Most services work with OpenID Connect.",
        at=at, name=str(name)[:80],
    )  # fmt: skip

"""JupyterHub's authenticator classes by the names that values files give them. Pure."""

from typing import Any

from hubs.spec.chart import Tree
from hubs.spec.sign_in import CLASSES
from hubs.spec.trees import Path, get

AUTHENTICATOR: Path = ("hub", "config", "JupyterHub", "authenticator_class")
ALIASES = {  # a name: the way to sign in that it is
    **{entry: method for method, (entry, _) in CLASSES.items()},
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
    """The way to sign in that this `authenticator_class` is; "" when it is none of ours, or no text. JupyterHub reads
    short names in any letters, and paths of classes as they are."""
    if not isinstance(name, str):
        return ""
    return ALIASES.get(name if "." in name else name.lower(), "")


def not_offered(values: Tree, method: str) -> str:
    """Why the class that these values name is not how people sign in by this method, as a sentence; "" when it is."""
    name = get(values, AUTHENTICATOR)
    if name is None or method_of(name) == method != "":
        return ""
    if method_of(name):
        return f"{'.'.join(AUTHENTICATOR)}: Choose “{name}” under “Sign-in” instead, and remove it here."
    return (
        f"{'.'.join(AUTHENTICATOR)}: The portal’s hubs do not include “{str(name)[:80]}”. Choose a sign-in method "
        "under “Sign-in”, and remove this. Most services work with OpenID Connect."
    )

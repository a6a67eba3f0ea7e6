"""Additions to JupyterHub's sign-in methods, in a hub's own process. Loaded by `jupyterhub`: not a module of the
portal. It imports only what is installed where the hub runs, and no modules of the portal.
"""

import dbm
from hmac import compare_digest
from typing import Any

from traitlets import Unicode


def team_names(auth_state: dict[str, Any]) -> list[str]:
    """Return GitHub's teams as names of groups: "river-lab:students", as in `allowed_organizations`. OAuthenticator
    17.4 stores GitHub's response, which is not a list of names."""
    return [f"{team['organization']['login']}:{team['slug']}" for team in auth_state.get("teams") or []]


class AdminPassword:
    """Requires the password for hub admins to create a hub admin's account, so that it does not go to the first
    visitor. Without such a password no one can create one; existing accounts stay."""

    say: Any = staticmethod(str.format)  # languages.say

    def may_begin(self, name: str, password: str) -> bool:
        """Return whether an account with this name can be created with this password."""
        known = getattr(self, "admin_password", "")
        if name not in self.admin_users:  # type: ignore[attr-defined]
            return True
        return bool(known) and compare_digest(password.encode(), known.encode())


def native() -> type:
    from nativeauthenticator import NativeAuthenticator  # type: ignore[import-untyped]

    class PortalNativeAuthenticator(AdminPassword, NativeAuthenticator):
        admin_password = Unicode("", config=True, help="Needed to sign up as a hub admin.")

        def create_user(self, username: str, password: str, **kwargs: Any) -> Any:
            if self.may_begin(self.normalize_username(username), password):
                return super().create_user(username, password, **kwargs)
            self.log.warning("%s is the name of a hub admin: signing up needs the password for hub admins", username)
            return None

    return PortalNativeAuthenticator


def firstuse() -> type:
    from firstuseauthenticator import FirstUseAuthenticator  # type: ignore[import-untyped]

    class PortalFirstUseAuthenticator(AdminPassword, FirstUseAuthenticator):
        admin_password = Unicode("", config=True, help="Needed for a hub admin's first visit.")

        async def authenticate(self, handler: Any, data: dict[str, str]) -> Any:
            name = self.normalize_username(data["username"])
            if self.may_begin(name, data["password"]) or self._has_password(name):
                return await super().authenticate(handler, data)
            handler.custom_login_error = self.say("Hub admins need the password for hub admins on their first visit.")
            return None

        def _has_password(self, name: str) -> bool:
            with dbm.open(self.dbm_path, "c", 0o600) as known:
                return name.encode() in known

    return PortalFirstUseAuthenticator


OWN = {
    "native": native, "nativeauthenticator.NativeAuthenticator": native,
    "firstuse": firstuse, "firstuseauthenticator": firstuse, "firstuseauthenticator.FirstUseAuthenticator": firstuse,
}  # fmt: skip


def prepare(c: Any) -> None:
    """Apply the additions; called once the values of `hub.config` are in `c`."""
    kind = c.JupyterHub.get("authenticator_class")
    if isinstance(kind, str) and kind in OWN:
        c.JupyterHub.authenticator_class = OWN[kind]()
    if c.GitHubOAuthenticator.get("populate_teams_in_auth_state") and c.GitHubOAuthenticator.get("manage_groups"):
        c.GitHubOAuthenticator.setdefault("auth_state_groups_key", team_names)

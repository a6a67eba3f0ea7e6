"""Sign-in through the portal, in a hub's own process. Loaded by `jupyterhub`: not a module of the portal.

It imports only what is installed where the hub runs, and no modules of the portal.
"""

import time
from collections.abc import Mapping
from typing import Any

from oauthenticator.generic import GenericOAuthenticator  # type: ignore[import-untyped]
from oauthenticator.oauth2 import STATE_COOKIE_NAME, OAuthCallbackHandler, OAuthLoginHandler  # type: ignore[import-untyped]
from tornado import web
from tornado.httpclient import HTTPClientError

NOT_ON_THE_LIST = "You are not on the list of “{title}”. Ask a hub admin to add you, then sign in again."


class Login(OAuthLoginHandler):
    """Limits the sign-in cookie to this hub's path: all hubs on a machine share one host name."""

    def set_state_cookie(self, state_cookie_value: str) -> None:
        self._set_cookie(STATE_COOKIE_NAME, state_cookie_value, expires_days=1, httponly=True, path=self.hub.base_url)


class Callback(OAuthCallbackHandler):
    async def get(self) -> None:
        try:
            await super().get()
        except web.HTTPError as error:
            if error.get_message() != self.authenticator.custom_403_message:
                raise
            raise self.authenticator.not_on_the_list() from error

    def get_state_cookie(self) -> str:
        value = super().get_state_cookie()
        self.clear_cookie(STATE_COOKIE_NAME, path=self.hub.base_url)
        return str(value)


class PortalAuthenticator(GenericOAuthenticator):
    """Regularly checks with the portal whether people still have access (see auth_refresh_age)."""

    login_handler, callback_handler = Login, Callback
    callbacks: Mapping[
        str, str
    ] = {}  # by host name: a hub with a custom domain is still reachable at its first address
    title = ""  # of the hub
    say: Any = staticmethod(str.format)  # languages.say

    def not_on_the_list(self) -> web.HTTPError:
        """Return the error for people without access, which pages/error.html recognises."""
        error = web.HTTPError(403, self.custom_403_message)
        error.not_on_the_list = True  # type: ignore[attr-defined]
        if self.custom_403_message == NOT_ON_THE_LIST.format(title=self.title):
            error.jupyterhub_message = self.say(NOT_ON_THE_LIST, title=self.title)  # type: ignore[attr-defined]
        return error

    def get_callback_url(self, handler: Any = None) -> str:
        """Return the callback at the host where the sign-in began, which has its cookie."""
        here = self.callbacks.get(handler.request.host_name) if handler else None
        return here or str(super().get_callback_url(handler))

    async def refresh_user(self, user: Any, handler: Any = None, **kwargs: Any) -> Any:
        """Refresh the user and check access again: OAuthenticator 17.4 refreshes groups without checking access."""
        try:
            model = await super().refresh_user(user, handler, **kwargs)
        except (HTTPClientError, OSError) as error:
            self.log.warning("The portal is not responding (%s): %s stays signed in for now", error, user.name)
            return True
        if model is True or (model and await self.check_allowed(user.name, model)):
            return model
        self.log.info("%s no longer has access, or needs to sign in again", user.name)
        if handler is not None and self._is_before_spawn(user):
            # JupyterHub 6.1.1 responds with 500 if this returns False here. The next page redirects to sign-in.
            user._auth_refreshed = None
            raise self.not_on_the_list() if model else web.HTTPError(403, self.say("Please sign in again."))
        return False  # JupyterHub then redirects to sign-in, where the portal decides

    def _is_before_spawn(self, user: Any) -> bool:
        """Return whether the refresh is for the start of a server: it is not due by its age."""
        age = time.monotonic() - user._auth_refreshed if user._auth_refreshed else None
        return age is not None and age < self.auth_refresh_age

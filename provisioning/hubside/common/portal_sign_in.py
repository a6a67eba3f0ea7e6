"""Sign-in through the portal, in a hub's own process. Read by `jupyterhub` itself: not a module of the portal.

It imports what is installed where the hub runs, and nothing of ours.
"""

import time
from collections.abc import Mapping
from typing import Any

from oauthenticator.generic import GenericOAuthenticator  # type: ignore[import-untyped]
from oauthenticator.oauth2 import STATE_COOKIE_NAME, OAuthCallbackHandler, OAuthLoginHandler  # type: ignore[import-untyped]
from tornado import web
from tornado.httpclient import HTTPClientError


class Login(OAuthLoginHandler):
    """Keeps the sign-in's cookie below this hub's path: all hubs of a machine share one host name."""

    def set_state_cookie(self, state_cookie_value: str) -> None:
        self._set_cookie(STATE_COOKIE_NAME, state_cookie_value, expires_days=1, httponly=True, path=self.hub.base_url)


class Callback(OAuthCallbackHandler):
    def get_state_cookie(self) -> str:
        value = super().get_state_cookie()
        self.clear_cookie(STATE_COOKIE_NAME, path=self.hub.base_url)
        return str(value)


class PortalAuthenticator(GenericOAuthenticator):
    """Asks the portal again and again whether somebody may still be here (see auth_refresh_age)."""

    login_handler, callback_handler = Login, Callback
    callbacks: Mapping[str, str] = {}  # by host name: a hub that moved to another name is still found at its first one

    def get_callback_url(self, handler: Any = None) -> str:
        """Back to where the sign-in began: its cookie is there."""
        here = self.callbacks.get(handler.request.host_name) if handler else None
        return here or str(super().get_callback_url(handler))

    async def refresh_user(self, user: Any, handler: Any = None, **kwargs: Any) -> Any:
        """OAuthenticator 17.4 refreshes the groups but does not ask whether they still open the door."""
        try:
            model = await super().refresh_user(user, handler, **kwargs)
        except (HTTPClientError, OSError) as error:
            self.log.warning("The portal is not responding (%s): %s stays signed in for now", error, user.name)
            return True
        if model is True or (model and await self.check_allowed(user.name, model)):
            return model
        self.log.info("%s no longer has access, or needs to sign in again", user.name)
        if handler is not None and self._is_before_spawn(user):
            # JupyterHub 6.1.1 answers 500 when this returns False here. The next page leads to sign-in.
            user._auth_refreshed = None
            raise web.HTTPError(403, self.custom_403_message if model else "Please sign in again.")
        return False  # JupyterHub then leads to sign-in, where the portal has the last word

    def _is_before_spawn(self, user: Any) -> bool:
        """Young enough not to be asked for its age: it is asked because a server is about to start."""
        age = time.monotonic() - user._auth_refreshed if user._auth_refreshed else None
        return age is not None and age < self.auth_refresh_age

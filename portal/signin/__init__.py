"""Sign-in to the portal, and to hubs through the portal.

Sessions store the names of these three classes as they are here. Don't change them, or people are signed out."""

from typing import Any

_BACKENDS = {"GitHub", "Google", "OpenIdConnect"}


def __getattr__(name: str) -> Any:
    """Load the classes of `providers` when Django needs one, because their libraries take long to import."""
    if name not in _BACKENDS:
        raise AttributeError(name)
    from portal.signin import providers

    return getattr(providers, name)

"""How people sign in to the portal, and how hubs sign them in through it.

Sessions hold the names of these three classes as they stand here: whoever is signed in stays so after an update."""

from typing import Any

_BACKENDS = {"GitHub", "Google", "OpenIdConnect"}


def __getattr__(name: str) -> Any:
    """The classes of `providers`, loaded when Django asks for one: their libraries take long to import."""
    if name not in _BACKENDS:
        raise AttributeError(name)
    from portal.signin import providers

    return getattr(providers, name)

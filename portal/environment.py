"""Typed values from environment variables. Errors name the variable instead of raising a bare ValueError; whether a
parsed value makes sense is checked by portal/checks.py."""

import warnings
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured


class Given(environ.Env):
    """The environment. No message contains a value, because some are secrets."""

    def number(self, name: str, *, default: float) -> float:
        """Return a number. Raise ImproperlyConfigured, which names the variable."""
        try:
            return float(self.str(name, default=str(default)))
        except ValueError:
            raise ImproperlyConfigured(f"{name} is not a number. Set it to something like {default:g}.") from None

    def database(self, name: str, *, default: str) -> dict[str, Any]:
        """Return Django's settings of a database URL. Raise ImproperlyConfigured, which names the variable."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "Engine not recognized" would print the value
            try:
                found = dict(self.db(name, default=default))
            except (ValueError, ImproperlyConfigured):
                found = {}
        if not found.get("ENGINE"):
            raise ImproperlyConfigured(f"{name} is not valid. Use the form postgres://user:password@host/name.")
        return found

    def mail(self, name: str) -> dict[str, Any]:
        """Return Django's settings of a mail server's URL, or {} if there is none. Raise ImproperlyConfigured, which
        names the variable."""
        if not self.str(name, default=""):
            return {}
        try:
            found = dict(self.email(name))
        except (ValueError, KeyError, ImproperlyConfigured):
            found = {}
        if not found.get("EMAIL_BACKEND"):
            raise ImproperlyConfigured(f"{name} is not valid. Use the form smtp+tls://user:password@host:587.")
        return found


def port(word: str) -> int:
    """Return the port, or 0, which fails the checks, if it is not a number."""
    return int(word) if word.strip().isdecimal() else 0

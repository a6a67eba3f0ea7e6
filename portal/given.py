"""Values from the environment that are more than words. One that can't be read is named, in place of a bare ValueError;
whether a readable one makes sense, portal/checks.py says."""

import warnings
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured


class Given(environ.Env):
    """The environment. No message holds a value: some are secrets."""

    def number(self, name: str, *, default: float) -> float:
        """Raises ImproperlyConfigured, which names the variable."""
        try:
            return float(self.str(name, default=str(default)))
        except ValueError:
            raise ImproperlyConfigured(f"{name} is not a number. Set it to something like {default:g}.") from None

    def database(self, name: str, *, default: str) -> dict[str, Any]:
        """An address of a database as Django wants it. Raises ImproperlyConfigured, which names the variable."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "Engine not recognized" would print the value
            try:
                found = dict(self.db(name, default=default))
            except (ValueError, ImproperlyConfigured):
                found = {}
        if not found.get("ENGINE"):
            raise ImproperlyConfigured(f"{name} can't be read. It looks like postgres://user:password@host/name.")
        return found

    def mail(self, name: str) -> dict[str, Any]:
        """An address of a mail server as Django's settings; {} for none. Raises ImproperlyConfigured, which names the
        variable."""
        if not self.str(name, default=""):
            return {}
        try:
            found = dict(self.email(name))
        except (ValueError, KeyError, ImproperlyConfigured):
            found = {}
        if not found.get("EMAIL_BACKEND"):
            raise ImproperlyConfigured(f"{name} can't be read. It looks like smtp+tls://user:password@host:587.")
        return found


def port(word: str) -> int:
    """0, which no check lets pass, for what is not a number."""
    return int(word) if word.strip().isdecimal() else 0

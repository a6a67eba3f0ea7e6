"""Normalise the location of sign-in settings: JupyterHub reads them from the section of a class and those of its base
classes. Here, each is moved to the one path that its field writes. Pure.

The setting of a class takes precedence over that of a base class, as in traitlets. Older names of settings, and texts
instead of lists, are converted to today's format.
"""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from hubs.language import _, lazy
from hubs.spec.authenticators import AUTHENTICATOR, method_of
from hubs.spec.chart import Tree
from hubs.spec.composed import IDPS
from hubs.spec.fields import FIELDS
from hubs.spec.sign_in import CLASSES, SECRETS
from hubs.spec.sign_in_config import sections
from hubs.spec.trees import Path, get, split

CONFIG: Path = ("hub", "config")
RENAMED: dict[str, dict[str, str]] = {  # by class: older or mistaken name -> today's name
    "CILogonOAuthenticator": {"allowed_idps": "idps"},
    # Common in files of 2026. OAuthenticator 17.4 ignores it, and any Google account has access.
    "GoogleOAuthenticator": {"allowed_hosted_domains": "hosted_domain"},
    "GitHubOAuthenticator": {"github_organization_whitelist": "allowed_organizations"},
    "GenericOAuthenticator": {"username_key": "username_claim"},
    "Authenticator": {"whitelist": "allowed_users", "admin_whitelist": "admin_users", "blacklist": "blocked_users"},
}
MEANT: dict[Path, str] = {
    ("GoogleOAuthenticator", "allowed_hosted_domains"): (
        lazy("JupyterHub ignores the first name, and would give people from other domains access.")
    )
}
PARTED = ("lines", "people")  # kinds of fields that accept a text of several words
LETTERS = ("GoogleOAuthenticator", "hosted_domain")  # compared in lower case


@dataclass
class Placed:
    """Values with each setting at its own path. `moved` maps former to new paths; `beaten` maps paths of ignored
    settings to those that took precedence."""

    values: Tree
    moved: dict[Path, Path] = field(default_factory=dict)
    beaten: dict[Path, Path] = field(default_factory=dict)

    def notes(self) -> Iterator[str]:
        """Yield sentences for the report of an import."""
        for old, new in self.moved.items():
            names = {"old": ".".join(old), "new": ".".join(new)}
            if why := MEANT.get(old[2:]):
                yield _("{old} was imported as {new}: {why}", **names, why=why)
            else:
                yield _("{old} was imported as {new}: it is the same setting.", **names)
        for old, new in self.beaten.items():
            yield _(
                "{old} was left out, because {new} has another value and takes precedence.",
                old=".".join(old), new=".".join(new),
            )  # fmt: skip


@cache
def places(method: str) -> dict[str, Path]:
    """Return {setting: its path} for a sign-in method."""
    if method not in CLASSES:
        return {}
    found = {key: (*CONFIG, CLASSES[method][1], key) for key, _label in SECRETS.get(method, ())}
    for one in FIELDS.values():
        at, when = split(one.values_path), one.words.when
        asked = when is None or (when[0] == "signIn.method" and method in when[1])
        if at[:2] == CONFIG and len(at) == 4 and at[2] in sections(CLASSES[method][1]) and asked:
            found[at[3]] = at
    if method == "cilogon":
        found["idps"] = IDPS
    return found


def placed(values: Tree, method: str = "", *, stored: bool = False) -> Placed:
    """Return the same settings, each at its own path. `method` is the sign-in method if the values don't set it. In a
    stored spec, names unknown to JupyterHub stay as they are: reading them as the intended ones would change who has
    access, all user names, and so the home directories."""
    config = get(values, CONFIG)
    method = method_of(get(values, AUTHENTICATOR)) or method
    if not isinstance(config, dict) or method not in CLASSES:
        return Placed(values)
    found = Placed(copy.deepcopy(values))
    config = found.values["hub"]["config"]
    own = sections(CLASSES[method][1])
    for section in reversed(own):  # the nearest last, because it takes precedence
        _renamed(config, section, found, stored)
    for key, place in places(method).items():
        said = [one for one in own if isinstance(config.get(one), dict) and config[one].get(key) is not None]
        if not said:
            continue
        value = _shaped(key, place, config[said[0]][key])
        for one in said:
            del config[one][key]
            if (*CONFIG, one, key) != place and one == said[0]:
                found.moved[(*CONFIG, one, key)] = place
            elif one != said[0]:
                found.beaten[(*CONFIG, one, key)] = place
            if not config[one]:
                del config[one]
        config.setdefault(place[2], {})
        if not isinstance(config[place[2]], dict):
            config[place[2]] = {}
        config[place[2]][key] = value
    return found


def _renamed(config: Tree, section: str, found: Placed, stored: bool) -> None:
    traits = config.get(section)
    if not isinstance(traits, dict):
        return
    for old, new in RENAMED.get(section, {}).items():
        if old in traits and not (stored and (section, old) in MEANT):
            value = traits.pop(old)
            if traits.get(new) is None:
                traits[new] = value
                found.moved[(*CONFIG, section, old)] = (*CONFIG, section, new)
            else:
                found.beaten[(*CONFIG, section, old)] = (*CONFIG, section, new)


def _shaped(key: str, place: Path, value: Any) -> Any:
    """Return the value as the class reads it: texts as lists, domains in lower case, without redundant settings."""
    one = FIELD_AT.get(place)
    if place == IDPS and isinstance(value, dict):
        return {str(name): _institution(rules) for name, rules in value.items() if rules is not None}
    if one and one.kind in PARTED and isinstance(value, str):
        value = re.split(r"[\s,;]+", value.strip()) if value.strip() else []
    if place[2:] == LETTERS and isinstance(value, list):
        value = [text.lower() if isinstance(text, str) else text for text in value]
    return value


def _institution(rules: Any) -> Any:
    if not isinstance(rules, dict):
        return rules
    found = {name: value for name, value in rules.items() if value is not None}
    if isinstance(domains := found.get("allowed_domains"), list | str):
        domains = [domains] if isinstance(domains, str) else domains
        found["allowed_domains"] = [one.lower() if isinstance(one, str) else one for one in domains]
        if not domains:
            del found["allowed_domains"]
    return found


FIELD_AT = {split(one.values_path): one for one in FIELDS.values() if one.values_path}

"""Where a setting of a sign-in stands: JupyterHub reads it from its class's own section and from those of the classes
that it inherits. Here each stands in the one place that its field writes. Pure.

What a class says itself counts before what a parent says, as traitlets has it. Older names of a setting, and a text
where a list is meant, are put as the class reads them today.
"""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from hubs.spec.authenticators import AUTHENTICATOR, method_of
from hubs.spec.chart import Tree
from hubs.spec.composed import IDPS
from hubs.spec.fields import FIELDS
from hubs.spec.sign_in import CLASSES, SECRETS
from hubs.spec.sign_in_config import sections
from hubs.spec.trees import Path, get, split

CONFIG: Path = ("hub", "config")
RENAMED: dict[str, dict[str, str]] = {  # by class: older names, and names that people write, of today's
    "CILogonOAuthenticator": {"allowed_idps": "idps"},
    # Many files of 2026 say this. OAuthenticator 17.4 does not know it, and lets in whoever has any Google account.
    "GoogleOAuthenticator": {"allowed_hosted_domains": "hosted_domain"},
    "GitHubOAuthenticator": {"github_organization_whitelist": "allowed_organizations"},
    "GenericOAuthenticator": {"username_key": "username_claim"},
    "Authenticator": {"whitelist": "allowed_users", "admin_whitelist": "admin_users", "blacklist": "blocked_users"},
}
MEANT: dict[Path, str] = {
    ("GoogleOAuthenticator", "allowed_hosted_domains"): (
        "JupyterHub’s class does not know the first name, and would let people of other domains in."
    )
}
PARTED = ("lines", "people")  # kinds of fields that a text of several words fills
LETTERS = ("GoogleOAuthenticator", "hosted_domain")  # compared in small letters


@dataclass
class Placed:
    """Values with each setting in its one place. `moved` are the settings that stood elsewhere, with their place;
    `beaten` those that said otherwise and did not count."""

    values: Tree
    moved: dict[Path, Path] = field(default_factory=dict)
    beaten: dict[Path, Path] = field(default_factory=dict)

    def notes(self) -> Iterator[str]:
        """What a report of an import says of it."""
        for old, new in self.moved.items():
            yield f"{'.'.join(old)} is kept as {'.'.join(new)}: {MEANT.get(old[2:], 'the same setting.')}"
        for old, new in self.beaten.items():
            yield f"{'.'.join(old)} was left out: {'.'.join(new)} says otherwise, and that counts."


@cache
def places(method: str) -> dict[str, Path]:
    """{setting: its one place} of a way to sign in."""
    if method not in CLASSES:
        return {}
    found = {key: (*CONFIG, CLASSES[method][1], key) for key, _ in SECRETS.get(method, ())}
    for one in FIELDS.values():
        at, when = split(one.values_path), one.words.when
        asked = when is None or (when[0] == "signIn.method" and method in when[1])
        if at[:2] == CONFIG and len(at) == 4 and at[2] in sections(CLASSES[method][1]) and asked:
            found[at[3]] = at
    if method == "cilogon":
        found["idps"] = IDPS
    return found


def placed(values: Tree, method: str = "", *, stored: bool = False) -> Placed:
    """The same settings, each in its one place. `method` is how people sign in, when the values do not say it. Of a
    stored spec, a name that JupyterHub does not know stays as it is: read as the one that was meant, it would change
    who comes in and the user names of everybody, and so their homes."""
    config = get(values, CONFIG)
    method = method_of(get(values, AUTHENTICATOR)) or method
    if not isinstance(config, dict) or method not in CLASSES:
        return Placed(values)
    found = Placed(copy.deepcopy(values))
    config = found.values["hub"]["config"]
    own = sections(CLASSES[method][1])
    for section in reversed(own):  # the nearest last, because it counts
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
    """As the class reads it: a list where a text stands, small letters, and nothing that says what is so anyway."""
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

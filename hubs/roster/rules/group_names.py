"""Group names: how they are written and stored. Pure. They are compared by offers.group_key."""

import re
import unicodedata

from hubs.spec.offers import OF_ROLES, group_key
from hubs.text.names import skeleton

LONGEST = 80  # characters
LONGEST_KEY = 3 * LONGEST  # case folding turns some letters into three
MOST = 20  # groups per person
MOST_OF_HUB = 500
_BETWEEN = re.compile(r"[,;\n]")
_ROLES = frozenset(skeleton(name) for name in OF_ROLES)


def spelled(text: str) -> str:
    """Return a name as it is stored: as typed, with single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def parted(text: str) -> list[str]:
    """Return the names in one field or cell, separated by commas, semicolons or line ends, without duplicates."""
    names = {group_key(name): spelled(name) for name in reversed(_BETWEEN.split(text))}
    return [name for key, name in reversed(names.items()) if key]


def has_separator(name: str) -> bool:
    return bool(_BETWEEN.search(name))


def of_role(name: str) -> bool:
    """Return whether this is, or looks like, a role group. People in "users" have access to a hub."""
    return re.sub(r"[\W_]+", "", skeleton(name)) in _ROLES or group_key(name) in OF_ROLES

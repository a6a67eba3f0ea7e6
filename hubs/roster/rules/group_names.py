"""Names of groups of people: how they are written and kept. Pure. How two are compared: offers.group_key."""

import re
import unicodedata

from hubs.spec.offers import OF_ROLES, group_key
from hubs.text.names import skeleton

LONGEST = 80  # characters
LONGEST_KEY = 3 * LONGEST  # some letters become three when they are compared
MOST = 20  # groups of one person
MOST_OF_HUB = 500
_BETWEEN = re.compile(r"[,;\n]")
_ROLES = frozenset(skeleton(name) for name in OF_ROLES)


def spelled(text: str) -> str:
    """A name as it is kept: the letters that were typed, with single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def parted(text: str) -> list[str]:
    """The names in one field or cell, with commas, semicolons or line ends between them; each once."""
    names = {group_key(name): spelled(name) for name in reversed(_BETWEEN.split(text))}
    return [name for key, name in reversed(names.items()) if key]


def has_separator(name: str) -> bool:
    return bool(_BETWEEN.search(name))


def of_role(name: str) -> bool:
    """Is this, or does it pass for, one of the groups that roles make? Who is in "users" may enter a hub."""
    return re.sub(r"[\W_]+", "", skeleton(name)) in _ROLES or group_key(name) in OF_ROLES

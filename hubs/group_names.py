"""Names of groups of people: how they are written, kept and compared. Pure.

A hub's own process compares them by the same rule (provisioning/hubside/hub_groups.py, which imports nothing of ours).
"""

import re
import unicodedata

LONGEST = 80  # characters
LONGEST_KEY = 3 * LONGEST  # some letters become three when they are compared
MOST = 20  # groups of one person
MOST_OF_HUB = 500
# What the portal's sign-in tells a hub about roles: whoever is in these may enter, or is an admin of the hub.
OF_ROLES = ("users", "admins")
_BETWEEN = re.compile(r"[,;\n]")


def same(name: str) -> str:
    """What is equal for two spellings of one group's name: "Lab  B" and "lab b"."""
    return " ".join(name.casefold().split())


def spelled(text: str) -> str:
    """A name as it is kept: the letters that were typed, with single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def parted(text: str) -> list[str]:
    """The names in one field or cell, with commas, semicolons or line ends between them; each once."""
    names = {same(name): spelled(name) for name in reversed(_BETWEEN.split(text))}
    return [name for key, name in reversed(names.items()) if key]


def has_separator(name: str) -> bool:
    return bool(_BETWEEN.search(name))

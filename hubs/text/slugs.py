"""The word by which addresses name a row: small letters, digits and dashes."""

import re
from collections.abc import Collection

SLUG = re.compile(r"[a-z][a-z0-9-]{0,38}[a-z0-9]")
SHAPE = "Use 2 to 40 lower-case letters, digits and single hyphens. Start with a letter."


def complaint(slug: str, reserved: Collection[str] = ("new",)) -> str:
    """Why a row can't have this address, as a sentence; "" when it can. No double dash, which is how internationalised
    names begin that look like others."""
    if not SLUG.fullmatch(slug) or "--" in slug:
        return SHAPE
    return "This address is reserved. Choose another one." if slug in reserved else ""

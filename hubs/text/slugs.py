"""Slugs, which identify rows in addresses: lower-case letters, digits and hyphens."""

import re
from collections.abc import Collection

from hubs.language import _, lazy

SLUG = re.compile(r"[a-z][a-z0-9-]{0,38}[a-z0-9]")
SHAPE = lazy("Use 2 to 40 lower-case letters, digits and single hyphens. Start with a letter.")


def complaint(slug: str, reserved: Collection[str] = ("new",)) -> str:
    """Return why a row can't have this address, as a sentence, or "" if it can. Double hyphens are not allowed, because
    internationalised names (xn--…) start with them, which can imitate other names."""
    if not SLUG.fullmatch(slug) or "--" in slug:
        return str(SHAPE)
    return _("This address is reserved. Choose another one.") if slug in reserved else ""

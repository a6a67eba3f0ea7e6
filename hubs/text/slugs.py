"""Slugs, which identify rows in addresses: lower-case letters, digits and hyphens."""

import re
import unicodedata
from collections.abc import Collection

from hubs.language import _, lazy

SLUG = re.compile(r"[a-z][a-z0-9-]{0,38}[a-z0-9]")
SHAPE = lazy("Use 2 to 40 lower-case letters, digits and single hyphens. Start with a letter.")
# Latin letters as they are spelled in passports (ICAO Doc 9303), where that is not the letter without its accent. The
# same table is in static/js/ui.js; tests/data/addresses.json has the cases of both.
SPELLED = {
    "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "oe", "å": "aa", "þ": "th", "ð": "d",
    "đ": "d", "ł": "l", "ħ": "h", "ŧ": "t", "ŋ": "n", "ı": "i",
}  # fmt: skip


def complaint(slug: str, reserved: Collection[str] = ("new",)) -> str:
    """Return why a row can't have this address, as a sentence, or "" if it can. Double hyphens are not allowed, because
    internationalised names (xn--…) start with them, which can imitate other names."""
    if not SLUG.fullmatch(slug) or "--" in slug:
        return str(SHAPE)
    return _("This address is reserved. Choose another one.") if slug in reserved else ""


def plain(text: str) -> str:
    """Return a text in lower case, its Latin letters without accents; other scripts stay.

    >>> plain("Übung für Łódź"), plain("Ærø, Århus")
    ('uebung fuer lodz', 'aeroe, aarhus')
    """
    spelled = "".join(SPELLED.get(letter, letter) for letter in unicodedata.normalize("NFC", text).lower())
    apart = unicodedata.normalize("NFKD", spelled)
    return "".join(letter for letter in apart if not "\u0300" <= letter <= "\u036f").lower()


def hyphenated(text: str) -> str:
    """Return a text of a-z, 0-9 and single hyphens that starts with a letter; "" if nothing is left."""
    return re.sub(r"^[^a-z]+|-+$", "", re.sub(r"[^a-z0-9]+", "-", text))

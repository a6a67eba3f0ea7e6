"""Validation of email addresses that are typed, pasted or received from a sign-in provider. Pure.

The rules are those of email-validator (RFC 5321, 5322 and 6531, without quoted local parts and bare IP addresses):
letters of every script on both sides of the @, apostrophes, plus signs. Domains that exist only on a campus network are
allowed.
"""

from functools import cache
from types import ModuleType

from hubs.language import _

LONGEST = 254  # characters, RFC 5321 section 4.5.3.1 with the erratum 1690
_INSIDE = ("local", "test")  # top-level domains of campus networks and of tests


@cache
def _library() -> ModuleType:
    """Return email-validator, imported on first use: its tables would slow down the start."""
    import email_validator

    names = email_validator.SPECIAL_USE_DOMAIN_NAMES
    names[:] = [name for name in names if name not in _INSIDE]
    return email_validator


def address(text: str) -> str:
    """Return an address as it is stored and compared: lower case, NFC, and the domain in Unicode rather than "xn--".
    Raise ValueError with a sentence if it is invalid.

    >>> address(" O'Connor@X.example"), address("tam@xn--universitt-y5a.example")
    ("o'connor@x.example", 'tam@universität.example')
    """
    text, library = text.strip(), _library()
    try:
        found = library.validate_email(text, check_deliverability=False, globally_deliverable=False)
    except library.EmailNotValidError:
        raise ValueError(_complaint(text)) from None
    whole = f"{found.local_part}@{found.domain}".lower()
    if "." not in found.domain or found.domain.rpartition(".")[2].isdigit() or len(whole) > LONGEST:
        raise ValueError(_complaint(text))
    return whole


def kept(text: str) -> str:
    """Return the same for a value from a sign-in provider, or "" if it is not an address. An address that becomes ASCII
    only by normalisation (the Kelvin sign becomes a k) may belong to another person, so it is not accepted."""
    try:
        whole = address(text)
    except ValueError:
        return ""
    return whole if whole.partition("@")[0].isascii() == text.partition("@")[0].isascii() else ""


def _complaint(text: str) -> str:
    return _("“{text}” is not a valid email address.", text=text[:80])

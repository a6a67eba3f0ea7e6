"""What an e-mail address is, wherever one is typed, pasted or told by a sign-in. Pure.

The rule is that of email-validator (RFC 5321, 5322 and 6531, without quoted names and bare IP addresses): letters of
every script before and after the sign, apostrophes, plus signs. A campus may use names that the internet does not have.
"""

from functools import cache
from types import ModuleType

LONGEST = 254  # characters, RFC 5321 section 4.5.3.1 with the erratum 1690
_INSIDE = ("local", "test")  # endings of networks inside a campus, and of tests


@cache
def _library() -> ModuleType:
    """Loaded with the first address: its tables of characters are no part of a start."""
    import email_validator

    names = email_validator.SPECIAL_USE_DOMAIN_NAMES
    names[:] = [name for name in names if name not in _INSIDE]
    return email_validator


def address(text: str) -> str:
    """An address as it is kept and compared: small letters, composed as NFC has it, and the domain in its own letters
    rather than as "xn--". Raises ValueError with a sentence.

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
    """The same for what a sign-in provider says: "" for what is no address. An address that looks like ASCII only once
    it is normalised (the Kelvin sign becomes a k) is somebody else's, so it is none here."""
    try:
        whole = address(text)
    except ValueError:
        return ""
    return whole if whole.partition("@")[0].isascii() == text.partition("@")[0].isascii() else ""


def _complaint(text: str) -> str:
    return f"“{text[:80]}” is not a valid email address."

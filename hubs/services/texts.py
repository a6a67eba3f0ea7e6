"""Free text that people write into rows: reasons, comments, notes."""

from hubs.errors import Invalid

MOST = 4000  # characters


def storable(text: str) -> str:
    """Why no database can keep this text, as a sentence; "" when it can. PostgreSQL refuses the null character, and a
    lone surrogate (a program can send one in JSON) is not text at all."""
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        return "This has characters that can't be kept. Type it anew instead of pasting it."
    return ""


def clean(text: str, field: str, *, needed: str = "") -> str:
    """The text without white space around it. Raises Invalid beside `field` when it can't be kept, is too long, or is
    empty though `needed` (the sentence to say then)."""
    text = text.replace("\r\n", "\n").strip()
    complaint = storable(text)
    if len(text) > MOST:
        complaint = f"This is too long: at most {MOST:,} characters, and these are {len(text):,}."
    if needed and not text:
        complaint = needed
    if complaint:
        raise Invalid(complaint, {field: [complaint]})
    return text

"""Reasons for requests that staff review: at least a few words."""

import unicodedata

from hubs.errors import Invalid
from hubs.language import lazy

LEAST = 8  # letters and digits; a letter without case, such as a Chinese character, counts three times
WHY = lazy("Enter a reason in a few words. Staff need it to review this.")


def says_why(text: str) -> bool:
    """Return whether the text has a few words. "Class of 45 in May" is enough; "please", "more" or dots are not."""
    weights = (3 if unicodedata.category(letter) == "Lo" else 1 for letter in text if letter.isalnum())
    return sum(weights) >= LEAST


def check_reason(text: str, field: str = "reason") -> None:
    """Raise Invalid for `field` if the text is too short to be a reason."""
    if not says_why(text):
        raise Invalid.beside(field, str(WHY))

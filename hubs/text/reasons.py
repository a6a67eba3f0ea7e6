"""Why somebody asks for what a person has to decide on: a few words, or it can't be sent."""

import unicodedata

from hubs.errors import Invalid

LEAST = 8  # letters and digits; a letter of a script that writes words or syllables counts for three
WHY = "Enter a reason in a few words. Staff need it to review this."


def says_why(text: str) -> bool:
    """Are these a few words? "Class of 45 in May" is enough, in any script; "please", "more" or dots are not."""
    weights = (3 if unicodedata.category(letter) == "Lo" else 1 for letter in text if letter.isalnum())
    return sum(weights) >= LEAST


def check_reason(text: str, field: str = "reason") -> None:
    """Raises Invalid beside `field` when it does not say why."""
    if not says_why(text):
        raise Invalid.beside(field, WHY)

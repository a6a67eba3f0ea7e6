"""The types of sign-in fields, and the words that stand beside them. Pure."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from hubs.spec.types import Words, reach

MOST = 100  # entries of one list


def _https(text: str) -> str:
    if text and not text.startswith("https://"):
        raise ValueError("Write an address that begins with https://.")
    if text and reach(text) == "never":
        raise ValueError("This address leads nowhere that a hub may ask.")
    return text


Address = Annotated[str, StringConstraints(max_length=500, pattern=r"^[!-~]*$"), AfterValidator(_https)]
Name = Annotated[str, StringConstraints(max_length=300, pattern=r"^[!-~]*$")]
Domain = Annotated[str, StringConstraints(max_length=253, pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")]
EntityId = Annotated[str, StringConstraints(max_length=300, pattern=r"^(https?://|urn:)[!-~]+$")]
Team = Annotated[str, StringConstraints(max_length=150, pattern=r"^[A-Za-z0-9_.-]+(:[A-Za-z0-9_.-]+)?$")]


def at(section: str, key: str) -> str:
    return f"hub.config.{section}.{key}"


def words(
    label: str, help_text: str, methods: tuple[str, ...], values: str, *, advanced: bool = False, unit: str = ""
) -> Words:
    """Of a field that is asked for these ways to sign in, and stands in this place of values."""
    when = ("signIn.method", methods)
    return Words(label, help_text, "people", values=values, when=when, advanced=advanced, unit=unit)

"""The types of sign-in fields, and helpers for their labels and help texts. Pure."""

from collections.abc import Callable
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field, StringConstraints

from hubs.language import _
from hubs.spec.types import Words, reach

MOST = 100  # entries of one list
One = TypeVar("One")
Several = Annotated[tuple[One, ...], Field(max_length=MOST)]


def _https(text: str) -> str:
    if text and not text.startswith("https://"):
        raise ValueError(_("Enter an address that begins with https://."))
    if text and reach(text) == "never":
        raise ValueError(_("A hub can’t use this address. Enter one that it can reach over the network."))
    return text


Address = Annotated[str, StringConstraints(max_length=500, pattern=r"^[!-~]*$"), AfterValidator(_https)]
Name = Annotated[str, StringConstraints(max_length=300, pattern=r"^[!-~]*$")]
Domain = Annotated[str, StringConstraints(max_length=253, pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")]
EntityId = Annotated[str, StringConstraints(max_length=300, pattern=r"^(https?://|urn:)[!-~]+$")]
Team = Annotated[str, StringConstraints(max_length=150, pattern=r"^[A-Za-z0-9_.-]+(:[A-Za-z0-9_.-]+)?$")]


def at(section: str, key: str) -> str:
    return f"hub.config.{section}.{key}"


def asked(section: str, *methods: str, advanced: bool = False) -> Callable[..., Words]:
    """Return a factory for the `Words` of fields in this section of `hub.config`, shown for these sign-in methods."""
    when = ("signIn.method", methods)

    def words(key: str, label: str, help_text: str, *, advanced: bool = advanced, unit: str = "") -> Words:
        return Words(label, help_text, "people", values=at(section, key), when=when, advanced=advanced, unit=unit)

    return words

"""What is worth a second look in a list of profiles that is right: names that people can't tell apart, and questions
that a program can't answer. Pure; no errors."""

import re
from collections.abc import Collection, Iterator
from unicodedata import normalize

from hubs.spec.profiles import Option, Profile

ALIKE = (
    "Another profile has the same name or short name. People can't tell them apart, and outside this portal only the "
    "first can be started. Give one of them another name."
)
UNASKED = (
    "All answers are typed. A server that starts without the start page, from a link or a program, has to send one, "
    "or it is refused. Add a choice for those."
)


def short_name(profile: Profile) -> str:
    """What tells a profile from the others: its short name, or nearly what KubeSpawner makes of its name."""
    if profile.slug:
        return profile.slug
    letters = normalize("NFKD", profile.display_name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-") or " ".join(profile.display_name.split()).casefold()


def _unasked(option: Option) -> bool:
    return not option.choices and bool(option.unlisted_choice and option.unlisted_choice.enabled)


def doubts(profiles: Collection[Profile]) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """(path, name of what it is about, sentence), in order."""
    seen: set[str] = set()
    for number, profile in enumerate(profiles):
        names = {f"slug {short_name(profile)}", f"name {' '.join(profile.display_name.split()).casefold()}"}
        if names & seen:
            yield (number, "display_name"), profile.display_name, ALIKE
        seen |= names
        for key, option in profile.profile_options.items():
            if _unasked(option):
                called = f"{profile.display_name}: {option.display_name}"
                yield (number, "profile_options", key, "display_name"), called, UNASKED

"""Warnings about valid profile lists: names that people can't tell apart, and options without choices. Pure."""

import re
from collections.abc import Collection, Iterator
from unicodedata import normalize

from hubs.language import lazy
from hubs.spec.profiles import Option, Profile

ALIKE = lazy(
    "Another profile has the same name or short name. People can’t tell them apart, and outside this portal only the "
    "first one can be started. Rename one of them."
)
UNASKED = lazy(
    "This option has no choices, so people have to type an answer. Links and apps that start a server without the "
    "start page must send an answer, or the start is refused. Add a choice for them."
)


def short_name(profile: Profile) -> str:
    """Return the short name of a profile, or approximately the one that KubeSpawner derives from its name."""
    if profile.slug:
        return profile.slug
    letters = normalize("NFKD", profile.display_name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-") or " ".join(profile.display_name.split()).casefold()


def _unasked(option: Option) -> bool:
    return not option.choices and bool(option.unlisted_choice and option.unlisted_choice.enabled)


def doubts(profiles: Collection[Profile]) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Yield (path, name of the profile or option, sentence) of each warning, in order."""
    seen: set[str] = set()
    for number, profile in enumerate(profiles):
        names = {f"slug {short_name(profile)}", f"name {' '.join(profile.display_name.split()).casefold()}"}
        if names & seen:
            yield (number, "display_name"), profile.display_name, str(ALIKE)
        seen |= names
        for key, option in profile.profile_options.items():
            if _unasked(option):
                called = f"{profile.display_name}: {option.display_name}"
                yield (number, "profile_options", key, "display_name"), called, str(UNASKED)

"""Server options that people choose from before their server starts: KubeSpawner 7's `profile_list`, with its names.

A profile has options, an option has choices (and possibly a free answer), and each can override server settings.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    ValidationInfo,
    model_serializer,
    model_validator,
)

from hubs.language import _, lazy, listed
from hubs.spec.base import Frozen, is_given
from hubs.spec.overrides import Checked, CheckedFree, Override, plain, size_in_bytes
from hubs.spec.profile_spelling import respelled
from hubs.spec.storable import unkept
from hubs.spec.types import Line

Overrides = Annotated[Override, Checked]
FreeOverrides = Annotated[Override, Checked, CheckedFree]
LONGEST_PATTERN = 200
DEEPEST, MOST_KEYS, LARGEST = 10, 50, 20_000  # levels, keys and characters of unknown keys in one place
_NESTED = re.compile(r"\)[+*{]|\\[1-9]|\(\?(?!:)")  # repeated groups, back-references, look-arounds
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]{1,5})?/")  # of an image name: a literal registry
_HOST_PATTERN = re.compile(r"\^?[a-z0-9-]+(\\\.[a-z0-9-]+)+(:[0-9]{1,5})?\\?/(?![?*+{])")  # ... of a pattern
_OPEN_ENDED = re.compile(r"(?<!\\)[+*]|\{\d*,\}")


def _pattern(text: str, info: ValidationInfo) -> str:
    """Check that a pattern is valid and runs in bounded time: no repeated groups, no back-references, few open ends.
    The hub runs it on what people type. Raise ValueError otherwise."""
    if not text or is_given(info):
        return text
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(_("This is not a valid regular expression: {error}.", error=str(error))) from None
    if _NESTED.search(text) or len(_OPEN_ENDED.findall(text)) > 3:
        raise ValueError(_("This pattern could take too long to check. Use a simpler one, such as ^.+:.+$"))
    return text


# Not stripped: YAML adds a line break to multi-line texts.
_SHOWN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]*$"
Name = Annotated[str, StringConstraints(max_length=500, pattern=_SHOWN)]
Text = Annotated[str, StringConstraints(max_length=8000, pattern=_SHOWN)]
Pattern = Annotated[str, StringConstraints(max_length=LONGEST_PATTERN), AfterValidator(_pattern)]


def _listed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


Groups = Annotated[tuple[Line, ...] | None, BeforeValidator(_listed)]  # None: everyone; empty: no one (offers.py)
# KubeSpawner does not escape keys and short names in its HTML, so characters with a meaning there are not allowed.
Key = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f\"'<>&`{}]*$")]
Slug = Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9._~-]*$")]


def _depth(value: Any) -> int:
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return 1 + max((_depth(one) for one in below), default=0)


class Said(Frozen):
    """A model that dumps only fields that were set, also after it was stored. Unknown keys are kept: KubeSpawner
    ignores them, but other software may use them."""

    model_config = ConfigDict(extra="allow")
    # Rules that would be ignored here and so give everyone access: name -> sentence about where it belongs.
    _elsewhere: ClassVar[Mapping[str, str]] = {}

    @model_validator(mode="after")
    def _bounded(self, info: ValidationInfo) -> Self:
        more = self.model_extra or {}
        if is_given(info) or not more:
            return self
        if said := unkept(more):
            raise ValueError(said)
        if _depth(more) > DEEPEST or len(more) > MOST_KEYS or len(json.dumps(more, default=str)) > LARGEST:
            raise ValueError(_("{keys}: This is too large for a profile list.", keys=", ".join(sorted(more)[:3])))
        for key in more:  # a typo must not be ignored silently
            if near := get_close_matches(key, self._elsewhere, 1, 0.85):
                raise ValueError(str(self._elsewhere[near[0]]))
            if near := get_close_matches(key, type(self).model_fields, 1, 0.85):
                raise ValueError(_("There is no field “{name}”. Did you mean {other}?", name=key[:60], other=near[0]))
        return self

    @model_serializer(mode="wrap")
    def _as_said(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in write(self).items() if name in self.model_fields_set}


class Choice(Said):
    """One choice of an option."""

    display_name: Name
    slug: Name = ""
    description: Text = ""
    default: bool = False
    allowed_groups: Groups = None
    kubespawner_override: Overrides = Field(default_factory=dict)


class UnlistedChoice(Said):
    """A free answer that people can type instead of choosing; "{value}" in the overrides stands for it."""

    enabled: bool = False
    display_name: Name = ""
    description: Text = ""
    display_name_in_choices: Name = ""
    description_in_choices: Text = ""
    validation_regex: Pattern = ""
    validation_message: Text = ""
    allowed_groups: Groups = None
    kubespawner_override: FreeOverrides = Field(default_factory=dict)


class ImageBuilding(Said):
    """Whether people can build an image from a repository. jupyterhub-fancy-profiles shows the button and uses a
    BinderHub service of the hub; the image becomes the free answer."""

    enabled: bool = False


def _more_than_one_default(parts: Iterable["Choice | Profile"]) -> str:
    """Return the names of several that are the default, "" if there are not."""
    names = [one.display_name for one in parts if one.default]
    return listed(names[:3]) if len(names) > 1 else ""


class Option(Said):
    """One option of a profile, such as “Environment” or “Memory”."""

    _elsewhere = {
        "allowed_groups": lazy("An option can’t be restricted to groups. Add allowed_groups to its choices instead.")
    }

    display_name: Name
    choices: dict[Key, Choice] = Field(default_factory=dict)
    unlisted_choice: UnlistedChoice | None = None
    dynamic_image_building: ImageBuilding | None = None

    @model_validator(mode="after")
    def _can_be_answered(self, info: ValidationInfo) -> Self:
        if is_given(info):
            return self
        if not self.choices and not (self.unlisted_choice and self.unlisted_choice.enabled):
            raise ValueError(_("“{option}” has no choices yet. Add one.", option=self.display_name))
        if names := _more_than_one_default(self.choices.values()):
            raise ValueError(_("Only one choice can be the default, not {names}.", names=names))
        return self


class Profile(Said):
    """One profile: a card on the page where people start their server."""

    display_name: Annotated[Name, Field(min_length=1)]
    slug: Slug = ""
    description: Text = ""
    default: bool = False
    allowed_groups: Groups = None
    kubespawner_override: Overrides = Field(default_factory=dict)
    profile_options: dict[Key, Option] = Field(default_factory=dict)

    def parts(self) -> Iterator[Said]:
        """Yield the profile, its options and their choices."""
        yield self
        for option in self.profile_options.values():
            yield option
            yield from option.choices.values()
            if option.unlisted_choice:
                yield option.unlisted_choice
            if option.dynamic_image_building:
                yield option.dynamic_image_building

    def overrides(self) -> Iterator[Override]:
        """Yield all overrides of this profile: its own, then those of each choice."""
        yield self.kubespawner_override
        for option in self.profile_options.values():
            for choice in option.choices.values():
                yield choice.kubespawner_override
            if option.unlisted_choice:
                yield option.unlisted_choice.kubespawner_override


def in_order(profiles: tuple[Profile, ...], info: ValidationInfo) -> tuple[Profile, ...]:
    """Check the rules for a list as a whole. Raise ValueError if one is broken."""
    if is_given(info):
        return profiles
    if names := _more_than_one_default(profiles):
        raise ValueError(_("Only one profile can be the default, not {names}.", names=names))
    slugs = [profile.slug for profile in profiles if profile.slug]
    if twice := next((slug for slug in slugs if slugs.count(slug) > 1), ""):
        raise ValueError(_("Two profiles have the short name “{name}”. Change one of them.", name=twice))
    return profiles


def _as_read(value: Any) -> Any:
    return respelled(value)[0]


Profiles = Annotated[tuple[Profile, ...], BeforeValidator(_as_read), Field(max_length=100), AfterValidator(in_order)]


SIZES = {"memory": ("mem_limit", "mem_guarantee"), "cpu": ("cpu_limit", "cpu_guarantee")}


def largest(profiles: tuple[Profile, ...], what: str) -> float:
    """Return the largest limit or guarantee of "memory" (bytes) or "cpu" (cores) of any choice; 0 if there is none."""
    found = [0.0]
    for profile in profiles:
        for override in profile.overrides():
            sizes = plain(override)
            for setting in SIZES[what]:
                if sizes.get(setting) is not None:
                    found.append(size_in_bytes(sizes[setting]) if what == "memory" else float(sizes[setting]))
    return max(found)


def without_limit(profiles: tuple[Profile, ...], setting: str) -> list[str]:
    """Return the names of the profiles in which a choice removes the limit (`mem_limit: null`). In order."""
    return [
        profile.display_name
        for profile in profiles
        if any(setting in override and override[setting] is None for override in profile.overrides())
    ]


def free_images(profiles: tuple[Profile, ...]) -> list[str]:
    """Return the names of the profiles in which people can enter an image from any registry, in order."""
    return [
        profile.display_name
        for profile in profiles
        for option in profile.profile_options.values()
        if (free := option.unlisted_choice)
        and free.enabled
        and "{value" in str(free.kubespawner_override.get("image", ""))
        and not _one_registry(str(free.kubespawner_override["image"]), free.validation_regex)
    ]


def _one_registry(image: str, pattern: str) -> bool:
    """Whether the registry is fixed, by the setting (`quay.io/{value}`) or the beginning of the pattern
    (`^quay\\.io/`). KubeSpawner uses re.match, so an alternative (|) would allow another beginning."""
    return bool(_HOST.match(image) or (_HOST_PATTERN.match(pattern) and "|" not in pattern))


def beyond_plain(profiles: tuple[Profile, ...]) -> list[str]:
    """Return the settings in overrides that need review, such as volumes or tolerations, and those of the wrong type
    (in a spec that is older than the rule). Sorted."""
    found = set()
    for profile in profiles:
        for override in profile.overrides():
            found |= override.keys() - plain(override).keys()
    return sorted(found)


def builds_images(profile: Profile) -> bool:
    """Whether people can build an image from a repository before they start."""
    asked = [option.dynamic_image_building for option in profile.profile_options.values()]
    return any(one.enabled for one in asked if one)


def unread(profile: Profile) -> list[str]:
    """Return the keys, anywhere in a profile, that hubs ignore. Sorted."""
    return sorted({key for part in profile.parts() for key in part.model_extra or {}})


def as_values(profiles: tuple[Profile, ...]) -> list[dict[str, Any]]:
    """Return the profiles in the format of values.yaml, with only the fields that were set."""
    return [profile.model_dump(mode="json") for profile in profiles]

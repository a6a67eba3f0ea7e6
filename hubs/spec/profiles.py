"""What people choose from before their server starts: KubeSpawner 7's `profile_list`, with its own names.

A profile has options, an option has choices (and perhaps a free one), and each may override what the server gets.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    field_validator,
    model_serializer,
    model_validator,
)

from hubs.spec.base import Frozen
from hubs.spec.types import Line, Text, memory_bytes

# What a choice may say of a server without anybody looking: the rest is `kubespawner_override` of experts.
PLAIN_OVERRIDES = {
    "image", "mem_limit", "mem_guarantee", "cpu_limit", "cpu_guarantee", "default_url", "working_dir", "environment",
}  # fmt: skip
Override = dict[str, Any]
LONGEST_PATTERN = 200
_NESTED = re.compile(r"\)[+*{]|\\[1-9]|\(\?(?!:)")  # repeated groups, back-references, look-arounds
_OPEN_ENDED = re.compile(r"(?<!\\)[+*]|\{\d*,\}")


def _pattern(text: str) -> str:
    """A pattern that Python reads, and whose time does not explode: no repeated groups, no
    back-references, few open ends. The hub runs it on what a person types. Raises ValueError."""
    if not text:
        return text
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"This is no regular expression: {error}.") from None
    if _NESTED.search(text) or len(_OPEN_ENDED.findall(text)) > 3:
        raise ValueError("This pattern could take forever. Use a simpler one, such as ^.+:.+$")
    return text


Pattern = Annotated[str, StringConstraints(max_length=LONGEST_PATTERN), AfterValidator(_pattern)]
Key = Annotated[str, StringConstraints(max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]


def size_in_bytes(value: Any) -> int:
    """Bytes of a memory size as KubeSpawner takes it: a number, or text such as "1.8G". Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("Write a size such as 512M or 2G.")
    return memory_bytes(value) if isinstance(value, str) else int(value)


def _override(override: Override) -> Override:
    for name, value in override.items():
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,60}", name):
            raise ValueError(f"“{name[:60]}” is no setting of KubeSpawner.")
        if name in ("mem_limit", "mem_guarantee") and value is not None:
            size_in_bytes(value)
        if name in ("cpu_limit", "cpu_guarantee") and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise ValueError(f"{name} is a number of cores, such as 2 or 0.5.")
        if name == "image" and not (isinstance(value, str) and value.strip() == value and value):
            raise ValueError("image is the name of a container image, such as quay.io/jupyter/scipy-notebook:2026.10.")
    return override


Overrides = Annotated[Override, AfterValidator(_override)]


class Said(Frozen):
    """Written out as it was said: what was left to its default stays unsaid, also after it was stored."""

    @model_serializer(mode="wrap")
    def _as_said(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in write(self).items() if name in self.model_fields_set}


class Choice(Said):
    """One answer of an option."""

    display_name: Line
    default: bool = False
    kubespawner_override: Overrides = Field(default_factory=dict)


class UnlistedChoice(Said):
    """What a person may type instead of choosing; "{value}" in the overrides stands for it."""

    enabled: bool = False
    display_name: Line = ""
    display_name_in_choices: Line = ""
    validation_regex: Pattern = ""
    validation_message: Line = ""
    kubespawner_override: Overrides = Field(default_factory=dict)


def _one_default(names: list[str], what: str) -> None:
    if len(names) > 1:
        raise ValueError(f"Only one {what} can be the one chosen at first, not {' and '.join(names[:3])}.")


class Option(Said):
    """One question, such as “Environment” or “Memory”."""

    display_name: Line
    choices: dict[Key, Choice] = Field(default_factory=dict)
    unlisted_choice: UnlistedChoice | None = None

    @model_validator(mode="after")
    def _can_be_answered(self) -> Self:
        if not self.choices and not (self.unlisted_choice and self.unlisted_choice.enabled):
            raise ValueError(f"“{self.display_name}” has no choices yet.")
        _one_default([choice.display_name for choice in self.choices.values() if choice.default], "choice")
        return self


class Profile(Said):
    """One card of the page on which people start their server."""

    display_name: Annotated[Line, Field(min_length=1)]
    slug: Annotated[str, StringConstraints(max_length=63, pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?)?$")] = ""
    description: Text = ""
    default: bool = False
    allowed_groups: tuple[Line, ...] | None = None  # None: everybody
    kubespawner_override: Overrides = Field(default_factory=dict)
    profile_options: dict[Key, Option] = Field(default_factory=dict)

    @field_validator("allowed_groups", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    def overrides(self) -> Iterator[Override]:
        """Everything that this profile may say of a server: its own words, then each choice's."""
        yield self.kubespawner_override
        for option in self.profile_options.values():
            for choice in option.choices.values():
                yield choice.kubespawner_override
            if option.unlisted_choice:
                yield option.unlisted_choice.kubespawner_override


def in_order(profiles: tuple[Profile, ...]) -> tuple[Profile, ...]:
    """What holds for a list as a whole. Raises ValueError."""
    _one_default([profile.display_name for profile in profiles if profile.default], "profile")
    slugs = [profile.slug for profile in profiles if profile.slug]
    if twice := next((slug for slug in slugs if slugs.count(slug) > 1), ""):
        raise ValueError(f"Two profiles have the short name “{twice}”.")
    return profiles


Profiles = Annotated[tuple[Profile, ...], Field(max_length=100), AfterValidator(in_order)]


def largest(profiles: tuple[Profile, ...], setting: str) -> float:
    """The most of `mem_limit` (bytes) or `cpu_limit` (cores) that any choice gives; 0 when none says."""
    found = [0.0]
    for profile in profiles:
        for override in profile.overrides():
            value = override.get(setting)
            if value is not None and value != "{value}":
                found.append(size_in_bytes(value) if setting.startswith("mem") else float(value))
    return max(found)


def beyond_plain(profiles: tuple[Profile, ...]) -> list[str]:
    """Settings in overrides that a person looks at first, such as volumes or tolerations. Sorted."""
    return sorted({name for p in profiles for override in p.overrides() for name in override} - PLAIN_OVERRIDES)


def as_values(profiles: tuple[Profile, ...]) -> list[dict[str, Any]]:
    """As values.yaml writes them: only what was said."""
    return [profile.model_dump(mode="json") for profile in profiles]

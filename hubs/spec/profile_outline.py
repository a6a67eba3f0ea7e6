"""A profile list as the builder edits it: settings with a control by name, all others as text, so nothing is lost.

Maps become lists of pairs, because browsers sort the keys of objects that look like numbers.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from hubs.language import _
from hubs.spec import yaml_text
from hubs.spec.profiles import Overrides, Profile, Profiles
from hubs.spec.sentences import sentence

Loc = tuple[str | int, ...]
Outline = dict[str, Any]
NONE = type(None)
SERVER: dict[str, tuple[type, ...]] = {
    "image": (str,), "mem_guarantee": (str, int, float), "mem_limit": (str, int, float, NONE),
    "cpu_guarantee": (str, int, float), "cpu_limit": (str, int, float, NONE), "default_url": (str,),
    "working_dir": (str,), "image_pull_policy": (str,),
}  # fmt: skip
PROFILE: dict[str, tuple[type, ...]] = {
    "display_name": (str,), "slug": (str,), "description": (str,), "default": (bool,),
}  # fmt: skip
OPTION: dict[str, tuple[type, ...]] = {"display_name": (str,)}
CHOICE: dict[str, tuple[type, ...]] = {
    "display_name": (str,), "slug": (str,), "description": (str,), "default": (bool,),
}  # fmt: skip
FREE: dict[str, tuple[type, ...]] = {
    "enabled": (bool,), "display_name": (str,), "description": (str,), "display_name_in_choices": (str,),
    "description_in_choices": (str,), "validation_regex": (str,), "validation_message": (str,),
}  # fmt: skip
_profiles: TypeAdapter[Any] = TypeAdapter(Profiles)
_override: TypeAdapter[Any] = TypeAdapter(Overrides)


@dataclass(frozen=True)
class Problem:
    """An error and its path, such as (0, "profile_options", "image", "choices", "scipy")."""

    path: Loc
    message: str


Warn = Callable[[tuple[Profile, ...]], Iterable[Problem]]


def _is(value: Any, kinds: tuple[type, ...]) -> bool:
    return isinstance(value, kinds) and (not isinstance(value, bool) or bool in kinds)


def _simple(data: Mapping[str, Any], controls: Mapping[str, tuple[type, ...]]) -> Outline:
    return {name: data[name] for name, kinds in controls.items() if name in data and _is(data[name], kinds)}


def _one_line(text: Any) -> bool:
    return isinstance(text, str) and text.isprintable()


def _words(value: Any) -> bool:
    """Whether this is a map of names to one-line texts, which a control shows as NAME=text."""
    return isinstance(value, dict) and all(_one_line(one) and one and "=" not in one for one in value) and all(
        _one_line(text) for text in value.values()
    )  # fmt: skip


def _gpus(value: Any) -> bool:
    """Whether this is one type of GPU and no other extended resource."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    [(name, count)] = value.items()
    return str(name).endswith("/gpu") and (str(count).isdecimal() and not isinstance(count, bool))


MAPS: dict[str, Callable[[Any], bool]] = {
    "environment": _words, "node_selector": _words, "extra_resource_limits": _gpus,
}  # fmt: skip


def _rest(data: Mapping[str, Any], outline: Outline) -> str:
    """Return the settings that have no control, as YAML."""
    return yaml_text.dump({name: value for name, value in data.items() if name not in outline})


def _with_server(data: Mapping[str, Any], outline: Outline) -> Outline:
    override = data.get("kubespawner_override")
    if isinstance(override, dict):
        fields = _simple(override, SERVER)
        fields |= {name: override[name] for name, shows in MAPS.items() if name in override and shows(override[name])}
        outline["kubespawner_override"] = {"fields": fields, "more": _rest(override, fields)}
    return outline


def _closed(data: Mapping[str, Any], outline: Outline) -> Outline:
    outline["more"] = _rest(data, outline)
    return outline


def _keyed(data: Mapping[str, Any], name: str, make: Any, outline: Outline) -> None:
    """Add a map of maps to the outline, as a list of pairs."""
    found = data.get(name)
    if isinstance(found, dict) and all(isinstance(one, dict) for one in found.values()):
        outline[name] = [[key, make(one)] for key, one in found.items()]


def _with_groups(data: Mapping[str, Any], outline: Outline) -> Outline:
    groups = data.get("allowed_groups")
    if isinstance(groups, list) and all(isinstance(group, str) for group in groups):
        outline["allowed_groups"] = groups
    return outline


def _choice(data: Mapping[str, Any]) -> Outline:
    return _closed(data, _with_groups(data, _with_server(data, _simple(data, CHOICE))))


def _option(data: Mapping[str, Any]) -> Outline:
    outline = _simple(data, OPTION)
    _keyed(data, "choices", _choice, outline)
    free = data.get("unlisted_choice")
    if isinstance(free, dict):
        outline["unlisted_choice"] = _closed(free, _with_groups(free, _with_server(free, _simple(free, FREE))))
    builds = data.get("dynamic_image_building")
    if isinstance(builds, dict) and [*builds] == ["enabled"] and isinstance(builds["enabled"], bool):
        outline["dynamic_image_building"] = builds["enabled"]
    return _closed(data, outline)


def _profile(data: Mapping[str, Any]) -> Outline:
    outline = _with_groups(data, _with_server(data, _simple(data, PROFILE)))
    _keyed(data, "profile_options", _option, outline)
    return _closed(data, outline)


def outline(text: str) -> list[Outline]:
    """Return what the builder edits. Raise ValueError with a sentence if the text has to be corrected as text."""
    data = yaml_text.load(text) if text.strip() else []
    if data is None:
        return []
    if not isinstance(data, list) or not all(isinstance(profile, dict) for profile in data):
        raise ValueError(_("Enter a list of profiles. Each one starts with “- display_name:”."))
    return [_profile(profile) for profile in data]


def _culprits(path: Loc, data: Any) -> list[Problem]:
    """Return the errors of an override, one per setting."""
    found = []
    for name, value in data.items():
        try:
            _override.validate_python({name: value})
        except ValidationError as error:
            found.append(Problem((*path, name), sentence(cast(Any, error.errors()[0]), "")))
    return found


def _at(data: Any, path: Loc) -> Any:
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _read(text: str) -> tuple[Any, ...]:
    return tuple(yaml_text.load(text) or ()) if text.strip() else ()


def problems(text: str) -> list[Problem]:
    """Return all errors of a list that is valid YAML."""
    return mistakes(_read(text))


def mistakes(data: Any) -> list[Problem]:
    """Return all errors of a list of profiles in the format of values.yaml."""
    try:
        _profiles.validate_python(data)
    except ValidationError as error:
        found: list[Problem] = []
        for item in error.errors(include_url=False, include_input=False):
            path = tuple(part for part in item["loc"] if part != "[key]")
            wrong = _at(data, path)
            if path[-1:] == ("kubespawner_override",) and isinstance(wrong, dict):
                found += _culprits(path, wrong)
            else:
                found.append(Problem(path, sentence(cast(Any, item), "")))
        return found
    return []


def as_builder(text: str, warn: Warn = lambda profiles: ()) -> dict[str, Any]:
    """Return the initial data of the builder: {"profiles", "problems", "warnings"}, or {"wrong": sentence}. `warn`
    returns the warnings about a valid list."""
    try:
        profiles = outline(text)
    except ValueError as error:
        return {"wrong": str(error)}
    found = problems(text)
    doubts = [] if found else warn(_profiles.validate_python(_read(text)))
    told = {"problems": found, "warnings": doubts}
    return {
        "profiles": profiles,
        **{name: [{"path": list(one.path), "message": one.message} for one in said] for name, said in told.items()},
    }

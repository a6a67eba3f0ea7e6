"""Normalise profile lists that people wrote to what KubeSpawner reads. Pure.

Real lists contain values that KubeSpawner rejects or ignores: null for nothing, a year as a name, “2Gi”, and `default`
among the settings of a server. Their meaning is clear, so form, API and import normalise them; what was moved is
reported. Everything else stays unchanged.
"""

import re
from collections.abc import Iterator
from typing import Any

from hubs.language import _

Tree = dict[str, Any]
# For these keys, null means nothing. For `allowed_groups` and settings of a server, it is a value.
UNSAID = frozenset(
    "slug description default kubespawner_override profile_options choices unlisted_choice dynamic_image_building "
    "display_name_in_choices description_in_choices validation_regex validation_message enabled".split()
)
TEXTS = frozenset(
    "display_name slug description display_name_in_choices description_in_choices validation_message".split()
)
_BINARY = re.compile(r"(\d+(?:\.\d+)?)([KMGT])i")
_DIGITS = re.compile(r"\d{1,15}")
_CORES = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)(m?)")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _memory(value: Any) -> Any:
    """Return “2Gi”, Kubernetes' notation, as 2G, which is the same size for KubeSpawner, and digits (bytes) as a
    number, because KubeSpawner reads neither."""
    if isinstance(value, str) and (found := _BINARY.fullmatch(value.strip())):
        return found[1] + found[2]
    return int(value) if isinstance(value, str) and _DIGITS.fullmatch(value.strip()) else value


def _cores(value: Any) -> Any:
    """Return “2” as 2 and “500m” as 0.5, because KubeSpawner reads only numbers."""
    if not isinstance(value, str) or not (found := _CORES.fullmatch(value.strip())):
        return value
    number = float(found[1]) / (1000 if found[2] else 1)
    return int(number) if number.is_integer() else number


def _server(override: Any) -> Any:
    if not isinstance(override, dict):
        return override
    reads = {"mem_limit": _memory, "mem_guarantee": _memory, "cpu_limit": _cores, "cpu_guarantee": _cores}
    return {name: reads[name](value) if name in reads else value for name, value in override.items()}


def _part(part: Any) -> Any:
    """Normalise a profile, an option, a choice or a free answer, but not what is below it."""
    if not isinstance(part, dict):
        return part
    made = {key: value for key, value in part.items() if value is not None or key not in UNSAID}
    for key in TEXTS & made.keys():
        if _is_number(made[key]):
            made[key] = str(made[key])
    if str(made.get("default")).lower() in ("true", "false"):
        made["default"] = str(made["default"]).lower() == "true"
    if isinstance(made.get("allowed_groups"), str):
        made["allowed_groups"] = [made["allowed_groups"]]
    if "kubespawner_override" in made:
        made["kubespawner_override"] = _server(made["kubespawner_override"])
    return made


def _name(part: Tree) -> str:
    return str(part.get("display_name", ""))[:60]


def _first_of(parts: list[Tree]) -> Iterator[str]:
    """Move `default` from the settings of a server to the part itself, unless there is another default."""
    for part in parts:
        override = part.get("kubespawner_override")
        if not isinstance(override, dict) or not isinstance(override.get("default"), bool):
            continue
        said = override["default"]
        part["kubespawner_override"] = {name: value for name, value in override.items() if name != "default"}
        if said and not any(one.get("default") for one in parts):
            part["default"] = True
            yield _(
                "“{name}”: “default” is not a setting of a server. It was moved: this is now the default.",
                name=_name(part),
            )
        elif said:
            yield _(
                "“{name}”: “default” is not a setting of a server, and there is another default. It was left out.",
                name=_name(part),
            )
        else:
            yield _("“{name}”: “default: false” is not a setting of a server. It was left out.", name=_name(part))


def _named(part: Any, key: str) -> Any:
    """Name an option or choice without a name after its key; KubeSpawner would show an empty label."""
    return {"display_name": key, **part} if isinstance(part, dict) else part


def _option(key: str, option: Any) -> tuple[Any, list[str]]:
    made = _named(_part(option), key)
    if not isinstance(made, dict):
        return made, []
    notes: list[str] = []
    if isinstance(made.get("choices"), dict):
        made["choices"] = {name: _named(_part(one), str(name)) for name, one in made["choices"].items()}
        notes += _first_of([one for one in made["choices"].values() if isinstance(one, dict)])
    for name in ("unlisted_choice", "dynamic_image_building"):
        if name in made:
            made[name] = _part(made[name])
    return made, notes


def respelled(profiles: Any) -> tuple[Any, list[str]]:
    """Return (the list as KubeSpawner reads it, sentences about what was moved). Only lists of maps are changed. Never
    raises."""
    if not isinstance(profiles, list | tuple):
        return profiles, []
    made, notes = [_part(profile) for profile in profiles], list[str]()
    maps = [profile for profile in made if isinstance(profile, dict)]
    for profile in maps:
        if isinstance(profile.get("profile_options"), dict):
            options = {key: _option(str(key), one) for key, one in profile["profile_options"].items()}
            profile["profile_options"] = {key: option for key, (option, __) in options.items()}
            notes += [_("“{name}”: {note}", name=_name(profile), note=note)
                      for option, found in options.values() for note in found]  # fmt: skip
    return made, [*_first_of(maps), *notes]

"""Check the server settings of a choice: KubeSpawner's `kubespawner_override`, setting by setting. Pure.

KubeSpawner sets each of these on the spawner without checks, so they are checked here. A setting is *plain*
(type-checked and harmless to anyone but the person who starts the server), *known* (needs review), or refused.
Source: kubespawner 7, KubeSpawner.class_traits(config=True); tests/test_overrides.py compares.
"""

import math
import re
from collections.abc import Callable
from typing import Any

from pydantic import AfterValidator, TypeAdapter, ValidationError, ValidationInfo

from hubs.language import _
from hubs.spec import image_names
from hubs.spec.base import is_given
from hubs.spec.types import Environment, memory_bytes

Override = dict[str, Any]
MOST_ENVIRONMENT = 100
FREE = "{value}"  # stands for what a person types instead of choosing
_environment: TypeAdapter[Any] = TypeAdapter(Environment)


def size_in_bytes(value: Any) -> int:
    """Return the bytes of a memory size in KubeSpawner's format: a number, or text such as "1.8G". Raise ValueError if
    it is neither."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(_("Enter a size such as 512M or 2G."))
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(_("Enter a size such as 512M or 2G."))
    size = memory_bytes(value) if isinstance(value, str) else int(value)
    if not 0 < size <= 4 * 1024**4:
        raise ValueError(_("Enter a size such as 512M or 2G."))
    return size


def _size(value: Any) -> None:
    if value is not None:
        size_in_bytes(value)


def _cores(value: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 256:
        raise ValueError(_("Enter a number of cores, such as 2 or 0.5."))


def _guaranteed_cores(value: Any) -> None:
    if isinstance(value, bool) or value != 0:
        _cores(value)


def _image(value: Any) -> None:
    """`{value}` stands for what a person types."""
    if said := image_names.complaint(value.replace(FREE, "x") if isinstance(value, str) else value):
        raise ValueError(said)


def _path(value: Any) -> None:
    is_path = isinstance(value, str) and value.startswith("/") and not value.startswith("//") and len(value) <= 200
    if not is_path or not re.fullmatch(r"[!-\[\]-~]*", value):
        raise ValueError(_("Enter a path that starts with one slash, such as /lab."))


def _url(value: Any) -> None:
    if value is not None:
        _path(value)


def _variables(value: Any) -> None:
    """Check that this maps names to text. KubeSpawner passes anything else to Kubernetes, which would read Secrets."""
    if not isinstance(value, dict) or len(value) > MOST_ENVIRONMENT:
        raise ValueError(_("Enter names with values, such as COURSE: “101”."))
    for name, text in value.items():
        if not isinstance(text, str):
            raise ValueError(_("“{name}”: The value must be text. Put it in quotes.", name=str(name)[:60]))
    try:
        _environment.validate_python(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[0]
        context = found.get("ctx") or {}
        said = str(context.get("error") or _("The name or value has characters that can’t be used here."))
        raise ValueError(" ".join([*(f"“{str(part)[:60]}”:" for part in found["loc"][:1]), said])) from None


def _pull_policy(value: Any) -> None:
    if value not in ("Always", "IfNotPresent", "Never"):
        raise ValueError(_("Enter Always, IfNotPresent or Never."))


# Harmless to others if the type is right. The maximum size is set by the organisation's limits.
PLAIN: dict[str, Callable[[Any], None]] = {
    "image": _image, "image_pull_policy": _pull_policy, "mem_limit": _size, "mem_guarantee": _size,
    "cpu_limit": _cores, "cpu_guarantee": _guaranteed_cores, "default_url": _url, "working_dir": _path,
    "environment": _variables,
}  # fmt: skip
# These need review: nodes of others, volumes, privileges, extra containers.
KNOWN = frozenset("""
    allow_privilege_escalation args automount_service_account_token cmd container_security_context
    extra_annotations extra_container_config extra_containers extra_labels extra_pod_config extra_resource_guarantees
    extra_resource_limits fs_gid gid http_timeout image_pull_secrets init_containers lifecycle_hooks
    node_affinity_preferred node_affinity_required node_selector notebook_dir pod_affinity_preferred
    pod_affinity_required pod_anti_affinity_preferred pod_anti_affinity_required pod_security_context
    priority_class_name privileged scheduler_name start_timeout storage_access_modes storage_capacity storage_class
    storage_extra_annotations storage_extra_labels storage_selector supplemental_gids tolerations uid volume_mounts
    volumes
""".split())  # fmt: skip
CONTAINERS = ("init_containers", "extra_containers")


def check(name: str, value: Any) -> None:
    """Raise ValueError with a sentence for a setting that a choice can't change, or a value of the wrong type."""
    if name in PLAIN:
        try:
            PLAIN[name](value)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    elif name in CONTAINERS:
        for path, said in image_names.complaints(value, (name,)):
            raise ValueError(f"{'.'.join(path)}: {said}")
    elif name not in KNOWN:
        raise ValueError(_("“{name}” is not a setting of KubeSpawner that a choice can change.", name=str(name)[:60]))


def _override(override: Override, info: ValidationInfo) -> Override:
    if not is_given(info):
        for name, value in override.items():
            check(name, value)
    return override


def _typed_by_people(override: Override, info: ValidationInfo) -> Override:
    """Check a free answer: what people type must not become a size, a volume or a permission."""
    if is_given(info):
        return override
    for name, value in override.items():
        if name not in ("image", "default_url", "environment") and "{value" in str(value):
            raise ValueError(
                _(
                    "{name}: {placeholder} can be used only in an image, a path or the value of a variable.",
                    name=name, placeholder=FREE,
                )
            )  # fmt: skip
    return override


def plain(override: Override) -> Override:
    """Return the settings of an override that are plain and valid, for sums over specs of any age."""
    found = {}
    for name, value in override.items():
        if name in PLAIN:
            try:
                check(name, value)
            except ValueError:
                continue
            found[name] = value
    return found


Checked = AfterValidator(_override)
CheckedFree = AfterValidator(_typed_by_people)

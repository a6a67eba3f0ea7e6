"""Parts of people's pods that have their own field, in the chart's format: volumes, volume mounts and containers.
Checked by Kubernetes' rules (hubs.spec.shape); stored as plain data, so that no defaults are added. Pure."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo

from hubs.language import _, lazy
from hubs.spec import image_names, secrets
from hubs.spec.base import is_stored
from hubs.spec.chart import Tree
from hubs.spec.container_sizes import quantity
from hubs.spec.reading import reads
from hubs.spec.shape import complaints
from hubs.spec.storable import unkept
from hubs.spec.trees import Path, put

Row = dict[str, Any]
MOST = 50  # rows of one field
VOLUMES: Path = ("singleuser", "storage", "extraVolumes")
MOUNTS: Path = ("singleuser", "storage", "extraVolumeMounts")
FIRST: Path = ("singleuser", "initContainers")
BESIDE: Path = ("singleuser", "extraContainers")
FOR_ADMINS = "admins"  # key of a mount, defined by the portal, for custom.singleuserAdmin
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_PORTALS_OWN = lazy("This would read secrets that the portal stores for the hub only. Remove it.")


def _rows(at: Path) -> Callable[[tuple[Row, ...], ValidationInfo], tuple[Row, ...]]:
    """Return a validator of the rows at this path of the values."""

    def check(rows: tuple[Row, ...], info: ValidationInfo) -> tuple[Row, ...]:
        if is_stored(info) or not rows:  # an empty default is always valid; skip it to import fast
            return rows
        for number, row in enumerate(rows, 1):
            if not isinstance(row.get("name"), str):
                raise ValueError(_("Row {row}: Enter a name.", row=number))
        plain = [{key: said for key, said in row.items() if key != FOR_ADMINS} for row in rows]
        tree: Tree = {}
        put(tree, at, plain)
        if words := unkept(plain):
            raise ValueError(words)
        found = [*complaints(tree), *image_names.in_values(tree)]
        found += [(one.path, _PORTALS_OWN) for one in reads(tree) if one.is_the_portals]
        found += [*secrets.complaints(tree)]
        found += [(path, secrets.NO_SECRET_HERE) for path in secrets.replaced(tree) if secrets.is_setting(path)]
        for path, words in found:
            place, *inside = path[len(at) :] or ("",)
            raise ValueError(_of_row(place, ".".join(inside), words))
        return rows

    return check


def _of_row(place: str, setting: str, problem: str) -> str:
    """Return an error with its row, from 0, and the setting in it."""
    if not place.isdecimal():
        return str(problem)
    if not setting:
        return _("Row {row}: {problem}", row=int(place) + 1, problem=problem)
    return _("Row {row}: {setting}: {problem}", row=int(place) + 1, setting=setting, problem=problem)


def _named_once(rows: tuple[Row, ...], info: ValidationInfo) -> tuple[Row, ...]:
    names = [row.get("name") for row in rows]
    for name in names:
        if not is_stored(info) and names.count(name) > 1:
            raise ValueError(_("“{name}” is used twice. Each name must be unique.", name=str(name)[:63]))
    return rows


def _of_whom(rows: tuple[Row, ...], info: ValidationInfo) -> tuple[Row, ...]:
    """Sort mounts for admins last, because the chart has a separate list for them."""
    for row in rows:
        if not is_stored(info) and not isinstance(row.get(FOR_ADMINS, True), bool):
            raise ValueError(_("{setting}: Enter true, or remove it.", setting=FOR_ADMINS))
    plain = [{key: said for key, said in row.items() if (key, said) != (FOR_ADMINS, False)} for row in rows]
    return tuple(sorted(plain, key=lambda row: bool(row.get(FOR_ADMINS))))


_Some = Annotated[tuple[Row, ...], Field(max_length=MOST)]
Volumes = Annotated[_Some, AfterValidator(_rows(VOLUMES)), AfterValidator(_named_once)]
Mounts = Annotated[_Some, AfterValidator(_rows(MOUNTS)), AfterValidator(_of_whom)]
FirstContainers = Annotated[_Some, AfterValidator(_rows(FIRST)), AfterValidator(_named_once)]
ContainersBeside = Annotated[_Some, AfterValidator(_rows(BESIDE)), AfterValidator(_named_once)]


def is_scratch(volume: Row) -> bool:
    """Whether this volume belongs to one server only and is deleted with it."""
    return set(volume) == {"name", "emptyDir"}


# --- the hub's own pod ------------------------------------------------------------------------------------------------
GIB = 1024**3
MOST_MEMORY, MOST_CPU = 16 * GIB, 8  # of the hub itself; a hub for 500 people uses less than 1 GiB
_BOUNDS = {"requests": ("cpu", "memory"), "limits": ("cpu", "memory")}


def _hub_sizes(found: Row, info: ValidationInfo) -> Row:
    """Check the resources of the hub's pod, in Kubernetes' format."""
    if is_stored(info):
        return found
    for bound, sizes in found.items():
        if bound not in _BOUNDS or not isinstance(sizes, dict):
            raise ValueError(
                _("“{name}” is unknown. Write requests and limits, and below them cpu and memory.", name=bound[:60])
            )
        for name, said in sizes.items():
            if complaint := _why_no_size(bound, name, said):
                raise ValueError(complaint)
    for name in ("cpu", "memory"):
        limit, request = (quantity(found.get(bound, {}).get(name)) for bound in ("limits", "requests"))
        if limit is not None and request is not None and request > limit:
            words = _("requests.{name}: This is more than limits.{name}. Lower it, or raise the limit.", name=name)
            raise ValueError(words)
    return found


def _why_no_size(bound: str, name: str, said: Any) -> str:
    """Return why the hub's pod can't have this size, or ""."""
    size, most = quantity(said), MOST_MEMORY if name == "memory" else MOST_CPU
    setting = f"{bound}.{str(name)[:60]}"
    if name not in _BOUNDS[bound]:
        return _("{setting}: Only cpu and memory can be set here.", setting=setting)
    if size is None or size <= 0:
        return _("{setting}: Enter a memory size such as 512Mi, or cores such as 500m.", setting=setting)
    if size > most:
        return _("{setting}: The maximum for a hub is 16Gi of memory and 8 cores.", setting=setting)
    return ""


HubSizes = Annotated[dict[str, Any], AfterValidator(_hub_sizes)]


def _annotations(found: dict[str, str], info: ValidationInfo) -> dict[str, str]:
    for name in found:
        if not is_stored(info) and name.startswith("hubportal/"):
            raise ValueError(_("“{name}” is reserved for the portal. Use another name.", name=name[:60]))
    return found


Annotations = AfterValidator(_annotations)


def container_memory_mib(sizes: Row) -> int:
    """Return the memory limit of the hub's pod in MiB; 0 if there is none."""
    said = quantity(sizes.get("limits", {}).get("memory")) if isinstance(sizes.get("limits", {}), dict) else None
    return -(-int(said) // 1024**2) if said else 0


def container_cores(sizes: Row) -> float:
    """Return the CPU limit of the hub's pod in cores; 0 if there is none."""
    said = quantity(sizes.get("limits", {}).get("cpu")) if isinstance(sizes.get("limits", {}), dict) else None
    return float(said) if said else 0.0

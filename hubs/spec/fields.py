"""The leaves of HubSpec as a flat, ordered list: the one description that form, diff, limits and docs are made from."""

import types
from dataclasses import dataclass
from functools import reduce
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from hubs.spec.hub import HubSpec
from hubs.spec.types import Words


@dataclass(frozen=True)
class Step:
    """One page of the request form."""

    name: str
    title: str
    lead: str


STEPS = (
    Step("about", "About", "Name the hub and tell us who it is for."),
    Step("people", "People", "Say who may come in."),
    Step("sizes", "Sizes", "Choose how much each person gets. The defaults fit most classes."),
    Step("software", "Software", "Choose what people work with."),
)


@dataclass(frozen=True)
class Field:
    """One leaf: its dotted path, its words, its kind ("line", "text", "int", "float", "bool", "date", "choice",
    "memory", "storage", "seconds", "people") and its default (None when there is none)."""

    path: str
    words: Words
    kind: str
    default: Any
    required: bool
    optional: bool

    @property
    def values_path(self) -> str:
        """Where it stands in values.yaml; "" for what only the portal knows."""
        return self.words.values or ("" if self.path.startswith(("about.", "signIn.", "homePage.")) else self.path)

    def read(self, spec: HubSpec) -> Any:
        """This field's value in a spec."""
        return reduce(getattr, self.path.split("."), spec)


def _kind(annotation: Any, words: Words) -> str:
    if words.unit == "GiB":
        return "storage" if words.limit == "storage_per_user_mib" else "memory"
    if words.unit == "minutes":
        return "seconds"  # stored as JupyterHub counts, asked in minutes
    origin = get_origin(annotation)
    if origin is Annotated:
        return _kind(get_args(annotation)[0], words)
    if origin is Literal:
        return "choice"
    if origin is tuple:
        return "people"
    if origin in (Union, types.UnionType):
        return _kind(next(a for a in get_args(annotation) if a is not type(None)), words)
    return {bool: "bool", int: "int", float: "float", str: "line"}.get(annotation, "date")


def _leaves(model: type[BaseModel], prefix: str = "") -> list[Field]:
    found: list[Field] = []
    for name, info in model.model_fields.items():
        path = f"{prefix}{name}"
        words = next((m for m in info.metadata if isinstance(m, Words)), None)
        if words:
            kind = "text" if path in ("about.description", "homePage.text") else _kind(info.annotation, words)
            optional = type(None) in get_args(info.annotation)
            default = None if info.is_required() else info.default
            found.append(Field(path, words, kind, default, info.is_required(), optional))
        elif isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            found += _leaves(info.annotation, f"{path}.")
    return found


FIELDS: dict[str, Field] = {field.path: field for field in _leaves(HubSpec)}

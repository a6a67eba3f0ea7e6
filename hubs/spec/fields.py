"""The leaves of HubSpec as a flat, ordered list: the source for the form, diffs, limits and docs."""

import types
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property
from operator import attrgetter
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from hubs.language import _, lazy
from hubs.spec.amounts import either, unit_text
from hubs.spec.hub import HubSpec
from hubs.spec.institution_rules import InstitutionRule
from hubs.spec.profiles import Profile
from hubs.spec.types import ANY, Username, Words

# Fields without a path of their own in values.yaml: only the portal uses them, or hubs.spec.values composes them.
OURS = ("about.", "signIn.", "homePage.", "more")


@dataclass(frozen=True)
class Step:
    """A page of the request form."""

    name: str
    title: str
    lead: str
    extra: bool = False  # most hubs don't need it, so it is optional


STEPS = (
    Step("about", lazy("About"), lazy("Name the hub and describe who it is for.")),
    Step("people", lazy("Sign-in"), lazy("Choose who can sign in, and how.")),
    Step("sizes", lazy("Resources"), lazy("Choose memory, CPU and storage for each person. The defaults fit most "
         "classes.")),
    Step("software", lazy("Software"), lazy("Choose the software that people work with.")),
    Step("choices", lazy("Server options"), lazy("Let people choose an image or a size before their server starts."),
         extra=True),
    Step("content", lazy("Content"), lazy("Choose what people find in their home directories."),
         extra=True),
    Step("more", lazy("Advanced"), lazy("Settings that have no field elsewhere. They always need review by staff."),
         extra=True),
)  # fmt: skip


class Spoken(Words):
    """The same words for readers: label, help, unit and choices are texts in the current language, not lazy."""

    def __getattribute__(self, name: str) -> Any:
        said = super().__getattribute__(name)
        match name:
            case "label" | "help":
                return str(said)
            case "choices":
                return tuple((value, str(label)) for value, label in said)
            case "unit":
                return unit_text(said)
        return said


@dataclass(frozen=True)
class Field:
    """A leaf: its dotted path, words, kind and default (None if there is none).

    Kinds: line, text, int, float, bool, maybe (yes, no, or JupyterHub's default), date, choice, memory, storage,
    seconds, people, lines (a list of words), map (names and values), profiles, institutions, values (a part of
    values.yaml), rows (a list of such parts, each with a name).
    """

    path: str
    words: Spoken
    unit: str  # `Words.unit`, in no language
    kind: str
    default: Any
    required: bool
    optional: bool

    @cached_property
    def values_path(self) -> str:
        """Its path in values.yaml; "" if only the portal uses it."""
        if self.words.composed:
            return ""
        return self.words.values or ("" if self.path.startswith(OURS) else self.path)

    @cached_property
    def read(self) -> Callable[[HubSpec], Any]:
        """Return this field's value in a spec. Cached because a page calls it hundreds of times."""
        return attrgetter(self.path)

    def asked(self, spec: HubSpec) -> bool:
        """Return whether this field applies, given the other values."""
        return self.waits_for(spec) is None

    def waits_for(self, spec: HubSpec) -> "Field | None":
        """Return the field (this or one above) whose condition is not met, or None if this field applies."""
        if self.words.when is None:
            return None
        path, answers = self.words.when
        if above := FIELDS[path].waits_for(spec):
            return above
        value = FIELDS[path].read(spec)
        met = bool(value) if answers == ANY else {True: "yes", False: "no"}.get(value, value) in answers
        return None if met else self

    def condition(self, spec: HubSpec) -> "Field | None":
        """Return the field whose answer makes this one unnecessary; None if this one has an effect."""
        waits = self.waits_for(spec)
        return FIELDS[waits.words.when[0]] if waits and waits.words.when else None

    def only_if(self, spec: HubSpec) -> str:
        """Return in which case this field has an effect, as a sentence; "" if it has one now."""
        waits = self.waits_for(spec)
        if not waits or not waits.words.when:
            return ""
        other, answers = FIELDS[waits.words.when[0]], waits.words.when[1]
        if answers == ANY:
            return _("Only used if “{field}” is filled in.", field=other.words.label)
        return _("Only used if “{field}” is {answers}.", field=other.words.label, answers=other.answers_text(answers))

    def answers_text(self, answers: tuple[str, ...]) -> str:
        """Return some of its choices in words: “GitHub” or “Google”."""
        choices = {"yes": _("yes"), "no": _("no"), **dict(self.words.choices)}
        return either(_("“{answer}”", answer=choices.get(one, one).split(" — ")[0]) for one in answers)

    def telling(self, spec: HubSpec) -> bool:
        """Return whether a summary shows it: it applies and, if it is advanced or extra, is not at its default."""
        if not self.asked(spec):
            return False
        return self.read(spec) != self.default if self.words.advanced or self.extra else True

    @cached_property
    def extra(self) -> bool:
        return any(step.extra for step in STEPS if step.name == self.words.step)


# By the type of a list's items.
KINDS: dict[Any, str] = {Username: "people", Profile: "profiles", InstitutionRule: "institutions"}


def _kind(annotation: Any, words: Words) -> str:
    if words.unit == "GiB":
        return "storage" if words.limit == "storage_per_user_mib" else "memory"
    if words.unit == "minutes":
        return "seconds"  # stored in seconds, entered in minutes
    origin = get_origin(annotation)
    if origin is Annotated:
        return _kind(get_args(annotation)[0], words)
    if origin is Literal:
        return "choice"
    if origin is tuple:
        one = get_args(annotation)[0]
        return "rows" if get_origin(one) is dict else KINDS.get(one, "lines")
    if origin is dict:
        return "values" if get_args(annotation)[1] is Any else "map"
    if origin in (Union, types.UnionType):
        kind = _kind(next(a for a in get_args(annotation) if a is not type(None)), words)
        return "maybe" if kind == "bool" else kind
    return {bool: "bool", int: "int", float: "float", str: "line"}.get(annotation, "date")


def _leaves(model: type[BaseModel], prefix: str = "") -> list[Field]:
    found: list[Field] = []
    for name, info in model.model_fields.items():
        path = f"{prefix}{name}"
        words = next((m for m in info.metadata if isinstance(m, Words)), None)
        if words:
            kind = "text" if path in ("about.description", "homePage.text") else _kind(info.annotation, words)
            optional = type(None) in get_args(info.annotation)
            default = None if info.is_required() else info.get_default(call_default_factory=True)
            told = Spoken(**{one.name: getattr(words, one.name) for one in fields(words)})
            found.append(Field(path, told, words.unit, kind, default, info.is_required(), optional))
        elif isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            found += _leaves(info.annotation, f"{path}.")
    return found


FIELDS: dict[str, Field] = {field.path: field for field in _leaves(HubSpec)}

"""Data of the profile builder that is sent with the page, and the form of its sizes."""

import json
from typing import Any

from django import forms
from django.urls import reverse

from hubs.language import _
from hubs.spec.ladder import GIB, LadderError, Rung, ladder, usual_reserve
from hubs.spec.profile_doubts import doubts
from hubs.spec.profile_outline import Problem, Warn, as_builder
from hubs.spec.profiles import Profile
from hubs.spec.types import storage_mib


def second_looks(profiles: tuple[Profile, ...]) -> list[Problem]:
    """Return warnings about a profile list that don't depend on the hub's people list."""
    return [Problem(path, said) for path, _profile, said in doubts(profiles)]


class ProfilesEditor(forms.Textarea):
    """A text area of YAML, extended by js/profiles/ with cards and a preview. Works without JavaScript."""

    warn: Warn = staticmethod(second_looks)  # returns warnings about a list
    asked = ""  # query string when the builder reads the list again: "?request=UID"

    class Media:
        css = {"all": ("css/profiles.css",)}
        js = (forms.Script("js/profiles/main.js", type="module"),)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        about = {
            "data-builder": json.dumps(as_builder(value or "", self.warn)),
            "data-builder-read": f"{reverse('profiles-read')}{self.asked}",
            "data-builder-ladder": reverse("profiles-ladder"),
        }
        return super().get_context(name, value, {**(attrs or {}), **about})


def pools_attr(pools: list[dict[str, Any]]) -> dict[str, str]:
    """A cluster's node pools for the editor, with the size of a node in GiB and cores if it is known."""
    shown = [
        {
            **{key: pool[key] for key in ("name", "nodeSelector", "tolerations") if key in pool},
            **({"memory": storage_mib(pool["memory"]) / 1024} if "memory" in pool else {}),
            **({"cores": pool["cpu"]} if "cpu" in pool else {}),
        }
        for pool in pools
    ]
    return {"data-builder-pools": json.dumps(shown)} if shown else {}


class LadderForm(forms.Form):
    """The size of a node and how to divide it, in GiB and cores. Empty reserved values are estimated."""

    memory = forms.FloatField(max_value=65_536)
    cores = forms.FloatField(max_value=1024)
    reserved_memory = forms.FloatField(required=False, max_value=65_536)
    reserved_cores = forms.FloatField(required=False, max_value=1024)
    steps = forms.IntegerField(required=False)
    factor = forms.FloatField(required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        for field in self.fields.values():
            field.error_messages |= {"required": _("Please fill this in."), "invalid": _("Enter a number."),
                                     "max_value": _("This is more than any node has.")}  # fmt: skip
        self.rungs: list[Rung] = []
        self.reserved = (0, 0.0)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        memory, cores = int(data["memory"] * GIB), data["cores"]
        if memory > 0 and cores > 0:
            self.reserved = usual_reserve(memory, cores)
        if data["reserved_memory"] is not None:
            self.reserved = (int(data["reserved_memory"] * GIB), self.reserved[1])
        if data["reserved_cores"] is not None:
            self.reserved = (self.reserved[0], data["reserved_cores"])
        try:
            self.rungs = ladder(
                memory, cores, reserved_memory=self.reserved[0], reserved_cores=self.reserved[1],
                steps=4 if data["steps"] is None else data["steps"],
                factor=1 if data["factor"] is None else data["factor"],
            )  # fmt: skip
        except LadderError as error:
            self.add_error(error.field, str(error))
        return data

"""What the profile builder gets with the page, and the form of its sizes."""

import json
from typing import Any

from django import forms
from django.urls import reverse

from hubs.spec.ladder import GIB, LadderError, Rung, ladder, usual_reserve
from hubs.spec.profile_doubts import doubts
from hubs.spec.profile_outline import Problem, Warn, as_builder
from hubs.spec.profiles import Profile
from hubs.spec.types import storage_mib


def second_looks(profiles: tuple[Profile, ...]) -> list[Problem]:
    """What is worth a second look in a list, whoever is on a hub's list of people."""
    return [Problem(path, said) for path, _, said in doubts(profiles)]


class ProfilesEditor(forms.Textarea):
    """A text area of YAML, over which js/profiles/ builds cards and a preview. Without script it is what it is."""

    warn: Warn = staticmethod(second_looks)  # what is worth a second look in a list
    asked = ""  # for whom, when the builder reads it again: "?request=UID"

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
    """A cluster's node pools for the editor; what one node has in GiB and cores, where that is known."""
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
    """A node and how to share it: GiB and cores. What is reserved is guessed when it is left empty."""

    memory = forms.FloatField(max_value=65_536)
    cores = forms.FloatField(max_value=1024)
    reserved_memory = forms.FloatField(required=False, max_value=65_536)
    reserved_cores = forms.FloatField(required=False, max_value=1024)
    steps = forms.IntegerField(required=False)
    factor = forms.FloatField(required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        for field in self.fields.values():
            field.error_messages |= {"required": "Please fill this in.", "invalid": "Enter a number.",
                                     "max_value": "This is more than any node has."}  # fmt: skip
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

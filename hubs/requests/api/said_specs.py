"""What an app sends to describe a hub: part of a spec, values of Zero to JupyterHub, or texts of a draft."""

from collections.abc import Callable
from typing import Any

from hubs.errors import Invalid
from hubs.language import _
from hubs.models import ChangeRequest, Cluster, Hub, Organization
from hubs.requests.services import requests as services
from hubs.spec import FIELDS, Draft, HubSpec, SpecError, read_draft, reading, to_draft
from hubs.spec.honoured import needless
from hubs.spec.imports import from_values
from hubs.spec.said import begun, changed, edited, names


def judged(spec: HubSpec, *known: HubSpec, place: Cluster, at: str = "spec") -> HubSpec:
    """Return `spec`. Raise Invalid for an answer that it has and none of `known` has, if it would have no effect."""
    if idle := needless(spec, *known, can=place.can):
        raise Invalid(_("The spec is not valid."), {f"{at}.{path}": [why] for path, why in idle.items()})
    return spec


def read_spec(read: Callable[[], HubSpec]) -> HubSpec:
    """Raise Invalid with paths below `spec.`."""
    try:
        return read()
    except SpecError as error:
        errors = {f"spec.{path}": words for path, words in error.errors.items()}
        raise Invalid(_("The spec is not valid."), errors) from error


def new_spec(said: dict[str, Any], place: Organization) -> HubSpec:
    """Return the spec of a new hub from `spec` or `values`. Raise Invalid by field."""
    start = start_of(place, said["startingPoint"])
    if "values" in said:
        return of_values(said["values"], said["slug"])
    return judged(read_spec(lambda: begun(start, said["spec"])), reading(start)[0], place=place.cluster)


def changed_spec(said: dict[str, Any], hub: Hub) -> HubSpec:
    """The same for an existing hub: `spec` contains what differs from its configuration."""
    if "values" in said:
        return of_values(said["values"], hub.title)
    start = hub.starting_version.start() if hub.starting_version else {}
    spec = read_spec(lambda: changed(hub.spec, start, said["spec"]))
    return judged(spec, hub.spec, reading(start)[0], place=hub.cluster)


def edited_draft(said: dict[str, Any], row: ChangeRequest) -> Draft:
    """Return the texts of a draft that `spec` or `draft` change. Raise Invalid by field."""
    texts = {path: text for path, text in row.draft.items() if path in FIELDS}
    typed_so_far, place = read_draft(texts), row.place
    before = typed_so_far.spec
    start = row.starting_version.start() if row.starting_version else {}
    known = before, reading(start)[0]
    if "spec" in said:
        after = judged(read_spec(lambda: changed(before, start, said["spec"])), *known, place=place)
        texts_after = to_draft(after)  # replace texts that can't be read, even if the app sends the default
        mended = {path: texts_after[path] for path in typed_so_far.left_out if names(said["spec"], path)}
        return edited(before, after) | mended
    typed: Draft = said.get("draft", {})
    if strange := set(typed) - set(FIELDS):
        raise services.no_such_fields(f"draft.{path}" for path in strange)
    judged(reading({**texts, **typed})[0], *known, place=place, at="draft")
    return typed


def of_values(values: dict[str, Any], title: str) -> HubSpec:
    """Return the spec for values of Zero to JupyterHub; values without effect are kept, as in an import. Raise
    Invalid."""
    found = from_values(values, title)
    if found.secrets:
        names = ", ".join(".".join(path) for path in sorted(found.secrets))
        raise Invalid(_("Send secrets in “secrets”."), {"values": [_("Remove these secrets: {names}", names=names)]})
    if found.problems:
        raise Invalid(_("The values are not valid."), {"values": list(found.problems)})
    return found.spec


def start_of(place: Organization, starting_point: str) -> Draft:
    """The draft that the form starts with. Raise Invalid."""
    try:
        return services.starting_point_of(place, starting_point).start()
    except Invalid as error:
        raise Invalid.beside("startingPoint", error.message) from error

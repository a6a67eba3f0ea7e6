"""Actions on a hub that only staff have: pause repairs, view objects, edit code, delete archived files."""

import json
from collections.abc import Iterable
from typing import Any

import yaml
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hubs import access
from hubs.access import SignedIn
from hubs.clusters import queries as operations
from hubs.clusters.rules import Applied
from hubs.errors import Conflict, DomainError, Invalid, Unavailable
from hubs.hub.services import hubs as services
from hubs.language import _, lazy
from hubs.models import Hub
from hubs.pages.forms import beside
from hubs.requests.forms.requests import CodeForm, ReasonForm
from hubs.spec.shape import settled
from hubs.spec.trees import get

from .page import common, done, refused

PART_TITLES = {"files": lazy("Files"), "proxy": lazy("Proxy"), "hub": lazy("Hub"), "address": lazy("Address")}


class _Readable(yaml.SafeDumper):
    """Multi-line strings as block scalars, no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Readable.add_representer(str, _text)


def as_yaml(manifest: Any) -> str:
    plain = {"apiVersion": "", "kind": "", **json.loads(json.dumps(manifest))}
    return yaml.dump(plain, Dumper=_Readable, sort_keys=False, allow_unicode=True, width=110)


def _by_part(found: Iterable[Applied]) -> list[dict[str, Any]]:
    """Group objects by part, in the order in which they are created."""
    groups: dict[str, list[dict[str, Any]]] = {name: [] for name in PART_TITLES}
    for one in found:
        shown = {"kind": one.kind, "name": one.name, "changed_by": one.changed_by, "yaml": as_yaml(one.manifest)}
        groups.setdefault(one.part, []).append(shown)
    return [
        {"title": PART_TITLES.get(name, name or _("Other")), "objects": rows} for name, rows in groups.items() if rows
    ]


def _staff_hub(request: SignedIn, uid: str) -> Hub:
    access.staff(request.user)
    return access.hub(request.user, uid)


@require_safe
def objects(request: SignedIn, uid: str) -> HttpResponse:
    """The Kubernetes objects of this hub in its cluster. Values of secrets are masked."""
    hub = _staff_hub(request, uid)
    context = common(hub, access.may(request.user, hub), "hub-objects")
    status = 200
    try:
        context["groups"] = _by_part(operations.objects(hub))
    except DomainError as error:
        context["trouble"], status = error.message, 503 if isinstance(error, Unavailable) else 200
    return render(request, "hub/objects.html", context, status=status)


@require_safe
def move(request: SignedIn, uid: str) -> HttpResponse:
    """Explain that a hub can't be moved, and what to do instead."""
    hub = _staff_hub(request, uid)
    return render(request, "hub/move.html", {"hub": hub, "can": hub.cluster.can})


@require_http_methods(["GET", "HEAD", "POST"])
def pause(request: SignedIn, uid: str) -> HttpResponse:
    """Pause repairs: workers check the hub but change nothing. Requires a reason, shown to all who manage it."""
    hub = _staff_hub(request, uid)
    form = ReasonForm(
        request.POST if request.method == "POST" else None,
        label=_("Reason"),
        about=_("Shown to everyone who can manage this hub."),
    )
    if request.method == "POST":
        try:
            services.pause(hub=hub, by=request.user, reason=request.POST.get("reason", ""))
        except Invalid as error:
            beside(form, error.errors)
            return render(request, "hub/pause.html", {"hub": hub, "form": form}, status=422)
        except Conflict as error:
            return refused(request, hub, error)
        messages.success(request, _("Repairs are paused. The portal checks the hub but doesn’t change it."))
        return redirect("hub", uid=hub.uid)
    if hub.paused_at or hub.is_retired:
        paused = _("Repairs of this hub are already paused.")
        messages.info(request, paused if hub.paused_at else _("This hub is retired."))
        return redirect("hub", uid=hub.uid)
    return render(request, "hub/pause.html", {"hub": hub, "form": form})


@require_POST
def unpause(request: SignedIn, uid: str) -> HttpResponse:
    hub = _staff_hub(request, uid)
    sentence = _("Repairs are resumed. Differences from the configuration are undone.")
    return done(request, hub, services.unpause, sentence)


@require_http_methods(["GET", "HEAD", "POST"])
def code(request: SignedIn, uid: str) -> HttpResponse:
    """Edit the Python code at the end of the hub's configuration. Code from imported values is shown read-only."""
    hub = _staff_hub(request, uid)
    came = get(settled(hub.spec.more), ("hub", "extraConfig"), {})
    form = CodeForm(request.POST if request.method == "POST" else None, initial={"code": hub.extra_config})
    context = {**common(hub, access.may(request.user, hub), "hub-code"), "form": form, "came": sorted(came.items())}
    if request.method != "POST":
        return render(request, "hub/code.html", context)
    try:
        services.set_code(hub=hub, by=request.user, code=request.POST.get("code", ""))
    except Invalid as error:
        beside(form, error.errors)
        return render(request, "hub/code.html", context, status=422)
    except Conflict as error:
        messages.info(request, error.message)
        return redirect("hub-code", uid=hub.uid)
    messages.success(request, _("Saved. The hub is restarting. Running servers continue."))
    return redirect("hub", uid=hub.uid)


@require_http_methods(["GET", "HEAD", "POST"])
def delete_files(request: SignedIn, uid: str) -> HttpResponse:
    """Delete the archived files of a retired hub permanently; the address must be typed."""
    hub = _staff_hub(request, uid)
    context: dict[str, Any] = {"hub": hub}
    if request.method == "POST":
        try:
            services.delete_files(hub=hub, by=request.user, typed=request.POST.get("confirm", ""))
        except Invalid as error:
            return render(request, "hub/delete_files.html", {**context, "error": error.message}, status=422)
        except Conflict as error:
            return refused(request, hub, error)
        messages.success(request, _("The files are being deleted."))
        return redirect("hub", uid=hub.uid)
    if not hub.is_retired or not hub.keep_files_until:
        messages.info(request, _("This hub has no archived files."))
        return redirect("hub", uid=hub.uid)
    return render(request, "hub/delete_files.html", context)

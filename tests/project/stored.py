"""Uses a portal whose database is of an earlier version, as people would, and prints the results. test_stored.py runs
it in a process of its own, with that database: `python -m tests.project.stored`."""

import json
import os
import sys
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from hubs.errors import Conflict, Invalid  # noqa: E402
from hubs.models import ChangeRequest, Hub, HubRevision, User  # noqa: E402
from hubs.requests.services import decisions, requests  # noqa: E402
from hubs.spec import STEPS  # noqa: E402
from provisioning import prepare  # noqa: E402


def as_(name: str) -> Client:
    client = Client(raise_request_exception=True, SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(username=name), settings.AUTHENTICATION_BACKENDS[0])
    return client


def pages() -> dict[str, int]:
    """Open every page of every hub and request as a person who may: address -> status."""
    found: dict[str, int] = {}
    clients = {name: as_(name) for name in ("ines", "omar", "stan", "mia")}
    for hub in Hub.objects.all():
        for name in ("hub", "hub-history", "hub-people", "hub-limits", "hub-take", "api-hub", "hub-compare"):
            for who, client in clients.items():
                found[f"{who} {name} {hub.slug}"] = client.get(reverse(name, args=[hub.uid])).status_code
        address = reverse("hub-download", args=[hub.uid, "values.yaml"])
        found[f"ines values {hub.slug}"] = clients["ines"].get(address).status_code
    for row in ChangeRequest.objects.all():
        names: list[tuple[str, list[Any]]] = [("request", [row.uid]), ("request-review", [row.uid])]
        names += [("request-edit", [row.uid, step.name]) for step in STEPS]
        for who in ("ines", "stan"):
            for name, args in names:
                address = reverse(name, args=args)
                found[f"{who} {address}"] = clients[who].get(address).status_code
    for who, client in clients.items():
        found[f"{who} home"] = client.get("/").status_code
    return found


def changes() -> dict[str, Any]:
    """Return whether each hub can be changed by its creator: "" or the fields that must be corrected first."""
    ines = User.objects.get(username="ines")
    found: dict[str, Any] = {}
    for hub in Hub.objects.all():
        row = requests.begin_change(hub=hub, by=ines, reason="For the course.")
        requests.save(request=row, by=ines, values={"about.description": "Another sentence."})
        row.refresh_from_db()
        try:
            requests.submit(request=row, by=ines)
            found[hub.slug] = []
        except Conflict:
            found[hub.slug] = ["conflict"]
        except Invalid as error:
            found[hub.slug] = sorted(error.errors)
    return found


def decision(slug: str) -> str:
    stan = User.objects.get(username="stan")
    row = ChangeRequest.objects.get(slug=slug, kind="create")
    try:
        decisions.approve(request=row, by=stan, seen=row.content_hash)
    except Conflict as error:
        return error.message
    return ChangeRequest.objects.get(pk=row.pk).state


def main() -> None:
    call_command("migrate", verbosity=0)
    report: dict[str, Any] = {"pages": pages()}
    report["rendered"] = [hub.slug for hub in Hub.objects.all() if prepare.release(hub).parts]
    report["revisions"] = len([row.spec for row in HubRevision.objects.all()])
    report["reading"] = decision("waits-and-reads")
    report["in order"] = decision("waits-in-order")
    report["changes"] = changes()
    json.dump(report, sys.stdout)


if __name__ == "__main__":
    main()

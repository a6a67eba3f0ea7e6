"""Ten organisations with a thousand hubs, as after some years. Only rows: nothing is running."""

import uuid
from datetime import timedelta
from typing import Any

HUBS, ORGANIZATIONS, WAITING = 1000, 10, 100
PEOPLE_A_HUB, RUNS_A_HUB = 30, 5
AT_ONCE = 1000  # hubs whose rows are in memory


def make(hubs: int = HUBS, people: int = PEOPLE_A_HUB, runs: int = RUNS_A_HUB) -> dict[str, Any]:
    """Create rows of `hubs` hubs, with `people` and `runs` each. Return {"ines": ..., "stan": ..., "hub": ...}: an
    instructor of the first organisation, staff, and the hub whose page is requested."""
    from django.db import transaction

    from hubs import demo
    from hubs.models import Hub, Organization, User

    with transaction.atomic():
        demo.make()
        river = Organization.objects.get(slug="river")
        places = [river] + [
            Organization.objects.create(slug=f"place-{n}", name=f"Place {n}", cluster=river.cluster)
            for n in range(1, ORGANIZATIONS)
        ]
        ines = User.objects.get(username="ines")
        _grow(places, ines, range(hubs), people, runs)
        _queue(places, ines)
    return {"ines": ines, "stan": User.objects.get(username="stan"), "hub": Hub.objects.get(slug="hub-0")}


def grow(hubs: int, people: int = PEOPLE_A_HUB, runs: int = RUNS_A_HUB) -> None:
    """Add hubs until there are `hubs`."""
    from django.db import transaction

    from hubs.models import Hub, Organization, User

    others = Organization.objects.filter(slug__startswith="place-").order_by("pk")
    places = [Organization.objects.get(slug="river"), *others]
    with transaction.atomic():
        _grow(places, User.objects.get(username="ines"), range(Hub.objects.count(), hubs), people, runs)


def _grow(places: list[Any], author: Any, numbers: range, people: int, runs: int) -> None:
    for first in numbers[::AT_ONCE]:
        made = _hubs(places, author, range(first, min(first + AT_ONCE, numbers.stop)))
        _history(made, runs)
        _people(made, people)


def _hubs(places: list[Any], author: Any, numbers: range) -> list[Any]:
    from django.db.models import OuterRef, Subquery
    from django.utils import timezone

    from hubs.models import Hub, HubRevision
    from hubs.spec import HubSpec

    now, words = timezone.now(), ["ready"] * 17 + ["updating", "stalled", "suspended"]
    hubs = Hub.objects.bulk_create(
        Hub(organization=places[n % ORGANIZATIONS], cluster=places[0].cluster, slug=f"hub-{n}", title=f"Class {n:04}",
            created_by=author, url=f"http://localhost:18000/hub-{n}/", seats=30, memory_mib=30 * 1024,
            status=words[n % len(words)], observed_generation=1, observed_at=now, servers=[],
            reconcile_after=now + timedelta(hours=1),
            conditions=[{"type": "Ready", "status": "True", "reason": "Serving", "message": "The hub is ready.",
                         "since": now.isoformat()}])
        for n in numbers
    )  # fmt: skip
    spec = HubSpec.model_validate({"about": {"title": "Class"}}).model_dump(mode="json")
    HubRevision.objects.bulk_create(
        (HubRevision(hub=hub, number=1, data={**spec, "about": {**spec["about"], "title": hub.title}}, author=author)
         for hub in hubs), batch_size=1000,
    )  # fmt: skip
    own = HubRevision.objects.filter(hub=OuterRef("pk")).values("pk")[:1]
    Hub.objects.filter(revision=None).update(revision=Subquery(own))
    return hubs


def _history(hubs: list[Any], count: int) -> None:
    from django.utils import timezone

    from hubs.models import ProvisioningRun, RunStep

    now = timezone.now()
    runs = ProvisioningRun.objects.bulk_create(
        ProvisioningRun(hub=hub, kind="create" if n == 0 else "change", generation=n + 1, result="succeeded",
                        started_at=now - timedelta(days=9 - n), finished_at=now - timedelta(days=9 - n, seconds=-3))
        for hub in hubs for n in range(count)
    )  # fmt: skip
    names = {
        "prepare": "Prepare address, keys and sign-in",
        "files": "Create the hub’s folders",
        "proxy": "Start the proxy",
        "hub": "Start the hub",
        "answer": "Wait until the hub responds",
    }
    RunStep.objects.bulk_create(
        RunStep(run=run, name=name, title=title, state="done", started_at=run.started_at, finished_at=run.finished_at)
        for run in runs
        for name, title in names.items()
    )


def _people(hubs: list[Any], count: int) -> None:
    from hubs.models import RosterEntry

    RosterEntry.objects.bulk_create(
        RosterEntry(hub=hub, email=f"student-{n}@river.example.edu") for hub in hubs for n in range(count)
    )


def _queue(places: list[Any], author: Any) -> None:
    """Create requests that need review, with the ordinary services."""
    from hubs.requests.services import requests

    for n in range(WAITING):
        request = requests.begin(
            organization=places[n % ORGANIZATIONS], starting_point="class", by=author, uid=uuid.uuid4()
        )
        answers = {"about.title": f"Wish {n}", "about.heads": "5000"}
        words = {"slug": f"wish-{n}", "reason": "All first years at once."}  # a reason is required
        requests.submit(request=requests.save(request=request, by=author, values=answers, **words), by=author)

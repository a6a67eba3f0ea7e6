"""A hub with user limits: fixtures and helpers."""

import pytest
from django.urls import reverse
from django.utils import timezone

from hubs.models import AuditEvent, Hub, Organization
from hubs.roster.queries.people import people_of
from hubs.user_limits.rules import effective
from hubs.user_limits.services import rules as services
from hubs.user_limits.services.rules import Wanted
from tests.pages import read


@pytest.fixture
def stats(ready_hub, mia, enrol):
    """Ines' hub, with Mia on its roster; its organisation has a limit of 8 GiB a person."""
    Organization.objects.filter(pk=ready_hub.organization_id).update(memory_per_user_mib=8192)
    enrol(ready_hub, mia)
    return Hub.objects.select_related("organization", "cluster", "revision").get(pk=ready_hub.pk)


@pytest.fixture
def make_rule(stats, omar):
    def rule(kind="person", name="mia", by=omar, until=None, ask=False, **values):
        wanted = Wanted(values or {"memory_mib": 4096}, until, "for the project")
        return services.make(hub=stats, by=by, kind=kind, names=[name], wanted=wanted, ask=ask)[0]

    return rule


def text(response):
    return read(response)


def at(name, hub, *more):
    return reverse(name, args=[hub.uid, *more])


def gets(hub, name, moment=None):
    """Return a person's effective limits: {measure: value}."""
    rules = [row.as_rule() for row in hub.user_limits.all()]
    person = people_of(hub, [name])[name]
    return {k: given.value for k, given in effective(hub.spec, rules, person, moment or timezone.now()).items()}


def verbs(hub):
    return list(AuditEvent.objects.filter(hub=hub.uid, verb__startswith="limit.").order_by("pk").values_list("verb"))

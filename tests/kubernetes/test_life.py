"""A hub's life in a real cluster's API: created, suspended, resumed, retired, and the pages meanwhile."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from oauth2_provider.models import Application

from hubs.hub.services import hubs as services
from hubs.models import HubSecret
from tests.runtimes.worlds import until

from .place import once, settle

pytestmark = [pytest.mark.kubernetes, pytest.mark.django_db(transaction=True)]


def test_a_hub_is_created_suspended_resumed_and_retired(hub, outside, ines):
    settle(hub)
    assert hub.status == "ready"
    assert [c["type"] for c in hub.conditions] == [
        "Reachable", "UpToDate", "FilesReady", "ProxyRunning", "HubRunning", "Ready"
    ]  # fmt: skip
    assert hub.servers == []
    claim = outside.get(hub, "PersistentVolumeClaim", "hub-db-dir")["metadata"]["uid"]

    services.suspend(hub=hub, by=ines)
    settle(hub)
    until(lambda: not outside.all(hub, ["Pod"]), 10, "no pod is left")
    assert set(outside.all(hub, ["Deployment", "Service", "Secret", "ConfigMap"])) == set()
    assert outside.get(hub, "PersistentVolumeClaim", "hub-db-dir")["metadata"]["uid"] == claim

    services.resume(hub=hub, by=ines)
    settle(hub)
    assert hub.status == "ready"
    assert outside.get(hub, "PersistentVolumeClaim", "hub-db-dir")["metadata"]["uid"] == claim

    services.retire(hub=hub, by=ines, typed=hub.slug, keep_days=0)
    settle(hub)
    assert hub.status == "retired"
    assert outside.gone(hub)
    assert not HubSecret.objects.exists()
    assert not Application.objects.exists()
    assert [run.kind for run in hub.runs.order_by("pk")] == ["create", "suspend", "resume", "retire"]
    assert {run.result for run in hub.runs.all()} == {"succeeded"}


def test_a_retired_hubs_files_are_kept_until_their_time(hub, outside, ines):
    settle(hub)
    services.retire(hub=hub, by=ines, typed=hub.slug, keep_days=3)
    settle(hub)
    assert hub.status == "retired"
    until(lambda: not outside.all(hub, ["Pod"]), 10, "no pod is left")
    assert ("PersistentVolumeClaim", "hub-db-dir") in outside.all(hub)
    assert not outside.all(hub, ["Deployment", "Secret", "ConfigMap", "Service"])
    assert hub.reconcile_after > timezone.now() + timedelta(days=2)
    with time_machine.travel(timezone.now() + timedelta(days=4)):
        until(lambda: once(hub).reconcile_after is None, 40, "nothing is left to do")
    assert outside.gone(hub)
    assert hub.status == "retired"
    assert hub.runs.get(kind="repair").note == "The retention period for its files has ended."


def test_files_that_staff_delete_before_their_time_are_gone(hub, outside, ines, stan):
    settle(hub)
    services.retire(hub=hub, by=ines, typed=hub.slug, keep_days=3)
    settle(hub)
    services.delete_files(hub=hub, by=stan, typed=hub.slug)
    until(lambda: once(hub).reconcile_after is None, 40, "nothing is left to do")
    assert outside.gone(hub)

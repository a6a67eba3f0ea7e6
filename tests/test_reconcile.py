"""Reconciling with the memory runtime: the desired state is reached whatever fails, and no page shows a wrong one."""

import copy
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from oauth2_provider.models import Application

from hubs.hub.services import hubs as services
from hubs.models import Hub, HubPort, HubSecret, ProvisioningRun
from hubs.requests.services import requests
from provisioning import leases
from provisioning.contract import FILES, HUB, PROXY
from provisioning.errors import Refused, Transient
from provisioning.reconcile import reconcile
from provisioning.runtimes.memory import MemoryRuntime, World
from tests.words import CLUSTER_SILENT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture
def world():
    fresh = World()
    MemoryRuntime.shared = fresh
    return fresh


def settle(hub: Hub, looks: int = 12) -> Hub:
    """Reconcile until nothing is due soon, as the tick would."""
    for _ in range(looks):
        Hub.objects.filter(pk=hub.pk, reconcile_after__isnull=False).update(reconcile_after=timezone.now())
        reconcile(hub.pk)
        hub.refresh_from_db()
        if hub.settled and hub.status in ("ready", "suspended", "retired"):
            break
    return hub


def once(hub: Hub) -> Hub:
    return settle(hub, looks=1)


def condition(hub, kind):
    return next(c for c in hub.conditions if c["type"] == kind)


def test_a_new_hub_becomes_ready_with_a_timeline(hub, world):
    settle(hub)
    assert (hub.status, hub.observed_generation, hub.failures) == ("ready", 1, 0)
    assert list(world.hubs[hub.uid].parts) == [FILES, PROXY, HUB]
    run = hub.runs.get()
    assert (run.kind, run.result) == ("create", "succeeded")
    assert [step.name for step in run.steps.all()][:4] == ["prepare", "files", "proxy", "hub"]
    assert all(step.state == "done" and step.finished_at for step in run.steps.all())
    assert condition(hub, "Ready")["status"] == "True"
    assert hub.url.startswith("http://localhost:")


def test_secrets_are_made_once_and_encrypted_at_rest(hub, world):
    settle(hub)
    before = dict(hub.secrets.values_list("name", "value"))
    services.suspend(hub=hub, by=hub.created_by)
    settle(hub)
    services.resume(hub=hub, by=hub.created_by)
    settle(hub)
    assert dict(hub.secrets.values_list("name", "value")) == before
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM hubs_hubsecret")
        stored = [row[0] for row in cursor.fetchall()]
    assert len(stored) == len(before) == 5
    assert not set(stored) & set(before.values())


@pytest.mark.parametrize("method", ["observe", "apply", "drop"])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("nth", [1, 2, 3, 4])
def test_any_call_may_fail_before_or_after_it_took_effect(hub, world, method, nth, after):
    world.fail(method, Transient(CLUSTER_SILENT, "Timeout"), nth=nth, after=after)
    settle(hub)
    services.suspend(hub=hub, by=hub.created_by)
    settle(hub)
    services.resume(hub=hub, by=hub.created_by)
    settle(hub)
    assert hub.status == "ready"
    services.retire(hub=hub, by=hub.created_by, typed=hub.slug)
    settle(hub)
    assert hub.status == "retired"
    assert world.hubs == {}
    assert world.archive == [hub.uid]
    assert not HubPort.objects.exists()
    assert not HubSecret.objects.exists()
    assert not Application.objects.exists()
    assert not hub.runs.filter(result="running").exists()


def test_unreachable_is_unknown_never_ready_and_never_empty(hub, world):
    settle(hub)
    world.reachable = False
    once(hub)
    assert hub.status == "unknown"
    assert condition(hub, "Ready")["status"] == "Unknown"
    assert condition(hub, "Reachable")["status"] == "False"
    world.reachable = True
    settle(hub)
    assert hub.status == "ready"


def test_a_refusal_stalls_the_hub_with_a_reason_until_a_retry(hub, world, ines):
    world.fail("apply", Refused("The name is taken in the cluster. Choose another one.", "NameTaken"))
    once(hub)
    assert (hub.status, hub.reconcile_after) == ("stalled", None)
    run = hub.runs.get()
    assert (run.result, run.message) == ("failed", "The name is taken in the cluster. Choose another one.")
    services.retry(hub=hub, by=ines)
    assert settle(hub).status == "ready"


def test_unexpected_errors_are_reported_as_ours_and_retried(hub, world):
    world.fail("apply", ValueError("secret=hunter2"))
    once(hub)
    assert hub.status == "creating"
    assert "hunter2" not in str(hub.conditions)
    assert settle(hub).status == "ready"


def test_the_back_off_grows_each_time(hub, world):
    world.reachable = False
    delays = []
    for _ in range(5):
        Hub.objects.filter(pk=hub.pk).update(reconcile_after=timezone.now())
        before = timezone.now()
        reconcile(hub.pk)
        hub.refresh_from_db()
        delays.append(round((hub.reconcile_after - before).total_seconds()))
    assert delays == [1, 2, 4, 8, 16]


def test_a_dead_hub_process_is_restarted_as_a_repair(hub, world):
    settle(hub)
    world.crash(hub.uid, HUB)
    settle(hub)
    assert hub.status == "ready"
    repair = hub.runs.get(kind="repair")
    assert (repair.result, next(s.name for s in repair.steps.all())) == ("succeeded", "hub")
    assert "stopped unexpectedly" in repair.note


def test_a_crash_loop_slows_down_and_becomes_stalled(hub, world):
    settle(hub)
    for _ in range(6):
        world.crash(hub.uid, HUB)
        once(hub)
    assert hub.status == "stalled"
    assert (hub.reconcile_after - timezone.now()).total_seconds() > 10
    assert "6 times" in condition(hub, "Stalled")["message"]


def test_a_click_is_never_followed_by_a_stale_ready(hub, world, ines):
    settle(hub)
    services.set_user_limits(hub=hub, by=ines, values={"singleuser.memory.limit": "2"})
    hub.refresh_from_db()
    assert (hub.status, hub.settled) == ("updating", False)
    settle(hub)
    assert hub.status == "ready"
    run = hub.runs.filter(kind="change").get()
    assert "Memory per person: 1 GiB → 2 GiB" in run.note
    assert "files" not in [s.name for s in run.steps.all()]


class Interrupted(MemoryRuntime):
    """A runtime in which something else happens while a worker applies a part."""

    meanwhile = None

    def apply(self, target, part):
        super().apply(target, part)
        if part.name == HUB and Interrupted.meanwhile:
            act, Interrupted.meanwhile = Interrupted.meanwhile, None
            act()


@pytest.fixture
def interrupt(settings, world):
    settings.RUNTIMES = {"memory": "tests.test_reconcile.Interrupted"}
    Interrupted.shared = world

    def arrange(act):
        Interrupted.meanwhile = act

    yield arrange
    Interrupted.meanwhile = None


def test_a_click_during_a_pass_is_not_lost(hub, interrupt, ines):
    interrupt(lambda: services.suspend(hub=Hub.objects.get(pk=hub.pk), by=ines))
    once(hub)
    assert (hub.desired_state, hub.status) == ("suspended", "suspending")
    assert hub.reconcile_after <= timezone.now()
    assert hub.lease_until is None
    assert settle(hub).status == "suspended"


def test_two_workers_never_reconcile_the_same_hub(hub, interrupt):
    seen = []
    interrupt(lambda: seen.append(leases.claim(hub.pk)))
    once(hub)
    assert seen == [None]


def test_a_worker_that_lost_its_lease_writes_nothing(hub, interrupt):
    stolen = []

    def steal():
        Hub.objects.filter(pk=hub.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        stolen.append(leases.claim(hub.pk))

    interrupt(steal)
    once(hub)
    assert stolen[0] is not None
    assert hub.lease_token == stolen[0].token
    assert (hub.status, hub.observed_generation) == ("creating", 0)


def test_a_dead_workers_hub_is_free_after_the_lease(hub, settings):
    settings.LEASE_SECONDS = 0.0
    assert leases.claim(hub.pk)
    assert leases.claim(hub.pk)


def test_nothing_is_touched_when_nothing_changed(hub, world):
    settle(hub)
    world.log.clear()
    runs = ProvisioningRun.objects.count()
    for _ in range(3):
        once(hub)
    assert world.log == []
    assert ProvisioningRun.objects.count() == runs


def test_a_newer_change_replaces_a_waiting_run(hub, world, ines):
    world.slow = {HUB}
    settle(hub, looks=3)
    assert hub.status == "creating"
    services.suspend(hub=hub, by=ines)
    settle(hub)
    assert hub.status == "suspended"
    assert [r.result for r in hub.runs.order_by("pk")] == ["superseded", "succeeded"]


class Killed(BaseException):
    """Acts like SIGKILL: nothing runs after it. Not an Exception, so that none of our handlers catch it."""


def killed_at(nth: int, work) -> bool:
    """Run `work` and kill it at its nth query. Return False when it needed fewer."""
    count = 0

    def wrapper(execute, sql, params, many, context):
        nonlocal count
        count += not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK"))  # these belong to `undone` around it
        if count == nth and not sql.startswith(("RELEASE", "ROLLBACK")):
            raise Killed
        return execute(sql, params, many, context)

    try:
        with connection.execute_wrapper(wrapper):
            work()
    except Killed:
        if connection.in_atomic_block:  # of `undone`: saving a row was cut off, and none of it is stored
            connection.set_rollback(False)
        return True
    return False


@contextmanager
def undone(world):
    """Undo everything that happens in this block to the rows and in the pretended cluster."""
    kept = copy.deepcopy({name: value for name, value in vars(world).items() if name != "lock"})
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    vars(world).update(kept)


@pytest.mark.parametrize("wish", ["create", "suspend", "retire"])
def test_a_worker_killed_at_any_query_leaves_nothing_wrong(hub, ines, world, settings, wish):
    settings.LEASE_SECONDS = 0.0
    if wish != "create":
        settle(hub)
        getattr(services, wish)(hub=hub, by=ines, **({"typed": hub.slug} if wish == "retire" else {}))
    nth, died = 0, True
    while died:
        nth += 1
        hub.refresh_from_db()
        with undone(world):
            died = killed_at(nth, lambda: settle(hub))
            settle(hub)
            assert hub.status == {"create": "ready", "suspend": "suspended", "retire": "retired"}[wish], f"query {nth}"
            assert hub.runs.filter(result="running").count() == 0
            assert hub.runs.filter(result="succeeded").exclude(kind="repair").count() == (1 if wish == "create" else 2)
            left = (hub.ports.count(), hub.secrets.count(), Application.objects.filter(client_id=hub.uid).count())
            assert left == ((0, 0, 0) if wish == "retire" else (3, 5, 1))
            assert (hub.uid in world.hubs) == (wish != "retire")
    assert nth > 20


def test_retiring_closes_open_requests_of_the_hub(hub, ines, world):
    request = requests.begin_change(
        reason="For the course.", hub=hub, by=ines, values={"singleuser.memory.limit": "64"}
    )
    assert requests.submit(request=request, by=ines).state == "submitted"
    services.retire(hub=hub, by=ines, typed=hub.slug)
    request.refresh_from_db()
    assert request.state == "superseded"


def test_a_paused_hub_is_observed_and_reported_but_not_changed(hub, world, stan):
    settle(hub)
    Hub.objects.filter(pk=hub.pk).update(paused_at=timezone.now(), paused_by=stan, pause_reason="A new image is tried.")
    world.crash(hub.uid, HUB)
    before = list(world.log)
    once(hub)
    assert world.log == before
    assert condition(hub, "Paused")["message"] == "Paused by staff: A new image is tried."
    assert condition(hub, "Ready")["status"] == "False"
    assert hub.reconcile_after > timezone.now(), "a paused hub has no urgency"
    assert not hub.runs.filter(kind="repair").exists()
    goes_on = {"paused_at": None, "paused_by": None, "pause_reason": "", "reconcile_after": timezone.now()}
    Hub.objects.filter(pk=hub.pk).update(**goes_on)
    settle(hub)
    assert hub.status == "ready"
    assert "Paused" not in {c["type"] for c in hub.conditions}
    assert hub.runs.get(kind="repair").note == "The hub stopped unexpectedly."


def test_retry_after_of_a_cluster_is_respected(hub, world):
    world.fail("observe", Transient("The cluster is busy.", "TooManyRequests", after=90))
    once(hub)
    assert hub.reconcile_after > timezone.now() + timedelta(seconds=80)

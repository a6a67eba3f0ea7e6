"""A real worker, killed with SIGKILL at every step; Redis stopped during an approval; hubs that are real processes."""

import psutil
import pytest
from oauth2_provider.models import Application

from hubs.hub.services import hubs as services
from hubs.models import Hub, HubPort, HubSecret, ProvisioningRun
from hubs.requests.services import decisions, requests
from tests.stack.portal import until

pytestmark = [pytest.mark.local, pytest.mark.django_db(transaction=True)]


def is_(hub: Hub, status: str) -> bool:
    hub.refresh_from_db()
    return hub.status == status and hub.settled


def parts(portal, hub) -> list[str]:
    """Return the hub's own processes, without people's servers and services."""
    mine = [p.environ() for p in portal.hub_processes() if p.environ()["HUBPORTAL_HUB"] == hub.uid]
    return sorted(env["HUBPORTAL_PART"] for env in mine if env["HUBPORTAL_PART"] in ("hub", "proxy"))


def leave_a_file(var, hub) -> None:
    home = var / "homes" / hub.uid / "mia"
    home.mkdir(parents=True)
    (home / "thesis.txt").write_text("three years of work")


CREATE = ["observe", "apply-files", "apply-proxy", "apply-hub"]
RETIRE = ["drop-hub", "drop-proxy", "drop-files"]


# "After" one call is "before" the next: only queries lie between them, and test_reconcile.py dies at each of those.
@pytest.mark.parametrize("call", ["observe:before", *(f"{name}:after" for name in CREATE + RETIRE)])
def test_after_a_worker_was_killed_the_next_one_finishes(portal, ask, ines, river, tmp_path, call):
    mark = tmp_path / "killed"
    stack = portal(HUBPORTAL_RUNTIME_LOCAL="tests.stack.faults.KillingRuntime", KILL_AT=call, KILL_MARK=str(mark))
    stack.start("redis", "worker", "beat")
    request = requests.submit(request=ask(ines, river), by=ines)
    hub = Hub.objects.get(pk=request.hub_id)
    if call.startswith("drop"):
        until(lambda: is_(hub, "ready"), f"ready; {stack.log('worker')}")
        leave_a_file(tmp_path, hub)
        services.retire(hub=hub, by=ines, typed=hub.slug)
    until(lambda: stack.died("worker"), f"the worker dies at {call}; {stack.log('worker')}")
    assert mark.exists()
    stack.start("worker")
    if not call.startswith("drop"):
        until(lambda: is_(hub, "ready"), f"ready after the kill; {stack.log('worker')}")
        assert parts(stack, hub) == ["hub", "proxy"]
        assert (HubPort.objects.count(), HubSecret.objects.count(), Application.objects.count()) == (3, 5, 1)
        leave_a_file(tmp_path, hub)
        services.retire(hub=hub, by=ines, typed=hub.slug)
    until(lambda: is_(hub, "retired"), f"retired; {stack.log('worker')}")
    until(lambda: not stack.hub_processes(), "no process is left")
    assert (HubPort.objects.count(), HubSecret.objects.count(), Application.objects.count()) == (0, 0, 0)
    assert not ProvisioningRun.objects.filter(result="running").exists()
    kept = [path.read_text() for path in (tmp_path / "archive").rglob("thesis.txt")]
    assert kept == ["three years of work"]


def test_redis_stopped_during_the_approval_loses_nothing(portal, ask, ines, stan, river):
    stack = portal()
    stack.start("redis", "worker", "beat")
    request = requests.submit(request=ask(ines, river, **{"about.heads": "500"}), by=ines)
    stack.kill("redis")
    decisions.approve(request=request, by=stan, seen=request.content_hash)
    hub = Hub.objects.get(pk=request.hub_id)
    assert (hub.status, hub.observed_at) == ("creating", None)
    stack.start("redis")
    until(lambda: is_(hub, "ready"), f"ready once Redis is back; {stack.log('worker')} {stack.log('beat')}", 90)


def test_a_hub_survives_the_portal_and_is_restarted_when_killed(portal, ask, ines, river):
    stack = portal()
    stack.start("redis", "worker", "beat")
    request = requests.submit(request=ask(ines, river), by=ines)
    hub = Hub.objects.get(pk=request.hub_id)
    until(lambda: is_(hub, "ready"), f"ready; {stack.log('worker')}")
    before = {p.environ()["HUBPORTAL_PART"]: p.pid for p in stack.hub_processes()}
    stack.kill("worker")
    stack.kill("beat")
    assert parts(stack, hub) == ["hub", "proxy"]
    psutil.Process(before["hub"]).kill()
    psutil.Process(before["hub"]).wait(10) if psutil.pid_exists(before["hub"]) else None
    stack.start("worker", "beat")
    until(lambda: hub.runs.filter(kind="repair", result="succeeded").exists(), f"repaired; {stack.log('worker')}")
    after = {p.environ()["HUBPORTAL_PART"]: p.pid for p in stack.hub_processes()}
    assert after["proxy"] == before["proxy"]
    assert after["hub"] != before["hub"]
    assert hub.runs.get(kind="repair").note

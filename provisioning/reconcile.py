"""Bring one hub to its desired state: claim -> observe -> decide -> act -> record -> schedule the next pass.

Nothing here waits: what is not ready yet is checked again later. Nothing here keeps state: a worker may die at any
line, and the next one continues from what it observes. No database transaction spans a call to a runtime.
"""

import logging
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from hubs import request_context, wake
from hubs.audit.services import events
from hubs.backoff import backoff
from hubs.language import _
from hubs.live import channel as live
from hubs.live import counters
from hubs.models import Hub, ProvisioningRun, RunStep
from hubs.outbound import within
from provisioning import leases, prepare, timeline
from provisioning.contract import Observed, Release, Runtime
from provisioning.decide import Apply, Decision, decide
from provisioning.errors import Missing, Refused, RuntimeFault, Transient
from provisioning.runtimes import for_cluster, has_kind, kind_of
from provisioning.status import STALLED_AFTER, View, conditions, summary

log = logging.getLogger(__name__)
FIRST, LONGEST = 1, 300  # seconds until the next try
IN_VAIN = 4  # executions of one step in one run: something undoes it, or it has no effect
MOST_OF_IT = 0.8  # of a lease: many slow calls together must not outlast it
Result = ProvisioningRun.Result


@dataclass
class Look:
    """One pass over one hub. Created only by `reconcile`."""

    hub: Hub
    claim: leases.Claim
    run: ProvisioningRun | None = None
    release: Release | None = None
    observed: Observed | None = None
    changed: bool = False  # did we write something that a page shows?
    ending: tuple[str, str] | None = None  # the run's result and message, saved together with the hub's
    quiet: float = 0  # Runtime.quiet, in seconds
    soon: float = 1
    view: View = field(init=False)

    def __post_init__(self) -> None:
        self.view = View(self.hub.desired_state, self.hub.settled, False, None, failures=self.hub.failures)

    @property
    def wanted(self) -> Release:
        if self.release is None:
            raise LookupError("nothing was prepared yet")
        return self.release

    @property
    def seen(self) -> Observed:
        if self.observed is None:
            raise LookupError("nothing was observed yet")
        return self.observed


def reconcile(hub_id: int) -> None:
    """Reconcile one hub. May run twice, late or never: the claim decides."""
    claim = leases.claim(hub_id)
    if claim is None:
        return
    related = ("organization", "cluster", "revision__request")
    look = Look(Hub.objects.select_related(*related).get(pk=hub_id), claim)
    began, lost = time.monotonic(), False
    try:
        try:
            delay = _attempt(look)
        except RuntimeFault as fault:
            delay = _fault(look, fault)
        except leases.LeaseLost:
            raise
        except Exception:
            log.exception("hub %s: unexpected error", look.hub.uid)
            delay = _fault(look, Transient(_("An error occurred in the portal. It will try again."), "InternalError"))
        _record(look, delay)
    except leases.LeaseLost:
        lost = True
        log.warning("hub %s: another worker took over", look.hub.uid)
    counters.LOOKS.add(time.monotonic() - began, "lost" if lost else _outcome(look.view))


def _outcome(view: View) -> str:
    """Return the outcome for /metrics."""
    if view.refused:
        return "refused"
    if view.fault:
        return "failed"
    return "converged" if view.converged else "paused" if view.paused else "working"


def _attempt(look: Look) -> float | None:
    """Return the seconds until the next pass; None for never. Raise RuntimeFault or LeaseLost."""
    hub = look.hub
    if not hub.settled:
        look.run = timeline.open_run(hub)
    look.release = _step(look, "prepare", _("Prepare address, keys and sign-in"), lambda: prepare.release(hub))
    runtime = for_cluster(hub.cluster)
    look.quiet, look.soon = runtime.quiet, runtime.soon
    leases.renew(look.claim)
    with within(_patience()):
        look.observed = runtime.observe(look.release.target, look.release.parts)
    decision = decide(look.release, look.observed)
    if hub.paused_at and not decision.converged:
        return _paused(look, decision)
    if decision.actions:
        return _act(look, runtime, decision)
    if decision.waiting:
        return _wait(look, decision)
    return _converged(look)


def _paused(look: Look, decision: Decision) -> float:
    """Report the state of a hub that staff paused, and change nothing."""
    said = _("Paused by staff: {reason}", reason=look.hub.pause_reason)
    look.view = replace(look.view, observed=look.observed, reason="Paused", waiting=said, paused=True)
    return look.quiet


def _step(look: Look, name: str, title: str, work: Any) -> Any:
    """Do one step, in the timeline if a run is open. Raise what `work` raises."""
    leases.renew(look.claim)
    with within(_patience()):
        return _on_the_timeline(look, name, title, work)


def _patience() -> float:
    """Return the seconds for all calls of one step: less than the lease, but at least the limit of one call."""
    return max(settings.LEASE_SECONDS * MOST_OF_IT, settings.API_SECONDS)


def _on_the_timeline(look: Look, name: str, title: str, work: Any) -> Any:
    if look.run is None:
        return work()
    if name == "prepare" and look.run.steps.filter(name=name, state=RunStep.State.DONE).exists():
        return work()  # already prepared: it only reads now
    step = timeline.begin(look.run, name, title)
    look.changed = True
    try:
        result = work()
    except RuntimeFault as fault:
        timeline.end(step, RunStep.State.FAILED, fault.message)
        raise
    timeline.end(step)
    return result


def _act(look: Look, runtime: Runtime, decision: Decision) -> float:
    """Do all actions in order. A part that crashed counts as a failure, so that a crash loop slows down."""
    hub, release, observed = look.hub, look.wanted, look.seen
    if look.run is None:
        over = _("The retention period for its files has ended.") if hub.is_retired else ""
        look.run = timeline.open_run(hub, repair=over or timeline.what_differed(decision, observed))
    crashed = [seen for seen in observed.parts.values() if seen.failed]
    for action in decision.actions:
        if isinstance(action, Apply):
            part = action.part
            _step(look, part.name, part.title, lambda part=part: runtime.apply(release.target, part))
        else:
            name = action.name
            _step(look, f"drop-{name}", timeline.dropping(name), lambda name=name: _drop(runtime, release, name))
    in_vain = look.run.steps.filter(attempts__gte=IN_VAIN).first()
    failures = hub.failures + 1 if crashed or in_vain else hub.failures
    said = crashed[0].message if crashed else ""
    if in_vain and not crashed:
        said = _("“{step}” has no lasting effect: something undoes it each time.", step=in_vain.title)
    look.view = replace(look.view, observed=observed, reason=decision.reason, waiting=said, failures=failures)
    if said and failures == STALLED_AFTER:
        look.ending = (Result.FAILED, said)
    return float(backoff(failures, FIRST, LONGEST)) if said else 0.0 if hub.is_retired else look.soon


def _drop(runtime: Runtime, release: Release, name: str) -> None:
    try:
        runtime.drop(release.target, name)
    except Missing:
        log.info("hub %s: %s was already removed", release.target.uid, name)


def _wait(look: Look, decision: Decision) -> float:
    waiting = replace(look.view, observed=look.observed, reason=decision.reason, waiting=decision.waiting)
    look.view = waiting
    if look.run is None:
        look.run = look.hub.runs.filter(result=Result.RUNNING).first()
    if look.run:
        step = timeline.wait(look.run, "answer", timeline.for_what(look.hub), decision.waiting)
        age = (timezone.now() - step.started_at).total_seconds()
        return look.soon if age < 30 else max(look.soon, 2.0) if age < 300 else 15.0
    return max(look.soon, 1.0)


def _converged(look: Look) -> float | None:
    hub = look.hub
    if hub.is_retired and hub.retired_at is None:
        _step(look, "forget", _("Release address, keys and sign-in"), lambda: prepare.forget(hub))
    if not hub.settled:  # a rotation is a new generation; do this before it counts as observed
        prepare.end_overlap(hub)
    look.run = look.run or hub.runs.filter(result=Result.RUNNING).first()
    look.ending = (Result.SUCCEEDED, "")
    look.view = replace(look.view, observed=look.observed, converged=True, failures=0)
    if not hub.is_retired:
        return look.quiet
    if look.wanted.parts and hub.keep_files_until:  # the files are kept until then
        return max((hub.keep_files_until - timezone.now()).total_seconds(), 1.0)
    return None


def _fault(look: Look, fault: RuntimeFault) -> float | None:
    """Return the delay until the next try: a backoff for Transient, Kind.refused_again for Refused."""
    refused = isinstance(fault, Refused)
    failures = look.hub.failures + 1
    look.view = replace(
        look.view, observed=look.observed, reason=fault.reason, fault=fault.message, refused=refused, failures=failures
    )
    log.info("hub %s: %s: %s", look.hub.uid, fault.reason, fault.message)
    if refused:
        look.ending = (Result.FAILED, fault.message)
    if refused:
        return kind_of(look.hub.cluster).refused_again if has_kind(look.hub.cluster) else None
    return max(float(backoff(failures, FIRST, LONGEST)), fault.after if isinstance(fault, Transient) else 0)


def _record(look: Look, delay: float | None) -> None:
    hub, view, now = look.hub, look.view, timezone.now()
    servers = look.observed.servers if look.observed else None
    facts: dict[str, Any] = {
        "observed_at": now if look.observed else hub.observed_at,
        "failures": view.failures,
        "servers": None if servers is None else [{**vars(server)} for server in servers],
        "url": look.release.target.url if look.release else hub.url,
    }
    if look.observed:
        facts["fingerprint"] = look.observed.fingerprint
    if view.converged:
        facts["observed_generation"] = hub.generation
        if hub.is_retired and hub.retired_at is None:
            facts["retired_at"] = now
    status = summary(view, created=hub.observed_generation > 0)
    verdict = {
        "status": status,
        "conditions": conditions(view, hub.conditions, now.isoformat(timespec="seconds")),
    }
    look_at = None if delay is None else now + timedelta(seconds=delay)
    with transaction.atomic():  # otherwise a crash in between would run a finished run again
        kept = leases.release(look.claim, look_at=look_at, facts=facts, verdict=verdict)
        if kept:
            why, asked = view.fault or view.waiting, request_context.request_id.get()
            events.became(hub, hub.status, status, why=why, request_id=asked)
        if look.run and look.ending:
            timeline.finish(look.run, *look.ending)
            look.changed = True
    shown = (hub.status, hub.conditions, hub.servers, hub.url)
    if look.changed or shown != (verdict["status"], verdict["conditions"], facts["servers"], facts["url"]):
        live.publish(live.topics_of(hub=hub))
    if not kept:
        wake.nudge(hub.pk)
    elif delay is not None and delay <= 2 * settings.TICK_SECONDS:
        wake.nudge(hub.pk, countdown=delay)

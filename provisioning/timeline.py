"""Runs and steps, which people see as the timeline. Written only here, for reconcile."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from hubs.language import _
from hubs.live import channel as live
from hubs.live import counters
from hubs.models import AuditEvent, Hub, ProvisioningRun, RunStep
from hubs.text.sentences import paragraph
from provisioning.contract import ADDRESS, FILES, HUB, PROXY, Observed
from provisioning.decide import Apply, Decision

Kind, Result, State = ProvisioningRun.Kind, ProvisioningRun.Result, RunStep.State


def _kind(hub: Hub) -> str:
    if hub.desired_state == Hub.Desired.RETIRED:
        return Kind.RETIRE
    if hub.desired_state == Hub.Desired.SUSPENDED:
        return Kind.SUSPEND
    if hub.observed_generation == 0:
        return Kind.CREATE
    last = hub.runs.filter(result=Result.SUCCEEDED).exclude(kind=Kind.REPAIR).first()
    return Kind.RESUME if last and last.kind == Kind.SUSPEND else Kind.CHANGE


def _by(hub: Hub, kind: str) -> str:
    """Return who suspended or resumed the hub, as a sentence; "" for other kinds, or if the portal did it."""
    verb = {Kind.SUSPEND: "hub.suspend", Kind.RESUME: "hub.resume"}.get(Kind(kind))
    causes = ("hub.suspend", "hub.resume", "hub.end", "hub.change")
    line = AuditEvent.objects.filter(hub=hub.uid, verb__in=causes).first()
    return _("By {person}.", person=line.actor_name) if verb and line and line.verb == verb and line.actor else ""


def open_run(hub: Hub, *, repair: str = "") -> ProvisioningRun:
    """Return the run of the hub's generation; start one if there is none. `repair`: what differed, for a repair."""
    running = hub.runs.filter(result=Result.RUNNING).first()
    if running and running.generation == hub.generation and (running.kind == Kind.REPAIR) == bool(repair):
        return running
    if running:
        finish(running, Result.SUPERSEDED)
    kind = Kind.REPAIR if repair else _kind(hub)
    about = hub.revision if kind in (Kind.CREATE, Kind.CHANGE) else None
    note = repair or (about.message if about else _by(hub, kind))
    if kind == Kind.CHANGE and about and hub.restart_at and hub.restart_at > about.created_at:
        about, note = None, _("Restart of the hub, as requested.")  # nothing has changed since
    run = ProvisioningRun.objects.create(
        hub=hub,
        kind=kind,
        generation=hub.generation,
        request=about.request if about else None,
        note=note,
    )
    return run


def begin(run: ProvisioningRun, name: str, title: str) -> RunStep:
    """Mark a step as running: for the first time, or again after it failed or waited."""
    step, new = RunStep.objects.get_or_create(run=run, name=name, defaults={"title": title})
    if not new:
        again = {"attempts": F("attempts") + 1} if step.state != State.WAITING else {}
        RunStep.objects.filter(pk=step.pk).update(state=State.RUNNING, finished_at=None, message="", **again)
    live.publish(live.topics_of(hub=run.hub))
    return step


def end(step: RunStep, state: str = State.DONE, message: str = "") -> None:
    RunStep.objects.filter(pk=step.pk).update(state=state, finished_at=timezone.now(), message=message)


def wait(run: ProvisioningRun, name: str, title: str, message: str) -> RunStep:
    """Mark a step as waiting."""
    step, _new = RunStep.objects.get_or_create(run=run, name=name, defaults={"title": title, "state": State.WAITING})
    RunStep.objects.filter(pk=step.pk).update(state=State.WAITING, finished_at=None, message=message)
    return step


def finish(run: ProvisioningRun, result: str, message: str = "") -> None:
    """End the run and all its unfinished steps."""
    now = timezone.now()
    ended = State.FAILED if result == Result.FAILED else State.DONE
    said = (
        {} if result == Result.FAILED else {"message": ""}
    )  # for example "The hub is starting", which is no longer true
    run.steps.filter(state__in=[State.RUNNING, State.WAITING]).update(state=ended, finished_at=now, **said)
    ProvisioningRun.objects.filter(pk=run.pk).update(result=result, message=message, finished_at=now)
    took = (now - run.started_at).total_seconds()
    transaction.on_commit(lambda: counters.RUNS.add(took, run.kind, result))


# --- sentences --------------------------------------------------------------------------------------------------------
def dropping(part: str) -> str:
    """Return the title of the step that removes a part."""
    known = {
        ADDRESS: _("Remove the address"),
        HUB: _("Stop the hub and all servers"),
        PROXY: _("Stop the proxy"),
        FILES: _("Remove the hub’s storage"),
    }
    return known.get(part) or _("Remove {part}", part=part)


def for_what(hub: Hub) -> str:
    if hub.desired_state == Hub.Desired.RUNNING:
        return _("Wait until the hub responds")
    return _("Wait until everything has stopped")


def what_differed(decision: Decision, observed: Observed) -> str:
    """Return why an unchanged hub needs a repair."""
    phrases = []
    for action in decision.actions:
        if not isinstance(action, Apply):
            phrases.append(_("{part} should not exist", part=action.name))
        elif action.part.name not in observed.parts:
            phrases.append(_("{part} was missing", part=action.part.name))
        else:
            seen = observed.parts[action.part.name]
            phrases.append(seen.message or _("{part} was changed", part=action.part.name))
    return paragraph(phrases, "; ")

"""Statuses on pages, from the rows of hubs/looks.py: an icon and a label, never colour alone."""

from functools import lru_cache
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hubs import looks
from hubs.hub.queries import presenters
from hubs.requests.rules import State
from hubs.templatetags.icons import icon

register = template.Library()


@register.simple_tag
@lru_cache(1024, typed=True)
def status(tone: str, word: str, icon_name: str = "") -> SafeString:
    """Render a status: an icon and a label. Tones: neutral, working, good, warning, bad, off."""
    symbol = icon(icon_name or looks.TONE_ICONS[tone])
    return format_html('<span class="status {}">{}<span>{}</span></span>', tone, symbol, word)


def _drawn(look: looks.Look) -> SafeString:
    return status(look.tone, str(look.word), look.icon)


@register.simple_tag
def hub_status(hub: Any) -> SafeString:
    """Render a hub's status. Takes the row or the bare status."""
    if presenters.kept_different(hub):
        return _drawn(looks.PAUSED)
    if getattr(hub, "resuming", False):
        return _drawn(looks.RESUMING)
    return _drawn(looks.look(looks.HUB, getattr(hub, "status", hub)))


@register.simple_tag
def request_status(request: Any) -> SafeString:
    """Render a request's status. Takes a ChangeRequest or its bare state."""
    state = getattr(request, "state", request)
    if state == State.WITHDRAWN and getattr(request, "submitted_at", request) is None:
        return _drawn(looks.DISCARDED)
    return _drawn(looks.look(looks.REQUEST, state))


@register.simple_tag
def cluster_status(cluster: Any) -> SafeString:
    """Render the result of a cluster's last check. Takes the row or its `healthy`."""
    healthy = getattr(cluster, "healthy", cluster)
    return _drawn(looks.CLUSTER[{True: "works", False: "fails", None: "unchecked"}[healthy]])


@register.simple_tag
def run_status(run: Any) -> SafeString:
    """Render the status of a ProvisioningRun, a RunStep, or a bare result or state."""
    return _drawn(looks.look(looks.RUN, getattr(run, "result" if hasattr(run, "result") else "state", run)))


@register.simple_tag
def delivery_status(delivery: Any) -> SafeString:
    """Render the status of a delivery. One that waits after a failure is shown as retrying."""
    state = "retrying" if delivery.state == "waiting" and delivery.problem else delivery.state
    return _drawn(looks.look(looks.DELIVERY, state))


@register.simple_tag
def webhook_status(webhook: Any) -> SafeString:
    """Render the status of a Webhook."""
    state = "paused" if webhook.paused_at else "failing" if webhook.failing_since else "works"
    return _drawn(looks.WEBHOOK[state])


@register.simple_tag
def probe_status(row: Any) -> SafeString:
    """Render the result of the last test of a catalogue image. On a machine, where servers use its own software, the
    image itself was not tested."""
    state = row.probe_state or ("trouble" if row.probe_trouble else "")
    if state == "starts" and row.contents.get("machine") is True:
        state = ""
    return _drawn(looks.look(looks.PROBE, state))


@register.simple_tag
def image_status(report: Any) -> SafeString:
    """Render the result of an image's check in its registry. Takes a `registry.Report`."""
    return _drawn(
        looks.IMAGE["missing" if report.missing else report.code if report.code in looks.IMAGE else "unknown"]
    )


@register.simple_tag
def tone_icon(tone: str = "") -> SafeString:
    """Return the icon of a notice, labelled for screen readers."""
    name, word = looks.NOTICES.get(tone, looks.NOTICES["neutral"])
    return icon(name, str(word))


@register.filter
def tone(message: Any) -> str:
    """Return the tone of one of Django's messages."""
    return looks.MESSAGES.get(message.level_tag, "neutral")


@register.simple_tag
def step_dot(state: str, number: int) -> SafeString:
    """Return a stepper's mark for a step: its number, or an icon for its state."""
    name, word = looks.STEPS.get(state, ("", ""))
    return format_html('<span class="dot">{}</span>', icon(name, str(word)) if name else number)


@register.simple_tag
def step_icon(step: Any) -> SafeString:
    """Return the icon of a step on the timeline, labelled for screen readers."""
    look = looks.look(looks.RUN, step.state)
    return format_html('<span class="step-icon {}">{}</span>', look.tone, icon(look.icon, str(look.word)))

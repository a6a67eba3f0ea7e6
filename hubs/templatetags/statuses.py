"""Statuses as a page draws them, from the rows of hubs/looks.py: an icon and a word, never colour alone."""

from functools import lru_cache
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hubs import looks
from hubs.hub.queries import presenters
from hubs.templatetags.icons import icon

register = template.Library()


@register.simple_tag
@lru_cache(1024, typed=True)
def status(tone: str, word: str, icon_name: str = "") -> SafeString:
    """An icon and a word, never colour alone. Tones: neutral, working, good, warning, bad, off."""
    symbol = icon(icon_name or looks.TONE_ICONS[tone])
    return format_html('<span class="status {}">{}<span>{}</span></span>', tone, symbol, word)


def _drawn(look: looks.Look) -> SafeString:
    return status(look.tone, look.word, look.icon)


@register.simple_tag
def hub_status(hub: Any) -> SafeString:
    """The hub's one summary word. Takes the row or the bare status."""
    if presenters.kept_different(hub):
        return _drawn(looks.PAUSED)
    return _drawn(looks.look(looks.HUB, getattr(hub, "status", hub)))


@register.simple_tag
def request_status(request: Any) -> SafeString:
    """Takes a ChangeRequest or its bare state."""
    return _drawn(looks.look(looks.REQUEST, getattr(request, "state", request)))


@register.simple_tag
def cluster_status(cluster: Any) -> SafeString:
    """What the last check of a Kubernetes cluster found."""
    healthy = getattr(cluster, "healthy", cluster)
    return _drawn(looks.CLUSTER[{True: "works", False: "fails", None: "unchecked"}[healthy]])


@register.simple_tag
def run_status(run: Any) -> SafeString:
    """Takes a ProvisioningRun, a RunStep, or a bare result or state."""
    return _drawn(looks.look(looks.RUN, getattr(run, "result" if hasattr(run, "result") else "state", run)))


@register.simple_tag
def delivery_status(delivery: Any) -> SafeString:
    """Did it arrive? One that waits after a failure says so."""
    state = "retrying" if delivery.state == "waiting" and delivery.problem else delivery.state
    return _drawn(looks.look(looks.DELIVERY, state))


@register.simple_tag
def webhook_status(webhook: Any) -> SafeString:
    """Takes a Webhook."""
    state = "paused" if webhook.paused_at else "failing" if webhook.failing_since else "works"
    return _drawn(looks.WEBHOOK[state])


@register.simple_tag
def probe_status(row: Any) -> SafeString:
    """Whether an image of the catalogue starts, as far as anybody tried."""
    return _drawn(looks.look(looks.PROBE, row.probe_state or ("trouble" if row.probe_trouble else "")))


@register.simple_tag
def image_status(report: Any) -> SafeString:
    """What a registry said of an image. Takes a `registry.Report`."""
    return _drawn(
        looks.IMAGE["missing" if report.missing else report.code if report.code in looks.IMAGE else "unknown"]
    )


@register.simple_tag(takes_context=True)
def turn(context: template.Context, row: Any) -> str:
    """Whose turn it is with a request, as staff read it in their queue."""
    return presenters.turn(row, context["user"])


@register.simple_tag
def tone_icon(tone: str = "") -> SafeString:
    """The icon of a notice, with its word for those who hear the page."""
    name, word = looks.NOTICES.get(tone, looks.NOTICES["neutral"])
    return icon(name, word)


@register.filter
def tone(message: Any) -> str:
    """The tone of one of Django's messages."""
    return looks.MESSAGES.get(message.level_tag, "neutral")


@register.simple_tag
def step_dot(state: str, number: int) -> SafeString:
    """A step's place in the stepper: its number, or how it stands."""
    name, word = looks.STEPS.get(state, ("", ""))
    return format_html('<span class="dot">{}</span>', icon(name, word) if name else number)


@register.simple_tag
def step_icon(step: Any) -> SafeString:
    """The picture of a step on the timeline, with its word for those who hear the page."""
    look = looks.look(looks.RUN, step.state)
    return format_html('<span class="step-icon {}">{}</span>', look.tone, icon(look.icon, look.word))

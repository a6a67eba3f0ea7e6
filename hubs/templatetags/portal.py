"""Template tags and filters of every page: a builtin library, so templates need no load. All are on /styleguide/."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from itertools import groupby
from typing import Any

from django import template
from django.forms import BaseForm, BoundField, CheckboxInput, DateField
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from hubs.days import queries as dates
from hubs.language import _, lazy, listed, number, plural
from hubs.live.places import shown_browser
from hubs.models import Organization
from hubs.requests.queries import costs
from hubs.spec.diff import gib_text
from hubs.templatetags import charts, components, helping, statuses, words
from hubs.templatetags.fields import field_context
from hubs.templatetags.icons import icon

register = template.Library()
register.tags |= statuses.register.tags | charts.register.tags | helping.register.tags
register.filters |= statuses.register.filters
register.simple_tag(icon)
register.filter("browser", shown_browser)
register.simple_tag(cache(static), name="static")  # Django's, cached: each page names the same 20 files
register.tag("component", components.component)
register.tag("part", components.part)
ORDER = lazy("Sort by")  # label of the field `sort` on every list


@register.simple_tag
def button(label: str, **options: Any) -> str:
    """Render a button, or with `href` a link that looks like one. `kind`: primary, "", quiet, danger."""
    return render_to_string("components/button.html", {"label": label, **options})


@register.simple_tag
def meter(limit: Any) -> str:
    """Render a limit: what is used, what is added, the limit. Takes `limits.Meter` or an object with its attributes."""
    read = limit.get if isinstance(limit, Mapping) else lambda name: getattr(limit, name, None)
    used, adds, most = (float(read(name) or 0) for name in ("used", "adds", "limit"))
    scale = 200 / max(most, used + max(adds, 0), 1)  # the bar is 200 units wide
    after = used + adds
    context = {
        "m": limit,
        "used_width": f"{min(used, after) * scale:.1f}",  # text: a number would have the reader's comma
        "adds_width": f"{abs(adds) * scale:.1f}",
        "mark": f"{most * scale:.1f}",
        "adding": adds > 0,
        "freeing": adds < 0,
        "over": after > most,
        "percent": round(100 * after / most) if most else 0,
    }
    return render_to_string("components/meter.html", context)


@register.simple_block_tag
def panel(content: SafeString, title: str, id: str = "", kind: str = "") -> str:
    """`{% panel "People" id="people" %}...{% endpanel %}`: a box with a heading. `kind`: danger."""
    return render_to_string("components/panel.html", {"content": content, "title": title, "id": id, "kind": kind})


@register.simple_block_tag
def fact(content: SafeString, label: str) -> SafeString:
    """`{% fact "Domain" %}...{% endfact %}`: one of a list of facts (`<dl class="facts">`)."""
    return format_html("<div><dt>{}</dt><dd>{}</dd></div>", label, SafeString(content.strip()))


@register.simple_tag
def columns(*words: str) -> str:
    """Render the head of a table: `{% columns _("Hub") "num" _("Memory") "hidden" _("Actions") %}`. "num" stands before
    the label of a column of numbers, "hidden" before one that only screen readers say."""
    rows, kind = [], ""
    for word in words:
        if word in ("num", "hidden"):
            kind = word
        else:
            rows.append((word, kind, kind == "hidden"))
            kind = ""
    return render_to_string("components/columns.html", {"columns": rows})


# --- forms ----------------------------------------------------------------------------------------------------------


@register.simple_tag
def field(source: BoundField | BaseForm, name: str = "", autofocus: bool = False) -> str:
    """Render a field: label, help, limit, former value, error, input. `{% field form "dotted.name" %}` works too."""
    bound = source[name] if isinstance(source, BaseForm) else source
    return render_to_string("components/field.html", field_context(bound, autofocus=autofocus))


@register.simple_tag
def form_fields(form: BaseForm) -> SafeString:
    """Render all fields, visible and hidden. Errors of the whole form are in `{% error_summary %}`."""
    hidden = [str(bound) for bound in form.hidden_fields()]
    return mark_safe("".join([*hidden, *(field(bound) for bound in form.visible_fields())]))  # noqa: S308 - rendered above


def _unlabelled(label: str, sentence: str) -> str:
    """Return the sentence without the field's label at its beginning, which the summary shows before it."""
    rest = sentence.removeprefix(f"{label}: ")
    return sentence if rest == sentence else rest[:1].upper() + rest[1:]


@register.simple_tag
def error_summary(form: BaseForm) -> str:
    """Render the errors, with links to the fields; nothing if there are none. Gets the focus when the page opens."""
    if not form.is_bound or form.is_valid():
        return ""
    found = [
        (
            field_context(bound)["anchor"],
            bound.label,
            [_unlabelled(str(bound.label), str(error)) for error in bound.errors],
        )
        for bound in form
        if bound.errors
    ]
    return render_to_string("components/error_summary.html", {"form_errors": form.non_field_errors(), "found": found})


@register.simple_block_tag(takes_context=True)
def post_form(
    context: template.Context, content: SafeString, form: BaseForm, label: str, *back: Any, **options: Any
) -> str:
    """`{% post_form form "Save" "hub" hub.uid %}...{% endpost_form %}`: a form with its errors above the fields, and
    below them its button and a "Cancel" link to the page named as in `{% url %}`.

    `options`: kind, icon and busy of the button; look (classes), id, action, files, novalidate.
    """
    shown = {"look": "form panel", "novalidate": True, "kind": "primary", **options}
    named = {"form": form, "content": content, "label": label, "cancel": back and resolve_url(*back)}
    return render_to_string("components/post_form.html", {**shown, **named, "csrf_token": context.get("csrf_token")})


@register.inclusion_tag("components/filters.html", takes_context=True)
def filter_bar(context: template.Context, filters: Any, names: str = "", **more: Any) -> dict[str, Any]:
    """Render the filters above a list. `filters`: a form, a FilterSet, or the search text.

    `names`: its fields in the page's order, separated by spaces; "q" is the search. `more`: label, placeholder,
    button, narrowed.
    """
    shown = {"label": _("Search"), "placeholder": "", "button": _("Show"), "request": context.get("request"), **more}
    if isinstance(filters, str):
        return {**shown, "search": {"name": "q", "value": filters}}
    form = getattr(filters, "form", filters)
    bound = {name: form[name] for name in names.split()}
    search = bound.pop("q", None)
    fields = [_filter(name, one) for name, one in bound.items()]
    rows = [list(some) for _, some in groupby(fields, key=lambda one: one["row"])]
    return {**shown, "search": search and {"name": "q", "value": search.value()}, "fields": rows}


def _filter(name: str, one: BoundField) -> dict[str, Any]:
    """Return one filter. Dates beside each other stay in one row: they have the same `row`."""
    tick = isinstance(one.field.widget, CheckboxInput)
    row = "dates" if isinstance(one.field, DateField) else name
    return {"label": ORDER if name == "sort" else one.label, "control": one, "tick": tick, "row": row}


# --- times and numbers: digits and fixed words, so nothing needs escaping ---------------------------------------------


@register.simple_tag
def when(value: Any, exact: bool = False) -> SafeString:
    """Render a time: relative with the exact one on hover, or exact. In UTC; static/js/time.js shows local time."""
    moment = dates.moment(value)
    if moment is None:
        return mark_safe('<span class="muted">–</span>')
    full = words.exact_text(moment)
    text = full if exact else words.relative_text(moment, timezone.now())
    kind = "exact" if exact else "relative"
    return SafeString(f'<time datetime="{moment.isoformat()}" data-when="{kind}" title="{full}">{text}</time>')


@register.simple_tag
def day(value: date | None) -> SafeString:
    """Render a date, such as 1 March 2026."""
    if value is None:
        return mark_safe('<span class="muted">–</span>')
    return format_html('<time datetime="{}">{}</time>', f"{value:%Y-%m-%d}", dates.day_text(value))


@register.simple_tag
def last_day(until: datetime, place: Organization) -> SafeString:
    """Render the last whole day before this moment, in the organisation's time zone."""
    return day(dates.last_day(until, place.zone))


@register.simple_tag
def duration(seconds: float | None) -> str:
    """125 -> "2 min 5 s"."""
    return "" if seconds in (None, "") else words.duration_text(float(seconds or 0))


@register.simple_tag
def elapsed(start: Any, end: Any = None) -> SafeString:
    """Render how long something took; without `end`, how long it has taken so far, updated by the browser."""
    began, ended = dates.moment(start), dates.moment(end)
    if began is None:
        return SafeString("")
    text = words.duration_text(max(0.0, ((ended or timezone.now()) - began).total_seconds()))
    if ended:
        return SafeString(f'<span class="num">{text}</span>')
    return SafeString(f'<span class="num" data-elapsed="{began.isoformat()}">{text}</span>')


@register.filter
def gib(mebibytes: float | None) -> str:
    """2048 -> "2 GiB"."""
    return "" if mebibytes in (None, "") else gib_text(float(mebibytes or 0))


@register.filter
def money(amount: float, currency: str) -> str:
    """47.6 -> "48 EUR"."""
    return costs.money(amount, currency)


@register.filter(name="bytes")
def bytes_filter(number: float | None) -> str:
    """1536 -> "1.5 KiB"."""
    return "" if number in (None, "") else words.bytes_text(float(number or 0))


@register.filter(name="words")
def words_filter(items: Sequence[object]) -> str:
    """["a", "b", "c"] -> "a, b and c"."""
    return listed(items)


@register.filter(name="number")
def number_filter(value: float) -> str:
    """1024 -> "1,024"."""
    return number(value)


# --- the shell ------------------------------------------------------------------------------------------------------

OF_ORGANIZATIONS = (
    "organization", "people", "invite", "member", "registries", "registry", "webhooks", "webhook", "service-accounts",
    "service-account",
)  # fmt: skip
# Pages that belong to a navigation entry, by the prefix of their URL name.
SECTIONS = {
    "home": ("home", "hub"),
    "staff-hubs": ("staff-hubs", "hub"),
    "request-list": ("request", "catalogue"),
    "organization-list": OF_ORGANIZATIONS,
    "cluster-list": ("cluster",),
    "image-list": ("image",),
    "starting-point-list": ("starting-point",),
    "mail-gallery": ("mail",),
    "staff-webhooks": ("staff-webhooks",),
}


@register.simple_tag(takes_context=True)
def nav_link(context: template.Context, name: str, label: str, icon_name: str, waiting: int = 0) -> SafeString:
    """Render a navigation entry (in Python, as a page has up to twelve); nothing if its page does not exist.
    `waiting`: how many items need review there."""
    try:
        href = reverse(name)
    except NoReverseMatch:
        return SafeString("")
    match = getattr(context.get("request"), "resolver_match", None)
    here = (match and match.url_name) or ""
    starts = SECTIONS.get(name, (name,))
    current = any(here == start or here.startswith(f"{start}-") for start in starts)
    if name == "home" and context.get("hubs_page") != "home":  # staff: hubs belong to the list of all
        current = here == "home"
    if below := context.get("nav"):  # a page that belongs to another entry than its address suggests
        current = below == name
    badge = '<span class="badge"><span aria-hidden="true">{}</span><span class="visually-hidden">{}</span></span>'
    review = plural("{count} needs review", "{count} need review", waiting) if waiting else ""
    return format_html(
        '<li><a class="nav-link{}" href="{}"{}>{}<span>{}</span>{}</a></li>',
        " current" if current else "",
        href,
        format_html(' aria-current="{}"', "page" if here == name else "true") if current else "",
        icon(icon_name),
        label,
        format_html(badge, waiting, review) if waiting else "",
    )

"""Made-up data for /styleguide/. Nothing here reads or writes the database."""

from datetime import date, timedelta
from types import SimpleNamespace as Made
from typing import Any

from django import forms
from django.utils import timezone

from hubs.language import _, calendar_day, lazy, within
from hubs.lists.paging import Page
from hubs.looks import HUB, REQUEST
from hubs.spec.diff import Difference
from hubs.templatetags.icons import ICONS

TONES = (
    ("neutral", lazy("Draft")),
    ("working", lazy("Updating")),
    ("good", lazy("Ready")),
    ("warning", lazy("Unknown")),
    ("bad", lazy("Stalled")),
    ("off", lazy("Suspended")),
)
FAILURE = "OSError: [Errno 98] Address already in use: ('127.0.0.1', 18004)\nproxy exited with status 1 after 0.4 s"


class SampleForm(forms.Form):
    """One field of each kind, with the notes that a field can have."""

    title = forms.CharField(
        label=lazy("Name of the hub"), max_length=100, help_text=lazy("People see it on the sign-in page.")
    )
    slug = forms.SlugField(
        label=lazy("Address"), help_text=lazy("Lower-case letters, digits and hyphens. It can’t be changed later.")
    )
    memory = forms.FloatField(
        label=lazy("Memory per person"), help_text=lazy("A server that uses more is stopped."), max_value=4
    )
    ends = forms.DateField(
        label=lazy("Last day"), help_text=lazy("The hub is suspended after this day."), required=False
    )
    method = forms.ChoiceField(
        label=lazy("Sign-in method"),
        help_text=lazy("How people prove who they are."),
        widget=forms.RadioSelect,
        choices=[
            ("portal", lazy("Portal account")),
            ("password", lazy("Shared password")),
            ("tmp", lazy("No sign-in")),
        ],
    )
    interface = forms.ChoiceField(
        label=lazy("Default interface"),
        help_text=lazy("People can switch to the other one."),
        choices=[("/lab", "JupyterLab"), ("/tree", "Notebook")],
    )
    days = forms.MultipleChoiceField(
        label=lazy("Class days"),
        widget=forms.CheckboxSelectMultiple,
        choices=[("mon", lazy("Monday")), ("tue", lazy("Tuesday"))],
        required=False,
    )
    reason = forms.CharField(
        label=lazy("Reason"), widget=forms.Textarea(attrs={"rows": 3}), help_text=lazy("For the review.")
    )
    culling = forms.BooleanField(
        label=lazy("Stop idle servers"), help_text=lazy("Files are not deleted."), required=False
    )

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        notes: dict[str, dict[str, Any]] = {
            "slug": {"prefix": "https://hubs.example.org/"},
            "memory": {"unit": "GiB", "limit_note": _("limit 4 GiB"), "was": _("was 1 GiB")},
            "ends": {"optional": True},
            "days": {"optional": True},
            "method": {
                "choice_help": {
                    "portal": _("People sign in with their portal account. People on the list have access."),
                    "password": _("The same password for all people. It is easy to pass on."),
                    "tmp": _("Each visitor gets a new server. Files are not saved."),
                }
            },
        }
        for name, attributes in notes.items():
            for attribute, value in attributes.items():
                setattr(self.fields[name], attribute, value)


def _hubs(person: Made) -> list[Made]:
    rows = (
        ("Statistics 101", "ready", "stat-101"),
        (_("Physics lab"), "updating", "physics-lab"),
        (_("Summer school 2026"), "stalled", "summer-school"),
        (_("Last year’s course"), "suspended", "stat-100"),
        (_("Reading group with a name that is rather long for a phone"), "unknown", "reading-group"),
    )
    organization = Made(name="Riverside University")
    return [
        Made(
            uid=f"h{slug}",
            title=title,
            status=status,
            slug=slug,
            url=f"http://localhost:18000/{slug}/",
            opens=status != "suspended",
            organization=organization,
            created_by=person,
        )
        for title, status, slug in rows
    ]


def _step(pk, title, state, took, started, **more):
    """Return a made-up step. `took` is in seconds, None while it runs."""
    finished = None if took is None else started + timedelta(seconds=took)
    fields = {"message": "", "attempts": 1, "usual": None, "detail": "", **more}
    fields["has_begun"] = state != "waiting" or finished is not None
    return Made(pk=pk, title=title, state=state, started_at=started, finished_at=finished, **fields)


def _run(pk, kind, result, started, steps, took=None, **more):
    """Return a made-up run. `took` is in seconds, None while it runs."""
    finished = None if took is None else started + timedelta(seconds=took)
    fields = {"note": "", "message": "", "usual": None, "detail": "", **more}
    return Made(
        pk=pk,
        get_kind_display=kind,
        result=result,
        has_failed=result == "failed",
        started_at=started,
        finished_at=finished,
        steps=Made(all=steps),
        **fields,
    )


def _runs() -> list[Made]:
    now = timezone.now()
    going, failed, done = now - timedelta(seconds=9), now - timedelta(minutes=4), now - timedelta(days=3)
    return [
        _run(3, within("noun", "Change"), "running", going, usual=12, note=_("Memory per person: 1 GiB → 2 GiB"),
             steps=[
            _step(1, _("Write the hub’s files"), "done", 0.6, going),
            _step(2, _("Start the hub"), "running", None, going, usual=8, message=_("Waiting for its first answer.")),
            _step(3, _("Check the hub"), "waiting", None, going),
        ]),
        _run(2, within("noun", "Repair"), "failed", failed, took=31,
             message=_("The proxy could not start. Retrying soon."), steps=[
            _step(4, _("Write the hub’s files"), "done", 0.4, failed),
            _step(5, _("Start the proxy"), "failed", 30, failed, attempts=3, detail=FAILURE,
                  message=_("Another process uses the port of this hub.")),
        ]),
        _run(1, within("noun", "Create"), "succeeded", done, took=11, steps=[
            _step(6, _("Write the hub’s files"), "done", 0.5, done),
            _step(7, _("Start the proxy"), "done", 1.2, done),
            _step(8, _("Start the hub"), "done", 9, done),
        ]),
    ]  # fmt: skip


def _meter(label, used, adds, limit):
    words = {f"{name}_text": f"{n:g} GiB" for name, n in (("used", used), ("adds", adds), ("limit", limit))}
    return Made(label=label, used=used, adds=adds, limit=limit, **words)


def forms_shown() -> dict[str, SampleForm]:
    """Return a form in its initial state and one with errors."""
    initial = {"title": "Statistics 101", "memory": 2, "method": "portal", "culling": True}
    wrong = SampleForm({"title": "Statistics 101", "slug": "Stat 101!", "memory": "8", "interface": "/lab"})
    wrong.is_valid()
    return {"form": SampleForm(initial=initial, prefix="fine"), "wrong": wrong}


def rows() -> dict[str, Any]:
    """Return the contents of lists: hubs, runs, meters, differences, comments."""
    now = timezone.now()
    person, staff = Made(display_name="Ines Ito"), Made(display_name="Stan Staff")
    question, answer = (
        _("Could each person have 2 GiB?\nWe use large tables."),
        _("Within the limit: a hub ends on Friday."),
    )
    return {
        "person": person,
        "hubs": _hubs(person),
        "runs": _runs(),
        "meters": [_meter(_("Total memory"), *n) for n in ((20, 12, 64), (20, 60, 64), (48, -16, 64), (30, 0, 64))],
        "differences": [
            Difference("a", _("Memory per person"), "1 GiB", "2 GiB"),
            Difference("b", _("Admins"), "", "omar, ines"),
            Difference("c", _("Last day"), calendar_day(date(2026, 7, 31)), ""),
        ],
        "comments": [
            Made(author=person, text=question, internal=False, created_at=now),
            Made(author=staff, text=answer, internal=True, created_at=now),
        ],
        "times": [now, now - timedelta(minutes=5), now + timedelta(days=2), now - timedelta(days=90)],
    }


def words() -> dict[str, Any]:
    """Return states, icons, steps, tabs and facts."""
    return {
        "tones": TONES,
        "icons": sorted(ICONS),
        "hub_states": list(HUB),
        "request_states": list(REQUEST),
        "facts": [
            (_("Memory per person"), "2 GiB"),
            (_("People"), "30"),
            (_("Default interface"), "JupyterLab", _("can be changed")),
            (_("Image"), ""),
        ],
        "steps": [
            Made(title=_("About"), href="#stepper", state="done", current=False),
            Made(title=_("Sign-in"), href="#stepper", state="error", current=False),
            Made(title=_("Resources"), href="", state="current", current=True),
            Made(title=_("Software"), href="#stepper", state="todo", current=False),
        ],
        "tabs": [
            Made(title=_("Summary"), href="#tabs", current=True),
            Made(title=_("People"), href="#tabs", current=False, count=30),
            Made(title=_("History"), href="#tabs", current=False),
        ],
        "page": Page([], next="sample", previous="sample", first=False),
    }

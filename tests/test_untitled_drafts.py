"""Drafts without a title: untouched ones are deleted, and others get a name by which they are recognised. Copies and
imports suggest a free address, and name the people who come along."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubs.hub.services.copies import begin_copy
from hubs.models import ChangeRequest, RosterEntry
from hubs.requests.forms.spec import step_form
from hubs.requests.queries.addresses import check_slug, free_address
from hubs.requests.services import judged, secrets, tidying
from hubs.requests.services import requests as services
from hubs.requests.services.imports import begin_import
from hubs.requests.services.secrets import ASKED
from hubs.spec import FIELDS, HubSpec, difference, read_draft
from hubs.spec.diff import typed_words
from hubs.spec.import_words import shown
from hubs.spec.imports import from_values
from portal.tasks import forget

pytestmark = pytest.mark.django_db
SPELLED = json.loads(
    (Path(__file__).parent / "data" / "addresses.json").read_text(encoding="utf-8")
)  # also the script's
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def begun(by, river, **columns) -> ChangeRequest:
    row = services.begin(organization=river, starting_point="class", by=by)
    ChangeRequest.objects.filter(pk=row.pk).update(**columns)
    row.refresh_from_db()
    return row


def long_ago() -> dict[str, datetime]:
    when = timezone.now() - timedelta(days=2)
    return {"created_at": when, "updated_at": when}


def test_untouched_drafts_are_deleted_after_a_day(ines, river, ready_hub):
    untouched, fresh = begun(ines, river, **long_ago()), begun(ines, river)
    typed = begun(ines, river)
    services.save(request=typed, by=ines, values={"about.heads": "31"})
    with_secret = begun(ines, river)
    secrets.keep(request=with_secret, by=ines, values={ASKED[0].path: "a-client-secret-of-forty-letters-and-more"})
    reasoned = begun(ines, river)
    services.save(request=reasoned, by=ines, values={}, reason="For my class.")
    change = services.begin_change(hub=ready_hub, by=ines)
    copy = begin_copy(hub=ready_hub, organization=river, by=ines, title="", starts=None, ends=None, people=False,
                      admins=False)  # fmt: skip
    kept = {fresh.pk, typed.pk, with_secret.pk, reasoned.pk, change.pk, copy.pk}
    ChangeRequest.objects.filter(pk__in=kept - {fresh.pk}).update(**long_ago())
    before = set(ChangeRequest.objects.values_list("pk", flat=True))
    forget()
    assert set(ChangeRequest.objects.values_list("pk", flat=True)) == before - {untouched.pk}
    assert tidying.forget(timezone.now()) == 0


def test_an_untitled_draft_is_named_by_its_kind_and_day(as_, ines, river):
    today = timezone.localtime()
    rows = [begun(ines, river, created_at=today - timedelta(days=days), version=1) for days in (2, 40)]
    recent, old = (row.name for row in rows)
    assert recent == f"Untitled hub (Class), started {today - timedelta(days=2):%A}"
    assert old == f"Untitled hub (Class), started {today - timedelta(days=40):%-d %B %Y}"
    for name in ("home", "request-list"):
        page = as_(ines).get(reverse(name)).content.decode()
        assert recent in page
        assert old in page
    assert {one["name"] for one in as_(ines).get("/api/v1/requests/").json()["results"]} == {recent, old}
    for row in rows:
        for page in ("request", "request-review"):
            assert row.name in as_(ines).get(reverse(page, args=[row.uid])).content.decode()


@pytest.mark.parametrize(
    ("name", "address"),
    [*SPELLED.items(), ("Stat — 101", "stat-101-2"), ("Admin", "admin-2"), ("---", ""), ("统计学", "tongjixue"),
     ("x", "x-2"), ("a" * 60, "a" * 40)],
)  # fmt: skip
def test_an_address_is_made_of_a_name(name, address, ready_hub):
    assert free_address(name) == address


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(max_size=60) | st.sampled_from(["Stat 101", "hub", "kube-x", "Mail", "Stat--101"]))
def test_a_suggested_address_can_be_used(name, ready_hub):
    if suggested := free_address(name):
        assert check_slug(suggested) == ""


def test_copies_and_imports_suggest_a_free_address(as_, ines, river, ready_hub):
    client = as_(ines)
    client.post(reverse("hub-copy", args=[ready_hub.uid]), {"organization": "river", "title": "Stat 101"})
    copy = ChangeRequest.objects.get(starting_point="copy")
    assert copy.draft["slug"] == "stat-101-2"
    assert "stat-101-2" in client.get(reverse("request-edit", args=[copy.uid, "about"])).content.decode()
    found = from_values({"singleuser": {"memory": {"limit": "1G"}}}, "Physics — a lab")
    row = begin_import(organization=river, by=ines, found=found)
    assert row.draft["slug"] == "physics-a-lab"
    assert judged.read(row)[1] == {}


def test_review_says_who_comes_along_with_a_copy(as_, ines, stan, river, ready_hub):
    for number in range(3):
        RosterEntry.objects.create(hub=ready_hub, email=f"p{number}@river.example.edu")
    row = begin_copy(hub=ready_hub, organization=river, by=ines, title="Next term", starts=None, ends=None, people=True,
                     admins=False)  # fmt: skip
    words = f"{ready_hub.roster.count()} people from the people list of Statistics 101"
    assert words in as_(ines).get(reverse("request-review", args=[row.uid])).content.decode()
    assert as_(ines).get(f"/api/v1/requests/{row.uid}/").json()["comesAlong"] == words
    services.save(request=row, by=ines, values={"about.heads": "500"}, reason="The same class again.")
    services.submit(request=row, by=ines)
    assert row.state == "submitted"
    assert words in as_(stan).get(reverse("request", args=[row.uid])).content.decode()


# --- texts with dashes ----------------------------------------------------------------------------------------------


LINES = [path for path, field in FIELDS.items() if field.kind in ("line", "text")]
DASHED = "Statistics — part 2 — Tuesdays"


def test_texts_of_people_are_never_split_at_their_dashes(river):
    """In differences, beside the fields of a change, in the report of an import, and in conflicts."""
    for path in LINES:
        found = read_draft({"about.title": "Named", path: DASHED})
        if found.errors:
            continue  # not words: a path, an address
        field, spec = FIELDS[path], found.spec
        assert typed_words(field, DASHED) == DASHED
        assert DASHED in [one.after for one in difference(read_draft({"about.title": "Named"}).spec, spec)], path
        form = step_form(field.words.step, {}, river, spec, before=spec)
        assert form.fields[path].was == f"current: {DASHED}", path
        if field.values_path:
            place = tuple(field.values_path.split("."))
            assert shown(spec, {}, place, DASHED)[1] == DASHED
    assert isinstance(spec, HubSpec)

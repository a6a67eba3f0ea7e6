"""The form of a step: made from the spec's fields, it keeps whatever is typed and shows errors beside their fields."""

import pytest
from django import forms
from django.http import QueryDict
from django.test import RequestFactory
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from hubs.errors import NotAllowed
from hubs.lists import of_requests
from hubs.models import ChangeRequest, Cluster, Organization
from hubs.pages.forms import tried
from hubs.requests.forms.spec import posted, step_form, unsupported
from hubs.spec import FIELDS, STARTING_POINTS, STEPS, from_draft, reading
from tests.words import MEMORY_LABEL, STORAGE_LABEL

BASE = {**STARTING_POINTS["class"].draft(), "about.title": "Statistics 101"}


@pytest.fixture
def partner():
    place = Cluster(pk=1, slug="far", name="Far", runtime="elsewhere", domain="hubs.example.edu")
    return Organization(pk=1, slug="river", name="River", cluster=place, memory_per_user_mib=2048)


def form(step, partner, before=None, errors=None, **values):
    draft = {**BASE, **values}
    return step_form(step, draft, partner, reading(draft)[0], before=before, errors=errors)


def test_every_field_is_asked_exactly_once(partner):
    asked = [name for step in STEPS for name in form(step.name, partner).fields]
    assert sorted(asked) == sorted([*FIELDS, "slug"])


def test_a_field_carries_its_words_unit_and_limit(partner):
    field = form("sizes", partner).fields["singleuser.memory.limit"]
    assert field.label == MEMORY_LABEL
    assert field.unit == "GiB"
    assert field.limit_note == f"{partner.name} allows up to 2 GiB"
    assert field.help_text == FIELDS["singleuser.memory.limit"].words.help


def test_above_a_limit_is_a_note_and_no_error(partner):
    made = form("sizes", partner, **{"singleuser.memory.limit": "16"})
    assert "needs review" in made.fields["singleuser.memory.limit"].limit_note
    assert not made.errors


def test_the_current_value_is_shown_beside_a_change(partner):
    made = form("sizes", partner, before=from_draft(BASE), **{"singleuser.memory.limit": "2"})
    assert made.fields["singleuser.memory.limit"].was == "current: 1 GiB"
    assert made.fields["hub.activeServerLimit"].was == "", "only where they differ"
    assert "slug" not in form("about", partner, before=from_draft(BASE)).fields, "an address never changes"


def test_settings_that_a_cluster_can_not_honour_are_left_out_and_named_once(partner):
    partner.cluster.runtime = "local"
    made = form("sizes", partner)
    [(labels, sentence)] = made.notes
    assert STORAGE_LABEL in unsupported(partner.cluster, made.data).values()
    assert labels.startswith("Memory per person, ")
    assert sentence == "“Far” does not enforce limits of memory and CPU: notebooks can use more."
    assert "singleuser.storage.capacity" not in made.fields
    kinds = [value for value, _ in made.fields["singleuser.storage.type"].widget.choices]
    assert kinds == ["dynamic", "none"], "what it can't honour is no choice"
    given = form("sizes", partner, **{"singleuser.storage.type": "static", "singleuser.gpus": "2"})
    assert given["singleuser.gpus"].value() == "2", "an answer stays, to be taken back"
    assert "static" in str(given["singleuser.storage.type"])
    partner.cluster.runtime = "elsewhere"
    assert (form("sizes", partner).notes, unsupported(partner.cluster, {})) == ([], {})


def test_advanced_fields_are_folded_unless_they_have_errors(partner):
    made = form("sizes", partner)
    assert [bound.name for bound in made.advanced()] == [
        p for p, f in FIELDS.items() if f.words.step == "sizes" and f.words.advanced
    ]
    assert not made.advanced_open
    assert form("sizes", partner, errors={"cull.every": ["No."]}).advanced_open


def test_an_invalid_number_stays_on_the_page(partner):
    """A browser shows an empty number input for text, and the typed text would be lost."""
    made = form("sizes", partner, **{"singleuser.memory.limit": "two gigs"})
    assert 'value="two gigs"' in str(made["singleuser.memory.limit"])
    assert 'type="text"' in str(made["singleuser.memory.limit"])
    assert 'type="number"' in str(made["singleuser.cpu.limit"])


@pytest.mark.parametrize(
    ("body", "values"),
    [
        ("cull.enabled=on", {"cull.enabled": "yes"}),
        ("cull.timeout=5", {"cull.timeout": "5"}),
        ("", {}),
        ("cull.enabled=yes&about.title=Stolen&state=approved", {"cull.enabled": "yes"}),
    ],
)
def test_a_posted_form_changes_only_its_own_step(body, values):
    boxes = {path: "no" for path, field in FIELDS.items() if field.words.step == "sizes" and field.kind == "bool"}
    assert posted(QueryDict(body), "sizes") == {**boxes, **values}


@hypothesis(max_examples=25)
@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), st.text(max_size=40)))
def test_any_text_is_shown_and_read_back_unchanged(typed):
    place = Cluster(pk=1, slug="far", name="Far", runtime="local")
    partner = Organization(pk=1, slug="river", name="River", cluster=place)
    for step in STEPS:
        made = form(step.name, partner, **typed)
        assert not made.errors
        for bound in made:
            if bound.name in typed and FIELDS[bound.name].kind != "bool":
                assert bound.value() == typed[bound.name]
            str(bound)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    ["q=%00", "state=nonsense", "organization=%00", "organization=lake", "sort=;drop", "q=" + "x" * 500, "page=-1"],
)
def test_invalid_filters_filter_nothing(query, ask, ines, river, lake):
    ask(ines, river)
    request = RequestFactory().get(f"/?{query}")
    request.user = ines
    filters = of_requests.of_page(request, Organization.objects.visible_to(ines))
    assert filters.narrow(ChangeRequest.objects.all()).count() == 1
    assert not filters.any


def test_a_refusal_is_shown_above_the_form_and_loses_nothing_that_was_typed():
    class Form(forms.Form):
        name = forms.CharField()

    def service(*, name):
        raise NotAllowed("Only an owner can.")

    form = Form({"name": "typed"})
    assert tried(form, service) is None
    assert form.non_field_errors() == ["Only an owner can."]
    assert form["name"].value() == "typed"

"""The configuration of a hub: all settings in words, and a search in them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hubs.models import Hub, Membership, Role, User
from hubs.spec import FIELDS, STEPS
from hubs.spec.honoured import answers_here
from tests.pages import read
from tests.words import GUARANTEED_MEMORY

pytestmark = pytest.mark.django_db

MEMORY = "singleuser.memory.limit"
NOT_FOUND = "No setting has all of these words."


def at(hub):
    return reverse("hub-configuration", args=[hub.uid])


@pytest.fixture
def look(as_, ines):
    """Return the page as the hub's teacher reads it: `look(hub, "memory")`."""

    def get(hub, query="", who=ines):
        response = as_(who).get(at(hub), {"q": query} if query else {})
        assert response.status_code == 200
        return read(response)

    return get


def label(path):
    return f"<dt>{FIELDS[path].words.label}</dt>"


# --- all settings -----------------------------------------------------------------------------------------------------
def test_every_step_with_answers_is_shown_in_words(look, ready_hub):
    page = look(ready_hub)
    assert label(MEMORY) in page
    assert "1 GiB" in page
    titles = [step.title for step in STEPS if f">{step.title}</h2>" in page]
    assert {"Resources", "Software"} <= set(titles)
    places = [page.index(f">{title}</h2>") for title in titles]
    assert places == sorted(places), "in the order of the form"


# --- the search -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "query",
    [
        GUARANTEED_MEMORY,  # label
        FIELDS["singleuser.memory.guarantee"].words.help,
        "singleuser.memory.guarantee",  # values.yaml
        "c.KubeSpawner.mem_guarantee",  # JupyterHub
        "mem_guarantee",
    ],
)
def test_a_setting_is_found_by_its_label_its_help_its_place_and_its_trait(query, look, ready_hub, in_cluster):
    page = look(ready_hub, query)
    assert label("singleuser.memory.guarantee") in page
    assert "<code>singleuser.memory.guarantee</code>" in page


def test_a_setting_at_its_default_is_found_too(look, ready_hub):
    path = "hub.concurrentSpawnLimit"
    assert label(path) not in look(ready_hub)
    page = look(ready_hub, FIELDS[path].words.label)
    assert label(path) in page
    assert "64" in page


def test_a_search_without_a_match_finds_nothing(look, ready_hub):
    assert NOT_FOUND in look(ready_hub, "no such setting at all")
    assert NOT_FOUND in look(ready_hub, "<b>" + "x" * 2000), "cut, escaped, and no error"


def test_settings_that_the_cluster_can_not_honour_are_not_found(look, ready_hub, request):
    path = "singleuser.nodeSelector"
    assert not answers_here(FIELDS[path], ready_hub.cluster.can)
    assert label(path) not in look(ready_hub, path)
    request.getfixturevalue("in_cluster")
    assert label(path) in look(ready_hub, path)


def test_the_change_link_leads_to_the_step_and_the_field(look, as_, ines, ready_hub):
    link = f"{reverse('hub-change', args=[ready_hub.uid])}?step={FIELDS[MEMORY].words.step}&field={MEMORY}"
    assert f'href="{link.replace("&", "&amp;")}"' in look(ready_hub, MEMORY)
    response = as_(ines).get(link, follow=True)
    [(first, _), *_] = response.redirect_chain
    assert f"/{FIELDS[MEMORY].words.step}/" in first
    assert f"field={MEMORY}" in first
    assert f'id="id_{MEMORY}"' in read(response)


def test_a_setting_without_effect_leads_to_the_one_it_depends_on(look, ready_hub):
    path = next(
        path for path, field in FIELDS.items()
        if field.condition(ready_hub.spec) and answers_here(field, ready_hub.cluster.can) and field.values_path
    )  # fmt: skip
    above = FIELDS[path].condition(ready_hub.spec)
    page = look(ready_hub, FIELDS[path].values_path)
    assert f"Only used if “{above.words.label}” is" in page
    assert f"field={above.path}" in page


def test_a_retired_hub_has_no_link_to_change_it(look, ready_hub):
    Hub.objects.filter(pk=ready_hub.pk).update(desired_state="retired")
    change = reverse("hub-change", args=[ready_hub.uid])
    for page in (look(ready_hub), look(ready_hub, MEMORY)):
        assert label(MEMORY) in page
        assert change not in page


# --- permissions ------------------------------------------------------------------------------------------------------
def test_another_instructor_reads_it_without_links_to_change_it(look, ready_hub, river):
    other = User.objects.create_user("other", "other@river.example.edu", email_verified=True)
    Membership.objects.create(organization=river, user=other, role=Role.INSTRUCTOR)
    page = look(ready_hub, MEMORY, who=other)
    assert label(MEMORY) in page
    assert reverse("hub-change", args=[ready_hub.uid]) not in page


@pytest.mark.parametrize(("who", "status"), [("mia", 403), ("zoe", 404), (None, 302)])
@pytest.mark.parametrize("query", ["", MEMORY])
def test_other_roles_may_not_read_it(who, status, query, as_, cast, ready_hub, enrol):
    enrol(ready_hub, cast["mia"])
    response = as_(cast[who] if who else None).get(at(ready_hub), {"q": query})
    assert response.status_code == status


def test_it_costs_the_same_queries_whatever_is_found(as_, ines, ready_hub):
    client = as_(ines)

    def queries(query):
        client.get(at(ready_hub), {"q": query})
        with CaptureQueriesContext(connection) as found:
            assert client.get(at(ready_hub), {"q": query}).status_code == 200
        return len(found)

    assert queries("memory") == queries("no such setting at all") == queries("the") < 15

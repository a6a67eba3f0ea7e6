"""A hub shows when its starting point has a newer version, and adopts it or keeps its own settings."""

import pytest
from django.urls import reverse

from hubs.errors import Conflict
from hubs.hub.services import take_over as services
from hubs.models import AuditEvent, Hub, StartingPoint
from hubs.requests.services import requests
from hubs.spec import STARTING_POINTS, from_draft
from hubs.spec.take_over import merged, take_over
from hubs.starting_points import services as points
from tests.pages import read

MEMORY, CPU, HEADS = "singleuser.memory.limit", "singleuser.cpu.limit", "about.heads"
BASE = {**STARTING_POINTS["class"].draft(), "about.title": "Statistics 101"}


def spec(**texts):
    return from_draft({**BASE, **texts})


def text(response):
    return read(response)


# --- pure -----------------------------------------------------------------------------------------------------------


def test_only_changes_of_the_new_version_that_the_hub_did_not_make_are_adopted():
    old, new = spec(), spec(**{MEMORY: "2", CPU: "1", "cull.timeout": "90", "homePage.text": "Hello"})
    hub = spec(**{"about.title": "Mine", CPU: "4", HEADS: "12", "cull.timeout": "90"})
    found = take_over(hub, old, new)
    assert found.values == {MEMORY: "2", "homePage.text": "Hello"}
    assert [(d.path, d.before, d.after) for d in found.taken] == [
        (MEMORY, "1 GiB", "2 GiB"),
        ("homePage.text", "", "Hello"),
    ]
    assert [(d.path, d.before, d.after) for d in found.kept] == [(CPU, "4 cores", "1 core")]


def test_an_unchanged_hub_becomes_the_new_version_except_its_name():
    new = spec(**{MEMORY: "2", "singleuser.profileList": "- display_name: Small\n"})
    found = take_over(spec(**{"about.title": "Mine"}), spec(), new)
    assert from_draft({**BASE, **found.values}) == new
    assert not found.kept


def test_a_version_without_changes_has_nothing_to_adopt():
    found = take_over(spec(**{MEMORY: "8"}), spec(), spec())
    assert (found.values, found.taken, found.kept) == ({}, (), ())


@pytest.mark.parametrize(
    ("base", "theirs", "mine", "together", "both"),
    [
        ("a", "a", "a", "a", []),
        ("a", "b", "a", "b", []),
        ("a", "a", "c", "c", []),
        ("a", "b", "c", "c", ["x"]),
        ("a", "b", "b", "b", []),
    ],
)
def test_two_edits_are_merged(base, theirs, mine, together, both):
    assert merged({"x": base}, {"x": theirs}, {"x": mine}) == ({"x": together}, both)


# --- a hub ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def klass(db):
    return StartingPoint.objects.select_related("version").get(slug="class")


@pytest.fixture
def publish(klass, stan):
    def put(message="More memory, and a welcome", **texts):
        now = StartingPoint.objects.select_related("version").get(pk=klass.pk).version
        draft = {**now.start(), **(texts or {MEMORY: "2", CPU: "1"})}
        return points.publish(point=klass, by=stan, seen=now.number, draft=draft, shown=None, message=message)

    return put


def page_of(client, hub):
    return text(client.get(reverse("hub", args=[hub.uid])))


def press(client, hub, verb, seen):
    return client.post(reverse("hub-newer", args=[hub.uid]), {"verb": verb, "seen": str(seen)})


def again(hub):
    return Hub.objects.select_related("revision", "starting_version", "organization").get(pk=hub.pk)


@pytest.mark.django_db
def test_a_hub_knows_its_starting_point_and_its_page_shows_a_newer_version(as_, ines, ivo, ready_hub, publish, klass):
    assert ready_hub.starting_version == klass.version
    assert "has a newer version" not in page_of(as_(ines), ready_hub)
    assert "Class, version 1" in page_of(as_(ivo), ready_hub)
    publish()
    page = page_of(as_(ines), ready_hub)
    assert "“Class” has a newer version" in page
    assert "More memory, and a welcome" in page
    assert "has a newer version" not in page_of(as_(ivo), ready_hub), "she can't do anything about it"


@pytest.mark.django_db
def test_there_is_no_notice_of_withdrawn_versions_or_without_a_starting_point(
    as_, ines, stan, ready_hub, publish, klass
):
    publish()
    points.set_offered(point=klass, by=stan, offered=False)
    assert "has a newer version" not in page_of(as_(ines), ready_hub)
    points.set_offered(point=klass, by=stan, offered=True)
    assert "has a newer version" in page_of(as_(ines), ready_hub)
    Hub.objects.update(starting_version=None)
    assert "has a newer version" not in page_of(as_(ines), ready_hub)
    answer = as_(ines).get(reverse("hub-newer", args=[ready_hub.uid]), follow=True)
    assert "has no newer version" in text(answer)


@pytest.mark.django_db
def test_adopting_makes_a_draft_with_the_new_answers_and_the_hubs_own(as_, ines, ask, river, publish):
    row = requests.submit(request=ask(ines, river, **{CPU: "1.5", HEADS: "25"}), by=ines)
    hub = again(row.hub)
    version = publish()
    page = text(as_(ines).get(reverse("hub-newer", args=[hub.uid])))
    assert "Changes to this hub" in page
    assert "<ins>2 GiB</ins>" in page
    assert "Settings that stay the same" in page
    assert "1.5 cores" in page
    answer = press(as_(ines), hub, "take", version.number)
    change = hub.requests.get(kind="change")
    assert answer["Location"] == reverse("request-review", args=[change.uid])
    assert (change.draft[MEMORY], change.draft[CPU], change.draft[HEADS]) == ("2", "1.5", "25")
    assert press(as_(ines), hub, "take", version.number)["Location"] == answer["Location"], "pressing again finds it"
    assert hub.requests.filter(kind="change").count() == 1
    assert again(hub).starting_version.number == 1, "not before it is sent"
    assert "Updates to</dt><dd>Class, version 2" in text(as_(ines).get(reverse("request", args=[change.uid])))
    requests.submit(request=change, by=ines)
    hub = again(hub)
    assert hub.starting_version == version
    assert hub.spec.singleuser.memory.limit == "2G"
    assert "has a newer version" not in page_of(as_(ines), hub)


@pytest.mark.django_db
def test_a_change_of_something_else_leaves_the_version(ines, ready_hub, publish):
    publish()
    change = requests.begin_change(reason="For the course.", hub=ready_hub, by=ines)
    requests.submit(request=requests.save(request=change, by=ines, values={HEADS: "20"}), by=ines)
    hub = again(ready_hub)
    assert (hub.spec.about.heads, hub.starting_version.number) == (20, 1)


@pytest.mark.django_db
def test_a_new_version_above_a_limit_needs_review(ines, ready_hub, publish):
    publish(**{MEMORY: "16"})
    change = services.begin_take_over(hub=ready_hub, by=ines, seen=2)
    requests.save(request=change, by=ines, values={}, reason="For the large data sets")
    assert requests.submit(request=change, by=ines).state == "submitted"
    assert again(ready_hub).starting_version.number == 1


@pytest.mark.django_db
def test_keeping_the_hub_as_it_is_ends_the_notice_until_the_next_version(as_, ines, ready_hub, publish):
    publish()
    before = ready_hub.revision_id
    answer = press(as_(ines), ready_hub, "keep", 2)
    assert answer["Location"] == reverse("hub", args=[ready_hub.uid])
    assert "has a newer version" not in page_of(as_(ines), ready_hub)
    hub = again(ready_hub)
    assert (hub.revision_id, hub.generation, hub.starting_version.number) == (before, ready_hub.generation, 2)
    line = AuditEvent.objects.get(verb="hub.starting_point")
    assert (line.actor, line.changes, line.note) == ("ines", {"version": [1, 2]}, "Class")
    publish(**{MEMORY: "1.5", HEADS: "35"})
    page = text(as_(ines).get(reverse("hub-newer", args=[ready_hub.uid])))
    assert "version 2 of “Class”. Version 3 is now available." in page
    assert "“Class” has a newer version" in page_of(as_(ines), ready_hub)
    newest = services.newer(hub)
    assert newest
    found = services.plan(hub, newest)
    assert set(found.values) == {HEADS}
    assert [d.path for d in found.kept] == [MEMORY], "it was kept at 1 GiB on purpose"


@pytest.mark.django_db
def test_a_hub_that_has_all_new_answers_can_only_be_kept(as_, ines, ask, river, publish):
    hub = requests.submit(request=ask(ines, river, **{MEMORY: "2", CPU: "2"}), by=ines).hub
    publish(**{MEMORY: "2", CPU: "2"})
    page = text(as_(ines).get(reverse("hub-newer", args=[hub.uid])))
    assert 'value="take"' not in page
    assert "The update would not change this hub" in page
    assert press(as_(ines), hub, "take", 2).status_code == 409
    assert not hub.requests.filter(kind="change").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["take", "keep"])
@pytest.mark.parametrize("seen", ["2", "", "x", "٣", "-1", "9" * 30])
def test_only_the_version_that_was_read_counts(as_, ines, ready_hub, publish, verb, seen):
    publish()
    publish(**{MEMORY: "1.5"})
    answer = press(as_(ines), ready_hub, verb, seen)
    assert answer.status_code == 409
    assert "Version 3 was published in the meantime." in text(answer)
    assert again(ready_hub).starting_version.number == 1
    assert not ready_hub.requests.filter(kind="change").exists()


@pytest.mark.django_db
def test_the_second_of_two_who_keep_it_is_refused(ines, omar, ready_hub, publish):
    publish()
    late = again(ready_hub)
    services.keep(hub=ready_hub, by=ines, seen=2)
    with pytest.raises(Conflict):
        services.keep(hub=late, by=omar, seen=2)
    assert AuditEvent.objects.filter(verb="hub.starting_point").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("who", "status"), [("mia", 403), ("zoe", 404), (None, 302)])
@pytest.mark.parametrize("verb", ["take", "keep"])
def test_people_who_do_not_run_the_hub_decide_nothing(as_, cast, ready_hub, publish, who, status, verb):
    publish()
    client = as_(cast[who] if who else None)
    assert client.get(reverse("hub-newer", args=[ready_hub.uid])).status_code == status
    assert press(client, ready_hub, verb, 2).status_code == status
    assert client.put(reverse("hub-newer", args=[ready_hub.uid])).status_code in (302, 405)
    assert again(ready_hub).starting_version.number == 1
    assert not ready_hub.requests.filter(kind="change").exists()


@pytest.mark.django_db
def test_a_copy_has_the_same_version(as_, ines, ready_hub, klass):
    data = {"organization": "river", "title": "Next term"}
    as_(ines).post(reverse("hub-copy", args=[ready_hub.uid]), data)
    copy = ready_hub.organization.requests.get(copied_from=ready_hub)
    requests.save(request=copy, by=ines, values={}, slug="next-term")
    assert requests.submit(request=copy, by=ines).hub.starting_version == klass.version


@pytest.mark.django_db
def test_a_retired_hub_shows_no_notice(as_, ines, ready_hub, publish):
    publish()
    Hub.objects.filter(pk=ready_hub.pk).update(desired_state="retired")
    assert services.newer(again(ready_hub)) is None
    assert press(as_(ines), ready_hub, "keep", 2).status_code == 409


@pytest.mark.django_db
def test_the_hubs_page_needs_the_same_number_of_queries_with_a_newer_version(
    as_, ines, ready_hub, publish, django_assert_num_queries, django_assert_max_num_queries
):
    client = as_(ines)
    page_of(client, ready_hub)
    with django_assert_max_num_queries(60) as found:
        page_of(client, ready_hub)
    for number in range(5):
        publish(**{HEADS: str(number + 40)})
    with django_assert_num_queries(len(found)):
        page_of(client, ready_hub)

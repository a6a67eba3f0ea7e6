"""Starting points as staff write them: cards, versions, permissions, and two writers at once."""

import re

import pytest
from django.core.management import call_command
from django.urls import reverse

from hubs import first_rows
from hubs.errors import Conflict, Invalid, NotAllowed
from hubs.models import AuditEvent, ChangeRequest, StartingPoint, StartingPointVersion
from hubs.requests.services import requests
from hubs.spec import FIELDS, STARTING_POINTS
from hubs.spec.catalogue import card_facts
from hubs.starting_points import services
from tests.pages import read

pytestmark = pytest.mark.django_db
MEMORY = "singleuser.memory.limit"
CARD = {"name": "Physics lab", "picture": "flask", "description": "With GPUs.", "everywhere": True, "position": 5}


def text(response):
    return read(response)


def url(name, *args):
    return reverse(f"starting-point{name}", args=args)


@pytest.fixture
def klass(db):
    return StartingPoint.objects.select_related("version").get(slug="class")


@pytest.fixture
def publish(stan):
    """Return a function that publishes a version: `publish(point, {MEMORY: "2"}, shown=[…])`."""

    def put(point, texts, *, message="Because.", shown=None, by=None):
        now = StartingPoint.objects.select_related("version").get(pk=point.pk).version
        draft = {**now.start(), **texts}
        return services.publish(point=point, by=by or stan, seen=now.number, draft=draft, shown=shown, message=message)

    return put


def body(draft, *, asked=FIELDS, **more):
    """Return what a browser sends: boxes only when they are ticked."""
    boxes = {path for path, field in FIELDS.items() if field.kind == "bool"}
    sent = {p: "on" if p in boxes else t for p, t in draft.items() if p not in boxes or t == "yes"}
    return {**sent, "asked": list(asked), **more}


def card(**more):
    return {"name": "Physics lab", "picture": "flask", "description": "", "everywhere": "yes", "position": "5", **more}


# --- rows of a fresh portal -----------------------------------------------------------------------------------------


def test_a_fresh_portal_has_the_built_in_ones_with_their_first_version():
    assert list(StartingPoint.objects.values_list("slug", flat=True)) == list(STARTING_POINTS)
    for point in StartingPoint.objects.select_related("version"):
        built_in = STARTING_POINTS[point.slug]
        assert (point.name, point.description, point.offered) == (built_in.title, built_in.summary, True)
        assert (point.version.number, point.version.author, point.version.shown) == (1, None, None)
        assert point.version.start() == built_in.draft()


def test_migrating_again_keeps_what_staff_wrote_and_adds_only_what_is_missing(klass, stan, publish):
    publish(klass, {MEMORY: "3"})
    services.describe(point=klass, by=stan, seen=0, card={**CARD, "name": "Course"}, organizations=[])
    services.set_offered(point=klass, by=stan, offered=False)
    event = StartingPoint.objects.get(slug="event")
    StartingPoint.objects.filter(pk=event.pk).update(version=None)
    event.versions.all().delete()
    event.delete()
    call_command("migrate", verbosity=0)
    klass.refresh_from_db()
    assert (klass.name, klass.offered, klass.version.number) == ("Course", False, 2)
    assert klass.version.start()[MEMORY] == "3"
    assert StartingPoint.objects.get(slug="event").version.number == 1
    assert StartingPointVersion.objects.count() == 5


def test_migrations_before_starting_points_are_unaffected():
    class Nothing:
        def get_model(self, *_):
            raise LookupError

    StartingPoint.objects.update(version=None)
    StartingPointVersion.objects.all().delete()
    StartingPoint.objects.all().delete()
    first_rows.starting_points(apps=Nothing())
    assert not StartingPoint.objects.exists()


@pytest.mark.parametrize(
    ("slug", "facts"),
    [
        ("class", ["1 GiB of memory per person", "5 GiB of storage per person", "sign-in required"]),
        ("event", ["2 GiB of memory per person", "files are not saved", "no sign-in"]),
    ],
)
def test_a_card_shows_what_the_hub_will_have(slug, facts):
    assert StartingPoint.objects.get(slug=slug).version.facts == facts


def test_a_card_shows_unlimited_memory_and_the_choices_of_profiles(klass, publish):
    profiles = "- display_name: Small\n- display_name: Large\n"
    unbound = {MEMORY: "", "singleuser.memory.guarantee": "", "singleuser.profileList": profiles}
    version = publish(klass, unbound)
    assert card_facts(version.spec)[0] == "no memory limit"
    assert card_facts(version.spec)[-1] == "2 server options"


# --- services -------------------------------------------------------------------------------------------------------


def test_a_version_counts_for_requests_started_after_it(klass, publish, ines, river):
    before = requests.begin(organization=river, starting_point="class", by=ines)
    version = publish(klass, {MEMORY: "2"}, message="More memory")
    after = requests.begin(organization=river, starting_point="class", by=ines)
    assert (before.draft[MEMORY], before.starting_version.number) == ("1", 1)
    assert (after.draft[MEMORY], after.starting_version) == ("2", version)
    line = AuditEvent.objects.get(verb="starting_point.publish")
    assert (line.subject, line.actor, line.changes) == ("class", "stan", {MEMORY: ["1", "2"]})


def test_a_field_newer_than_a_version_has_its_default(klass):
    draft = dict(klass.version.draft)
    del draft[MEMORY]
    StartingPointVersion.objects.filter(pk=klass.version.pk).update(draft={**draft, "gone.long.ago": "x"})
    start = StartingPointVersion.objects.get(pk=klass.version.pk).start()
    assert start[MEMORY] == "1"
    assert set(start) == set(FIELDS)


@pytest.mark.parametrize("who", ["ines", "ada", "zoe"])
def test_only_staff_write(klass, cast, who):
    by = cast[who]
    draft = klass.version.start()
    for attempt in (
        lambda: services.create(by=by, slug="mine", card=CARD, organizations=[], draft=draft),
        lambda: services.publish(point=klass, by=by, seen=1, draft={**draft, MEMORY: "64"}, shown=None, message="x"),
        lambda: services.describe(point=klass, by=by, seen=0, card=CARD, organizations=[]),
        lambda: services.set_offered(point=klass, by=by, offered=False),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert StartingPointVersion.objects.count() == len(STARTING_POINTS)


@pytest.mark.parametrize(
    ("texts", "shown", "path"),
    [
        ({MEMORY: "much"}, None, MEMORY),
        ({"about.heads": ""}, None, None),
        ({"signIn.method": "github"}, None, None),  # the requester has an OAuth application, staff don't
        ({"signIn.method": "github"}, ["signIn.method"], "signIn.github.allowed_organizations"),
        ({"about.description": "\x00"}, None, "about.description"),
    ],
)
def test_only_fields_that_are_asked_may_be_left_open(klass, stan, texts, shown, path):
    draft = {**klass.version.start(), **texts}
    if path is None:
        assert services.publish(point=klass, by=stan, seen=1, draft=draft, shown=shown, message="x").number == 2
    else:
        with pytest.raises(Invalid) as wrong:
            services.publish(point=klass, by=stan, seen=1, draft=draft, shown=shown, message="x")
        assert path in wrong.value.errors
        assert klass.versions.count() == 1


def test_the_second_of_two_publications_is_refused_and_changes_nothing(klass, publish, stan, sue):
    publish(klass, {MEMORY: "2"})
    draft = {**klass.version.start(), MEMORY: "4"}
    with pytest.raises(Conflict, match="Stan Weber published version 2"):
        services.publish(point=klass, by=sue, seen=1, draft=draft, shown=None, message="x")
    klass.refresh_from_db()
    assert klass.version.start()[MEMORY] == "2"


def test_a_withdrawn_starting_point_starts_no_drafts_and_existing_drafts_go_on(klass, stan, ines, river, as_):
    draft = requests.begin(organization=river, starting_point="class", by=ines)
    services.set_offered(point=klass, by=stan, offered=False)
    with pytest.raises(Invalid, match="Choose one of this organisation’s starting points"):
        requests.begin(organization=river, starting_point="class", by=ines)
    with pytest.raises(Conflict, match="already withdrawn"):
        services.set_offered(point=klass, by=stan, offered=False)
    assert as_(ines).get(reverse("request-edit", args=[draft.uid, "about"])).status_code == 200
    services.set_offered(point=klass, by=stan, offered=True)
    assert requests.begin(organization=river, starting_point="class", by=ines).starting_version == klass.version


def test_a_starting_point_for_some_organisations_is_only_for_them(klass, stan, ines, zoe, river, lake, as_):
    services.describe(
        point=klass, by=stan, seen=0, card={**CARD, "name": "Only ours", "everywhere": False}, organizations=[lake]
    )
    with pytest.raises(Invalid):
        requests.begin(organization=river, starting_point="class", by=ines)
    assert requests.begin(organization=lake, starting_point="class", by=zoe).organization == lake
    assert "Only ours" not in text(as_(ines).get(reverse("catalogue")))
    assert "Only for Lake College" in text(as_(zoe).get(reverse("catalogue")))
    assert "Only for Lake College" in text(as_(stan).get(reverse("catalogue")))
    told = as_(stan).post(reverse("catalogue"), {"organization": "river", "starting_point": "class"})
    assert told.status_code == 422
    assert "Choose one of this organisation’s starting points." in text(told)
    forged = as_(ines).post(reverse("catalogue"), {"organization": "river", "starting_point": "class"})
    assert forged.status_code == 422
    assert not ChangeRequest.objects.filter(organization=river).exists()


def test_requesters_do_not_see_which_organisations_have_a_card(klass, stan, ines, river, lake, as_):
    services.describe(point=klass, by=stan, seen=0, card={**CARD, "everywhere": False}, organizations=[lake, river])
    page = text(as_(ines).get(reverse("catalogue")))
    assert "Only for River University" in page
    assert "Lake College" not in page


# --- pages ----------------------------------------------------------------------------------------------------------

PAGES = [("-list", ()), ("-new", ()), ("", ("class",)), ("-card", ("class",)), ("-edit", ("class",))]


@pytest.mark.parametrize("who", ["mia", "ines", "ada", "zoe"])
def test_these_pages_exist_only_for_staff(as_, cast, who, klass):
    for name, args in [*PAGES, ("-offer", ("class",))]:
        assert as_(cast[who]).get(url(name, *args)).status_code in (404, 405)
        answer = as_(cast[who]).post(url(name, *args), {**card(slug="mine"), "seen": "0", "message": "x"})
        assert answer.status_code in (404, 405)
    assert not AuditEvent.objects.filter(verb__startswith="starting_point").exists()


def test_anonymous_people_sign_in_first_and_wrong_methods_are_refused(as_, stan, klass):
    for name, args in PAGES:
        assert as_(None).get(url(name, *args))["Location"].startswith(reverse("sign-in"))
    assert as_(stan).get(url("-offer", "class")).status_code == 405
    assert as_(stan).post(url("", "class")).status_code == 405
    assert as_(stan).post(url("-list")).status_code == 405
    for name in ("", "-card", "-edit"):
        assert as_(stan).get(url(name, "none-such")).status_code == 404


def test_the_list_says_how_many_hubs_are_on_which_version(as_, stan, klass, hub, ask, ines, river, publish):
    publish(klass, {"about.heads": "20"})
    for slug in ("one", "two"):
        requests.submit(request=ask(ines, river, slug=slug), by=ines)
    page = text(as_(stan).get(url("-list")))
    assert "2 on version 2, 1 on version 1" in page
    assert page.index("Class") < page.index("Public content")
    assert "3 active hubs created from it" in text(as_(stan).get(url("", "class")))


def test_a_new_starting_point_from_nothing(as_, stan, ines, river):
    page = text(as_(stan).get(url("-new")))
    assert page.count("Shown to the requester") == len(FIELDS) - 1, "the name is always asked"
    draft = {**STARTING_POINTS["class"].draft(), MEMORY: "1.5", "cull.enabled": "no"}
    asked = [path for path in FIELDS if path not in (MEMORY, "cull.enabled")]
    answer = as_(stan).post(url("-new"), body(draft, asked=asked, **card(slug="physics-lab")), follow=True)
    assert answer.status_code == 200
    point = StartingPoint.objects.select_related("version").get(slug="physics-lab")
    assert (point.name, point.picture, point.position, point.offered) == ("Physics lab", "flask", 5, True)
    assert point.version.start() == draft
    assert point.version.hidden == {MEMORY, "cull.enabled"}
    assert (point.version.author, point.version.message) == (stan, "First version")
    assert AuditEvent.objects.get(verb="starting_point.create").subject == "physics-lab"
    assert "1.5 GiB of memory per person" in text(as_(ines).get(reverse("catalogue")))


def test_when_everything_is_asked_future_fields_are_asked_too(as_, stan):
    as_(stan).post(url("-new"), body(STARTING_POINTS["class"].draft(), **card(slug="physics-lab")))
    assert StartingPointVersion.objects.get(point__slug="physics-lab").shown is None


def test_a_new_starting_point_from_another_has_its_answers(as_, stan):
    assert '<option value="research">Research team</option>' in text(as_(stan).get(url("-new")))
    page = text(as_(stan).get(url("-new"), {"from": "research"}))
    assert 'value="50"' in page
    assert "Copied from “Research team”." in page
    assert as_(stan).get(url("-new"), {"from": "none"}).status_code == 404


def test_a_new_starting_point_from_a_hub_leaves_out_the_hubs_own_answers(as_, stan, ines, omar, ask, river):
    row = requests.submit(
        request=ask(ines, river, **{MEMORY: "2", "signIn.adminUsers": "omar", "about.starts": "2026-10-01"}), by=ines
    )
    page = text(as_(stan).get(url("-new"), {"hub": row.hub.uid}))
    assert "Copied from the configuration of “Statistics 101”" in page
    assert f'name="{MEMORY}" value="2"' in page
    assert ">omar<" not in page
    assert "2026-10-01" not in page
    assert as_(stan).get(url("-new"), {"hub": "h23456789abc"}).status_code == 404
    assert f"?hub={row.hub.uid}" in text(as_(stan).get(reverse("hub", args=[row.hub.uid])))
    assert "Make a starting point" not in text(as_(ines).get(reverse("hub", args=[row.hub.uid])))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"slug": "class"}, "Another starting point has this address."),
        ({"slug": "Physics!"}, "Use 2 to 40 lower-case letters"),
        ({"slug": "new"}, "This address is reserved."),
        ({"slug": "copy"}, "This address is reserved."),
        ({"name": " "}, "Fill in this field."),
        ({"picture": "../../etc"}, "is not one of the available choices"),
        ({"everywhere": "no"}, "Choose at least one organisation"),
        ({"organizations": ["nowhere"]}, "is not one of the available choices"),
        ({"position": "-1"}, "0 or more"),
        ({"description": "x" * 301}, "at most 300"),
        ({MEMORY: "much"}, "Enter a number of GiB"),
        ({"about.heads": "-3"}, "This must be at least 1."),
        ({"more": "a: [1"}, "Line"),
    ],
)
def test_errors_are_shown_and_typed_answers_are_kept(as_, stan, data, words):
    sent = body(STARTING_POINTS["research"].draft(), **{**card(slug="physics-lab", description="Ours alone"), **data})
    answer = as_(stan).post(url("-new"), sent)
    assert answer.status_code == 422
    assert words in text(answer)
    assert 'value="50"' in text(answer), "the answers are kept"
    assert ("Ours alone" in text(answer)) or "description" in data
    assert StartingPoint.objects.count() == len(STARTING_POINTS)


def test_a_preview_of_the_card_saves_nothing(as_, stan, klass):
    draft = {**klass.version.start(), MEMORY: "6"}
    page = text(as_(stan).post(url("-new"), body(draft, **card(slug="physics-lab", verb="preview"))))
    assert "6 GiB of memory per person" in page
    htmx = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "card-preview"}
    part = as_(stan).post(url("-card", "class"), card(name="", picture="nonsense", verb="preview"), **htmx)
    assert part.status_code == 200
    assert "Untitled" in text(part)
    assert "<form" not in text(part)
    part = as_(stan).post(url("-card", "class"), card(name="Course <b>", verb="preview"), **htmx)
    assert "Course &lt;b&gt;" in text(part)
    klass.refresh_from_db()
    assert klass.name == "Class"
    assert StartingPoint.objects.count() == len(STARTING_POINTS)


def test_the_card_is_edited_without_a_version(as_, stan, klass, lake):
    answer = as_(stan).post(
        url("-card", "class"), card(name="Course", everywhere="no", organizations=["lake"], seen="0"), follow=True
    )
    assert "Saved." in text(answer)
    klass.refresh_from_db()
    assert (klass.name, klass.everywhere, klass.position, klass.version.number) == ("Course", False, 5, 1)
    assert list(klass.organizations.all()) == [lake]
    assert AuditEvent.objects.get(verb="starting_point.card").changes["organizations"] == [[], ["lake"]]


def test_the_second_of_two_edits_of_a_card_is_refused_and_loses_nothing(as_, stan, sue, klass):
    as_(stan).post(url("-card", "class"), card(name="Course", seen="0"))
    answer = as_(sue).post(url("-card", "class"), card(name="Lecture", seen="0"))
    assert answer.status_code == 409
    assert "This card was changed after you opened it." in text(answer)
    assert 'value="Lecture"' in text(answer)
    klass.refresh_from_db()
    assert klass.name == "Course"
    assert 'name="seen" value="1"' in text(answer)
    as_(sue).post(url("-card", "class"), card(name="Lecture", seen="1"))
    klass.refresh_from_db()
    assert klass.name == "Lecture"
    assert as_(sue).post(url("-card", "class"), card(name="Nobody’s")).status_code == 409, "an empty form"


def test_a_new_version_by_the_page(as_, stan, klass):
    page = text(as_(stan).get(url("-edit", "class")))
    assert 'name="seen" value="1"' in page
    draft = {**klass.version.start(), MEMORY: "2"}
    asked = [path for path in FIELDS if path != MEMORY]
    answer = as_(stan).post(
        url("-edit", "class"), body(draft, asked=asked, seen="1", message="Twice the memory"), follow=True
    )
    assert "Version 2 was published." in text(answer)
    klass.refresh_from_db()
    assert klass.version.start() == draft
    assert klass.version.hidden == {MEMORY}
    page = text(as_(stan).get(url("", "class"), {"from": "1", "to": "2"}))
    assert "Changes from version 1 to 2" in page
    assert "<ins>2 GiB</ins>" in page
    assert "No longer shown to the requester: Memory per person." in page
    assert re.search(r'Not shown to the requester</h3>\s*<p class="small">\s*Memory per person\.\s*</p>', page)
    assert "Twice the memory" in page
    assert "published a version of the starting point" in page
    assert "There is no such version" in text(as_(stan).get(url("", "class"), {"from": "1", "to": "9"}))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"message": " "}, "Describe what is new"),
        ({MEMORY: "much"}, "Enter a number of GiB"),
        ({"message": "\x00"}, "Null characters"),
        ({"seen": "one"}, "Enter a whole number."),
        ({}, "Nothing would change."),
    ],
)
def test_an_invalid_version_is_not_published(as_, stan, klass, data, words):
    sent = {**body(klass.version.start(), seen="1", message="What is new"), **data}
    answer = as_(stan).post(url("-edit", "class"), sent)
    assert answer.status_code == 422
    assert words in text(answer)
    assert klass.versions.count() == 1


def test_the_second_of_two_publishers_gets_both_versions_on_one_page(as_, stan, sue, klass, publish):
    """Stan publishes more memory and hides it; Sue started earlier, changes people and CPU, and hides the text."""
    publish(klass, {MEMORY: "2", "about.heads": "40"}, shown=[p for p in FIELDS if p != MEMORY])
    mine = {**klass.version.start(), "about.heads": "60", "singleuser.cpu.limit": "1.5", "cull.enabled": "no"}
    asked = [path for path in FIELDS if path != "homePage.text"]
    answer = as_(sue).post(url("-edit", "class"), body(mine, asked=asked, seen="1", message="Sue’s words"))
    assert answer.status_code == 409
    page = text(answer)
    assert "Stan Weber published version 2 after you started editing." in page
    assert "You both changed:</strong> " in page
    assert klass.versions.count() == 2, "nothing was changed"
    forms = [form for _, form in answer.context["sections"]]
    value = {path: form[path].value() for form in forms for path in form.fields}
    assert (value[MEMORY], value["about.heads"], value["singleuser.cpu.limit"]) == ("2", "60", "1.5")
    assert not value.get("cull.enabled")
    assert set(FIELDS) - set(answer.context["asked"]) == {MEMORY, "homePage.text"}
    assert "Sue’s words" in page
    assert 'name="seen" value="2"' in page
    merged = {**mine, MEMORY: "2"}
    as_(sue).post(url("-edit", "class"), body(merged, asked=answer.context["asked"], seen="2", message="Sue’s words"))
    klass.refresh_from_db()
    assert (klass.version.number, klass.version.start()) == (3, merged)


def test_the_changes_are_reviewed_before_they_are_published(as_, stan, klass):
    texts = {**klass.version.start(), MEMORY: "1.5", "cull.timeout": "45"}
    sent = body(texts, seen="1", message="", verb="review")
    answer = as_(stan).post(url("-edit", "class"), sent)
    page = text(answer)
    assert "Changes from version 1 to 2" in page
    told = answer.context["form"]["message"].value()
    memory, idle = (FIELDS[path].words.label for path in (MEMORY, "cull.timeout"))
    assert told.splitlines() == [f"{memory}: 1 GiB → 1.5 GiB", f"{idle}: 1 hour → 45 minutes"]
    klass.refresh_from_db()
    assert klass.version.number == 1
    as_(stan).post(url("-edit", "class"), {**sent, "verb": "publish", "message": told})
    klass.refresh_from_db()
    assert (klass.version.number, klass.version.message) == (2, told)
    nothing = as_(stan).post(url("-edit", "class"), body(klass.version.start(), seen="2", verb="review"))
    assert "Nothing would change" in text(nothing)


def test_the_search_finds_settings_of_the_page(as_, stan, klass):
    for address in (url("-edit", "class"), url("-new")):
        page = text(as_(stan).get(address, {"find": "memory"}))
        assert 'href="#id_singleuser.memory.limit"' in page
        assert 'hx-get="' in text(as_(stan).get(address))


def test_withdrawing_by_the_page(as_, stan, ines, klass, river):
    assert "Withdraw Class?" in text(as_(stan).post(url("-offer", "class"), {"offered": "0"}))
    sure = {"offered": "0", "sure": "yes"}
    page = text(as_(stan).post(url("-offer", "class"), sure, follow=True))
    assert "Withdrawn. Drafts and hubs created from it are not affected." in page
    assert 'value="class"' not in text(as_(ines).get(reverse("catalogue")))
    assert as_(stan).post(url("-offer", "class"), {"offered": "0"}).status_code == 409
    as_(stan).post(url("-offer", "class"), {"offered": "1"})
    assert 'value="class"' in text(as_(ines).get(reverse("catalogue")))
    verbs = AuditEvent.objects.filter(subject="class").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["starting_point.withdraw", "starting_point.offer"]


def test_an_empty_catalogue_says_so(as_, stan, ines, river):
    StartingPoint.objects.update(offered=False)
    assert "No starting points are available at the moment." in text(as_(ines).get(reverse("catalogue")))


# --- many -----------------------------------------------------------------------------------------------------------


def _queries(client, address, django_assert_max_num_queries):
    with django_assert_max_num_queries(60) as found:
        assert client.get(address).status_code == 200
    return len(found)


def test_queries_are_as_many_for_three_as_for_three_hundred(
    as_, stan, ines, river, lake, klass, hub, django_assert_max_num_queries
):
    staff, teacher = as_(stan), as_(ines)
    pages = [(staff, url("-list")), (staff, url("", "class")), (teacher, reverse("catalogue"))]
    services.describe(point=klass, by=stan, seen=0, card={**CARD, "everywhere": False}, organizations=[river, lake])
    for client, address in pages:
        client.get(address)  # fills the caches of the process
    few = [_queries(client, address, django_assert_max_num_queries) for client, address in pages]
    draft = klass.version.draft
    points = StartingPoint.objects.bulk_create(
        StartingPoint(slug=f"p-{n}", name=f"Point {n}", everywhere=n % 2 == 0) for n in range(297)
    )
    versions = StartingPointVersion.objects.bulk_create(
        StartingPointVersion(point=point, number=1, draft=draft, author=stan) for point in points
    )
    for point, version in zip(points, versions, strict=True):
        point.version = version
    StartingPoint.objects.bulk_update(points, ["version"])
    through = StartingPoint.organizations.through
    through.objects.bulk_create(
        through(startingpoint_id=point.pk, organization_id=place.pk) for point in points for place in (river, lake)
    )
    StartingPointVersion.objects.bulk_create(
        StartingPointVersion(point=klass, number=n, draft=draft, author=stan) for n in range(2, 60)
    )
    assert [_queries(client, address, django_assert_max_num_queries) for client, address in pages] == few
    assert text(teacher.get(reverse("catalogue"))).count('name="starting_point"') == 297 + len(STARTING_POINTS)

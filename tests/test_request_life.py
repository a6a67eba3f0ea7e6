"""A request after its form: review, sending, changes, withdrawing and comments; permissions, lists, and their cost."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hubs.models import AuditEvent, ChangeRequest, Hub, RequestComment
from hubs.requests.services import decisions
from hubs.requests.services import requests as services
from tests.words import AUTOMATIC, NEEDS_REVIEW

pytestmark = pytest.mark.django_db
OVER = {"about.heads": "500"}


def url(row, name="request", *args):
    return reverse(name, args=[row.uid, *args])


def text(response):
    return response.content.decode()


# --- review and send ------------------------------------------------------------------------------------------------


def test_the_review_shows_everything_in_words_and_what_will_happen(as_, ines, draft):
    page = text(as_(ines).get(url(draft, "request-review")))
    for words in ("Statistics 101", "1 GiB", "1 hour", AUTOMATIC, "/stat-101/"):
        assert words in page
    draft = services.save(request=draft, by=ines, values=OVER)
    assert NEEDS_REVIEW in text(as_(ines).get(url(draft, "request-review")))


def test_errors_are_listed_with_links_to_their_fields(as_, ines, ask, river):
    row = ask(ines, river, slug="", **{"about.title": "", "singleuser.memory.limit": "lots"})
    page = text(as_(ines).get(url(row, "request-review")))
    assert f"{url(row, 'request-edit', 'sizes')}?check=1#id_singleuser.memory.limit" in page
    assert f"{url(row, 'request-edit', 'about')}?check=1#id_slug" in page
    answer = as_(ines).post(url(row, "request-review"), {"reason": "Please"})
    assert answer.status_code == 422
    row.refresh_from_db()
    assert (row.state, row.reason) == ("draft", "Please")


def test_sending_an_auto_approved_request_creates_the_hub_and_goes_there(as_, ines, draft):
    answer = as_(ines).post(url(draft, "request-review"), {"reason": "For my class"})
    hub = Hub.objects.get()
    assert answer["Location"] == reverse("hub", args=[hub.uid])
    draft.refresh_from_db()
    assert (draft.state, draft.reason, draft.hub) == ("approved", "For my class", hub)


def test_sending_a_request_above_a_limit_needs_review(as_, ines, ask, river):
    row = ask(ines, river, **OVER)
    client = as_(ines)
    assert client.post(url(row, "request-review"), {"reason": "A large course"})["Location"] == url(row)
    page = text(client.get(url(row)))
    assert "Staff will review it" in page
    assert "Number of people: 500 people is above the limit of River University (50 people)." in page
    assert not Hub.objects.exists()


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_sending_twice_makes_one_hub(as_, ines, draft):
    clients = [as_(ines) for _ in range(2)]

    def send(client):
        try:
            return client.post(url(draft, "request-review"), {"reason": "x"}).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(send, clients))
    assert set(statuses) == {302}, "both clicks lead to the hub"
    assert Hub.objects.count() == 1
    assert AuditEvent.objects.filter(verb="request.submit").count() == 1


def test_an_address_taken_meanwhile_is_reported_beside_it(as_, ines, omar, ask, river):
    mine, theirs = ask(ines, river, slug="same"), ask(omar, river, slug="same")
    services.submit(request=theirs, by=omar)
    answer = as_(ines).post(url(mine, "request-review"), {"reason": "x"})
    assert answer.status_code == 422
    assert "This address is taken." in text(answer)
    mine.refresh_from_db()
    assert mine.state == "draft"


def test_a_reason_that_can_not_be_stored_stays_on_the_page(as_, ines, draft):
    answer = as_(ines).post(url(draft, "request-review"), {"reason": "y" * 4001})
    assert answer.status_code == 422
    assert "at most 4,000 characters" in text(answer)
    assert "y" * 4001 in text(answer)
    assert not Hub.objects.exists()


# --- changing a hub -------------------------------------------------------------------------------------------------


@pytest.fixture
def change(hub, ines):
    return services.begin_change(reason="For the course.", hub=hub, by=ines)


def test_a_change_starts_with_the_hubs_current_settings_and_is_found_again(as_, ines, hub):
    first = as_(ines).get(reverse("hub-change", args=[hub.uid]))
    again = as_(ines).post(reverse("hub-change", args=[hub.uid]))
    assert first["Location"] == again["Location"]
    row = ChangeRequest.objects.get(kind="change")
    assert row.draft["about.title"] == "Statistics 101"
    page = text(as_(ines).get(url(row, "request-edit", "sizes")))
    assert "current: 1 GiB" not in page, "it is in the field"
    services.save(request=row, by=ines, values={"singleuser.memory.limit": "1.5"})
    assert "current: 1 GiB" in text(as_(ines).get(url(row, "request-edit", "sizes")))
    services.save(request=row, by=ines, values={"singleuser.memory.limit": "1"})
    assert "No changes yet" in text(as_(ines).get(url(row, "request-review")))


def test_a_change_without_differences_can_not_be_sent(as_, ines, change):
    answer = as_(ines).post(url(change, "request-review"), {"reason": "x"})
    assert answer.status_code == 422
    assert "Nothing would change." in text(answer)


def test_a_change_shows_before_and_after(as_, ines, stan, change):
    services.save(request=change, by=ines, values={"singleuser.memory.limit": "16"})
    assert "<ins>16 GiB</ins>" in text(as_(ines).get(url(change, "request-review")))
    services.submit(request=change, by=ines)
    page = text(as_(stan).get(url(change)))
    assert "<ins>16 GiB</ins>" in page
    assert "compared with revision 1" in page


def test_a_change_of_a_hub_that_changed_meanwhile_loses_nothing(as_, ines, omar, hub, change):
    services.save(request=change, by=ines, values={"homePage.text": "Mine", "singleuser.defaultUrl": "/tree"})
    quick = services.begin_change(
        reason="For the course.", hub=hub, by=omar, values={"homePage.text": "Theirs", "cull.timeout": "30"}
    )
    assert services.submit(request=quick, by=omar).state == "approved"
    for place in (url(change, "request-edit", "about"), url(change, "request-review"), url(change)):
        assert "Bring up to date" in text(as_(ines).get(place))
    assert as_(ines).post(url(change, "request-review"), {"reason": "x"}).status_code == 409
    assert as_(ines).get(reverse("hub-change", args=[hub.uid]))["Location"] == url(change, "request-edit", "about")
    page = text(as_(ines).post(url(change, "request-rebase"), follow=True))
    assert "both changed: Announcement" in page
    change.refresh_from_db()
    mine = (change.draft["homePage.text"], change.draft["singleuser.defaultUrl"], change.draft["cull.timeout"])
    assert mine == ("Mine", "/tree", "30")
    assert "Bring up to date" not in page


def test_conflicting_answers_are_chosen_field_by_field(as_, ines, omar, hub, change):
    services.save(request=change, by=ines, values={"homePage.text": "Mine", "singleuser.memory.limit": "2"})
    quick = services.begin_change(
        reason="For the course.",
        hub=hub,
        by=omar,
        values={"homePage.text": "Theirs <b>", "singleuser.memory.limit": "1.5"},
    )
    assert services.submit(request=quick, by=omar).state == "approved"
    for place in (url(change, "request-review"), url(change)):
        page = text(as_(ines).get(place))
        assert page.count('type="radio" name="answer.') == 4
        assert "Theirs &lt;b&gt;" in page
        assert "1.5 GiB" in page
    choice = {
        "answer.homePage.text": "theirs",
        "answer.singleuser.memory.limit": "mine",
        "answer.about.title": "theirs",
    }
    page = text(as_(ines).post(url(change, "request-rebase"), choice, follow=True))
    assert "both changed: Memory per person." in page
    change.refresh_from_db()
    answers = (change.draft["homePage.text"], change.draft["singleuser.memory.limit"], change.draft["about.title"])
    assert answers == ("Theirs <b>", "2", "Statistics 101")


def test_people_who_only_read_are_not_asked_to_choose(as_, ines, omar, mia, stan, hub, change):
    services.save(request=change, by=ines, values={"homePage.text": "Mine"})
    quick = services.begin_change(reason="For the course.", hub=hub, by=omar, values={"homePage.text": "Theirs"})
    services.submit(request=quick, by=omar)
    assert 'name="answer.' not in text(as_(stan).get(url(change)))


def test_a_retired_hub_can_not_be_changed(as_, ines, hub):
    Hub.objects.filter(pk=hub.pk).update(desired_state="retired")
    answer = as_(ines).post(reverse("hub-change", args=[hub.uid]))
    assert answer.status_code in (302, 409)
    assert not ChangeRequest.objects.filter(kind="change").exists()


# --- one request ----------------------------------------------------------------------------------------------------


def test_a_recalled_request_is_a_draft_and_staff_can_not_decide(as_, ines, waiting):
    seen = waiting.content_hash
    assert as_(ines).post(url(waiting, "request-take-back"))["Location"] == url(waiting, "request-review")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.content_hash) == ("draft", "")
    assert seen


def test_a_decided_request_can_not_be_recalled(as_, ines, draft):
    services.submit(request=draft, by=ines)
    for name, data in (("request-take-back", {}), ("request-withdraw", {"confirm": "stat-101"})):
        answer = as_(ines).post(url(draft, name), data)
        assert answer.status_code == 409
        assert "Its status is approved now. Nothing was changed." in text(answer)


def test_withdrawing_asks_for_the_address(as_, ines, waiting):
    client = as_(ines)
    assert "Type <code>big-data</code>" in text(client.get(url(waiting) + "?withdraw=1"))
    answer = client.post(url(waiting, "request-withdraw"), {"confirm": "something"})
    assert answer.status_code == 422
    assert "Type big-data to confirm." in text(answer)
    waiting.refresh_from_db()
    assert waiting.state == "submitted"
    client.post(url(waiting, "request-withdraw"), {"confirm": " big-data "})
    waiting.refresh_from_db()
    assert waiting.state == "withdrawn"


def test_comments_are_shown_to_their_audience(as_, ines, omar, stan, waiting):
    as_(stan).post(url(waiting, "request-comment"), {"text": "Among us", "internal": "on"})
    as_(stan).post(url(waiting, "request-comment"), {"text": "How many at once?"})
    as_(ines).post(url(waiting, "request-comment"), {"text": "All of them", "internal": "on"})
    for who in (ines, omar):
        page = text(as_(who).get(url(waiting)))
        assert "Among us" not in page
        assert "How many at once?" in page
        assert "All of them" in page, "only staff write internal comments"
    assert "Among us" in text(as_(stan).get(url(waiting)))
    fragment = as_(ines).get(url(waiting), headers={"HX-Request": "true", "HX-Target": "talk"})
    assert "Among us" not in text(fragment)
    assert "<html" not in text(fragment)


@pytest.mark.parametrize(
    ("words", "complaint"), [("", "Enter a comment"), ("z" * 4001, "4,000"), ("a\x00b", "be stored")]
)
def test_a_comment_that_can_not_be_stored_is_not_lost(as_, ines, waiting, words, complaint):
    answer = as_(ines).post(url(waiting, "request-comment"), {"text": words})
    assert answer.status_code == 422
    assert complaint in text(answer)
    assert not RequestComment.objects.exists()


def test_only_the_author_reads_a_draft(as_, omar, stan, zoe, draft):
    for who in (omar, stan, zoe):
        assert as_(who).get(url(draft)).status_code == 404
        assert "Statistics 101" not in text(as_(who).get(reverse("request-list")))


def test_others_see_the_sent_request_and_not_current_edits(as_, ines, omar, stan, waiting):
    services.take_back(request=waiting, by=ines)
    services.save(request=waiting, by=ines, values={"about.description": "half a thou"})
    assert "half a thou" in text(as_(ines).get(url(waiting)))
    for who in (omar, stan):
        assert "half a thou" not in text(as_(who).get(url(waiting)))


def test_the_page_shows_whose_turn_it_is(as_, ines, omar, stan, waiting):
    assert "Waiting for staff" in text(as_(ines).get(url(waiting)))
    assert "Waiting for you (staff)" in text(as_(stan).get(url(waiting)))
    decisions.send_back(request=waiting, by=stan, reason="Say how many at once.")
    page = text(as_(ines).get(url(waiting)))
    assert "Waiting for you" in page
    assert "Say how many at once." in page
    assert "Edit and send again" in page
    assert "Waiting for Ines Duarte" in text(as_(omar).get(url(waiting)))


# --- permissions ----------------------------------------------------------------------------------------------------

WRITES = {
    "request-edit": ["about"],
    "request-save": [],
    "request-review": [],
    "request-rebase": [],
    "request-take-back": [],
    "request-withdraw": [],
    "request-comment": [],
}


@pytest.mark.parametrize("name", WRITES)
def test_every_page_of_a_request_checks_permissions(name, as_, zoe, mia, stan, waiting):
    place = url(waiting, name, *WRITES[name])
    before = ChangeRequest.objects.values().get(pk=waiting.pk)
    for nobody in (zoe, mia):
        assert as_(nobody).post(place, {"text": "x", "confirm": "big-data"}).status_code == 404
    if name != "request-comment":
        assert as_(stan).post(place, {"confirm": "big-data"}).status_code == 403
    assert as_(None).post(place)["Location"].startswith(reverse("sign-in"))
    assert as_(stan).put(place).status_code == 405
    assert ChangeRequest.objects.values().get(pk=waiting.pk) == before
    assert not RequestComment.objects.exists()


@pytest.mark.parametrize("name", [n for n in WRITES if n not in ("request-edit", "request-review")])
def test_pages_that_write_need_a_post(name, as_, ines, waiting):
    assert as_(ines).get(url(waiting, name, *WRITES[name])).status_code == 405


def test_an_unknown_step_is_not_found(as_, ines, draft):
    assert as_(ines).get(url(draft, "request-edit", "secrets")).status_code == 404


def test_a_member_can_not_change_a_hub(as_, mia, zoe, hub):
    assert as_(mia).post(reverse("hub-change", args=[hub.uid])).status_code == 403
    assert as_(zoe).post(reverse("hub-change", args=[hub.uid])).status_code == 404
    assert not ChangeRequest.objects.filter(kind="change").exists()


# --- lists ----------------------------------------------------------------------------------------------------------


def test_unfinished_requests_are_on_top(as_, ines, draft, waiting):
    page = text(as_(ines).get(reverse("request-list")))
    assert page.index("Unfinished requests") < page.index("Requests</caption>")
    assert page.count(url(draft, "request-edit", "about")) == 1
    assert url(waiting) in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=big", 1),
        ("q=nothing", 0),
        ("q=duarte", 2),
        ("state=submitted", 1),
        ("state=draft", 1),
        ("organization=river", 2),
    ],
)
def test_requests_are_found(as_, ines, draft, waiting, query, found):
    page = as_(ines).get(f"{reverse('request-list')}?{query}")
    assert len(page.context["page"]) == found


def test_admins_see_what_others_of_the_organisation_sent(as_, omar, ada, zoe, mia, ines, draft, waiting):
    for who, sees in ((omar, True), (ada, True), (zoe, False), (mia, False)):
        page = text(as_(who).get(reverse("request-list")))
        assert (url(waiting) in page) is sees
        assert url(draft) not in page


def many(row, count):
    for number in range(count):
        ChangeRequest.objects.create(
            organization=row.organization, kind="create", state="rejected", requester=row.requester, slug=f"s-{number}",
            title=f"Hub {number}", spec_data=row.spec_data, submitted_at=row.submitted_at, policy=row.policy,
        )  # fmt: skip


def queries(client, place):
    client.get(place)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(place).status_code == 200
    return len(captured)


def test_lists_cost_the_same_with_3_and_with_300(as_, ines, stan, waiting):
    many(waiting, 3)
    places = [(ines, reverse("request-list")), (stan, reverse("request-list")), (stan, url(waiting))]
    few = [queries(as_(who), place) for who, place in places]
    many(waiting, 297)
    assert [queries(as_(who), place) for who, place in places] == few
    first = as_(ines).get(reverse("request-list")).context["page"]
    page = as_(ines).get(reverse("request-list"), {"after": first.next})
    assert len(page.context["page"].object_list) == 25


def test_the_page_of_a_request_costs_the_same_with_many_comments(as_, stan, ines, waiting):
    services.comment(request=waiting, by=ines, text="one")
    few = queries(as_(stan), url(waiting))
    for number in range(30):
        services.comment(request=waiting, by=ines if number % 2 else stan, text=f"more {number}")
    assert queries(as_(stan), url(waiting)) == few


def test_the_forecast_costs_the_same_whatever_is_typed(as_, ines, draft, hub):
    headers = {"HX-Request": "true", "HX-Target": "forecast"}

    def cost(**data):
        client = as_(ines)
        client.get(reverse("request-list"))
        with CaptureQueriesContext(connection) as captured:
            client.post(url(draft, "request-edit", "people"), data, headers=headers)
        return len(captured)

    few = cost(**{"signIn.adminUsers": "ada"})
    assert cost(**{"signIn.adminUsers": "\n".join(f"user{n}" for n in range(90))}) == few

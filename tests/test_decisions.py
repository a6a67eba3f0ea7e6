"""Decisions of staff and what the requester reads of them: requested changes, other numbers, several requests in a
row, the reasons for review, and going back to an earlier version of a hub."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubs.calendar.services import extension
from hubs.errors import Conflict, Invalid
from hubs.limits.queries import limits
from hubs.models import AuditEvent, ChangeRequest, Event, Hub, Membership, Notification, Role, UserLimit
from hubs.requests.services import decisions, other_numbers, requests
from hubs.spec import FIELDS, STEPS, from_draft, to_draft
from hubs.text.reasons import LEAST, says_why
from hubs.user_limits.services import rules as limit_services
from hubs.user_limits.services.rules import Wanted
from hubs.webhooks.services import dispatch
from tests.pages import read

pytestmark = pytest.mark.django_db
WORDS = "Fewer people, please: the cluster is full in May."
OVER = {"about.heads": "500"}


def url(row, name="request", *more):
    return reverse(name, args=[row.uid, *more])


def text(answer):
    return read(answer)


def decide(client, row, verb="approve", reason="", seen=None, **more):
    data = {"verb": verb, "reason": reason, "seen": row.content_hash if seen is None else seen, **more}
    return client.post(url(row, "request-decide"), data)


@pytest.fixture
def back(waiting, stan):
    """Ines' request, for which Stan requested changes."""
    return decisions.send_back(request=waiting, by=stan, reason=WORDS)


def again(back, ines, **values):
    requests.save(request=back, by=ines, values=values or {"about.heads": "300"})
    return requests.submit(request=back, by=ines)


# --- changes requested ------------------------------------------------------------------------------------------------
def test_the_comment_of_staff_is_on_every_step_of_the_returned_request(back, ines, as_):
    client = as_(ines)
    pages = [url(back, "request-edit", step.name) for step in STEPS] + [url(back, "request-review")]
    for path in pages:
        answer = client.get(path, follow=True)
        assert "Stan Weber requested changes" in text(answer), path
        assert WORDS in text(answer), path


def test_a_request_sent_again_shows_what_changed_since(back, ines, stan, sue, as_):
    requests.save(request=back, by=ines, values={"about.heads": "300"}, slug="big-data-2")
    review = text(as_(ines).get(url(back, "request-review")))
    assert "Your edits since changes were requested" in review
    requests.submit(request=back, by=ines)
    page = text(as_(stan).get(url(back)))
    assert "Since you requested changes" in page
    assert "Since Stan Weber requested changes" in text(as_(sue).get(url(back)))
    told = as_(stan).get(f"/api/v1/requests/{back.uid}/").json()["returned"]
    assert (told["by"], told["reason"]) == ("stan", WORDS)
    assert [(d["path"], d["before"], d["after"]) for d in told["differences"]] == [
        ("slug", "big-data", "big-data-2"), ("about.heads", "500 people", "300 people")
    ]  # fmt: skip


def test_nobody_has_decided_what_waits(back, ines, stan, as_):
    assert "Stan Weber wrote" in text(as_(ines).get(url(back)))
    again(back, ines)
    back.refresh_from_db()
    assert (back.decided_by, back.decided_at, back.decision) == (None, None, "")
    page = text(as_(ines).get(url(back)))
    assert "Decided by" not in page
    assert as_(ines).get(f"/api/v1/requests/{back.uid}/").json()["decidedAt"] is None
    requests.take_back(request=back, by=ines)
    assert "Stan Weber requested changes" in text(as_(ines).get(url(back, "request-review"))), "and it is not forgotten"
    requests.withdraw(request=back, by=ines)
    page = text(as_(ines).get(url(back)))
    assert "Decided by Stan" not in page


def test_a_request_returned_by_the_portal_is_compared_too(hub, ines, omar, stan, as_):
    slow = requests.begin_change(hub=hub, by=ines, values={"singleuser.memory.limit": "16"}, reason="Large data sets")
    requests.submit(request=slow, by=ines)
    requests.submit(request=requests.begin_change(hub=hub, by=omar, values={"singleuser.memory.limit": "2"}), by=omar)
    with pytest.raises(Conflict):
        decisions.approve(request=slow, by=stan, seen=slow.content_hash)
    assert slow.returns.get().by is None
    assert "Changes requested" in text(as_(ines).get(url(slow, "request-review")))


# --- too late ---------------------------------------------------------------------------------------------------------
def test_a_late_decision_reads_who_decided_before_and_nothing_typed_is_lost(waiting, ines, stan, sue, as_):
    client, read = as_(stan), waiting.content_hash
    typed = {"reason": "My careful words", "seen": read, "number-about.heads": "123"}
    requests.take_back(request=waiting, by=ines)
    page = text(decide(client, waiting, **typed))
    assert "While you were reviewing, Ines Duarte recalled the request “Statistics 101” at " in page
    assert "My careful words" in page
    assert "123" in page
    requests.save(request=waiting, by=ines, values={"about.heads": "400"})
    requests.submit(request=waiting, by=ines)
    answer = decide(client, waiting, **typed)
    assert answer.status_code == 409
    assert "Ines Duarte sent the request" in text(answer)
    assert 'value="123"' in text(answer)
    decisions.reject(request=waiting, by=sue, reason="No room.")
    page = text(decide(client, waiting, **typed))
    assert "Sue Park rejected the request “Statistics 101”" in page
    assert "My careful words" in page
    assert not Hub.objects.exists()


# --- with other numbers -----------------------------------------------------------------------------------------------
def test_staff_approve_other_numbers_and_the_requester_reads_which(waiting, ines, stan, as_):
    ends = timezone.now().date() + timedelta(days=90)
    client = as_(stan)
    assert "Approve with adjusted numbers" in text(client.get(url(waiting)))
    answer = decide(
        client,
        waiting,
        reason="As much as fits.",
        **{"number-about.heads": "200", "number-about.ends": ends.isoformat()},
    )
    assert answer.status_code == 302
    hub = Hub.objects.get()
    waiting.refresh_from_db()
    assert (hub.spec.about.heads, hub.spec.about.ends, hub.ends_on) == (200, ends, ends)
    assert (waiting.asked.about.heads, waiting.spec.about.heads) == (500, 200)
    assert waiting.content_hash != ""
    line = AuditEvent.objects.get(verb="request.approve")
    assert line.changes["about.heads"] == ["500 people", "200 people"]
    assert line.changes["about.ends"][0] == "none"
    page = text(as_(ines).get(url(waiting)))
    assert "Approved with adjusted numbers" in page
    assert "You don’t need to do anything" in page
    assert Event.objects.get(type="request.approve").data["changes"]["about.heads"] == ["500 people", "200 people"]
    dispatch.hand_out(timezone.now())
    told = Notification.objects.get(person=ines, type="request.approve").text
    assert "Number of people: 200 people instead of 500 people." in told
    assert "You don’t need to do anything." in told


def test_other_numbers_are_approved_by_api(waiting, ines, stan, as_):
    client, path = as_(stan), f"/api/v1/requests/{waiting.uid}/approve/"

    def post(numbers):
        body = {"contentHash": waiting.content_hash, "numbers": numbers}
        return client.post(path, body, content_type="application/json")

    refused = post({"about.heads": "501", "singleuser.memory.limit": "x"})
    assert refused.status_code == 422
    assert set(refused.json()["errors"]) == {"numbers.about.heads", "numbers.singleuser.memory.limit"}
    assert post({"about.title": "Mine"}).status_code == 422
    row = post({"about.heads": "60"}).json()
    assert [d["path"] for d in row["approvedOtherwise"]] == ["about.heads"]
    assert (row["spec"]["about"]["heads"], row["asked"]["about"]["heads"]) == (60, 500)


def test_errors_of_a_number_are_shown_beside_it(waiting, stan, as_):
    client = as_(stan)
    more = decide(client, waiting, **{"number-about.heads": "501"})
    assert more.status_code == 422
    assert "more than was requested (500 people)" in text(more)
    assert 'value="501"' in text(more)
    for verb in ("send_back", "reject"):
        answer = decide(client, waiting, verb, "Because it is so.", **{"number-about.heads": "20"})
        assert answer.status_code == 422
        assert "apply only if you approve" in text(answer)
    waiting.refresh_from_db()
    assert waiting.state == "submitted"


def test_numbers_of_a_change_are_at_least_those_of_the_hub(hub, ines, stan):
    row = requests.begin_change(hub=hub, by=ines, values={"about.heads": "500"}, reason="A larger course")
    requests.submit(request=row, by=ines)
    assert [one.path for one in other_numbers.offered(row)] == ["about.heads"]
    with pytest.raises(Invalid, match="not valid") as caught:
        decisions.approve(request=row, by=stan, seen=row.content_hash, numbers={"about.heads": "10"})
    assert "less was not requested" in caught.value.errors["about.heads"][0]
    with pytest.raises(Invalid):
        decisions.approve(request=row, by=stan, seen=row.content_hash, numbers={"cull.timeout": "10"})
    decisions.approve(request=row, by=stan, seen=row.content_hash, numbers={"about.heads": "80"})
    hub.refresh_from_db()
    assert hub.spec.about.heads == 80
    assert hub.seats == 80


def test_approving_the_requested_numbers_changes_nothing(waiting, stan):
    texts = {one.path: one.text for one in other_numbers.offered(waiting)}
    decisions.approve(request=waiting, by=stan, seen=waiting.content_hash, numbers=texts)
    waiting.refresh_from_db()
    assert waiting.state == "approved"
    assert waiting.asked_data is None


NUMBER_TEXTS = st.one_of(st.integers(-5, 1000).map(str), st.floats(-1, 100).map(str), st.text(max_size=8))
DATES = st.dates().map(str)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # this page only reads the request
@given(
    typed=st.dictionaries(
        st.sampled_from(other_numbers.NUMBERS), st.one_of(NUMBER_TEXTS, DATES, st.just("")), min_size=1, max_size=4
    )
)
def test_numbers_of_staff_never_exceed_the_request(waiting, typed):
    """Each number is at most the requested one, the total costs no more, and nothing else differs."""
    try:
        spec, differences = other_numbers.chosen(waiting, typed)
    except Invalid:
        return
    asked = waiting.spec
    may = {*typed, *(low for high, low in other_numbers.GUARANTEES.items() if high in typed)}
    assert {one.path for one in differences} <= may
    was, now = limits.cost(asked), limits.cost(spec)
    assert now.memory_mib <= was.memory_mib
    assert now.storage_mib <= was.storage_mib
    assert spec.seats <= asked.seats
    for path in may:
        assert other_numbers._size(path, spec) <= other_numbers._size(path, asked)
    rest = {path: words for path, words in to_draft(spec).items() if path not in may}
    assert rest == {path: words for path, words in to_draft(asked).items() if path not in may}
    assert from_draft(to_draft(spec)) == spec


# --- why --------------------------------------------------------------------------------------------------------------
@given(st.text(max_size=30))
def test_dots_and_blanks_are_no_reason(given_text):
    assert says_why(given_text) <= any(letter.isalnum() for letter in given_text)
    assert says_why(given_text + "a" * LEAST)
    assert not says_why("".join(letter for letter in given_text if not letter.isalnum()))


@pytest.mark.parametrize("reason", ["", "   ", "please", "....................", "x"])
def test_a_request_that_needs_review_says_why(reason, ask, ines, river, as_):
    row = ask(ines, river, reason="", **OVER)
    answer = as_(ines).post(url(row, "request-review"), {"reason": reason})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {"reason": ["Enter a reason in a few words. Staff need it to review this."]}
    refused = as_(ines).post(f"/api/v1/requests/{row.uid}/submit/", {"reason": reason}, content_type="application/json")
    assert refused.status_code == 422
    assert set(refused.json()["errors"]) == {"reason"}
    row.refresh_from_db()
    assert row.state == "draft"
    sent = as_(ines).post(
        f"/api/v1/requests/{row.uid}/submit/", {"reason": "A class of 500"}, content_type="application/json"
    )
    assert sent.json()["state"] == "submitted"


def test_an_auto_approved_request_needs_no_reason(ask, ines, river):
    assert requests.submit(request=ask(ines, river, reason=""), by=ines).state == "approved"


def test_an_extension_and_a_user_limit_that_need_review_say_why(hub, river, ines, omar, mia):
    type(river).objects.filter(pk=river.pk).update(auto_approve=False)
    hub.refresh_from_db()
    hub.organization.refresh_from_db()
    with pytest.raises(Invalid) as caught:
        extension.extend(hub=hub, by=ines, ends=timezone.now().date() + timedelta(days=200))
    assert set(caught.value.errors) == {"reason"}
    wanted = {"memory_mib": 64 * 1024}
    with pytest.raises(Invalid) as caught:
        limit_services.make(hub=hub, by=omar, kind="person", names=["mia"], wanted=Wanted(wanted), ask=True)
    assert set(caught.value.errors) == {"reason"}
    assert not UserLimit.objects.exists()
    limit_services.make(
        hub=hub, by=omar, kind="person", names=["mia"], wanted=Wanted(wanted, reason="Her thesis"), ask=True
    )


# --- one after another ------------------------------------------------------------------------------------------------
def test_ten_requests_in_a_row(ask, ines, river, stan, as_):
    type(river).objects.filter(pk=river.pk).update(hubs=50, total_memory_mib=10**9)
    rows = [requests.submit(request=ask(ines, river, slug=f"hub-{n}", **OVER), by=ines) for n in range(10)]
    client, at = as_(stan), url(rows[0])
    for number, row in enumerate(rows):
        assert at == url(row), "the oldest first"
        page = client.get(at)
        assert ("Then open the next request" in text(page)) == (number < 9)
        verb = ("approve", "reject", "send_back")[number % 3]
        at = decide(client, row, verb, "Because it is so.", next="1")["Location"]
    assert at == reverse("queue")
    assert ChangeRequest.objects.filter(state="submitted").count() == 0


def test_the_next_request_is_one_that_this_person_may_decide(ask, ines, river, stan, sue, as_):
    Membership.objects.create(organization=river, user=stan, role=Role.INSTRUCTOR)
    one = requests.submit(request=ask(ines, river, slug="one", **OVER), by=ines)
    own = requests.submit(request=ask(stan, river, slug="own", **OVER), by=stan)
    last = requests.submit(request=ask(ines, river, slug="last", **OVER), by=ines)
    assert decide(as_(stan), one, next="1")["Location"] == url(last)
    assert decide(as_(sue), last, "reject", "No room", next="1")["Location"] == url(own)
    assert decide(as_(sue), own, "reject", "No room")["Location"] == url(own), "only when it is wanted"


def test_the_page_of_a_request_needs_the_same_number_of_queries(ask, ines, river, stan, waiting, as_):
    client = as_(stan)
    client.get(url(waiting))

    def asked():
        with CaptureQueriesContext(connection) as queries:
            client.get(url(waiting))
        return len(queries)

    requests.submit(request=ask(ines, river, slug="other", **OVER), by=ines)
    few = asked()
    for n in range(5):
        requests.submit(request=ask(ines, river, slug=f"more-{n}", **OVER), by=ines)
    assert asked() == few


# --- going back -------------------------------------------------------------------------------------------------------
@pytest.fixture
def second(hub, ines):
    requests.submit(request=requests.begin_change(hub=hub, by=ines, values={"about.heads": "20"}), by=ines)
    return Hub.objects.get(pk=hub.pk)


def test_a_version_in_the_list_leads_to_a_draft_with_its_answers(second, ines, as_):
    client, history = as_(ines), reverse("hub-history", args=[second.uid])
    assert text(client.get(history)).count(">revision 1</span>") == 1
    answer = client.post(history, {"revision": "1"})
    row = ChangeRequest.objects.get(state="draft")
    assert answer["Location"] == url(row, "request-review")
    assert row.draft["about.heads"] == "30"
    assert client.post(history, {"revision": "1"})["Location"] == answer["Location"], "pressed twice"
    assert client.post(history, {"revision": "2"}).status_code == 409
    second.refresh_from_db()
    assert second.spec.about.heads == 20, "nothing happens before it is sent"


def test_going_back_is_checked_by_todays_limits(second, river, ines, as_):
    type(river).objects.filter(pk=river.pk).update(users_per_hub=25)
    path = f"/api/v1/hubs/{second.uid}/revisions/1/revert/"
    refused = as_(ines).post(path, {}, content_type="application/json")
    assert set(refused.json()["errors"]) == {"reason"}, "more than is agreed today: staff decide, and read why"
    row = as_(ines).post(path, {"reason": "The course grew again"}, content_type="application/json").json()
    assert row["state"] == "submitted"
    assert (
        as_(ines)
        .post(f"/api/v1/hubs/{second.uid}/revisions/2/revert/", {}, content_type="application/json")
        .status_code
        == 409
    )


def test_every_number_is_a_field():
    assert all(path in FIELDS for path in other_numbers.NUMBERS)

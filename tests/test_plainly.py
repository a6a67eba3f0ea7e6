"""Things over which a teacher or staff could stumble: settings without effect on this cluster, what follows an
approval, searching with everyday words, and the table of what needs review."""

import re
from datetime import date, timedelta

import pytest
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from hubs.hub.services.hubs import retire
from hubs.limits.queries.limits import assess
from hubs.models import ChangeRequest, Hub
from hubs.requests.queries.outcome import meaning
from hubs.requests.services import decisions, other_numbers
from hubs.requests.services import requests as services
from hubs.spec import HubSpec, difference, from_draft
from hubs.spec.finding import find
from tests.words import CREATE_HUB, IMAGE_TAG, MEMORY_LABEL, NOT_YET, PEOPLE_COUNT, SEND_REQUEST, STORAGE_LABEL

pytestmark = pytest.mark.django_db
BIG_DISK = {"singleuser.storage.capacity": "500"}
SOON = timezone.localdate() + timedelta(days=60)


def at(name, row):
    return reverse(name, args=[row.uid])


def text(response):
    return " ".join(response.content.decode().split())


# --- settings that the cluster does not support -----------------------------------------------------------------------
def test_a_setting_without_effect_on_the_cluster_needs_no_review(ask, ines, river, as_, class_draft):
    spec = from_draft({**class_draft, **BIG_DISK})
    assert assess(spec, river).routine
    page = text(as_(ines).get(at("request-review", ask(ines, river))))
    shown, not_here = page.split('id="unsupported"')
    assert STORAGE_LABEL not in shown
    assert IMAGE_TAG not in shown
    assert f"{IMAGE_TAG}, " in not_here, "once, folded, at the end"
    assert MEMORY_LABEL in shown


def test_a_setting_with_an_effect_on_the_cluster_needs_review(in_cluster, ask, ines, river, as_, class_draft):
    [one] = assess(from_draft({**class_draft, **BIG_DISK}), river).findings
    assert one.path == "singleuser.storage.capacity"
    assert STORAGE_LABEL in text(as_(ines).get(at("request-review", ask(ines, river))))


def test_cards_promise_only_what_the_hub_will_have(as_, ines, cluster, in_cluster):
    assert "5 GiB of storage per person" in text(as_(ines).get(reverse("catalogue")))
    cluster.runtime = "local"
    cluster.save()
    page = text(as_(ines).get(reverse("catalogue")))
    assert "of storage per person" not in page
    assert "files are saved" in page


# --- what happens next ------------------------------------------------------------------------------------------------
def test_the_review_says_when_the_hub_is_created(ask, ines, river, as_):
    row = ask(ines, river)
    page = text(as_(ines).get(at("request-review", row)))
    assert "The hub will be created now." in page
    assert f"<span>{CREATE_HUB}</span>" in page
    services.save(request=row, by=ines, values={"about.starts": SOON.isoformat()})
    page = text(as_(ines).get(at("request-review", row)))
    assert f"The hub will be created on {SOON:%-d %B %Y}." in page
    assert SOON.isoformat() not in page


def test_after_an_approval_staff_read_what_happens_next(ask, ines, river, stan, as_, waiting):
    def approved(row):
        data = {"verb": "approve", "seen": row.content_hash}
        return text(as_(stan).post(at("request-decide", row), data, follow=True))

    page = approved(waiting)
    assert "You approved “Statistics 101”. The hub is being created." in page
    assert "Needed review because" in page
    assert "The hub is being created." in page
    later = ask(ines, river, slug="later", **{"about.heads": "500", "about.starts": SOON.isoformat()})
    later = services.submit(request=later, by=ines)
    assert f"The hub will be created on {SOON:%-d %B %Y}." in approved(later)


def test_a_sent_request_says_that_staff_review_it(waiting, as_, ines):
    page = text(as_(ines).get(at("request", waiting)))
    assert "Staff review the request. If they approve it, the hub is created immediately." in page


def test_each_kind_of_request_says_what_an_approval_does(ready_hub, omar, ines):
    made = ready_hub.revision.request
    assert meaning(made, ines) == "The hub was created."
    change = services.begin_change(hub=ready_hub, by=ines, values={"about.description": "New"})
    assert meaning(change, ines) == "Not sent yet."
    services.submit(request=change, by=ines)
    change = ChangeRequest.objects.get(pk=change.pk)
    assert meaning(change, ines) == "The change is being applied to the hub."
    Hub.objects.update(observed_generation=F("generation"))
    change = ChangeRequest.objects.get(pk=change.pk)
    assert meaning(change, ines) == "The change was applied to the hub."
    ready_hub.refresh_from_db()
    ended = retire(hub=ready_hub, by=omar, typed=ready_hub.slug)
    assert meaning(ChangeRequest.objects.get(pk=ended.pk), omar) == "The hub is being retired."
    Hub.objects.update(observed_generation=F("generation"))
    assert meaning(ChangeRequest.objects.get(pk=ended.pk), omar) == "The hub was retired."


# --- drafts -----------------------------------------------------------------------------------------------------------
def test_a_draft_is_discarded_without_typing(draft, as_, ines):
    assert "Withdraw" not in text(as_(ines).get(at("request", draft)))
    page = text(as_(ines).get(at("request", draft) + "?withdraw=1"))
    assert "Discard this draft?" in page
    assert "to confirm" not in page
    page = text(as_(ines).post(at("request-withdraw", draft), follow=True))
    for words in ("Draft discarded.", "<span>Discarded</span>", "It can no longer be sent."):
        assert words in page, words
    assert "<span>Discarded</span>" in text(as_(ines).get(reverse("request-list")))
    draft.refresh_from_db()
    assert draft.state == "withdrawn"


def test_a_change_that_was_only_opened_is_in_no_list(as_, ines, omar, ready_hub):
    client = as_(ines)
    lists = [reverse("home"), reverse("request-list"), reverse("hub", args=[ready_hub.uid]), "/api/v1/requests/",
             reverse("hub-history", args=[ready_hub.uid])]  # fmt: skip
    client.get(reverse("hub-change", args=[ready_hub.uid]))
    row = ready_hub.requests.get(kind="change")
    client.post(reverse("request-edit", args=[row.uid, "content"]), {"go": "next"})
    assert client.post(reverse("request-edit", args=[row.uid, "content"]), {"go": "leave"})["Location"] == lists[2]
    assert not [page for page in lists if str(row.uid) in client.get(page).content.decode()]
    services.submit(request=services.begin_change(hub=ready_hub, by=omar, values={"about.heads": "40"}), by=omar)
    client.get(reverse("hub-change", args=[ready_hub.uid]))
    assert "The hub has changed" not in text(client.get(reverse("request-edit", args=[row.uid, "about"])))
    client.post(reverse("request-edit", args=[row.uid, "about"]), {"about.heads": "31"})
    assert [page for page in lists if str(row.uid) not in client.get(page).content.decode()] == []


@pytest.mark.parametrize(("people", "label"), [("30", CREATE_HUB), ("500", SEND_REQUEST)])
def test_the_button_says_what_follows(ask, ines, river, as_, people, label):
    page = text(as_(ines).get(at("request-review", ask(ines, river, reason="", **{"about.heads": people}))))
    assert f"<span>{label}</span>" in page
    assert ("Add a reason" in page) == (label == CREATE_HUB), "folded where nobody reads it"
    assert "This hub would run on a single machine" in page


def test_what_is_missing_is_no_warning(ines, river, as_, settings):
    settings.END_GRACE_DAYS = 12
    row = services.begin(organization=river, starting_point="class", by=ines)
    page = text(as_(ines).get(reverse("request-edit", args=[row.uid, "about"])))
    assert "2 answers are still missing: Name, Address" in page
    assert NOT_YET not in page
    assert "extend the date for 12 days" in page
    assert "This hub would run on a single machine" in page, "before anything is typed"
    services.save(request=row, by=ines, values={"about.title": "x"})
    assert NOT_YET in text(as_(ines).get(reverse("request-edit", args=[row.uid, "about"])))


@pytest.mark.parametrize(("method", "folded"), [("portal", "<details>"), ("github", "<details open>")])
def test_other_ways_to_sign_in_are_folded_unless_one_is_chosen(draft, as_, ines, method, folded):
    services.save(request=draft, by=ines, values={"signIn.method": method})
    page = text(as_(ines).get(reverse("request-edit", args=[draft.uid, "people"])))
    assert f"{folded} <summary>Other choices</summary>" in page


def test_a_missing_reason_is_said_in_the_summary_and_beside_the_field(ask, ines, river, as_):
    row = ask(ines, river, reason="", **{"about.heads": "500"})
    answer = as_(ines).post(at("request-review", row), {"reason": ""})
    assert answer.status_code == 422
    assert text(answer).count("Enter a reason in a few words.") == 2


def test_an_optional_reason_is_marked_as_optional(ask, ines, river, as_):
    row = ask(ines, river)
    optional = re.compile(r'Reason for the request <span class="optional">')
    assert optional.search(text(as_(ines).get(at("request-review", row))))
    services.save(request=row, by=ines, values={"about.heads": "500"})
    assert not optional.search(text(as_(ines).get(at("request-review", row))))


# --- the decision -----------------------------------------------------------------------------------------------------
def test_staff_decide_right_after_what_needs_review_beside_its_limit(waiting, as_, stan):
    page = text(as_(stan).get(at("request", waiting)))
    table = page[page.index('id="reviewed"') :]
    table = table[: table.index("</table>")]
    for words in (PEOPLE_COUNT, "500 people", "50 people", "30 people"):
        assert words in table, words
    order = [page.index(f'id="{one}"') for one in ("reviewed", "decide", "happens", "limits-title", "answers-about")]
    assert order == sorted(order)
    assert "Requested: 500 people. Limit: 50 people." in page


def test_numbers_above_a_limit_come_first(ask, ines, river, in_cluster):
    row = services.submit(request=ask(ines, river, **BIG_DISK), by=ines)
    found = other_numbers.offered(row)
    assert found[0].path == "singleuser.storage.capacity"
    assert [one.over for one in found] == [True] + [False] * (len(found) - 1)


def test_from_the_queue_the_menu_and_the_help_are_those_of_staff(waiting, as_, stan, ines):
    for reader, entry, guide in ((stan, "queue", "staff/#review-requests"),
                                 (ines, "request-list", "instructor/#follow-your-request")):  # fmt: skip
        page = text(as_(reader).get(at("request", waiting)))
        assert re.findall(r'class="nav-link current" href="([^"]+)"', page) == [reverse(entry)]
        assert guide in page


def test_staff_continue_with_the_next_request_and_read_its_name(ask, ines, river, waiting, as_, stan):
    other = ask(ines, river, slug="other", **{"about.title": "Physics", "about.heads": "600"})
    services.submit(request=other, by=ines)
    data = {"verb": "send_back", "seen": waiting.content_hash, "reason": "How many at once?", "next": "1"}
    assert "Next request: “Physics”." in text(as_(stan).post(at("request-decide", waiting), data, follow=True))


def test_earlier_requests_are_counted_by_their_result(ask, ines, river, waiting, as_, stan):
    for slug, end in (("one", services.withdraw), ("two", services.withdraw)):
        row = services.submit(request=ask(ines, river, slug=slug, **{"about.heads": "500"}), by=ines)
        end(request=row, by=ines)
    row = services.submit(request=ask(ines, river, slug="three", **{"about.heads": "500"}), by=ines)
    decisions.reject(request=row, by=stan, reason="Too many.")
    page = text(as_(stan).get(at("request", waiting)))
    assert "Other requests by Ines Duarte" in page
    assert f'<a href="{reverse("request-list")}?q=ines">1 rejected, 2 withdrawn</a>' in page


# --- the search -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("clone", "singleuser.content.repository"),
        ("cloning a git repository", "singleuser.content.repository"),
        ("nbgitpuller", "singleuser.content.repository"),
        ("how long idle servers run", "cull.timeout"),
        ("shut down", "cull.timeout"),
        ("auto-stop", "cull.enabled"),
        ("RAM", "singleuser.memory.limit"),
        ("disk", "singleuser.storage.capacity"),
        ("login", "signIn.method"),
        ("images", "singleuser.image.name"),
        ("mem_limit", "singleuser.memory.limit"),
    ],
)
def test_everyday_words_find_a_setting(query, path):
    assert path in [one.path for one in find(query)]


@pytest.mark.parametrize("query", ["", " ", "zebra", "clone zebra", "?"])
def test_other_words_find_none(query):
    assert find(query) == []


def test_settings_without_effect_come_last_and_say_when_they_have_one(class_draft):
    spec = from_draft(class_draft)
    found = find("organizations", spec) + find("scopes", spec)
    assert any(not one.asked(spec) for one in found)
    for query in ("github", "server", "scope", "storage"):
        asked = [one.asked(spec) for one in find(query, spec)]
        assert asked == sorted(asked, reverse=True), query
    github = next(one for one in find("allowed_organizations", spec) if one.path.startswith("signIn.github."))
    assert github.only_if(spec) == "Only used if “Sign-in method” is “GitHub”."
    assert next(one for one in find("RAM", spec)).only_if(spec) == ""


def test_a_day_is_written_in_words():
    before = HubSpec.model_validate({"about": {"title": "Course"}})
    after = HubSpec.model_validate({"about": {"title": "Course", "ends": date(2027, 2, 1)}})
    assert [one.after for one in difference(before, after)] == ["1 February 2027"]

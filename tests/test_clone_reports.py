"""Hubs report that a repository could not be cloned into a home directory: who may send and read reports."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hubs.content.api import reports as hub_material
from hubs.content.services import clones
from hubs.live.counting import counters
from hubs.live.rate_limit import key_of
from hubs.models import Event, FailedClone, Hub, HubRevision, Notification, RosterEntry, User
from hubs.webhooks.services import dispatch
from provisioning.prepare import hub_secrets
from tests.callers import caller
from tests.test_hub_asks_limits import basic

pytestmark = pytest.mark.django_db
CONTENT = ["https://git.example.org/stats/course", "2026", "course"]
MISSING = "fatal: Remote branch 2026 not found in upstream origin"


@pytest.fixture
def fetching(ready_hub, mia) -> Hub:
    """Ines' hub, with a repository for every home directory."""
    return with_content(ready_hub, *CONTENT)


def with_content(hub, repository, branch, folder) -> Hub:
    spec = hub.revision.spec
    said = {"repository": repository, "branch": branch, "folder": folder}
    content = spec.singleuser.content.model_copy(update=said)
    spec = spec.model_copy(update={"singleuser": spec.singleuser.model_copy(update={"content": content})})
    HubRevision.objects.filter(pk=hub.revision_id).update(data=spec.model_dump(mode="json"))
    return Hub.objects.select_related("organization", "revision", "cluster").get(pk=hub.pk)


@pytest.fixture
def report(fetching):
    """Return `report("mia")`, which sends the hub's report and returns the answer."""
    secret = hub_secrets(fetching)["oauth_client_secret"]

    def post(user="mia", status=128, said=MISSING, content=CONTENT, headers=None, **more):
        body = {"user": user, "status": status, "said": said, "content": content, **more}
        return Client(enforce_csrf_checks=True).post(
            f"/api/hub/{fetching.uid}/material/", body if isinstance(body, str) else json.dumps(body),
            "application/json", headers=headers or basic(fetching.uid, secret),
        )  # fmt: skip

    return post


def page(as_, who, hub) -> str:
    return as_(who).get(reverse("hub", args=[hub.uid])).content.decode()


def on_list(hub, *names):
    for name in names:
        user, _ = User.objects.get_or_create(username=name, defaults={"email": f"{name}@river.example.edu"})
        RosterEntry.objects.get_or_create(hub=hub, user=user)


def test_the_page_says_for_how_many_why_and_what_to_do(report, as_, ines, fetching):
    on_list(fetching, *(f"s{number}" for number in range(5)))
    assert report("s1").json() == {"kept": True}
    report("s2")
    report("s3", 124, "")
    found = page(as_, ines, fetching)
    assert "The repository could not be fetched for 3 of 5 people" in found
    assert "The repository has no branch “2026”." in found
    assert "s1, s2" in found
    assert "was not copied within 60 seconds" in found
    test = reverse("hub-content-link", args=[fetching.uid])
    assert f"{test}?repo=https%3A%2F%2Fgit.example.org%2Fstats%2Fcourse&amp;branch=2026" in found
    assert f"{reverse('hub-change', args=[fetching.uid])}?step=content" in found


def test_only_people_who_run_the_hub_see_it(report, as_, cast, fetching, mia, zoe):
    report()
    for name in ("ines", "omar", "ada", "stan"):
        assert 'id="not-fetched"' in page(as_, cast[name], fetching), name
    for who in (mia, zoe):
        assert 'id="not-fetched"' not in page(as_, who, fetching)


def test_a_success_ends_the_report_of_that_person_only(report, as_, ines, fetching):
    on_list(fetching, "s1", "s2")
    report("s1")
    report("s2")
    assert report("s1", 0, "").json() == {"kept": True}
    assert [row.person for row in FailedClone.objects.all()] == ["s2"]
    report("s2", 0, "")
    assert 'id="not-fetched"' not in page(as_, ines, fetching)


def test_a_second_failure_is_no_second_row(report):
    report()
    first = FailedClone.objects.get()
    FailedClone.objects.update(first_at=first.first_at - timedelta(days=2), last_at=first.last_at - timedelta(days=1))
    report("mia", 128, "fatal: early EOF")
    row = FailedClone.objects.get()
    assert (row.why, row.detail) == ("other", "fatal: early EOF")
    assert row.last_at - row.first_at > timedelta(days=1), "since when is kept"


def test_another_repository_starts_from_nothing(report, as_, ines, fetching):
    report()
    changed = with_content(fetching, CONTENT[0], "2027", "course")
    assert 'id="not-fetched"' not in page(as_, ines, changed)
    assert report().json() == {"kept": False}, "a server that was started with the old one"
    on_list(changed, "s1")
    assert report("s1", content=[CONTENT[0], "2027", "course"]).json() == {"kept": True}
    assert [row.person for row in FailedClone.objects.all()] == ["s1"], "and the old ones are gone"
    with_content(fetching, "", "", "")
    assert 'id="not-fetched"' not in page(as_, ines, fetching)
    assert report("s1", content=["", "", ""]).json() == {"kept": False}


def test_old_reports_are_not_shown_and_are_deleted(report, as_, ines, fetching):
    report()
    FailedClone.objects.update(last_at=timezone.now() - timedelta(days=31))
    assert 'id="not-fetched"' not in page(as_, ines, fetching)
    assert clones.forget(timezone.now()) == 1


def test_the_api_says_the_same(report, ines, mia, fetching):
    on_list(fetching, "s1")
    report("s1")
    report("mia", 127, "timeout: failed to run command 'git': No such file or directory")
    rows = caller(ines)("GET", f"hubs/{fetching.uid}/content-failures/").json()["results"]
    assert [(row["user"], row["reason"], row["message"]) for row in rows] == [
        ("mia", "no-git", "The image does not include Git. Choose an image that does."),
        ("s1", "no-branch", "The repository has no branch “2026”."),
    ]
    assert caller(mia)("GET", f"hubs/{fetching.uid}/content-failures/").status_code == 403


def test_people_who_run_the_hub_are_notified_once_per_day_and_reason(report, fetching, ines):
    on_list(fetching, "s1", "s2", "s3")
    for name in ("s1", "s2", "s3"):
        report(name)
    report("s1", 124, "")
    report("s2", 128, "fatal: <b>click here</b> evil.example.org")
    told = Event.objects.filter(type="hub.content").order_by("pk")
    assert [event.data["note"] for event in told] == [
        "The repository has no branch “2026”.",
        "The repository was not copied within 60 seconds. It may be too large, or its server too slow.",
        "Git reported an error. See the hub’s page for details.",
    ]
    dispatch.hand_out(timezone.now())
    titles = set(
        Notification.objects.filter(person=fetching.created_by, type="hub.content").values_list("title", flat=True)
    )
    assert titles == {f"The repository of “{fetching.title}” could not be copied into home directories"}


# --- what a person with their own server's token may try -----------------------------------------------------------
def test_html_and_control_characters_are_text(report, as_, ines, fetching):
    report("mia", 1, "fatal: <script>alert(1)</script>\x1b[2J\u202e https://me:secret@git.example.org/")
    found = page(as_, ines, fetching)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in found
    assert "<script>alert" not in found
    assert "secret@" not in found
    assert "\x1b" not in found
    assert "\u202e" not in found


def test_reports_about_unknown_people_are_not_kept(report):
    assert report("nobody-of-ours").json() == {"kept": False}
    assert report("zoe").json() == {"kept": False}
    assert not FailedClone.objects.exists()


def test_the_number_of_rows_is_bounded(report, fetching):
    on_list(fetching, "s1", "s2")
    same = {"hub": fetching, "content": " ".join(CONTENT), "why": "full"}
    FailedClone.objects.bulk_create(FailedClone(person=f"p{number}", **same) for number in range(clones.MOST - 1))
    assert [report(name).json()["kept"] for name in ("s1", "s2", "s1")] == [True, False, True]


def test_too_many_reports_are_refused(report, fetching):
    counters.add(key_of("material", fetching.uid), hub_material.WINDOW, hub_material.MOST - 1)
    answers = [report() for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert int(answers[1]["Retry-After"]) <= hub_material.WINDOW


@pytest.mark.parametrize(
    "wrong",
    [
        {"user": ""}, {"user": "x" * 256}, {"user": "a\x00b"}, {"user": "a\ud800"}, {"user": 3}, {"user": None},
        {"status": "0"}, {"status": True}, {"status": 256}, {"status": -1}, {"status": 1.5}, {"said": None},
        {"said": "x" * 40000}, {"content": []}, {"content": ["a", "b", 3]}, {"content": "abc"},
        {"content": ["x" * 1001, "", ""]},
    ],
)  # fmt: skip
def test_an_invalid_report_is_refused(report, wrong):
    assert report(**wrong).status_code == 400
    assert not FailedClone.objects.exists()


@pytest.mark.parametrize("body", ["", "x", "[]", "null", "[" * 30000])
def test_invalid_json_is_refused(fetching, body):
    headers = basic(fetching.uid, hub_secrets(fetching)["oauth_client_secret"])
    answer = Client().post(f"/api/hub/{fetching.uid}/material/", body, "application/json", headers=headers)
    assert answer.status_code == 400


def test_only_the_hub_itself_may_report(report, as_, cast, fetching):
    for headers in ({"Authorization": "token x"}, basic(fetching.uid, "0" * 64), basic("another", "0" * 64)):
        assert report(headers=headers).status_code == 401
    for who in cast.values():
        assert as_(who).post(f"/api/hub/{fetching.uid}/material/", {}).status_code == 401
    assert not FailedClone.objects.exists()


def test_wrong_method_and_a_retired_hub(report, fetching):
    assert Client().get(f"/api/hub/{fetching.uid}/material/").status_code == 405
    Hub.objects.filter(pk=fetching.pk).update(desired_state="retired")
    assert report().status_code == 404

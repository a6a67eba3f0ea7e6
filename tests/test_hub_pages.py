"""A hub's page: what it shows, and what each role may do there."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from hubs import looks
from hubs.hub.services import hubs as hub_services
from hubs.models import AuditEvent, Hub, Membership, ProvisioningRun, Role, RunStep, User
from hubs.requests.services import requests
from tests.pages import read
from tests.words import CLUSTER_SILENT, NO_SERVERS, START_HUB

pytestmark = pytest.mark.django_db


def text(response):
    return read(response)


def url(name, hub, *more):
    return reverse(name, args=[hub.uid, *more])


@pytest.fixture
def page_of(as_):
    """Return the hub's page as a person reads it: `page_of(ines, hub)`."""

    def read(user, hub):
        response = as_(user).get(url("hub", hub))
        assert response.status_code == 200
        return text(response)

    return read


def set_(hub, **values):
    Hub.objects.filter(pk=hub.pk).update(**values)
    hub.refresh_from_db()


def condition(kind, status, message, reason="Because"):
    return {"type": kind, "status": status, "reason": reason, "message": message, "since": "2026-03-01T09:00:00+00:00"}


# --- contents of the page -------------------------------------------------------------------------------------------


def test_the_page_of_a_ready_hub(page_of, ready_hub, ines, mia, enrol):
    set_(
        ready_hub,
        observed_at=timezone.now(),
        conditions=[
            condition("HubRunning", "True", "The hub is running."),
            condition("Ready", "True", "The hub is ready."),
        ],
        servers=[{"user": "mia", "name": "", "ready": True, "started": "2026-03-01T09:00:00Z", "last_activity": ""}],
    )
    page = page_of(ines, ready_hub)
    for words in (
        "Ready",
        f'href="{ready_hub.url}" target="_blank" rel="noopener noreferrer"',
        "<strong>1</strong>",
        "<strong>0 of 30</strong>",
        "The hub is running.",
        "This hub runs on a single machine",
        "Suspend…",
        "Retire…",
    ):
        assert words in page, words
    assert page.index("<dt>Ready</dt>") < page.index("The hub is running."), "open requests come first"
    assert "Suspend…" not in page_of(mia, ready_hub)
    assert "Open hub" not in page_of(mia, ready_hub), "she is not on its list: test_entering.py"
    enrol(ready_hub, mia)
    assert "Open hub" in page_of(mia, ready_hub)


def test_a_new_hub_asks_to_add_people_until_its_roster_has_one(page_of, ready_hub, ines, mia, enrol):
    assert "No people on the list yet" in page_of(ines, ready_hub)
    assert "No people on the list yet" not in page_of(mia, ready_hub), "roles that can't add people are not asked to"
    enrol(ready_hub, mia)
    assert "No people on the list yet" not in page_of(ines, ready_hub)


def test_actions_come_before_configuration(page_of, ready_hub, ines):
    page = page_of(ines, ready_hub)
    places = [
        page.index(words) for words in (">Running servers</h2>", ">Activity</h2>", ">Actions</h2>", ">Details</h2>")
    ]
    assert places == sorted(places), "on a phone the page is one column"
    assert ">Configuration</h2>" not in page
    assert url("hub-configuration", ready_hub) in page, "a page of its own: test_hub_configuration.py"


def test_people_who_may_only_enter_get_a_short_page(page_of, ready_hub, enrol):
    student = User.objects.create_user("student", "student@river.example.edu", email_verified=True)
    enrol(ready_hub, student)
    page = page_of(student, ready_hub)
    assert "Open hub" in page
    assert "Contact Ines Duarte" in page
    for secret in ("Configuration", "Running servers", "Actions", "/history/", "Memory"):
        assert secret not in page, secret


def test_the_page_does_not_say_ready_while_a_change_is_applied(page_of, ready_hub, ines, omar):
    set_(ready_hub, conditions=[condition("UpToDate", "True", "The hub is up to date.")], observed_at=timezone.now())
    hub_services.set_user_limits(hub=ready_hub, by=omar, values={"singleuser.memory.limit": "2"})
    page = page_of(ines, ready_hub)
    assert "Updating" in page
    assert "has not been applied yet" in page
    assert "The hub is up to date." not in page
    assert "Open hub" in page, "people's servers keep running"


def test_the_page_says_when_a_change_waits_for_a_worker(page_of, ready_hub, ines):
    hub_services.suspend(hub=ready_hub, by=ines)
    assert "Waiting for a worker" not in page_of(ines, ready_hub), "a worker needs a moment"
    set_(ready_hub, reconcile_after=timezone.now() - timedelta(seconds=11))
    page = page_of(ines, ready_hub)
    assert "Waiting for a worker" in page
    assert "will be applied when a worker is available" in page
    assert "load delay:12s" in page, "no event will come, so the page polls"
    set_(ready_hub, lease_until=timezone.now() + timedelta(seconds=9))
    assert "Waiting for a worker" not in page_of(ines, ready_hub), "a worker is busy with it"


def test_a_failure_names_its_reason_what_happens_next_and_what_to_do(as_, page_of, ready_hub, ines, mia):
    run = ProvisioningRun.objects.create(hub=ready_hub, kind="change", generation=1)
    said = "Port 18012 is used by another program."
    RunStep.objects.create(run=run, name="hub", title=START_HUB, state="failed", attempts=5, message=said)
    again = timezone.now() + timedelta(seconds=90)
    stalled = [condition("Stalled", "True", f"It failed 5 times. {said}"), condition("Ready", "False", said)]
    set_(ready_hub, status="stalled", failures=5, reconcile_after=again, conditions=stalled, observed_at=timezone.now())
    page = page_of(ines, ready_hub)
    assert said in page
    assert "Tried 5 times." in page
    assert "Next retry <time" in page
    assert "in 1 minute" in page
    assert "Retry now" in page
    assert "Retry now" not in page_of(mia, ready_hub)
    assert text(as_(ines).post(url("hub-retry", ready_hub), follow=True)).count("Retrying now.") == 1
    ready_hub.refresh_from_db()
    assert ready_hub.failures == 0
    assert ready_hub.reconcile_after <= timezone.now()


def test_a_refusal_says_that_a_setting_must_be_changed(page_of, ready_hub, ines):
    set_(
        ready_hub, status="stalled", failures=1, reconcile_after=None, observed_at=timezone.now(),
        conditions=[condition("Stalled", "True", "The image name is wrong.")],
    )  # fmt: skip
    page = page_of(ines, ready_hub)
    assert "The image name is wrong. The portal has stopped retrying. The cause must be corrected first." in page


def test_a_hub_that_cannot_be_observed_is_neither_ready_nor_empty(page_of, ready_hub, ines):
    set_(
        ready_hub, status="unknown", servers=None, failures=1, observed_at=timezone.now(),
        conditions=[condition("Ready", "Unknown", CLUSTER_SILENT)],
    )  # fmt: skip
    page = page_of(ines, ready_hub)
    assert CLUSTER_SILENT in page
    assert "The hub’s servers could not be read." in page
    assert NO_SERVERS not in page


def test_a_server_that_cannot_start_says_why_and_what_to_do(page_of, ready_hub, ines, mia):
    said = "The image “x:none” of the server can’t be pulled. Check its name, and that it exists."
    row = {"user": "mia", "name": "", "ready": False, "started": "", "last_activity": "", "trouble": said}
    set_(ready_hub, servers=[row, {**row, "user": "zoe", "ready": True, "trouble": ""}], observed_at=timezone.now())
    page = page_of(ines, ready_hub)
    assert said in page
    assert "Can’t start" in page
    assert "Change the configuration" in page
    assert said not in page_of(mia, ready_hub), "it names the image"
    set_(ready_hub, servers=[{"user": "mia", "name": "", "ready": False, "started": "", "last_activity": ""}])
    assert "Some servers can’t" not in page_of(ines, ready_hub), "a row from an older version"


def test_the_current_run_shows_how_long_it_usually_takes(page_of, ready_hub, ines):
    start = timezone.now() - timedelta(days=1)
    for seconds in (3, 5, 40):
        end = start + timedelta(seconds=seconds)
        old = ProvisioningRun.objects.create(
            hub=ready_hub, kind="change", generation=1, result="succeeded", started_at=start, finished_at=end
        )
        RunStep.objects.create(run=old, name="hub", title="x", state="done", started_at=start, finished_at=end)
    run = ProvisioningRun.objects.create(
        hub=ready_hub, kind="change", generation=1, note="Memory per person: 1 → 2 GiB"
    )
    RunStep.objects.create(run=run, name="hub", title=START_HUB)
    page = page_of(ines, ready_hub)
    assert page.count("usually 5 s") == 2, "the run and its step; one slow run does not count"
    assert "Memory per person: 1 → 2 GiB" in page
    assert "data-elapsed" in page


@pytest.mark.parametrize("status", Hub.Status.values)
@pytest.mark.parametrize("runs", [True, False])
def test_every_status_has_words_and_a_page(status, runs, page_of, hub, ines):
    set_(hub, status=status, url="http://localhost:18000/stat-101/" if runs else "", observed_at=timezone.now())
    page = page_of(ines, hub)
    assert str(looks.HUB[status].meaning) in page.replace("&#x27;", "'")
    assert ("Open hub" in page) == (runs and status in ("ready", "updating", "repairing", "stalled", "unknown"))
    first = 'class="button primary" id="hub-open-link"' in page
    assert first == (runs and status in ("ready", "updating")), "no main action while the hub does not work"


def test_an_open_request_is_on_top_for_people_who_may_read_it(page_of, ready_hub, ines, ada, mia):
    row = requests.begin_change(reason="For the course.", hub=ready_hub, by=ines, values={"about.heads": "900"})
    requests.submit(request=row, by=ines)
    assert "Change by Ines Duarte" in page_of(ada, ready_hub)
    assert "Needs review by staff." in page_of(ada, ready_hub)
    assert "Change by Ines Duarte" not in page_of(mia, ready_hub)


def test_the_live_parts_come_with_the_head_of_the_page(as_, ready_hub, ines):
    set_(ready_hub, observed_at=timezone.now())
    client = as_(ines)
    whole = text(client.get(url("hub", ready_hub)))
    assert f'data-live="/live/hubs/{ready_hub.uid}/?since=' in whole
    assert "hx-swap-oob" not in whole
    part = text(client.get(url("hub", ready_hub), headers={"HX-Request": "true", "HX-Target": "now"}))
    assert part.strip().startswith('<div class="stack" id="now"')
    for anchor in ("hub-status", "hub-address", "hub-open", "hub-actions"):
        assert f'id="{anchor}"' in part
    assert part.count('hx-swap-oob="true"') == 4
    assert "<html" not in part
    assert "Configuration" not in part


def test_reading_the_page_wakes_the_hub_when_its_last_observation_is_old(as_, ready_hub, ines):
    later = timezone.now() + timedelta(hours=1)
    set_(ready_hub, observed_at=timezone.now(), reconcile_after=later)
    as_(ines).get(url("hub", ready_hub))
    ready_hub.refresh_from_db()
    assert ready_hub.reconcile_after == later, "it was seen a moment ago"
    set_(ready_hub, observed_at=timezone.now() - timedelta(minutes=1))
    as_(ines).head(url("hub", ready_hub))
    ready_hub.refresh_from_db()
    assert ready_hub.reconcile_after == later
    as_(ines).get(url("hub", ready_hub))
    ready_hub.refresh_from_db()
    assert ready_hub.reconcile_after <= timezone.now()
    assert not AuditEvent.objects.filter(verb="hub.retry").exists()


# --- actions --------------------------------------------------------------------------------------------------------

ACTIONS = ("hub-suspend", "hub-resume", "hub-retry", "hub-retire")


@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.parametrize(("who", "status"), [("mia", 403), ("other", 403), ("zoe", 404), (None, 302)])
def test_other_roles_may_not_act(name, who, status, as_, cast, ready_hub, river):
    other = User.objects.create_user("other", "other@river.example.edu", email_verified=True)
    Membership.objects.create(organization=river, user=other, role=Role.INSTRUCTOR)  # runs only hubs that she created
    set_(ready_hub, failures=3)
    client = as_({**cast, "other": other}[who] if who else None)
    assert client.post(url(name, ready_hub), {"confirm": ready_hub.slug}).status_code == status
    ready_hub.refresh_from_db()
    assert (ready_hub.desired_state, ready_hub.generation, ready_hub.failures) == ("running", 1, 3)
    assert not AuditEvent.objects.exclude(verb__in=["request.start", "request.submit", "request.save"]).filter(
        hub=ready_hub.uid, verb__in=["hub.suspend", "hub.resume", "hub.retry", "hub.retire"]
    )


@pytest.mark.parametrize("name", ["hub-resume", "hub-retry"])
def test_actions_need_a_post(name, as_, ready_hub, ines):
    assert as_(ines).get(url(name, ready_hub)).status_code == 405
    assert as_(ines).put(url("hub-suspend", ready_hub)).status_code == 405
    assert as_(ines).put(url("hub-retire", ready_hub)).status_code == 405


@pytest.mark.parametrize("who", ["ines", "omar", "ada", "stan"])
def test_suspend_says_what_stops_and_resume_undoes_it(who, as_, cast, ready_hub):
    client = as_(cast[who])
    asks = text(client.get(url("hub-suspend", ready_hub)))
    assert "What stops" in asks
    assert "What is kept" in asks
    ready_hub.refresh_from_db()
    assert ready_hub.desired_state == "running", "the confirmation page must not act"
    response = client.post(url("hub-suspend", ready_hub), follow=True)
    assert response.redirect_chain == [(url("hub", ready_hub), 302)]
    assert "Suspending" in text(response)
    ready_hub.refresh_from_db()
    assert (ready_hub.desired_state, ready_hub.generation) == ("suspended", 2)
    assert "Resume" in text(client.get(url("hub", ready_hub)))
    client.post(url("hub-resume", ready_hub))
    ready_hub.refresh_from_db()
    assert (ready_hub.desired_state, ready_hub.generation) == ("running", 3)
    verbs = AuditEvent.objects.filter(actor=who, hub=ready_hub.uid).values_list("verb", flat=True)
    assert {"hub.suspend", "hub.resume"} <= set(verbs)


def test_the_second_of_two_clicks_does_nothing_and_says_so(as_, ready_hub, ines, omar):
    as_(ines).post(url("hub-suspend", ready_hub))
    response = as_(omar).post(url("hub-suspend", ready_hub))
    assert response.status_code == 409
    assert "already suspended" in text(response)
    assert as_(omar).get(url("hub-suspend", ready_hub)).status_code == 302
    ready_hub.refresh_from_db()
    assert ready_hub.generation == 2
    assert as_(ines).post(url("hub-retry", ready_hub)).status_code == 409


def test_a_hub_that_was_suspended_speaks_of_resuming(page_of, ready_hub, ines):
    hub_services.suspend(hub=ready_hub, by=ines, reason="Spring break.")
    assert AuditEvent.objects.get(verb="hub.suspend").note == "Spring break."
    set_(ready_hub, status="suspended", observed_generation=ready_hub.generation,
         conditions=[condition("Ready", "False", "The hub is suspended.", reason="Suspended")])  # fmt: skip
    page = page_of(ines, ready_hub)
    for words in ("No people on the list yet", "servers-title", "could not be read"):
        assert words not in page, words
    assert 'class="button primary" id="do-resume"' in page
    ready_hub.refresh_from_db()
    hub_services.resume(hub=ready_hub, by=ines)
    page = page_of(ines, ready_hub)
    assert "The hub is starting again." in page
    for words in ("Updating", "Your change is being applied", "servers-title", "Open hub"):
        assert words not in page, words


def test_suspending_says_who_works_and_who_is_told(as_, ready_hub, ines):
    set_(ready_hub, servers=[{"user": "mia"}, {"user": "mia", "name": "second"}, {"user": "tom"}])
    page = text(as_(ines).get(url("hub-suspend", ready_hub)))
    assert "2 people have one now, and lose unsaved work." in page
    assert "owners and admins of River University are notified" in page
    done = as_(ines).post(url("hub-suspend", ready_hub), {"reason": "Spring break."}, follow=True)
    assert "The hub is being stopped. No files are deleted." in text(done)
    assert "notice good" not in text(done), "it would still stand there when the hub is suspended"


def test_seldom_used_pages_are_behind_more_and_the_current_one_is_not(page_of, as_, ready_hub, ines, stan):
    for reader in (ines, stan):
        tabs = page_of(reader, ready_hub).split('<nav class="tabs"')[1].split("</nav>")[0]
        first, more = tabs.split('<details class="tabs-more">')
        assert first.count("<a ") <= 6
        assert url("hub-logs", ready_hub) in more
    logs = text(as_(ines).get(url("hub-history", ready_hub)))
    assert f'<a href="{url("hub-history", ready_hub)}" aria-current="page">' in logs

"""First and last days: which ones are valid, in which time zone they begin and end, and when a hub with a future first
day is created. Every way to request a hub has the same rules."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from hubs.calendar.services import ending, extension
from hubs.days import queries as dates
from hubs.errors import Conflict, Invalid
from hubs.hub.services import hubs
from hubs.models import AuditEvent, ChangeRequest, Hub, Organization
from hubs.notify.rules.quiet_hours import zones
from hubs.organizations import services as organizations
from hubs.requests.services import decisions, requests
from hubs.spec import days, to_draft
from hubs.spec.hub import About
from provisioning import leases

from .callers import caller, errors

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 10)
FARTHEST = date(2031, 11, 10)
STARTS, EARLY, ENDS = days.STARTS, "about.early", days.ENDS


def noon(day):
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(noon(TODAY), tick=False) as moved:
        yield moved


@pytest.fixture
def made(clock, ask, ines, river):
    """An auto-approved hub with these dates."""

    def make(slug="stat-101", **values):
        row = requests.submit(request=ask(ines, river, slug=slug, **values), by=ines)
        return Hub.objects.select_related("organization", "revision", "cluster").get(pk=row.hub_id)

    return make


def change(hub, by, **values):
    hub.refresh_from_db()
    request = requests.begin_change(hub=hub, by=by, values={**to_draft(hub.spec), **values})
    return requests.submit(request=request, by=by)


def verbs(hub):
    return list(AuditEvent.objects.filter(hub=hub.uid).order_by("pk").values_list("verb", flat=True))


# --- valid days -------------------------------------------------------------------------------------------------------


@given(
    today=st.dates(date(2020, 1, 1), date(2090, 1, 1)),
    starts=st.none() | st.dates(),
    ends=st.none() | st.dates(),
    before=st.none() | st.tuples(st.none() | st.dates(), st.none() | st.dates()),
)
def test_a_day_is_invalid_only_when_it_is_new_and_past_or_too_far_ahead(today, starts, ends, before):
    asked = About.model_construct(title="Any hub", starts=starts, ends=ends)
    was = About.model_construct(title="Any hub", starts=before[0], ends=before[1]) if before else None
    found = days.wrong(asked, today, was)
    kept = was is not None and was.ends == ends
    assert (ENDS in found) == (ends is not None and not kept and not today <= ends <= days.farthest(today))
    if STARTS in found:
        assert starts is not None
        assert abs(starts - today) > timedelta(days=5 * 365)
        assert was is None or was.starts != starts


WRONG = [(ENDS, TODAY - timedelta(days=1), "is in the past"), (ENDS, FARTHEST + timedelta(days=1), "within 5 years"),
         (ENDS, date.max, "within 5 years"), (STARTS, date.max, "within 5 years"),
         (STARTS, date.min, "no more than 5 years ago")]  # fmt: skip


@pytest.mark.parametrize(("path", "day", "words"), WRONG)
def test_every_way_to_request_a_hub_refuses_an_invalid_day(clock, as_, ask, ines, river, path, day, words):
    row = ask(ines, river, **{path: day.isoformat()})
    with pytest.raises(Invalid) as caught:
        requests.submit(request=row, by=ines)
    assert words in caught.value.errors[path][0]
    page = as_(ines).get(reverse("request-edit", args=[row.uid, "about"]) + "?check=1").content.decode()
    assert f'value="{day.isoformat()}"' in page, "the typed text stays on the form"
    answer = as_(ines).post(reverse("request-review", args=[row.uid]))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    body = {"organization": "river", "slug": "other", "startingPoint": "class", "reason": "",
            "spec": {"about": {"title": "Other", path.removeprefix("about."): day.isoformat()}}}  # fmt: skip
    assert words in str(errors(caller(ines)("POST", "requests/", body)))
    assert not Hub.objects.exists()


@pytest.mark.parametrize("day", [TODAY, FARTHEST])
def test_today_and_five_years_ahead_are_valid(made, day):
    assert made(**{ENDS: day.isoformat()}).ends_on == day


def test_the_field_says_which_days_and_what_follows(clock, as_, ask, ines, river):
    Organization.objects.update(time_zone="America/New_York")
    page = as_(ines).get(reverse("request-edit", args=[ask(ines, river).uid, "about"])).content.decode()
    assert "After this day, at midnight (time zone America/New York), no one can sign in." in page
    assert f'min="{TODAY}"' in page
    assert f'max="{FARTHEST}"' in page


@pytest.mark.parametrize("day", [FARTHEST + timedelta(days=1), date.max])
def test_an_extension_ends_within_five_years(made, as_, ines, day):
    hub = made(**{ENDS: "2026-12-31"})
    with pytest.raises(Invalid) as caught:
        extension.extend(hub=hub, by=ines, ends=day)
    assert "within 5 years" in caught.value.errors["ends"][0]
    page = as_(ines).post(reverse("hub-extend", args=[hub.uid]), {"ends": day.isoformat()})
    assert page.status_code == 422
    assert "within 5 years" in page.content.decode()
    said = errors(caller(ines)("POST", f"hubs/{hub.uid}/extend/", {"ends": day.isoformat()}))
    assert "within 5 years" in str(said)


def test_a_hub_whose_days_are_odd_can_be_changed_and_keeps_them(made, ines):
    hub = made(**{ENDS: "2026-12-31"})
    data = hub.revision.data | {"about": hub.revision.data["about"] | {"starts": "0001-01-01", "ends": "9999-12-31"}}
    type(hub.revision).objects.filter(pk=hub.revision_id).update(data=data)
    assert change(Hub.objects.get(pk=hub.pk), ines, **{"about.title": "Renamed"}).state == "approved"


def test_staff_can_not_approve_a_request_whose_days_are_past_meanwhile(clock, ask, ines, river, stan):
    Organization.objects.update(auto_approve=False)
    row = requests.submit(request=ask(ines, river, **{ENDS: "2026-11-20"}), by=ines)
    clock.move_to(noon(date(2026, 11, 21)))
    with pytest.raises(Conflict, match="Last day: This day is in the past"):
        decisions.approve(request=row, by=stan, seen=row.content_hash)
    assert ChangeRequest.objects.get(pk=row.pk).state == "returned"


# --- time zones -------------------------------------------------------------------------------------------------------


@given(
    zone=st.sampled_from(zones()),
    moment=st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
)
def test_a_day_lasts_from_its_midnight_to_the_next(zone, moment):
    day = dates.day_in(moment, zone)
    assert day == moment.astimezone(ZoneInfo(zone)).date()
    end = dates.ends_after(day, zone)
    assert dates.last_day(end, zone) == day
    assert dates.begins(day, zone) < end


@pytest.mark.parametrize("moment", [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"])
def test_the_edges_of_time_have_days(moment, zone):
    assert dates.day_in(moment, zone)
    assert dates.begins(date.max, zone)
    assert dates.begins(date.min, zone)
    assert dates.ends_after(date.max, zone)


@pytest.mark.parametrize(
    ("zone", "still", "over"),
    [
        ("", "2026-11-20T23:50:00+00:00", "2026-11-21T00:10:00+00:00"),
        ("Pacific/Auckland", "2026-11-20T10:50:00+00:00", "2026-11-20T11:10:00+00:00"),
        ("America/Los_Angeles", "2026-11-21T07:50:00+00:00", "2026-11-21T08:10:00+00:00"),
    ],
)
def test_the_last_day_ends_at_the_organisations_midnight(made, clock, zone, still, over):
    Organization.objects.update(time_zone=zone)
    hub = made(**{ENDS: "2026-11-20"})
    clock.move_to(datetime.fromisoformat(still))
    assert ending.look()["ended"] == 0
    assert dates.ending(hub, datetime.fromisoformat(still)).title.startswith("Today")
    clock.move_to(datetime.fromisoformat(over))
    assert dates.ending(hub, datetime.fromisoformat(over)).brief == "over"
    assert ending.look()["ended"] == 1
    hub.refresh_from_db()
    assert hub.desired_state == "suspended"


def test_reminders_follow_each_organisations_own_day(made, clock, lake):
    """At this moment it is the 13th in Auckland and the 12th elsewhere: 7 and 8 days before."""
    Organization.objects.filter(slug="river").update(time_zone="Pacific/Auckland")
    here, there = made(slug="one", **{ENDS: "2026-11-20"}), made(slug="two", **{ENDS: "2026-11-20"})
    Hub.objects.filter(pk=there.pk).update(organization=lake)
    for hub in (here, there):
        hub.date_notices.all().delete()
        hub.date_notices.create(kind="in-30")
    clock.move_to(datetime(2026, 11, 12, 20, tzinfo=UTC))
    ending.look()
    assert verbs(here).count("hub.remind") == 1
    assert verbs(there).count("hub.remind") == 0


@given(moment=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))
def test_the_database_knows_the_same_day(moment):
    case = dates.local_today(["", *zones()], moment)
    said = {name: when.result.value for when in case.cases for name in when.condition.children[0][1]}
    for zone in ["", *zones()]:
        today = dates.day_in(moment, zone or settings.READERS_TIME_ZONE)
        assert said.get(zone, case.default.value) == today
    assert len({*said.values(), case.default.value}) <= 3


def test_only_admins_choose_the_time_zone_by_page_and_api(as_, ines, mia, omar, ada, stan, zoe, river):
    page, address = reverse("organization-time-zone", args=["river"]), reverse("api-time-zone", args=["river"])
    for user, status in ((ines, 403), (mia, 403), (zoe, 404)):
        assert as_(user).get(page).status_code == status
        assert as_(user).post(page, {"time_zone": "Europe/Berlin"}).status_code == status
    for user, zone in ((omar, "Europe/Berlin"), (ada, "Asia/Tokyo"), (stan, "")):
        assert as_(user).post(page, {"time_zone": zone}).status_code == 302
        river.refresh_from_db()
        assert river.time_zone == zone
    assert as_(omar).post(page, {"time_zone": "Mars/Olympus"}).status_code == 422
    with pytest.raises(Invalid):
        organizations.change_time_zone(organization=river, by=omar, time_zone="Mars/Olympus")
    sent = caller(omar)("PUT", address, {"timeZone": "Africa/Nairobi"})
    assert sent.json() == {"timeZone": "Africa/Nairobi", "inForce": "Africa/Nairobi"}
    assert "timeZone" in errors(caller(omar)("PUT", address, {"timeZone": "Mars"}))
    assert caller(mia)("GET", address).json()["inForce"] == "Africa/Nairobi"
    assert "time zone Africa/Nairobi" in as_(mia).get(reverse("organization-calendar", args=["river"])).content.decode()
    changes = AuditEvent.objects.filter(verb="organization.time_zone").order_by("-pk").first().changes
    assert changes == {"time_zone": ["", "Africa/Nairobi"]}


# --- a future first day -----------------------------------------------------------------------------------------------


def claimed(hub):
    Hub.objects.filter(pk=hub.pk).update(lease_until=None)
    return leases.claim(hub.pk) is not None


def test_a_first_day_to_come_is_the_day_on_which_it_is_created(made, clock, as_, ines):
    hub = made(**{STARTS: "2026-12-01", ENDS: "2027-01-31"})
    assert (hub.scheduled, hub.status) == (True, "scheduled")
    assert not claimed(hub)
    hubs.look(hub=hub)
    assert not claimed(hub), "reading its page creates nothing"
    page = as_(ines).get(reverse("hub", args=[hub.uid])).content.decode()
    assert "The hub is created on 1 December 2026" in page
    assert "<dt>Requested</dt>" in page
    assert "<dt>Created</dt>" not in page
    assert 'id="do-restart"' not in page, "nothing exists yet"
    assert "Waiting for a worker" not in page
    assert 'id="hub-open-link"' not in page
    clock.move_to(noon(date(2026, 11, 30)))
    assert ending.look()["begun"] == 0
    clock.move_to(noon(date(2026, 12, 1)))
    assert (ending.look()["begun"], ending.look()["begun"]) == (1, 0)
    hub.refresh_from_db()
    assert (hub.scheduled, hub.status) == (False, "creating")
    assert claimed(hub)
    assert verbs(hub)[-1] == "hub.begin"


def test_a_hub_can_be_created_before_its_first_day(made):
    hub = made(**{STARTS: "2026-12-01", EARLY: "yes"})
    assert (hub.scheduled, hub.status, hub.starts_on) == (False, "creating", date(2026, 12, 1))
    assert claimed(hub)


@pytest.mark.parametrize("values", [{EARLY: "yes"}, {STARTS: ""}, {STARTS: TODAY.isoformat()}])
def test_a_change_of_the_first_day_can_create_the_hub_now(made, ines, values):
    hub = made(**{STARTS: "2026-12-01"})
    change(hub, ines, **values)
    hub.refresh_from_db()
    assert (hub.scheduled, hub.status) == (False, "creating")


def test_a_later_first_day_is_waited_for_and_a_created_hub_stays(made, ines, clock):
    waits, runs = made(slug="one", **{STARTS: "2026-12-01"}), made(slug="two")
    for hub in (waits, runs):
        change(hub, ines, **{STARTS: "2026-12-15"})
        hub.refresh_from_db()
    assert (waits.scheduled, waits.status) == (True, "scheduled")
    assert (runs.scheduled, runs.status) == (False, "updating")
    clock.move_to(noon(date(2026, 12, 1)))
    assert ending.look()["begun"] == 0


@pytest.mark.parametrize("verb", ["suspend", "restart"])
def test_a_hub_can_not_be_operated_before_its_first_day(made, ines, verb):
    with pytest.raises(Conflict, match="created on 1 December 2026"):
        getattr(hubs, verb)(hub=made(**{STARTS: "2026-12-01"}), by=ines)


def test_it_can_be_retired_before_its_first_day(made, ines):
    hub = made(**{STARTS: "2026-12-01"})
    hubs.retire(hub=hub, by=ines, typed=hub.slug)
    hub.refresh_from_db()
    assert (hub.scheduled, hub.desired_state, hub.status) == (False, "retired", "retiring")
    assert claimed(hub)

"""A hub's dates as people see them: on its page, in the list of hubs, and in calendars."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from hubs.calendar import rules as ics
from hubs.calendar.queries.year_plan import Window
from hubs.calendar.services import ending
from hubs.hub.services import hubs
from hubs.models import AuditEvent, ChangeRequest, Hub, Organization
from tests.pages import read

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 1, 20, 12, tzinfo=UTC)
LAST = date(2027, 1, 31)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


@pytest.fixture
def term(ready_hub):
    """A hub from 1 September to 31 January."""
    data = ready_hub.revision.data
    data["about"] |= {"starts": "2026-09-01", "ends": LAST.isoformat()}
    ready_hub.revision.save()
    Hub.objects.filter(pk=ready_hub.pk).update(starts_on=date(2026, 9, 1), ends_on=LAST)
    ready_hub.refresh_from_db()
    return ready_hub


@pytest.fixture
def over(term, clock):
    """The same hub, two days after its last day."""
    clock.move_to(datetime(2027, 2, 2, 12, tzinfo=UTC))
    ending.look()
    term.refresh_from_db()
    return term


def text(response):
    return read(response)


def url(name, hub):
    return reverse(name, args=[hub.uid])


# --- the hub's page ---------------------------------------------------------------------------------------------------


def test_everyone_who_sees_a_hub_reads_when_it_ends_and_people_who_run_it_can_extend(as_, term, ines, mia):
    teacher, member = text(as_(ines).get(url("hub", term))), text(as_(mia).get(url("hub", term)))
    for page in (teacher, member):
        assert "The hub ends in 11 days, on 31 January 2027" in page
    assert url("hub-extend", term) in teacher
    assert url("hub-extend", term) not in member


def test_long_before_the_end_nothing_is_said(as_, term, ines, clock):
    clock.move_to(datetime(2026, 12, 31, 12, tzinfo=UTC))
    page = text(as_(ines).get(url("hub", term)))
    assert 'id="ending"' not in page
    assert 'id="do-extend"' in page, "beside the last day"
    assert "31 January 2027" in page  # among the facts


def test_a_hub_past_its_last_day_says_why_and_offers_only_an_extension(as_, over, ines):
    page = text(as_(ines).get(url("hub", over)))
    assert "The hub ended on 31 January 2027" in page
    assert "It will be retired permanently on 4 March 2027" in page
    assert 'id="to-extend"' in page
    assert 'id="do-resume"' not in page


def test_people_of_the_hub_read_it_too(as_, over, enrol, zoe):
    enrol(over, zoe)
    page = text(as_(zoe).get(url("hub", over)))
    assert "The hub ended on 31 January 2027." in page
    assert "Do you need this hub? Contact Ines Duarte" in page


def test_resuming_by_hand_is_refused_and_names_the_extension(as_, over, ines):
    response = as_(ines).post(url("hub-resume", over))
    assert response.status_code == 409
    assert "The hub’s last day is over. Extend the hub to resume it." in text(response)


# --- the list of hubs -------------------------------------------------------------------------------------------------


def test_the_list_shows_people_who_run_hubs_which_ones_end(as_, term, ines, omar, mia):
    for user in (ines, omar):
        page = text(as_(user).get("/"))
        assert 'id="ending-title"' in page
        assert url("hub-extend", term) in page
    member = text(as_(mia).get("/"))
    assert 'id="ending-title"' not in member
    assert "ends in 11 days, on 31 January 2027" in member


def test_the_list_needs_the_same_number_of_queries_for_many_hubs(as_, term, ines):
    client = as_(ines)

    def queries():
        with CaptureQueriesContext(connection) as asked:
            client.get("/")
        return len(asked)

    queries()
    one = queries()
    copies(term, 20)
    assert queries() == one


# --- the extension ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"), [("ines", 302), ("omar", 302), ("stan", 302), ("mia", 403), ("zoe", 404), (None, 302)]
)
def test_who_may_extend(as_, cast, term, who, status):
    response = as_(cast.get(who)).post(url("hub-extend", term), {"ends": "2027-03-31"})
    assert response.status_code == status
    extended = status == 302 and who is not None
    term.refresh_from_db()
    assert term.ends_on == (date(2027, 3, 31) if extended else LAST)
    if not who:
        assert response["Location"].startswith(reverse("sign-in"))


def test_extending_says_what_happened(as_, over, ines):
    page = text(as_(ines).post(url("hub-extend", over), {"ends": "2027-03-31"}, follow=True))
    assert "The last day is now 31 March 2027." in page


def test_what_is_not_routine_waits(as_, over, ines):
    Organization.objects.update(auto_approve=False)
    asked = {"ends": "2027-03-31", "reason": "Exams are later."}
    page = text(as_(ines).post(url("hub-extend", over), asked, follow=True))
    assert "sent to staff for review" in page
    over.refresh_from_db()
    assert (over.ends_on, over.desired_state) == (LAST, "suspended")
    assert ChangeRequest.objects.get(hub=over, state="submitted").reason == "Exams are later."
    assert as_(ines).post(url("hub-extend", over), asked).status_code == 409


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Choose a day."),
        ("soon", "Enter a date such as"),
        ("2027-01-19", "Choose a day in the future."),
        ("2027-01-31", "the hub’s current last day."),
        ("2040-01-01", "within 5 years"),
        ("9999-12-31", "within 5 years"),
    ],
)
def test_an_invalid_day_is_reported_beside_the_field_and_nothing_typed_is_lost(as_, term, ines, typed, words):
    before = ChangeRequest.objects.count(), AuditEvent.objects.count()
    response = as_(ines).post(url("hub-extend", term), {"ends": typed, "reason": "Because of Mia"})
    page = text(response)
    assert response.status_code == 422
    assert page.count(words) == 2  # in the summary, and beside the field
    assert "Because of Mia" in page
    assert (ChangeRequest.objects.count(), AuditEvent.objects.count()) == before


def test_a_reason_that_can_not_be_stored_is_reported_beside_it(as_, term, ines):
    response = as_(ines).post(url("hub-extend", term), {"ends": "2027-03-31", "reason": "a\x00b"})
    assert response.status_code == 422
    term.refresh_from_db()
    assert term.ends_on == LAST


def test_other_methods_are_refused(as_, term, ines):
    assert as_(ines).put(url("hub-extend", term)).status_code == 405
    assert as_(ines).post(reverse("organization-calendar", args=["river"])).status_code == 405
    assert as_(ines).post(reverse("organization-ics", args=["river"])).status_code == 405


def test_the_page_says_that_a_hub_suspended_by_a_person_stays_suspended(as_, term, ines, clock):
    hubs.suspend(hub=term, by=ines)
    assert "stays suspended until you resume it" in text(as_(ines).get(url("hub-extend", term)))


# --- the calendar of an organisation ----------------------------------------------------------------------------------


def copies(hub, count, **values):
    Hub.objects.bulk_create(
        Hub(
            organization=hub.organization, cluster=hub.cluster, created_by=hub.created_by, revision=hub.revision,
            slug=f"hub-{n}", title=f"Hub {n}", **{"starts_on": date(2026, 10, 1), "ends_on": LAST, **values},
        )
        for n in range(count)
    )  # fmt: skip


def plan(as_, user, **asked):
    return as_(user).get(reverse("organization-calendar", args=["river"]), asked)


def test_a_member_sees_current_endless_and_ended_hubs(as_, over, mia, river, lake, zoe):
    copies(over, 2, ends_on=None)
    endless = over.organization.hub_set.create(
        cluster=over.cluster, created_by=over.created_by, revision=over.revision, slug="endless", title="Always"
    )
    page = text(plan(as_, mia))
    assert f'id="plan-{over.uid}"' in page
    assert "ended, will be retired on 4 March 2027" in page
    assert re.search(r'<rect class="bar over" x="0(\.0)?%" width="[\d.]+%"', page)
    assert 'class="today"' in page
    assert page.count('<rect class="bar endless" x=') == 3, "a hub that has begun and has no last day is drawn"
    assert "from 1 October 2026, no end date" in " ".join(re.sub(r"<[^>]+>", "", page).split())
    assert f'id="plan-{endless.uid}"' in page, "one without any day, too"
    assert f'id="plan-{endless.uid}"' not in text(plan(as_, mia, **{"from": "2020-01"})), (
        "but not before it was created"
    )
    assert as_(zoe).get(reverse("organization-calendar", args=["river"])).status_code == 404
    assert over.title not in text(as_(zoe).get(reverse("organization-calendar", args=["lake"])))


def test_months_before_and_after(as_, term, ines):
    assert term.title in text(plan(as_, ines, **{"from": "2026-09"}))
    assert term.title not in text(plan(as_, ines, **{"from": "2027-02"}))
    empty = " ".join(re.sub(r"<[^>]+>", "", text(plan(as_, ines, **{"from": "2026-01"}))).split())
    assert "No hub runs between 1 January 2026 and 30 June 2026." in empty


def test_ended_hubs_are_shown_for_all_months(as_, over, ines):
    assert over.title in text(plan(as_, ines, **{"from": "2030-01"}))


@pytest.mark.parametrize(
    "asked", ["", "x", "2026", "2026-13", "0000-01", "9999-12", "2026-1-1", "²026-01", "2026-0\x00"]
)
def test_invalid_months_show_the_default_months(as_, term, ines, asked):
    response = plan(as_, ines, **{"from": asked})
    assert response.status_code == 200
    assert response.context["window"].first == date(2026, 12, 1)


def test_the_calendar_needs_the_same_number_of_queries_for_many_hubs(as_, term, ines):
    client = as_(ines)

    def queries():
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("organization-calendar", args=["river"]))
        return len(asked)

    queries()
    one = queries()
    copies(term, 60)
    assert queries() <= one + 1  # the second page runs a query for the count
    Hub.objects.filter(slug__startswith="hub-").delete()
    copies(term, 200)
    assert queries() <= one + 1


@given(
    first=st.dates(date(2020, 1, 1), date(2035, 1, 1)),
    starts=st.none() | st.dates(date(2020, 1, 1), date(2035, 1, 1)),
    ends=st.none() | st.dates(date(2020, 1, 1), date(2035, 1, 1)),
)
def test_a_bar_is_always_inside_of_the_line(first, starts, ends):
    window = Window(first.replace(day=1))
    bar = window.bar(Hub(starts_on=starts, ends_on=ends, created_at=datetime(2026, 1, 1, tzinfo=UTC)))
    if bar:
        assert 0 <= bar.at < 100
        assert bar.width > 0
        assert bar.at + bar.width <= 100.02
    elif starts and ends and starts <= ends:
        assert ends < window.first or starts > window.last
    assert [month.at for month in window.months] == sorted(month.at for month in window.months)


# --- a calendar file --------------------------------------------------------------------------------------------------


def unfolded(content):
    return content.decode().replace("\r\n ", "").split("\r\n")


def test_the_file_has_first_and_last_days(as_, over, mia):
    Hub.objects.update(title="Maths; part 1, again\\")
    response = as_(mia).get(reverse("organization-ics", args=["river"]))
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="river-hubs.ics"'
    lines = unfolded(response.content)
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 3
    assert [line for line in lines if line.startswith("DTSTART")] == [
        "DTSTART;VALUE=DATE:20260901", "DTSTART;VALUE=DATE:20270131", "DTSTART;VALUE=DATE:20270304",
    ]  # fmt: skip
    assert "DTEND;VALUE=DATE:20270201" in lines
    assert r"SUMMARY:Maths\; part 1\, again\\: last day" in lines
    assert "DTSTAMP:20270202T120000Z" in lines
    uids = [line for line in lines if line.startswith("UID:")]
    assert len(set(uids)) == 3
    again = unfolded(as_(mia).get(reverse("organization-ics", args=["river"])).content)
    assert [line for line in again if line.startswith("UID:")] == uids


def test_the_file_is_for_the_organisation(as_, term, zoe):
    assert as_(zoe).get(reverse("organization-ics", args=["river"])).status_code == 404
    assert "Statistics" not in text(as_(zoe).get(reverse("organization-ics", args=["lake"])))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=300))
def test_any_text_is_read_back_unchanged(title):
    event = ics.Event("u@x", LAST, title, "", "https://portal.example.org/hubs/x/")
    content = ics.calendar("Hubs", [event], NOW).encode()
    for line in content.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()  # no character was split
        assert b"\n" not in line
    [read_again] = Calendar.from_ical(content).events  # read by a common library
    assert read_again["summary"] == title
    assert (read_again.start, read_again.end) == (LAST, LAST + timedelta(days=1))


@given(st.text(max_size=50))
def test_no_text_begins_a_line_of_its_own(title):
    try:
        title.encode()
    except UnicodeEncodeError:
        return
    event = ics.Event("u@x", LAST, title, title, "https://portal.example.org/")
    assert len(unfolded(ics.calendar("Hubs", [event], NOW).encode())) == 17

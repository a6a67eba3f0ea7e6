"""The actions on a hub: by status, role and date, in one table (hubs/hub/services/acts.py)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from hubs import access, looks
from hubs.days import queries as dates
from hubs.hub.services import acts
from hubs.models import Hub

pytestmark = pytest.mark.django_db
WHILE_IT_LIVES = {"change", "people", "limits", "copy", "take", "retire"}


def actions(user, hub):
    now = timezone.now()
    return set(acts.actions(hub, access.on_hub(user, hub), dates.ending(hub, now), now))


@pytest.mark.parametrize(
    ("wanted", "more"),
    [
        (Hub.Desired.RUNNING, {"restart", "suspend"}),
        (Hub.Desired.SUSPENDED, {"resume"}),
    ],
)
def test_an_admin_runs_a_hub(ready_hub, ada, wanted, more):
    ready_hub.desired_state = wanted
    assert actions(ada, ready_hub) == WHILE_IT_LIVES | more


def test_staff_pause_it_and_make_starting_points(ready_hub, stan):
    assert {"pause", "starting_point"} <= actions(stan, ready_hub)
    ready_hub.paused_at = timezone.now()
    assert "unpause" in actions(stan, ready_hub)
    assert "pause" not in actions(stan, ready_hub)


def test_people_who_only_enter_have_no_actions(ready_hub, mia):
    assert actions(mia, ready_hub) == set()


def test_a_retired_hub_only_offers_its_files(ready_hub, ada, stan):
    ready_hub.desired_state, ready_hub.retired_at = Hub.Desired.RETIRED, timezone.now()
    assert actions(ada, ready_hub) == set()
    ready_hub.keep_files_until = timezone.now() + timedelta(days=1)
    assert actions(stan, ready_hub) == {"delete_files"}


def test_a_stalled_hub_offers_a_retry(ready_hub, ada):
    ready_hub.status = Hub.Status.STALLED
    assert "retry" in actions(ada, ready_hub)


def test_a_hub_past_its_last_day_offers_an_extension_first(ready_hub, ada):
    ready_hub.ends_on = (timezone.now() - timedelta(days=2)).date()
    ready_hub.ended_at = timezone.now()
    assert "extend" in actions(ada, ready_hub)
    assert not {"restart", "resume", "suspend"} & actions(ada, ready_hub)


def test_every_status_has_one_row_with_a_meaning():
    assert set(looks.HUB) == set(Hub.Status.values)
    assert all(row.meaning and row.tone in looks.TONE_ICONS for row in looks.HUB.values())
    assert Hub.URGENCY[:3] == (Hub.Status.STALLED, Hub.Status.UNKNOWN, Hub.Status.REPAIRING)

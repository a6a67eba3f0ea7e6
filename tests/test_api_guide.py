"""The examples of docs/api.md and docs/automate.md, run as they are printed."""

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings

from hubs.accounts.services import service_accounts, tokens
from hubs.models import ChangeRequest, Hub, Invitation, Organization, RegistryLogin, RosterEntry, User

DOCS = Path(settings.BASE_DIR) / "docs"
pytestmark = pytest.mark.django_db(transaction=True)


YEAR = str(date.today().year + 2)  # replaces the year of the examples, which will be in the past one day


def examples(page, language):
    """Return all examples of one language on a page, in order."""
    text = (DOCS / page).read_text(encoding="utf-8").replace("2031", YEAR)
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


@pytest.fixture
def run(live_server, tmp_path):
    """Return `run(page, language, person, scopes)`, which runs a page's examples with a person's token."""

    def go(page, language, person, scopes):
        by = person if not person.service_of_id else User.objects.get(username="ada")
        _, text = tokens.create(person=person, by=by, name="guide", scopes=scopes, days=1)
        env = {
            "PATH": os.environ["PATH"],
            "HUBPORTAL_URL": live_server.url.replace("localhost", "127.0.0.1"),
            "HUBPORTAL_TOKEN": text,
        }
        command = [sys.executable, "-c"] if language == "python" else ["bash", "-euc"]
        done = subprocess.run(
            [*command, examples(page, language)], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return go


def test_the_examples_of_the_guide_work(run, ines, river, mia):
    said = run("api.md", "python", ines, ["read", "request", "operate"]).splitlines()
    assert said[0] == "ines {'river': 'instructor'}"
    assert said[1] == "approved"
    assert said[3] == "{'new': 2, 'known': 0}"
    assert said[5] == "approved"
    assert said[7].startswith("422 ")
    hub = Hub.objects.get(slug="chem-101")
    assert hub.spec.about.heads == 30
    assert RosterEntry.objects.filter(hub=hub).count() == 2
    assert ChangeRequest.objects.count() == 2


def test_the_examples_for_organisations_and_staff_work(run, stan, ada, river, tmp_path):
    said = run("api.md", "sh", stan, ["read", "administer"])
    assert '"lookedAt":' in said
    assert Invitation.objects.get().email == "kim@river.example.edu"
    assert RegistryLogin.objects.get().host == "registry.example.org"
    assert Organization.objects.get(slug="river").hubs == 12
    assert (tmp_path / "river.ics").read_text().startswith("BEGIN:VCALENDAR")


def test_a_term_is_automated_as_the_page_says(run, ada, mia, river, tmp_path):
    script = service_accounts.create(organization=river, by=ada, name="term-script", role="instructor")
    said = run("automate.md", "sh", script, ["read", "request", "operate"]).splitlines()
    assert said[:3] == ["The request is approved.", "2", "scheduled"]
    assert said[3].endswith("approved"), "a later last day"
    assert said[4] == "approved", "the end of it"
    hub = Hub.objects.get(slug="stat-101")
    assert (str(hub.ends_on), hub.desired_state, hub.created_by) == (f"{YEAR}-07-15", "retired", script)
    assert "Statistics 101" in (tmp_path / "stat-101.yaml").read_text()
    assert "mia" in (tmp_path / "stat-101-people.csv").read_text()

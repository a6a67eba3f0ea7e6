"""Bring a hub, take a hub: pages and commands."""

import io
import json
import zipfile
from pathlib import Path

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from hubs.models import ChangeRequest, HubSecret, RosterEntry
from hubs.services.secrets import known
from hubs.spec.chart import complaints
from hubs.spec.imports import from_values
from hubs.spec.takeaway import safe_cell
from hubs.spec.values import to_values

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).parent / "data" / "z2jh" / "samples"
WORKSHOP = (SAMPLES / "workshop.yaml").read_text()


def text(response):
    return response.content.decode()


def bring(client, verb="begin", **data):
    body = {"organization": "river", "title": "Brought along", "values": WORKSHOP, "verb": verb, **data}
    return client.post(reverse("bring"), body)


# --- bring ------------------------------------------------------------------------------------------------------------
def test_a_file_becomes_a_draft(as_, ines, river):
    response = bring(as_(ines))
    row = ChangeRequest.objects.get()
    assert response["Location"] == reverse("request-edit", args=[row.uid, "about"])
    assert (row.state, row.organization, row.requester, row.title) == ("draft", river, ines, "Brought along")
    assert row.draft["signIn.method"] == "shared-password"
    assert row.draft["hub.activeServerLimit"] == "120"
    assert "initContainers" in row.draft["more"]
    assert "prePuller" in row.draft["more"], "kept for the day it leaves"
    assert "to-be-replaced-with-32" not in json.dumps(row.draft)
    kept = "hub.config.SharedPasswordAuthenticator.admin_password"
    assert set(known(row)) == {kept}, "where the file says to-be-replaced, the form asks"
    page = text(as_(ines).get(reverse("request-review", args=[row.uid])))
    assert "staff read it before it counts" in page, "raw configuration is never routine"


def test_one_sees_what_becomes_of_it_before(as_, ines):
    upload = SimpleUploadedFile("values.yaml", WORKSHOP.encode())
    page = text(bring(as_(ines), "check", values="", file=upload))
    assert "17 values have a field" in page
    assert "scheduling.userPlaceholder.replicas" in page
    assert "The cluster decides where servers run." in page
    assert "2 secrets are" in page
    assert "example/intro" in page, "what was uploaded can be sent without choosing it again"
    assert not ChangeRequest.objects.exists()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"values": ""}, "Choose a file, or paste its text."),
        ({"values": "a: &x 1"}, "Line 1, column 4: Anchors"),
        ({"values": "a: 1\na: 2"}, "Line 2, column 1: “a” stands here twice."),
        ({"values": "- a"}, "Write names with values"),
        ({"values": "a: " + "x" * 300_000}, "too long"),
        ({"title": ""}, "Give it a name."),
        ({"organization": "lake"}, "Choose one of your organisations."),
        ({"file": SimpleUploadedFile("values.yaml", b"\xff\xfe\x00")}, "no text in UTF-8"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_lost(as_, ines, data, said):
    response = bring(as_(ines), **data)
    assert response.status_code == 422
    assert said in text(response)
    if "title" not in data:
        assert "Brought along" in text(response)
    assert not ChangeRequest.objects.exists()


def test_who_may_not_ask_for_hubs_is_told_whom_to_ask(as_, mia):
    assert "Ask an owner" in text(as_(mia).get(reverse("bring")))
    assert bring(as_(mia)).status_code == 422
    assert not ChangeRequest.objects.exists()


# --- take -------------------------------------------------------------------------------------------------------------
def test_everything_for_another_home_is_in_one_file(as_, ines, ready_hub, mia):
    RosterEntry.objects.create(hub=ready_hub, user=mia)
    RosterEntry.objects.create(hub=ready_hub, email="=cmd@example.org", role="admin")
    page = text(as_(ines).get(reverse("hub-take", args=[ready_hub.uid])))
    assert "helm upgrade" in page
    response = as_(ines).get(reverse("hub-download", args=[ready_hub.uid, f"{ready_hub.slug}.zip"]))
    packed = zipfile.ZipFile(io.BytesIO(response.content))
    names = {name.split("/")[1] for name in packed.namelist()}
    assert names == {"README.md", "values.yaml", "manifests.yaml", "people.csv", "images.txt"}
    values = yaml.safe_load(packed.read(f"{ready_hub.slug}/values.yaml"))
    assert complaints(values) == []
    assert values["singleuser"]["memory"]["limit"] == ready_hub.spec.singleuser.memory.limit
    people = packed.read(f"{ready_hub.slug}/people.csv").decode().splitlines()
    assert set(people) == {"person,role,groups", "mia,user,", "'=cmd@example.org,admin,"}
    assert response["Content-Disposition"] == f'attachment; filename="{ready_hub.slug}.zip"'


def test_there_is_no_other_file(as_, ines, ready_hub):
    for name in ("secrets.yaml", "..", "other.zip"):
        assert as_(ines).get(reverse("hub-take", args=[ready_hub.uid]) + name).status_code == 404


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_no_spreadsheet_runs_what_a_cell_says(cell):
    assert safe_cell(cell) == f"'{cell}"


# --- by command -------------------------------------------------------------------------------------------------------
def test_import_values_checks_without_writing(capsys, tmp_path):
    call_command("import_values", "--check", *sorted(SAMPLES.glob("*.yaml")))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 5
    for line in lines:
        assert list(line) == ["file", "keys", "typed", "more", "ignored", "round_trip", "problems"]
        assert line["round_trip"] is True
        assert line["keys"] == line["typed"] + line["more"] + line["ignored"]
        assert line["problems"] == []
    assert not ChangeRequest.objects.exists()
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: &x 1")
    with pytest.raises(CommandError, match="1 of 2"):
        call_command("import_values", "--check", str(broken), str(SAMPLES / "class.yaml"))
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["round_trip"], second["round_trip"]) == (False, True)
    assert "Anchors" in first["problems"][0]


def test_import_values_makes_drafts(capsys, ines, river):
    with pytest.raises(CommandError, match="--organization"):
        call_command("import_values", str(SAMPLES / "class.yaml"))
    call_command("import_values", "--organization", "river", "--by", "ines", str(SAMPLES / "shared-homes.yaml"))
    row = ChangeRequest.objects.get()
    assert (row.requester, row.organization, row.title) == (ines, river, "Shared homes")
    said = capsys.readouterr().out
    assert str(row.uid) in said
    assert "ingress.hosts: The portal makes the address" in said
    assert "hub.services.report.api_token" in known(row)


def test_the_api_gives_the_same_values(as_, ines, mia, ready_hub):
    HubSecret.objects.create(hub=ready_hub, name="values:hub.config.GitHubOAuthenticator.client_secret", value="hidden")
    answer = as_(ines).get(reverse("api-hub-values", args=[ready_hub.uid]))
    values = answer.json()
    assert complaints(values) == []
    assert values["singleuser"]["image"]["name"] == ready_hub.spec.singleuser.image.name
    assert values["hub"]["config"]["GitHubOAuthenticator"] == {"client_secret": "to-be-replaced"}
    assert "hidden" not in text(answer)


def test_export_values_writes_what_the_chart_takes(capsys, ready_hub):
    call_command("export_values", f"{ready_hub.organization.slug}/{ready_hub.slug}")
    assert complaints(yaml.safe_load(capsys.readouterr().out)) == []
    with pytest.raises(CommandError, match="no hub"):
        call_command("export_values", "river/none")


def test_a_limit_below_what_the_chart_sets_aside_comes_in_with_a_sentence_and_goes_out_equal(as_, ines, river):
    found = from_values({"singleuser": {"memory": {"limit": "512M"}}})
    assert (found.problems, found.round_trip) == ((), True)
    assert found.spec.singleuser.memory.guarantee == "512M"
    [note] = found.notes
    assert note.startswith("singleuser.memory.guarantee: The chart sets 1G aside, more than the limit")
    page = text(bring(as_(ines), "check", values="singleuser: {memory: {limit: 512M}}"))
    assert "The chart sets 1G aside" in page
    again = from_values(to_values(found.spec))
    assert (again.spec.singleuser, again.notes) == (found.spec.singleuser, ())
    for whole in ({"limit": "2G"}, {"limit": "512M", "guarantee": "256M"}, {"limit": "512M", "guarantee": None}):
        assert from_values({"singleuser": {"memory": whole}}).notes == ()

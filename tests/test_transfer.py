"""Importing and exporting a hub, by pages and commands."""

import html
import io
import json
import re
import zipfile
from pathlib import Path

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from hubs.models import ChangeRequest, HubSecret, RosterEntry
from hubs.requests.services.secrets import known
from hubs.spec.chart import complaints
from hubs.spec.imports import FATES, from_values
from hubs.spec.takeaway import safe_cell
from hubs.spec.values import to_values
from tests.words import MEMORY_LABEL, ONE_OF_YOURS

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).parent / "data" / "z2jh" / "samples"
AS_KEPT = SAMPLES / "as-kept"
WORKSHOP = (SAMPLES / "workshop.yaml").read_text()


def text(response):
    return response.content.decode()


def bring(client, verb="begin", **data):
    body = {"organization": "river", "title": "Brought along", "values": WORKSHOP, "verb": verb, **data}
    return client.post(reverse("bring"), body)


# --- import -----------------------------------------------------------------------------------------------------------
def test_a_file_becomes_a_draft(as_, ines, river):
    response = bring(as_(ines))
    row = ChangeRequest.objects.get()
    assert response["Location"] == reverse("request-edit", args=[row.uid, "about"])
    assert (row.state, row.organization, row.requester, row.title) == ("draft", river, ines, "Brought along")
    assert row.draft["signIn.method"] == "shared-password"
    assert row.draft["hub.activeServerLimit"] == "120"
    assert "clone" in row.draft["singleuser.initContainers"]
    assert "prePuller" in row.draft["more"], "kept for the export"
    assert "to-be-replaced-with-32" not in json.dumps(row.draft)
    kept = "hub.config.SharedPasswordAuthenticator.admin_password"
    assert set(known(row)) == {kept}, "where the file says to-be-replaced, the form asks"
    page = text(as_(ines).get(reverse("request-review", args=[row.uid])))
    assert "Clone https://github.com/example/intro into /home/jovyan/intro" in page
    assert "Staff review what it runs." in page, "a container that starts before each server always needs review"


def test_the_result_is_previewed(as_, ines):
    upload = SimpleUploadedFile("values.yaml", WORKSHOP.encode())
    page = text(bring(as_(ines), "check", values="", file=upload))
    assert "18 values have a field" in page
    assert "scheduling.userPlaceholder.replicas" in page
    assert "Used instead" in page
    assert "No capacity is reserved" in page
    assert "2 secrets are" in page
    assert "example/intro" in page, "what was uploaded can be sent without choosing it again"
    assert not ChangeRequest.objects.exists()


def text_kept(page):
    """Return what the text field of the page holds."""
    return html.unescape(page.split('<textarea name="values"', 1)[1].split(">", 1)[1].split("</textarea>")[0])


def uploads(*names):
    return [SimpleUploadedFile(name, (AS_KEPT / name).read_bytes()) for name in names]


def test_several_files_are_shown_in_their_order_before_the_import(as_, ines):
    client = as_(ines)
    response = bring(client, values="", file=uploads("research.prod.values.yaml", "research.common.values.yaml"))
    page = text(response)
    assert response.status_code == 200, "the order of the browser is shown first, whichever button was pressed"
    assert page.index("research.prod.values.yaml</code>") < page.index("research.common.values.yaml</code>")
    assert "below “basehub.jupyterhub”" in page
    assert "Not imported: basehub.dask-gateway." in page
    assert not ChangeRequest.objects.exists()
    assert 'value="before-2"' in page
    kept = text_kept(page)
    page = text(bring(client, "before-2", values=kept))
    assert page.index("research.common.values.yaml</code>") < page.index("research.prod.values.yaml</code>")
    kept = text_kept(page)
    assert bring(client, values=kept).status_code == 302
    assert "20-shared-public" not in ChangeRequest.objects.get().draft["more"], "the later file removes it"


def test_the_report_lists_what_became_a_field_and_no_secret(as_, ines):
    said = "auth: {type: github, github: {clientSecret: hidden-one}}\n  singleuser: {memory: {limit: 1.5G}}"
    page = text(bring(as_(ines), "check", values=f"jupyterhub:\n  {said}"))
    table = page.split("with a field in the form", 1)[1].split("</table>")[0]
    rows = [re.findall(r">\s*([^<>\s][^<>]*?)\s*<", row) for row in table.split("<tr>")]
    assert ["singleuser.memory.limit", MEMORY_LABEL, "1.5 GiB"] in rows
    assert ["hub.config.JupyterHub.authenticator_class", "Sign-in method", "GitHub"] in rows
    secret = "hub.config.GitHubOAuthenticator.client_secret"
    assert [secret, "Client secret", "A secret. It is stored encrypted and never shown."] in rows
    assert "hidden-one" not in str(table)
    assert "auth.github.clientSecret became hub.config.GitHubOAuthenticator.client_secret." in page


def test_by_api_several_files_come_in_order(as_, ines):
    def ask(**said):
        body = {"organization": "river", "title": "Brought along", "keep": False, **said}
        return as_(ines).post(reverse("api-bring"), json.dumps(body), content_type="application/json")

    names = ("research.common.values.yaml", "research.prod.values.yaml")
    files = [{"name": name, "text": (AS_KEPT / name).read_text()} for name in names]
    answer = ask(files=files).json()
    assert answer["files"] == list(names)
    assert any("basehub.dask-gateway" in note for note in answer["notes"])
    shown = {leaf["path"]: (leaf["field"], leaf["shown"]) for leaf in answer["values"]}
    assert shown["cull.timeout"] == ("Idle timeout", "1 hour")
    assert ask(files=[*files, {"name": "enc.yaml", "text": "sops: {mac: x}"}]).status_code == 422
    assert ask().status_code == 422
    assert ask(files=[]).status_code == 422
    assert ask(values="a: 1", files=files).status_code == 422
    assert not ChangeRequest.objects.exists()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"values": ""}, "Choose a file, or paste its text."),
        ({"values": "a: &x [*x]"}, "Line 1, column 4: With its anchors written out"),
        ({"values": "sops: {mac: x}"}, "encrypted with sops"),
        ({"values": "a: 1\na: 2"}, "Line 2, column 1: “a” is set twice."),
        ({"values": "- a"}, "Enter names with values"),
        ({"values": "a: " + "x" * 300_000}, "too large"),
        ({"title": ""}, "Enter a name."),
        ({"organization": "lake"}, ONE_OF_YOURS),
        ({"file": SimpleUploadedFile("values.yaml", b"\xff\xfe\x00")}, "not UTF-8 text"),
    ],
)  # fmt: skip
def test_errors_are_shown_and_nothing_is_lost(as_, ines, data, said):
    response = bring(as_(ines), **data)
    assert response.status_code == 422
    assert said in text(response)
    if "title" not in data:
        assert "Brought along" in text(response)
    assert not ChangeRequest.objects.exists()


def test_people_who_may_not_request_hubs_read_a_contact(as_, mia):
    assert "Ask an owner" in text(as_(mia).get(reverse("bring")))
    assert bring(as_(mia)).status_code == 422
    assert not ChangeRequest.objects.exists()


# --- export -----------------------------------------------------------------------------------------------------------
def test_one_file_has_everything_for_another_installation(as_, ines, ready_hub, mia):
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
    assert set(people) == {"person,name,role,groups", "mia,Mia Lindqvist,user,", "'=cmd@example.org,,admin,"}
    assert response["Content-Disposition"] == f'attachment; filename="{ready_hub.slug}.zip"'


def test_unknown_files_are_not_found(as_, ines, ready_hub):
    for name in ("secrets.yaml", "..", "other.zip"):
        assert as_(ines).get(reverse("hub-take", args=[ready_hub.uid]) + name).status_code == 404


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_no_cell_is_a_formula(cell):
    assert safe_cell(cell) == f"'{cell}"


# --- commands ---------------------------------------------------------------------------------------------------------
def test_import_values_checks_without_writing(capsys, tmp_path):
    call_command("import_values", "--check", *sorted(SAMPLES.glob("*.yaml")))
    said = capsys.readouterr()
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert len(lines) == 5
    assert f"Total: {sum(line['keys'] for line in lines)} values, typed " in said.err
    assert "refused 0, round trip in 5 of 5 hubs." in said.err
    for line in lines:
        assert list(line)[:7] == ["file", "keys", "typed", "more", "ignored", "round_trip", "problems"]
        assert line["refused"] == 0
        assert all("not to private networks" in note for note in line["notes"])
        assert line["round_trip"] is True
        assert line["keys"] == sum(line[fate] for fate in FATES)
        assert line["problems"] == []
    assert not ChangeRequest.objects.exists()
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: &x [*x]")
    with pytest.raises(CommandError, match="1 of 2"):
        call_command("import_values", "--check", str(broken), str(SAMPLES / "class.yaml"))
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["round_trip"], second["round_trip"]) == (False, True)
    assert "anchors" in first["problems"][0]


def test_import_values_creates_drafts(capsys, ines, river):
    with pytest.raises(CommandError, match="--organization"):
        call_command("import_values", str(SAMPLES / "class.yaml"))
    call_command("import_values", "--organization", "river", "--by", "ines", str(SAMPLES / "shared-homes.yaml"))
    row = ChangeRequest.objects.get()
    assert (row.requester, row.organization, row.title) == (ines, river, "Shared homes")
    said = capsys.readouterr().out
    assert str(row.uid) in said
    assert "portal   ingress.hosts: The portal gives the hub its own address" in said
    assert "hub.services.report.api_token" in known(row)


def test_files_of_one_hub_are_read_in_order_by_command(capsys, ines, river, tmp_path):
    names = [AS_KEPT / "research.common.values.yaml", AS_KEPT / "research.prod.values.yaml"]
    in_order = [word for name in names for word in ("-f", str(name))]
    call_command("import_values", "--check", *in_order)
    [line] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert line["round_trip"]
    assert line["typed"] > 90
    assert any("below “basehub.jupyterhub”" in note for note in line["notes"])
    call_command("import_values", "--organization", "river", "--by", "ines", *in_order)
    said = capsys.readouterr().out
    assert "cull.maxAge: Maximum server lifetime = 12 hours" in said
    row = ChangeRequest.objects.get()
    assert row.draft["cull.maxAge"] == "720"
    assert "quay.io/example/hub" in row.draft["more"], "of the second file"
    secret = tmp_path / "enc-prod.secret.values.yaml"
    secret.write_text("sops: {mac: x}")
    with pytest.raises(CommandError, match="1 of 1"):
        call_command("import_values", "--check", "-f", str(names[0]), "-f", str(secret))
    [line] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert line["problems"][0].startswith("enc-prod.secret.values.yaml: This file is encrypted with sops")
    with pytest.raises(CommandError, match="Name at least one file"):
        call_command("import_values", "--check")


def test_the_api_gives_the_same_values(as_, ines, mia, ready_hub):
    HubSecret.objects.create(hub=ready_hub, name="values:hub.config.GitHubOAuthenticator.client_secret", value="hidden")
    answer = as_(ines).get(reverse("api-hub-values", args=[ready_hub.uid]))
    values = answer.json()
    assert complaints(values) == []
    assert values["singleuser"]["image"]["name"] == ready_hub.spec.singleuser.image.name
    assert values["hub"]["config"]["GitHubOAuthenticator"] == {"client_secret": "to-be-replaced"}
    assert "hidden" not in text(answer)


def test_export_values_writes_values_that_the_chart_accepts(capsys, ready_hub):
    call_command("export_values", f"{ready_hub.organization.slug}/{ready_hub.slug}")
    assert complaints(yaml.safe_load(capsys.readouterr().out)) == []
    with pytest.raises(CommandError, match="no hub"):
        call_command("export_values", "river/none")


def test_a_limit_below_the_charts_guarantee_is_imported_with_a_note_and_exported_equal(as_, ines, river):
    found = from_values({"singleuser": {"memory": {"limit": "512M"}}})
    assert (found.problems, found.round_trip) == ((), True)
    assert found.spec.singleuser.memory.guarantee == "512M"
    [note] = found.notes
    assert note.startswith("singleuser.memory.guarantee: The chart guarantees 1G by default. That is above the limit")
    page = text(bring(as_(ines), "check", values="singleuser: {memory: {limit: 512M}}"))
    assert "The chart guarantees 1G by default" in page
    again = from_values(to_values(found.spec))
    assert (again.spec.singleuser, again.notes) == (found.spec.singleuser, ())
    for whole in ({"limit": "2G"}, {"limit": "512M", "guarantee": "256M"}, {"limit": "512M", "guarantee": None}):
        assert from_values({"singleuser": {"memory": whole}}).notes == ()

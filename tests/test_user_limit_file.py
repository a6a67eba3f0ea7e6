"""User limits as a file: export and import, errors by line, all or nothing, and no cell that a spreadsheet runs."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from hubs.models import AuditEvent, Organization, UserLimit
from hubs.user_limits.services import rules as services
from hubs.user_limits.services.rules import Wanted
from tests.pages import read

pytestmark = pytest.mark.django_db
HEAD = "for,name,memory_gib,cpu,gpus,storage_gib,servers,last_day,reason\n"


@pytest.fixture
def hub(ready_hub, mia, enrol):
    Organization.objects.filter(pk=ready_hub.organization_id).update(memory_per_user_mib=8192)
    enrol(ready_hub, mia)
    ready_hub.roster.get().groups.create(hub=ready_hub, name="Lab B", key="lab b")
    ready_hub.refresh_from_db()
    return ready_hub


@pytest.fixture
def make(hub, omar):
    def rule(kind="person", name="mia", by=omar, until=None, reason="", **values):
        wanted = Wanted(values, until, reason)
        return services.make(hub=hub, by=by, kind=kind, names=[name], wanted=wanted)[0]

    return rule


@pytest.fixture
def bring(as_, omar, hub):
    def post(text="", file=None, by=omar):
        body = {"text": text, **({"file": SimpleUploadedFile("rules.csv", file)} if file is not None else {})}
        at = reverse("hub-limit-file", args=[hub.uid])
        seen = as_(by).post(at, body)
        if not seen.context or "brought" not in seen.context:
            return seen
        post.seen = seen
        return as_(by).post(at, {"text": seen.context["text"], "do": "apply"}, follow=True)

    return post


def download(as_, omar, hub):
    return as_(omar).get(reverse("hub-limit-csv", args=[hub.uid])).content.decode()


def rules():
    rows = UserLimit.objects.living().order_by("kind", "name", "pk")
    return [(row.kind, row.name, row.values, row.until and row.until.isoformat(), row.reason) for row in rows]


def test_exporting_and_importing(as_, omar, hub, bring):
    text = HEAD + (
        "everybody,,1.5,,,,,,\r\ngroup,:user,,1.5,,,,,\r\ngroup,Lab B,2,1,0,6,2,2031-01-31,For the project\r\n"
        'person,mia,4,,,,,,"Her thesis, and more"\r\n'
    )
    response = bring(text.replace("2031-01-31", f"{timezone.now().year + 1}-01-31"))
    assert "The rules were imported." in response.content.decode()
    assert "4 rules are added." in bring.seen.content.decode()
    made = rules()
    assert [row[:3] for row in made] == [
        ("everybody", "", {"memory_mib": 1536}),
        ("group", ":user", {"cpu": 1.5}),
        ("group", "lab b", {"memory_mib": 2048, "cpu": 1, "gpus": 0, "storage_mib": 6144, "servers": 2}),
        ("person", "mia", {"memory_mib": 4096}),
    ]
    assert made[2][3] == f"{timezone.now().year + 1}-02-01T00:00:00+00:00", "including its last day"
    told = AuditEvent.objects.get(verb="limit.import")
    whom = "everybody, people who are not hub admins, Lab B, mia"
    assert told.changes == {"for": ["", whom], "set": ["", "4"], "removed": ["", "0"]}

    out = download(as_, omar, hub)
    bring(out)
    assert "4 rules stay the same." in bring.seen.content.decode()
    assert "Import rules" not in bring.seen.content.decode(), "there is nothing to import"
    assert rules() == made
    assert AuditEvent.objects.filter(verb="limit.import").count() == 1, "nothing changed, so nothing is audited"


def test_a_file_replaces_the_rules_of_people_in_it_only(bring, make):
    make(memory_mib=2048)
    make(cpu=1)
    make(name="ines", cpu=1)
    bring(HEAD + "person,mia,3,,,,,,\n")
    page = read(bring.seen)
    assert "1 rule is changed. 1 rule is ended." in page
    assert "Memory 2 GiB" in page
    assert "Memory 3 GiB" in page
    assert [(name, values) for _, name, values, _, _ in rules()] == [
        ("ines", {"cpu": 1}),
        ("mia", {"memory_mib": 3072}),
    ]


def test_rules_that_staff_approved_stay_and_more_is_refused(as_, omar, stan, hub, bring, make):
    make(by=stan, memory_mib=16384)
    out = download(as_, omar, hub)
    bring(out)
    assert "1 rule stays the same." in bring.seen.content.decode()
    response = bring(out.replace("16", "32") + "person,ines,1,,,,,,\n")
    assert response.status_code == 422
    assert "Line 2: Memory: above the limit of River University (8 GiB)." in response.content.decode()
    assert [values for _, _, values, _, _ in rules()] == [{"memory_mib": 16384}]
    assert bring(out.replace("16", "32"), by=stan).status_code == 200
    assert [values for _, _, values, _, _ in rules()] == [{"memory_mib": 32768}]


def test_all_hubs_together_count_for_a_file_too(bring, river):
    Organization.objects.filter(pk=river.pk).update(total_memory_mib=33 * 1024)
    response = bring(HEAD + "person,mia,4,,,,,,\nperson,ines,4,,,,,,\n")
    assert response.status_code == 422
    adds = "Total memory: this adds 6 GiB. With 30 GiB already allocated, the total of 36 GiB is above"
    assert adds in response.content.decode()
    assert rules() == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Choose a file, or paste its text."),
        ("mia,4\n", "The first line must contain the column names"),
        ("name,memory\nmia,4\n", "The first line must contain the column names"),
        ("name,cpu,colour\nmia,1,red\n", "Unknown column: “colour”"),
        (HEAD, "There are no lines below the headings."),
        (HEAD + "person,Mai,1,,,,,,\n", "Line 2: No one in this hub or in River University has the user name “Mai”."),
        (HEAD + "group,Lab Z,1,,,,,,\n", "Line 2: There is no group “Lab Z”"),
        (HEAD + "all,,1,,,,,,\n", "Line 2: Choose who the rule is for"),
        (HEAD + "everybody,mia,1,,,,,,\n", "Line 2: A rule for everyone can’t have a name."),
        (HEAD + "person,mia,much,,,,,,\n", "Line 2: memory_gib: Enter a number in GiB"),
        (HEAD + "person,mia,,,,,,,\n", "Line 2: Enter at least one limit."),
        (HEAD + "person,mia,,1e999,,,,,\n", "Line 2: cpu: Enter a number"),
        (HEAD + "person,mia,1,,,,,31.1.2030,\n", "Line 2: last_day: Enter a date"),
        (HEAD + "person,mia,1,,,,,2020-01-31,\n", "Line 2: The last day must not be in the past."),
        (HEAD + f"person,mia,1,,,,,,{'x' * 1001}\n", "Line 2: reason: At most 1,000 characters."),
        (HEAD + "person,mia,1,,,,,,a\0b\n", "Null characters are not allowed"),
        (HEAD + 'person,"mia,1\n', "This is not valid CSV"),
        (HEAD + "person,mia,1,,,,,,\n" * 5001, "At most 5,000 lines."),
    ],
)
def test_errors_by_line_and_nothing_half_applied(bring, make, text, words):
    make(name="ines", cpu=1)
    before = rules()
    good = "person,ines,3,,,,,,\n"
    response = bring(text + good if text.startswith(HEAD + "p") and "\0" not in text and '"' not in text else text)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert rules() == before
    assert not AuditEvent.objects.filter(verb="limit.import").exists()


def test_errors_of_all_lines_are_reported_at_once(bring):
    page = bring(HEAD + "person,mai,1,,,,,,\nperson,mia,1,,,,,,\nperson,oma,99999,,,,,,\n").content.decode()
    assert "Line 2: No one" in page
    assert "Line 4: No one" in page
    assert "Line 4: Enter a value from" in page
    assert "Line 3" not in page
    assert "person,mia,1" in page, "the pasted text is kept"


@pytest.mark.parametrize(
    ("file", "status"),
    [
        (("\ufeff" + HEAD + "person,mia,4,,,,,,\n").encode(), 200),  # as Excel writes it
        ((HEAD + "person,mia,4,,,,,,\n").replace(",", ";").encode(), 200),
        (HEAD.encode() + b"person,mia,4,,,,,,caf\xe9\n", 422),
        (b"x" * (1024 * 1024 + 1), 422),
        (b"\x00\x01\x02", 422),
        (b"", 422),
    ],
)
def test_an_upload(bring, file, status):
    assert bring(file=file).status_code == status
    assert UserLimit.objects.exists() == (status == 200)


@pytest.mark.parametrize("word", ["everyone", "Everyone", "everybody"])
def test_everyone_in_each_spelling(bring, word):
    bring(HEAD + f"{word},,1,,,,,,\n")
    assert rules() == [("everybody", "", {"memory_mib": 1024}, None, "")]


def test_nothing_is_written_before_the_preview_is_confirmed(as_, omar, hub, make):
    make(memory_mib=2048)
    before, at = rules(), reverse("hub-limit-file", args=[hub.uid])
    file = SimpleUploadedFile("rules.csv", (HEAD + "person,mia,3,,,,,,\ngroup,Lab B,1,,,,,,\n").encode())
    seen = as_(omar).post(at, {"file": file})
    assert "1 rule is added. 1 rule is changed." in read(seen)
    assert "the group Lab B" in read(seen)
    again = as_(omar).post(at, {"text": seen.context["text"], "do": "edit"})
    assert (again.status_code, rules()) == (200, before)
    assert "person,mia,3" in again.content.decode()


def test_errors_stand_below_the_name_of_the_file(as_, omar, hub):
    file = SimpleUploadedFile("rules.csv", (HEAD + "person,mai,3,,,,,,\n").encode())
    page = read(as_(omar).post(reverse("hub-limit-file", args=[hub.uid]), {"file": file}))
    assert "Lines of rules.csv" in page
    assert "Or paste the text" not in page


@pytest.mark.parametrize("reason", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0"])
def test_no_cell_is_a_formula(as_, omar, hub, bring, make, reason):
    UserLimit.objects.filter(pk=make(cpu=1).pk).update(reason=reason)
    out = download(as_, omar, hub)
    cells = [cell for row in csv.reader(io.StringIO(out)) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert f"'{reason}" in cells
    if reason.strip() == reason:
        bring(out)
        assert "1 rule stays the same." in bring.seen.content.decode(), "and it is read as it was"

"""Class lists as people have them: the people in a file or a text, and what an import changes in a hub's roster."""

import csv
import importlib
import io
import json

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from hubs.models import AuditEvent, ListChange, RosterEntry
from hubs.roster.rules.class_list.decoding import text_of
from hubs.roster.rules.class_list.reading import MOST, NO_ADDRESS, NOT_ADDRESS, TOO_MANY, UNKNOWN, Found, read
from hubs.roster.services import groups as roster_groups
from hubs.spec.addresses import address, kept
from portal.signin.oidc import groups_of
from tests.slowness import slow_texts

KNOWN = {"mia", "omar"}


# --- addresses ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "is_kept"),
    [
        ("o'connor@x.example", "o'connor@x.example"),
        ("Müller@X.example", "müller@x.example"),
        ("mu\u0308ller@x.example", "müller@x.example"),
        ("tam@universität.example", "tam@universität.example"),
        ("tam@xn--universitt-y5a.example", "tam@universität.example"),
        ("李@x.example", "李@x.example"),
        (" tam+stat@lab.local ", "tam+stat@lab.local"),
    ],
)
def test_an_address(typed, is_kept):
    assert address(typed) == address(is_kept) == is_kept


@pytest.mark.parametrize(
    "typed", ["tam", "@x.example", "tam@", "tam@x", "a@1.2.3.4", "a b@x.example", "a@x..example", "a@b@x.example",
              "a\u200bb@x.example", '"a b"@x.example', "a@" + "x" * 250 + ".example", "<a@x.example>"],
)  # fmt: skip
def test_an_invalid_address_is_refused(typed):
    with pytest.raises(ValueError, match="is not a valid email address"):
        address(typed)


@pytest.mark.parametrize("told", ["\u212aelvin@x.example", "tam", "", "ﬀ@x.example"])
def test_an_address_that_normalises_to_another_persons_is_not_used(told):
    assert kept(told) in ("", told)


@given(st.text())
def test_an_address_is_kept_the_same_way_twice(text):
    try:
        once = address(text)
    except ValueError:
        return
    assert address(once) == once


@pytest.mark.django_db
def test_every_way_to_add_people_has_the_same_rule(as_, ines, omar, ready_hub, mia):
    for spelled in ("o'connor@x.example", "müller@x.example", "tam@universität.example"):
        page = as_(ines).post(reverse("hub-people", args=[ready_hub.uid]), {"names": spelled}, follow=True)
        assert "1 person was added." in page.content.decode(), spelled
        invited = as_(omar).post(reverse("invite", args=["river"]), {"email": spelled, "role": "member"})
        assert invited.status_code < 400, spelled
    mia.email, mia.email_verified = "Tam@xn--universitt-y5a.example", True
    mia.save()
    assert ready_hub.role_of(mia) == "user"


# --- the text in a file ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("mark", [";", ",", "\t"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_a_list_is_read_whatever_program_wrote_it(coding, ends, mark):
    lines = [f"Prénom{mark}Nom{mark}Adresse{mark}Groupes", f"Zoë{mark}Müller{mark}zoe@x.example{mark}Labor Süd"]
    read_again = read(text_of((ends.join(lines) + ends).encode(coding)), KNOWN)
    assert read_again.people == (Found("zoe@x.example", ("Labor Süd",), "Zoë Müller"),)
    assert not read_again.lost


@pytest.mark.parametrize("head", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0\xa1", b"%PDF-1.7"])
def test_a_file_without_text_is_named(head):
    with pytest.raises(ValueError, match=r"CSV|paste"):
        text_of(head)


# --- the people in it -------------------------------------------------------------------------------------------------
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (1234),Final Score\n"
    "    Points Possible,,,,,10.0,(read only)\n"
    '"Nu, Tam",101,77001,tam@x.example,"Lab B",9.5,95\n'
    '"O\'Connor, Ann",102,77002,ann@x.example,"Lab A, Lab B",,0\n'
    '"Student, Test",199,,aa66f0e3,Lab B,,0\n'
)
MOODLE_DE = "Vorname;Nachname;E-Mail-Adresse;Gruppen\nTam;Nu;tam@x.example;Lab A\nAna;Bo;;Lab A\n"
MOODLE_PL = "Imię,Nazwisko,Adres e-mail,Ostatni dostęp\nTam,Nu,tam@x.example,5 dni 3 godz.\n"
BLACKBOARD = (
    '"Last Name"\t"First Name"\t"Username"\t"Student ID"\n"Lindqvist"\t"Mia"\t"mia"\t"4711"\n"No"\t"Body"\t"nob"\t"1"\n'
)
CASES = {
    "canvas": (CANVAS, [("tam@x.example", ("Lab B",), "Tam Nu"),
               ("ann@x.example", ("Lab A", "Lab B"), "Ann O'Connor")], []),
    "moodle in German": (MOODLE_DE, [("tam@x.example", ("Lab A",), "Tam Nu")], [(3, NO_ADDRESS)]),
    "moodle in Polish": (MOODLE_PL, [("tam@x.example", (), "Tam Nu")], []),
    "blackboard": (BLACKBOARD, [("mia", (), "Mia Lindqvist")], [(3, UNKNOWN)]),
    "excel says its mark": ("sep=;\nName;Mail\nTam Nu;tam@x.example\n", [("tam@x.example", (), "Tam Nu")], []),
    "a mail program": (
        'Nu, Tam <tam@x.example>; "Ana Bo" <mailto:ana@x.example>, carl@x.example;\nMia <MIA@x.example>',
        [("tam@x.example", (), "Tam Nu"), ("ana@x.example", (), "Ana Bo"), ("carl@x.example", (), ""),
         ("mia@x.example", (), "Mia")], [],
    ),
    "addresses with blanks": ("a@x.example b@x.example\tc@x.example", [(f"{c}@x.example", (), "") for c in "abc"], []),
    "names and addresses": ("mia, omar; ana@x.example\n",
                            [("mia", (), ""), ("omar", (), ""), ("ana@x.example", (), "")], []),
    "a column with a heading": ("E-Mail\nana@x.example\n", [("ana@x.example", (), "")], []),
    "rows of people": ("a@x.example,b@x.example\nc@x.example,d@x.example",
                       [(f"{c}@x.example", (), "") for c in "abcd"], []),
    "somebody twice": ("who,group\nmia,A\nMIA,B\n", [("mia", ("A", "B"), "")], []),
    "a cell with line ends": ('Name,Mail\n"Tam\nNu",tam@x.example\n', [("tam@x.example", (), "Tam Nu")], []),
    "an open quote": ('Name,Mail\n"Tam,tam@x.example\nAna,ana@x.example\n', [("ana@x.example", (), "Ana")],
                      [(2, NO_ADDRESS)]),
    "something else": ("Dear all,\nplease add tam", [], None),
    "nothing": (" \n;;\n", [], []),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_people_of_a_list_are_found(case):
    text, people, lost = CASES[case]
    found = read(text, KNOWN)
    assert [(one.who, one.groups, one.name) for one in found.people] == people
    if lost is not None:
        assert [(one.line, one.why) for one in found.lost] == lost


@pytest.mark.parametrize("heading", ["person", "Username", "E-Mail", ""])
def test_a_program_that_knows_no_names_reads_headings_too(heading):
    assert [one.who for one in read(f"{heading}\nmia\nnew@x.example\n").people] == ["mia", "new@x.example"]
    assert [one.who for one in read("Name,Username\nMia,mia\nTom,tom").people] == ["mia", "tom"]


words = st.text("abcdeßøñ李", min_size=1, max_size=8)
person = st.tuples(words, words, st.integers(0, 10**6), st.sampled_from(["Lab A", "Lab B", ""]))


@given(
    st.lists(person, min_size=2, max_size=12, unique_by=lambda one: one[2]),
    st.permutations(range(5)), st.sampled_from(",;\t"), st.booleans(), st.sampled_from(["utf-8-sig", "utf-16"]),
)  # fmt: skip
def test_a_table_in_any_order_of_columns_gives_its_people(people, order, mark, quoted, coding):
    """Headings are unknown except the groups' one; the column of addresses is found by its values."""
    rows = [
        (f"{first}", f"{last}", f"p{number}@x.example", group, str(number)) for first, last, number, group in people
    ]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=mark, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    for row in [("Qa", "Qb", "Qc", "Group", "Qd"), *rows]:
        writer.writerow([row[at] for at in order])
    found = read(text_of(out.getvalue().encode(coding)), KNOWN)
    assert {one.who: one.groups for one in found.people} == {r[2]: (r[3],) if r[3] else () for r in rows}
    assert not found.lost


@given(st.text(max_size=300) | st.text("a@x.example,;\t\n\"'<> |=sep", max_size=300))
def test_no_person_is_lost_and_nothing_breaks(text):
    found = read(text, KNOWN)
    assert len({one.who for one in found.people}) == len(found.people)
    for one in found.people:
        assert one.who in KNOWN or address(one.who) == one.who
        assert one.name.isprintable()
    assert all(lost.why and lost.line > 0 for lost in found.lost)


def test_no_list_takes_long_to_read():
    """60 kB of “<a@a@” used to take 19 s."""
    pieces = ["!", "@", "<", ">", "< ", ",", ";", '"', "a", "\n", ".", "mailto:", "a@x.example ", "<a@x.example>"]
    assert slow_texts(lambda text: read(text, KNOWN), pieces, 16_000, 0.5) == []


def test_a_very_long_list_is_read_up_to_a_maximum():
    for text in ("\n".join(f"p{n}@x.example" for n in range(MOST + 9)),
                 "".join(f"P {n} <p{n}@x.example>;\n" for n in range(MOST + 9)),
                 "Name,Mail\n" + "".join(f"P,p{n}@x.example\n" for n in range(MOST + 9))):  # fmt: skip
        found = read(text, KNOWN)
        assert (len(found.people), [lost.why for lost in found.lost]) == (MOST, [TOO_MANY])


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_with_a_sentence(data):
    try:
        text = text_of(data)
    except ValueError:
        return
    read(text, KNOWN)


# --- importing --------------------------------------------------------------------------------------------------------
db = pytest.mark.django_db


def at(hub):
    return reverse("hub-people", args=[hub.uid])


def send(client, hub, text, **more):
    return client.post(at(hub), {"names": text, "role": "user", **more}, follow=True)


def listed(hub):
    return {(entry.called, entry.name) for entry in hub.roster.select_related("user")}


@db
def test_a_file_is_previewed_before_it_is_imported(as_, ines, ready_hub, mia, enrol):
    enrol(ready_hub, mia)
    ready_hub.roster.create(email="old@x.example")
    file = SimpleUploadedFile("list.csv", CANVAS.encode("cp1252") + b'"Lindqvist, Mia",1,2,mia@river.example.edu,,,\n')
    page = as_(ines).post(at(ready_hub), {"names": "", "role": "user", "file": file})
    words = page.content.decode()
    assert page.status_code == 200
    for said in (
        "2 new",
        "1 already on the list, without changes",
        "Tam Nu",
        "Lab A",
        "1 person not in this list",
        "old@x.example",
    ):
        assert said in words, said
    assert ready_hub.roster.count() == 2, "nothing has changed yet"

    page = send(as_(ines), ready_hub, page.context["text"], do="apply", equal="on", columns="shown", groups_at="4")
    assert "2 people were added. 1 person was already on the list." in page.content.decode()
    assert listed(ready_hub) == {("mia", ""), ("tam@x.example", "Tam Nu"), ("ann@x.example", "Ann O'Connor")}
    assert [group.name for group in ready_hub.roster.get(email="ann@x.example").groups.all()] == ["Lab A", "Lab B"]
    assert "Tam Nu" in page.content.decode()

    page = as_(ines).post(at(ready_hub), {"do": "undo"}, follow=True)
    assert "Removed again: 2. Restored: 1." in page.content.decode()
    assert {name for name, _ in listed(ready_hub)} == {"mia", "old@x.example"}
    page = as_(ines).post(at(ready_hub), {"do": "undo"}, follow=True)
    assert "There is nothing to undo" in page.content.decode()


@db
def test_good_rows_are_taken_and_the_others_named(as_, ines, ready_hub):
    page = send(as_(ines), ready_hub, MOODLE_DE)
    assert "1 not recognised" in page.content.decode()
    assert str(NO_ADDRESS) in page.content.decode()
    send(as_(ines), ready_hub, MOODLE_DE, do="apply")
    assert listed(ready_hub) == {("tam@x.example", "Tam Nu")}


@db
def test_groups_from_a_column_with_another_name(as_, ines, ready_hub):
    text = "Name,Mail,Laboratorium\nTam,tam@x.example,Lab B\n"
    page = send(as_(ines), ready_hub, text, do="look", columns="shown", groups_at="2")
    assert '<span class="tag">Lab B</span>' in page.content.decode()
    send(as_(ines), ready_hub, text, do="apply", columns="shown", groups_at="2")
    assert [group.name for group in ready_hub.roster.get().groups.all()] == ["Lab B"]
    send(as_(ines), ready_hub, "Name,Mail,Groups\nAna,ana@x.example,Lab C\n", do="apply", columns="shown")
    assert not ready_hub.roster.get(email="ana@x.example").groups.exists(), "no column was chosen"


@db
def test_hub_admins_stay_when_the_list_is_made_equal(as_, ines, ready_hub, mia, enrol):
    enrol(ready_hub, mia, RosterEntry.Role.ADMIN)
    send(as_(ines), ready_hub, "Name,Mail\nTam,tam@x.example\n", do="apply", equal="on")
    assert {name for name, _ in listed(ready_hub)} == {"mia", "tam@x.example"}


@db
def test_people_who_are_ticked_leave_and_come_back_with_their_groups(as_, ines, ready_hub):
    send(as_(ines), ready_hub, "who,groups\na@x.example,Lab\nb@x.example,Lab\nc@x.example,\n", do="apply")
    ticked = list(ready_hub.roster.exclude(email="c@x.example").values_list("pk", flat=True))
    page = as_(ines).post(at(ready_hub), {"regroup": "", "do": "off", "entry": ticked}, follow=True)
    assert "2 people were removed from the list" in page.content.decode()
    assert [name for name, _ in listed(ready_hub)] == ["c@x.example"]
    as_(ines).post(at(ready_hub), {"do": "undo"})
    assert [g.name for g in ready_hub.roster.get(email="a@x.example").groups.all()] == ["Lab"]
    page = as_(ines).post(at(ready_hub), {"regroup": "", "do": "off"})
    assert page.status_code == 422
    assert "Choose at least one person." in page.content.decode()


@db
def test_more_people_than_the_organisation_limits_allow(as_, ines, ready_hub, river):
    river.users_per_hub = 45
    river.save()
    most = max(45, ready_hub.spec.about.heads)
    many = "\n".join(f"p{number}@x.example" for number in range(most + 1))
    page = send(as_(ines), ready_hub, many)
    assert f"The limit for this hub is {most}." in page.content.decode()
    assert 'value="apply"' not in page.content.decode()
    page = send(as_(ines), ready_hub, many, do="apply")
    assert page.status_code == 422
    assert not ready_hub.roster.exists()
    page = send(as_(ines), ready_hub, many.rpartition("\n")[0], do="apply")
    assert ready_hub.roster.count() == most
    assert f"{most} people were added" in page.content.decode()


@db
def test_more_people_than_the_request_named_is_reported(as_, ines, ready_hub, river):
    river.users_per_hub = 500
    river.save()
    asked = ready_hub.spec.about.heads
    many = "\n".join(f"p{number}@x.example" for number in range(asked + 3))
    page = send(as_(ines), ready_hub, many, do="apply")
    said = f"The list now has {asked + 3} people, but at most {asked} can work at the same time."
    assert f"{said} To raise this limit, change “Number of people”." in page.content.decode()
    assert "can work at the same time" not in send(as_(ines), ready_hub, "p0@x.example").content.decode(), "nobody new"


@db
@pytest.mark.parametrize("file", [b"PK\x03\x04zip", b"x" * (1024 * 1024 + 1)])
def test_a_file_without_people_is_refused(file, as_, ines, ready_hub):
    page = as_(ines).post(at(ready_hub), {"names": "", "role": "user", "file": SimpleUploadedFile("a.xlsx", file)})
    assert page.status_code == 422
    assert "CSV" in page.content.decode() or "at most 1 MiB" in page.content.decode()


@db
def test_who_may_not_undo(as_, zoe, mia, ines, ready_hub):
    send(as_(ines), ready_hub, "Name,Mail\nTam,tam@x.example\n", do="apply")
    for stranger in (zoe, mia):
        assert as_(stranger).post(at(ready_hub), {"do": "undo"}).status_code in (403, 404)
    assert ListChange.objects.count() == 1
    assert AuditEvent.objects.filter(verb="roster.add").count() == 1


@db
def test_queries_do_not_grow_with_the_list(as_, ines, ready_hub, river):
    river.users_per_hub = 5000
    river.save()
    client = as_(ines)

    def asked(people):
        text = "Name,Mail,Group\n" + "".join(f"P,p{n}@x.example,Lab {n % 5}\n" for n in range(people))
        with CaptureQueriesContext(
            connection,
        ) as look:
            send(client, ready_hub, text)
        with CaptureQueriesContext(connection) as done:
            client.post(at(ready_hub), {"names": text, "role": "user", "do": "apply"})
        ready_hub.roster.all().delete()
        return len(look), len(done)

    asked(3)
    few, many = asked(5), asked(400)
    assert many[0] <= few[0]
    assert many[1] <= few[1] + 4, "writes go in batches"


# --- a person claims the entry of their address -----------------------------------------------------------------------
@db
def test_an_entry_stays_with_the_person_who_claimed_its_address(ready_hub, mia, zoe):
    ready_hub.roster.create(email="tam@x.example", role="admin", name="Tam Nu")
    mia.email, mia.email_verified = "tam@x.example", True
    mia.save()
    assert "admins" in groups_of(mia, ready_hub)
    assert ready_hub.roster.get().user == mia

    mia.email = "tam.nu@x.example"  # married, or moved to another faculty
    mia.save()
    assert ready_hub.role_of(mia) == "admin"
    zoe.email, zoe.email_verified = "tam@x.example", True  # the address was assigned to another person
    zoe.save()
    assert ready_hub.role_of(zoe) == ""
    assert not groups_of(zoe, ready_hub)


@db
def test_two_entries_of_one_person_become_one(ready_hub, ines, mia, enrol):
    enrol(ready_hub, mia)
    RosterEntry.objects.create(hub=ready_hub, email="second@x.example", role="admin")
    roster_groups.regroup(hub=ready_hub, by=ines, entries=[ready_hub.roster.get(user=None).pk], add=["Lab B"])
    mia.email, mia.email_verified = "second@x.example", True
    mia.save()
    assert "Lab B" in groups_of(mia, ready_hub)
    entry = ready_hub.roster.get()
    assert (entry.user, entry.role, [group.name for group in entry.groups.all()]) == (mia, "admin", ["Lab B"])


# --- by API -----------------------------------------------------------------------------------------------------------
@db
def test_the_api_does_the_same(as_, ines, ready_hub):
    client, uid = as_(ines), ready_hub.uid
    ready_hub.roster.create(email="old@x.example")

    def call(name, **body):
        return client.post(reverse(name, args=[uid]), json.dumps(body), content_type="application/json")

    said = call("api-class-list", text=MOODLE_DE, equal=True, dryRun=True).json()
    assert [one["who"] for one in said["new"]] == ["tam@x.example"]
    assert (said["gone"], said["lost"][0]["line"]) == (["old@x.example"], 3)
    assert [name for name, _ in listed(ready_hub)] == ["old@x.example"]
    assert call("api-class-list", text=MOODLE_DE, equal=True).status_code == 200
    assert listed(ready_hub) == {("tam@x.example", "Tam Nu")}
    assert call("api-roster-undo").json() == {"removed": 1, "restored": 1}
    assert call("api-roster-undo").status_code == 422
    assert call("api-roster-remove", entries=[ready_hub.roster.get().pk]).json() == {"removed": 1}
    assert call("api-class-list", text="nobody").status_code == 422


@db
def test_addresses_stored_before_are_compared_by_todays_rule(ready_hub):
    for email in (
        "tam@xn--universitt-y5a.example",
        "tam@universität.example",
        "mu\u0308ller@x.example",
        "ana@x.example",
    ):
        ready_hub.roster.create(email=email)
    migration = importlib.import_module("hubs.migrations.0024_class_lists")
    migration.one_spelling(apps, None)
    assert sorted(ready_hub.roster.values_list("email", flat=True)) == [
        "ana@x.example", "müller@x.example", "tam@universität.example",
    ]  # fmt: skip


# --- the preview ------------------------------------------------------------------------------------------------------
def preview(client, hub, text, **more):
    page = client.post(at(hub), {"names": text, "role": "user", **more})
    assert page.status_code == 200
    return page.content.decode()


@db
def test_changes_for_people_on_the_list_are_previewed_and_made(as_, ines, ready_hub):
    known = ready_hub.roster.create(email="tam@x.example")
    known.groups.create(hub=ready_hub, name="Lab A", key="lab a")
    ready_hub.roster.create(email="ana@x.example", name="Ana Bo")
    text = "Name,Mail,Group\nTam Nu,tam@x.example,Lab B\nAnna Bo,ana@x.example,\nNew,new@x.example,Lab A\n"
    words = preview(as_(ines), ready_hub, text)
    assert "1 already on the list, with changes" in words
    assert "1 already on the list, without changes" in words
    assert "Name: Tam Nu" in words
    assert "Name: Anna Bo" not in words, "a name that is there stays"
    assert words.count('<span class="tag">Lab B</span>') == 1
    send(as_(ines), ready_hub, text, do="apply", columns="shown", groups_at="2")
    assert listed(ready_hub) == {("tam@x.example", "Tam Nu"), ("ana@x.example", "Ana Bo"), ("new@x.example", "New")}
    assert {group.name for group in known.groups.all()} == {"Lab A", "Lab B"}


@db
def test_groups_for_everyone_are_named_for_people_on_the_list_too(as_, ines, ready_hub):
    ready_hub.roster.create(email="tam@x.example")
    words = preview(as_(ines), ready_hub, "tam@x.example\nnobody here", groups="Lab C")
    assert "1 already on the list, with changes" in words
    assert '<span class="tag">Lab C</span>' in words


@db
def test_a_few_typed_names_do_not_offer_to_remove_people(as_, ines, ready_hub):
    for number in range(24):
        ready_hub.roster.create(email=f"s{number}@x.example")
    few = preview(as_(ines), ready_hub, "new@x.example\nno-such-member")
    assert "would be removed" not in few
    assert "s3@x.example" not in few
    whole = preview(as_(ines), ready_hub, "Name,Mail\nNew,new@x.example\n")
    assert "24 people on the hub’s people list would be removed." in whole
    assert "s3@x.example" in whole
    again = preview(as_(ines), ready_hub, "Name,Mail\nNew,new@x.example\n", do="look", columns="shown", whole="1")
    assert "24 people on the hub’s people list would be removed." in again
    file = SimpleUploadedFile("list.txt", b"new@x.example\nno-such-member\n")
    assert "would be removed" in preview(as_(ines), ready_hub, "", file=file)


@db
def test_back_to_edit_keeps_what_was_pasted(as_, ines, ready_hub):
    text = "Name,Mail\nNew,new@x.example\nLost,\n"
    page = as_(ines).post(at(ready_hub), {"names": text, "role": "admin", "groups": "Lab A", "do": "edit"})
    words = page.content.decode()
    assert page.status_code == 200
    assert "New,new@x.example\nLost," in words
    assert '<option value="admin" selected>' in words
    assert 'value="Lab A"' in words
    assert not ready_hub.roster.exists()


def test_an_invalid_address_in_a_column_of_addresses_is_not_a_user_name():
    found = read("Name,Mail\nTam,tam@x.example\nAna,ana(at)x.example\nBo,bo@\n", KNOWN)
    assert [(one.line, one.why) for one in found.lost] == [(3, NOT_ADDRESS), (4, NOT_ADDRESS)]

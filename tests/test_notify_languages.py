"""The audit log, the inbox and emails in each reader's language."""

import csv
import doctest
import io
import json

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from django.core import mail
from django.utils import timezone

from hubs.audit.rules.labels import LABELS
from hubs.audit.rules.sentences import SENTENCES
from hubs.audit.rules.verbs import AUDITED
from hubs.audit.services import audit
from hubs.hub.services import hubs
from hubs.language import Sentence, _, lazy, speaking
from hubs.models import AuditEvent, Invitation, Notification, User
from hubs.notify.services import notifying, outbox
from hubs.organizations import services as organizations
from hubs.requests.services import decisions
from hubs.text import kept, sentences
from portal.tasks import tell

pytestmark = pytest.mark.django_db
GERMAN = {
    "{who} suspended the hub {subject}": "{who} hat den Hub {subject} angehalten",
    "Suspended the hub …": "Hub … angehalten",
    "State": "Zustand",
    "suspended": "angehalten",
    "“{subject}” was rejected": "„{subject}“ wurde abgelehnt",
    "Rejected by {actor}.": "Abgelehnt von {actor}.",
    "Hello,": "Guten Tag,",
    "Open the request": "Antrag öffnen",
    "{person} invites you to {organization}": "{person} lädt Sie zu {organization} ein",
    "member": "Mitglied",
}


@pytest.fixture
def german(settings, tmp_path):
    """A catalogue with only these sentences."""
    catalogue = Catalog(locale="de")
    for english, text in GERMAN.items():
        catalogue.add(english, text)
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "django.mo").open("wb") as file:
        write_mo(file, catalogue)
    settings.LOCALE_PATHS = [tmp_path]


@pytest.fixture
def in_german(german, as_):
    """Return a function that gets a page as a person who reads German."""

    def get(person, path):
        return as_(person).get(path, headers={"accept-language": "de"})

    return get


# --- the table --------------------------------------------------------------------------------------------------------
def test_each_verb_has_a_sentence_and_a_label():
    assert SENTENCES.keys() == LABELS.keys() == AUDITED.keys()
    for name, row in AUDITED.items():
        assert str(row.sentence) == f"{{who}} {row.did} {{subject}}", name
        assert str(LABELS[name]) == f"{row.did[:1].upper()}{row.did[1:]} …", name


def test_examples_in_the_code():
    assert doctest.testmod(sentences).failed == 0


# --- the audit log ----------------------------------------------------------------------------------------------------
def test_a_line_is_a_sentence_in_the_word_order_of_its_language(ready_hub, ines, in_german):
    hubs.suspend(hub=ready_hub, by=ines)
    path = f"/hubs/{ready_hub.uid}/audit/"
    answer = in_german(ines, f"{path}?verb=hub.suspend")
    [line] = answer.context["lines"]
    assert line.text == "Ines Duarte hat den Hub Statistics 101 angehalten"
    assert line.changes == [("Zustand", "läuft", "angehalten")]
    name = '<strong>Ines Duarte</strong> <span class="muted small mono">ines</span>'
    assert f"{name} hat den Hub <em>Statistics 101</em> angehalten" in " ".join(answer.content.decode().split())
    assert "Hub … angehalten" in answer.content.decode()


def test_api_clients_read_english_in_every_language(ready_hub, ines, in_german):
    hubs.suspend(hub=ready_hub, by=ines)
    [row] = in_german(ines, f"/api/v1/hubs/{ready_hub.uid}/audit/?verb=hub.suspend").json()["results"]
    assert row["sentence"] == "suspended the hub"
    answer = in_german(ines, f"/hubs/{ready_hub.uid}/audit/audit.csv?verb=hub.suspend")
    text = b"".join(answer.streaming_content).decode().removeprefix("\ufeff")
    [cells] = csv.DictReader(io.StringIO(text))
    assert (cells["what"], cells["changes"]) == ("suspended the hub", "State: running → suspended")


def test_names_of_changes_are_stored_in_english_and_values_as_sentences(ready_hub, ines, german):
    with speaking("de"):
        changes = {lazy("State"): ["", _("suspended")]}
        line = audit.record("hub.retry", by=ines, subject="x", hub=ready_hub, changes=changes, whole=changes)
    line = AuditEvent.objects.select_related("record").get(pk=line.pk)
    assert line.changes == {"State": ["", "suspended"]}
    assert line.record.data == {"State": ["", "suspended"]}


# --- inbox and emails -------------------------------------------------------------------------------------------------
def test_an_email_and_the_inbox_are_in_the_readers_language(waiting, stan, ines, in_german):
    User.objects.filter(pk=ines.pk).update(language="de")
    decisions.reject(request=waiting, by=stan, reason="Not this term.")
    tell()
    row = Notification.objects.get(person=ines, kind="decision")
    assert (row.title, row.text) == ("“Statistics 101” was rejected", "Rejected by Stan Weber. “Not this term.”")
    page = in_german(ines, "/inbox/").content.decode()
    assert "„Statistics 101“ wurde abgelehnt" in page
    assert "Abgelehnt von Stan Weber. „Not this term.“" in page
    outbox.send(timezone.now())
    sent = {message.to[0]: message for message in mail.outbox}
    german = sent[ines.email]
    assert german.subject == "„Statistics 101“ wurde abgelehnt"
    assert german.body.startswith("Guten Tag,")
    assert "Antrag öffnen:" in german.body
    assert "Abgelehnt von Stan Weber. „Not this term.“" in german.body
    assert '<html lang="de">' in german.alternatives[0][0]


def test_people_without_a_chosen_language_get_english_emails(waiting, stan, ines, german):
    decisions.reject(request=waiting, by=stan, reason="Not this term.")
    with speaking("de"):
        tell()
        outbox.send(timezone.now())
    message = next(message for message in mail.outbox if message.to == [ines.email])
    assert (message.subject, message.body.split("\n")[0]) == ("“Statistics 101” was rejected", "Hello,")
    assert '<html lang="en">' in message.alternatives[0][0]


def test_an_invitation_is_in_the_inviters_language(river, ada, german):
    User.objects.filter(pk=ada.pk).update(language="de")
    ada.refresh_from_db()
    organizations.invite(organization=river, by=ada, email="new@example.org", role="member")
    outbox.send(timezone.now())
    assert Invitation.objects.count() == 1
    assert mail.outbox[-1].subject == "Ada Okafor lädt Sie zu River University ein"


def test_several_sentences_are_kept_as_one(german):
    text = sentences.paragraph(
        [sentences.filled(lazy("Rejected by {actor}."), {"actor": "Ada", "note": ""}), "", "No."]
    )
    assert isinstance(text, Sentence)
    column = kept.to_text(text)
    with speaking("de"):
        assert kept.from_text(column) == "Abgelehnt von Ada. No."
    assert set(json.loads(column[1:])["values"]) == {"s0", "s1"}
    assert notifying._short(text, 100) is text
    assert notifying._short(text, 10) == "Rejected…"

"""Sentences in database columns are read in each reader's language, in text and JSON, whatever language wrote them."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubs.language import Sentence, _, calendar_day, lazy, listed, number, plural, speaking, within
from hubs.models import AuditEvent, Cluster
from hubs.models.cluster import THIS_MACHINE
from hubs.text import kept

DAY = date(2026, 3, 1)


def both(make):
    """Return a kept sentence in English and in German; it was made in German."""
    with speaking("de"):
        column = kept.to_text(make())
    found = []
    for language in ("en", "de"):
        with speaking(language):
            found.append(kept.from_text(column))
    return found


def test_a_kept_sentence_reads_in_each_language_with_its_values():
    assert both(lambda: calendar_day(DAY)) == ["1 March 2026", "1.\u00a0März 2026"]
    assert both(lambda: plural("{count} day ago", "{count} days ago", 1)) == ["1 day ago", "vor 1 Tag"]
    assert both(lambda: plural("{count} day ago", "{count} days ago", 5)) == ["5 days ago", "vor 5 Tagen"]
    assert both(lambda: listed(["a", "b", "c"])) == ["a, b and c", "a, b und c"]


def test_sentences_inside_sentences_are_read_too():
    assert both(lambda: _("{some} and {last}", some=calendar_day(DAY), last=lazy("Ready"))) == [
        "1 March 2026 and Ready",
        "1.\u00a0März 2026 und Bereit",
    ]


def test_str_errors_and_formats_of_a_single_sentence_keep_its_values():
    sentence = _("{some} and {last}", some=1, last=2)
    for same in (str(sentence), f"{sentence}", str(ValueError(sentence)), "{}".format(sentence)):  # noqa: UP032
        assert isinstance(same, Sentence)
        assert same == "1 and 2"
    assert json.dumps([sentence]) == '["1 and 2"]'


def test_a_sentence_that_no_longer_exists_reads_in_english():
    gone = _("A sentence of an earlier version, for {name}.", name="Ada")
    with speaking("de"):
        assert kept.from_text(kept.to_text(gone)) == "A sentence of an earlier version, for Ada."


def test_the_same_word_can_differ_by_context():
    with speaking("de"):
        assert str(within("nowhere", "Ready")) == "Ready"


@given(st.text())
def test_texts_of_people_are_kept_unchanged_and_never_read_as_a_sentence(text):
    assert kept.from_text(kept.to_text(text)) == text.lstrip(kept.MARK)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_of_people_is_kept_unchanged(tree):
    assert kept.read(json.loads(json.dumps(kept.kept(tree)))) == tree


@pytest.mark.django_db
def test_columns_read_in_the_readers_language(db):
    with speaking("de"):
        row = AuditEvent.objects.create(
            verb="hub.suspend",
            subject="x",
            note=calendar_day(DAY),
            changes={"a": ["", calendar_day(DAY)], "b": ["", "Mara"]},
        )
    for language, day in (("en", "1 March 2026"), ("de", "1.\u00a0März 2026")):
        with speaking(language):
            read = AuditEvent.objects.get(pk=row.pk)
            assert (read.note, read.changes) == (day, {"a": ["", day], "b": ["", "Mara"]})
            assert AuditEvent.objects.values_list("note", flat=True).get(pk=row.pk) == day
    AuditEvent.objects.filter(pk=row.pk).update(note="typed by a person")
    assert AuditEvent.objects.get(pk=row.pk).note == "typed by a person"


def test_numbers_have_the_readers_digits():
    assert (number(1024), number(1.5), number(3.0)) == ("1,024", "1.5", "3")
    with speaking("de"):
        assert (number(1024), number(1.5), number(3.0)) == ("1.024", "1,5", "3")


def named(row):
    found = []
    for language in ("en", "de"):
        with speaking(language):
            found.append(str(Cluster.objects.get(pk=row.pk).name))
    return found


@pytest.mark.django_db
def test_the_built_in_name_of_a_cluster_is_read_in_the_readers_language_until_it_is_renamed(db):
    with speaking("de"):
        row = Cluster.objects.create(slug="here", name=THIS_MACHINE, runtime="local")
    assert Cluster.objects.filter(name="This machine").exists(), "kept in English, as in older rows"
    assert named(row) == ["This machine", "Dieser Rechner"]
    with speaking("de"):
        Cluster.objects.get(pk=row.pk).save()
    assert Cluster.objects.filter(name="This machine").exists()
    Cluster.objects.update(name="Teaching")
    assert named(row) == ["Teaching", "Teaching"]

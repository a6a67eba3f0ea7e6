"""The components of every page: what they show, and that labels, help and errors are announced by screen readers."""

import doctest
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django import forms
from django.template import Context, Template
from django.urls import reverse

from hubs import looks
from hubs.models import Hub
from hubs.requests.rules import State
from hubs.templatetags import words
from tests.words import MEMORY_LABEL


def render(source: str, **context) -> str:
    return " ".join(Template(source).render(Context(context)).split())


class Sizes(forms.Form):
    ends = forms.DateField(label="Last day", required=False)
    kind = forms.ChoiceField(label="Kind", widget=forms.RadioSelect, choices=[("a", "A"), ("b", "B")])

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        memory = forms.FloatField(label=MEMORY_LABEL, help_text="More is stopped.", max_value=4)
        memory.limit_note, memory.was, memory.unit = "limit 4 GiB", "was 1 GiB", "GiB"
        self.fields["singleuser.memory.limit"] = memory
        self.fields["kind"].choice_help = {"a": "The first."}


def test_doctests_of_template_filters():
    assert doctest.testmod(words).failed == 0
    assert doctest.testmod(words).attempted > 5


def test_every_state_has_its_own_look():
    assert set(looks.HUB) == set(Hub.Status.values)
    assert {looks.HUB[value].word for value in Hub.Status.values} == set(Hub.Status.labels)
    assert set(looks.REQUEST) == {str(state) for state in State}


def test_an_unknown_state_is_shown_by_its_own_name():
    assert "Sleeping well" in render("{% hub_status 'sleeping_well' %}")


def test_a_panel_is_named_by_its_heading():
    html = render('{% panel who id="who" kind="danger" %}<p>{{ who }}</p>{% endpanel %}', who="<Ada>")
    assert '<section class="panel danger" aria-labelledby="who-title">' in html
    assert '<h2 id="who-title">&lt;Ada&gt;</h2>' in html
    assert "<p>&lt;Ada&gt;</p> </section>" in html
    assert render('{% panel "Who?" %}{% endpanel %}').startswith('<section class="panel"> <header> <h2>Who?</h2>')


def test_a_fact_has_a_name_and_the_head_of_a_table_has_columns():
    assert render('{% fact "Who" %} <b>{{ who }}</b> {% endfact %}', who="<Ada>") == (
        "<div><dt>Who</dt><dd><b>&lt;Ada&gt;</b></dd></div>"
    )
    head = render('{% columns "Hub" "num" "Memory" "hidden" "Actions" %}')
    assert '<th scope="col">Hub</th> <th scope="col" class="num">Memory</th>' in head
    assert '<th scope="col"><span class="visually-hidden">Actions</span></th>' in head


def test_a_field_reads_its_help_its_limit_and_its_error_after_the_label():
    form = Sizes({"singleuser.memory.limit": "8", "kind": "a"})
    form.is_valid()
    html = render("{% field form 'singleuser.memory.limit' %}", form=form)
    base = "id_singleuser.memory.limit"
    assert f'aria-describedby="{base}-help {base}-limit {base}-error"' in html
    assert all(f'id="{base}-{part}"' in html for part in ("help", "limit", "error"))
    assert f'<label for="{base}">' in html
    assert 'aria-invalid="true"' in html
    assert all(text in html for text in ("was 1 GiB", "limit 4 GiB", '<span class="unit">GiB</span>', 'value="8"'))


def test_a_choice_is_a_group_and_each_line_belongs_to_its_button():
    form = Sizes({"singleuser.memory.limit": "2"})
    form.is_valid()
    html = render("{% field form.kind %}", form=form)
    assert '<fieldset class="field" id="id_kind" aria-describedby="id_kind-error">' in html
    assert 'aria-describedby="id_kind_0-about"' in html
    assert 'id="id_kind_0-about">The first.' in html
    assert "aria-invalid" not in html  # a radio button must not have it


def test_a_posted_form_says_what_is_wrong_above_its_fields_and_ends_in_a_button_and_a_way_back():
    form = Sizes({"kind": "c"})
    html = render(
        '{% post_form form "Save" "home" busy="Saving…" %}<i>{{ who }}</i>{% endpost_form %}', form=form, who="<"
    )
    assert html.startswith('<form class="form panel" method="post" novalidate> <div class="error-summary"')
    assert html.index("error-summary") < html.index("<i>&lt;</i>") < html.index('data-busy="Saving…"')
    assert html.endswith(f'<a class="button quiet" href="{reverse("home")}">Cancel</a> </div> </form>')
    bare = render(
        "{% post_form form 'Go' look='form' id='a' action='/b' files=True novalidate=False %}{% endpost_form %}",
        form=Sizes(),
    )
    assert bare.startswith('<form class="form" id="a" method="post" action="/b" enctype="multipart/form-data">')
    assert "Cancel" not in bare


def test_a_date_gets_the_browsers_picker():
    assert 'type="date"' in render("{% field form.ends %}", form=Sizes())


def test_the_error_summary_links_to_what_can_be_focused():
    form = Sizes({"singleuser.memory.limit": "8"})
    html = render("{% error_summary form %}{% form_fields form %}", form=form)
    for anchor in ("id_kind_0", "id_singleuser.memory.limit"):
        assert f'href="#{anchor}"' in html
        assert f' id="{anchor}"' in html
    assert render("{% error_summary form %}", form=Sizes()) == ""


@pytest.mark.parametrize(
    ("used", "adds", "limit", "shown"),
    [
        (20, 12, 64, ('class="used" width="62.5"', 'class="adds" x="62.5" width="37.5"', "+ 12 GiB with this")),
        (20, 60, 64, ("above", 'class="meter over"', 'x1="160.0"')),
        (48, -16, 64, ('class="used" width="100.0"', 'class="frees" x="100.0" width="50.0"')),
        (0, 0, 0, ('class="used" width="0.0"', "0 GiB allocated")),
    ],
)
def test_a_meter_shows_what_is_used_and_what_is_added(used, adds, limit, shown):
    numbers = {"used": used, "adds": adds, "limit": limit}
    meter = {"label": "Memory", **numbers, **{f"{name}_text": f"{n} GiB" for name, n in numbers.items()}}
    html = render("{% meter m %}", m=meter)
    assert [text for text in shown if text not in html] == []
    assert render("{% meter m %}", m=SimpleNamespace(**meter)) == html


def test_a_time_carries_the_exact_one_and_a_machine_readable_one():
    at = datetime(2026, 3, 1, 9, 5, tzinfo=UTC)
    html = render("{% when at exact=True %}", at=at)
    assert 'datetime="2026-03-01T09:05:00+00:00"' in html
    assert 'title="1 March 2026, 09:05 UTC"' in html
    assert render("{% when at exact=True %}", at="2026-03-01T09:05:00Z") == html  # as JupyterHub writes them
    assert render("{% when at %}", at=None) == '<span class="muted">–</span>'
    assert render("{% elapsed a b %}", a=at, b=at + timedelta(seconds=125)) == '<span class="num">2 min 5 s</span>'
    assert "data-elapsed" in render("{% elapsed a %}", a=at)


def test_words_of_people_are_escaped_everywhere():
    evil = "<script>alert(1)</script>"
    run = SimpleNamespace(
        result="failed", message=evil, note=evil, detail=evil, started_at=None, get_kind_display=evil, steps=None
    )
    html = render(
        "{% status 'bad' evil %}{% button evil %}{% icon 'x' evil %}{% include 'components/timeline.html' %}"
        "{% include 'components/confirm_form.html' with name=evil lost=evil %}"
        "{% include 'components/notice.html' with text=evil title=evil %}",
        evil=evil,
        runs=[run],
    )
    assert evil not in html
    assert html.count("&lt;script&gt;") >= 9


@pytest.mark.django_db
def test_the_style_guide_shows_every_component_to_staff_and_exists_for_nobody_else(client, stan, ines):
    client.force_login(ines)
    assert client.get(reverse("styleguide")).status_code == 404
    client.force_login(stan)
    page = client.get(reverse("styleguide"))
    assert page.status_code == 200
    assert b" style=" not in page.content
    assert b"<script>" not in page.content
    assert client.post(reverse("styleguide")).status_code == 405

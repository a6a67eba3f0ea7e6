"""Templates can be reviewed: one block per line, and never more than 160 characters."""

import pytest
from django.core.management import CommandError, call_command
from django.template import Context, Template, TemplateSyntaxError

from portal.template_layout.layout import WIDTH, formatted
from portal.template_layout.tree import Malformed


def laid_out(text: str) -> str:
    once = formatted(text)
    assert formatted(once) == once, "formatting twice must change nothing"
    return once


def test_every_template_is_formatted():
    call_command("format_templates", check=True)


def test_an_unformatted_template_fails_by_name(settings, tmp_path):
    (tmp_path / "templates").mkdir()
    page = tmp_path / "templates" / "page.html"
    page.write_text("<ul><li>one</li><li>two</li></ul>\n")
    settings.BASE_DIR = tmp_path
    with pytest.raises(CommandError, match=r"page\.html is not formatted"):
        call_command("format_templates", check=True)
    call_command("format_templates")
    assert page.read_text() == "<ul>\n  <li>one</li>\n  <li>two</li>\n</ul>\n"
    call_command("format_templates", check=True)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("<p>a <b>b</b>.</p>\n", "<p>a <b>b</b>.</p>\n"),
        (
            "<div><p>a</p>{% if x %}<p>b</p>{% endif %}</div>\n",
            "<div>\n  <p>a</p>\n  {% if x %}\n    <p>b</p>\n  {% endif %}\n</div>\n",
        ),
        ("<p>a{% if x %}, b{% endif %}.</p>\n", "<p>a{% if x %}, b{% endif %}.</p>\n"),
        ("<div><pre>\n a\n  b</pre></div>\n", "<div>\n  <pre>\n a\n  b</pre>\n</div>\n"),
        ('<div class="buttons"><a>a</a><a>b</a></div>\n', '<div class="buttons">\n  <a>a</a>\n  <a>b</a>\n</div>\n'),
        ('<input\n  name="a"  value="b  c">', '<input name="a" value="b  c">'),
    ],
    ids=["a sentence", "blocks", "a condition in a sentence", "preformatted", "flex items", "attributes"],
)
def test_one_block_per_line(text, wanted):
    assert laid_out(text) == wanted


def test_no_visible_white_space_is_added():
    glued = "<p>start" + "<b>word</b>{% if x %}.{% endif %}" * 12 + "end</p>"
    inside = laid_out(f"{glued}\n").removeprefix("<p>\n").removesuffix("\n</p>\n").strip()
    assert not any(sign.isspace() for sign in inside.replace("{% if x %}", "").replace("{% endif %}", ""))


def test_long_sentences_and_tags_are_broken():
    words = laid_out(f"<p>{'word ' * 90}</p>\n")
    tag = laid_out(f"<section {' '.join(f'data-a{n}={n:040}' for n in range(9))}><p>a</p></section>\n")
    for text in (words, tag):
        assert text.count("\n") > 3
        assert max(map(len, text.splitlines())) <= WIDTH


def test_parts_that_may_be_empty_get_no_line_break():
    cell = "<td>{% if row %}<a href=\"{% url 'somewhere' row.uid %}\">" + "a name " * 20 + "</a>{% endif %}</td>\n"
    assert laid_out(cell).startswith("<td>{% if row %}<a")
    assert laid_out(cell).endswith("{% endif %}</td>\n")


@pytest.mark.parametrize("text", ["<p>a", "<p>{% if x %}</p>{% endif %}", "{% if x %}", "</p>", "{% endif %}"])
def test_unclosed_tags_are_refused(text):
    with pytest.raises(Malformed):
        formatted(text)


def test_a_short_fact_is_on_one_line_and_a_panel_on_several():
    text = '{% panel "Who?" id="who" %}<dl class="facts">{% fact "Who" %}Ada{% endfact %}</dl>{% endpanel %}\n'
    lines = [
        '{% panel "Who?" id="who" %}',
        '  <dl class="facts">{% fact "Who" %}Ada{% endfact %}</dl>',
        "{% endpanel %}",
    ]
    assert laid_out(text) == "\n".join([*lines, ""])


def test_a_component_has_its_sentences_between_its_tags():
    page = Template(
        '{% component "components/notice.html" tone="bad" %}\n  {% part title %}Not\n saved{% endpart %}\n'
        "  Ask {{ who }}.\n{% endcomponent %}"
    ).render(Context({"who": "<Ada>"}))
    assert "<strong>Not saved</strong>Ask &lt;Ada&gt;." in page


@pytest.mark.parametrize(
    "text",
    ["{% component %}{% endcomponent %}", '{% component "a.html" b %}{% endcomponent %}', "{% part %}{% endpart %}"],
)
def test_a_component_declares_its_arguments(text):
    with pytest.raises(TemplateSyntaxError):
        Template(text)


def test_a_slot_must_be_in_a_component():
    with pytest.raises(TemplateSyntaxError, match="outside a component"):
        Template("{% part lost %}a{% endpart %}").render(Context())

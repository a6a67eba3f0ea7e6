"""Sentences on hubs' own pages are in the visitor's language: translated by the portal, selected in the hub."""

import ast
import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from hubs.language import speaking
from hubs.spec import offers
from hubs.spec.values import not_on_the_list
from provisioning import hub_words
from provisioning.hubside.common import languages

from .shapes import shape

HUBSIDE = Path(languages.__file__).parents[1]
SAID = re.compile(r"""say\((["'])(.+?)\1""")


@pytest.fixture
def german(tmp_path):
    """Provide `languages` with a translation; reset it afterwards."""
    (tmp_path / "words.json").write_text(
        json.dumps({"de": {"Back to the portal": "Zum Portal", "By {name}": "{name}!"}})
    )
    languages.read(tmp_path / "words.json")
    yield
    languages.read(tmp_path / "nothing.json")
    languages.hear("")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("de", "Zum Portal"),
        ("de-AT,en;q=0.5", "Zum Portal"),
        ("fr, de;q=0.8, en;q=0.7", "Zum Portal"),
        ("en-GB,de;q=0.9", "Back to the portal"),
        ("en;q=0.1, de;q=0.2", "Zum Portal"),
        ("de;q=0", "Back to the portal"),
        ("fr", "Back to the portal"),
        ("*", "Back to the portal"),
        ("", "Back to the portal"),
        (";;q=x,,", "Back to the portal"),
    ],
)
def test_a_visitor_reads_the_language_that_their_browser_prefers(german, header, said):
    languages.hear(header)
    assert languages.say("Back to the portal") == said
    assert languages.spoken() == ("de" if said == "Zum Portal" else "en")
    assert languages.say("Not translated: {name}", name="x") == "Not translated: x"


def test_without_translations_everything_is_in_english(tmp_path):
    for text in ("", "[]", "{"):
        (tmp_path / "words.json").write_text(text)
        languages.read(tmp_path / "words.json")
        languages.hear("de")
        assert languages.say("By {name}", name="Ada") == "By Ada"
    languages.hear("")


async def test_handlers_and_their_templates_follow(german):
    class Handler:
        request = SimpleNamespace(headers={"Accept-Language": "de"})
        template_namespace = property(lambda self: {"user": "ada"})

        async def prepare(self):
            self.prepared = True

    languages.follow(Handler)
    handler = Handler()
    await handler.prepare()
    assert handler.prepared
    assert handler.template_namespace["say"]("By {name}", name="Ada") == "Ada!"
    assert handler.template_namespace["user"] == "ada"


def test_the_table_has_each_sentence_of_hubs():
    with speaking("en"):
        known = {str(sentence) for sentence in hub_words.SENTENCES}
    said = {offers.NOTHING, offers.NOT_YOURS, offers.GONE, offers.UNANSWERED, offers.UNFIT, offers.NAMELESS}
    for path in HUBSIDE.rglob("*.html"):
        text = path.read_text()
        said |= {found[2] for found in SAID.finditer(text)} | set(re.findall(r'"(\w+ by \{name\})"', text))
        said |= {" ".join(one.split()) for one in re.findall(r"\[\[(.*?)\]\]", text, re.DOTALL) if one}
    for path in HUBSIDE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("say", "_refused"):
                said |= {one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    assert said - known == set()
    assert len(said) > 15
    everything = "".join(path.read_text() for path in HUBSIDE.rglob("*.*") if path.suffix in (".py", ".html"))
    everything = " ".join(everything.split())
    assert [one for one in known - said if one not in everything] == []
    assert not_on_the_list("Statistics") in {one.format(title="Statistics") for one in known if "{title}" in one}


def test_what_is_rendered_does_not_depend_on_the_language_of_the_page():
    with speaking("de"):
        found = shape("wildcard")
    assert [part.digest for part in found.parts] == [part.digest for part in shape("wildcard").parts]
    with speaking("de"):
        hub_words.words.cache_clear()
        words = json.loads(hub_words.words())
    assert "en" not in words
    assert set(words) == {"de"}

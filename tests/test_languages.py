"""Every page in another language: no sentence of the portal is left in English, and German is complete."""

import ast
import itertools
import re
from zoneinfo import available_timezones

import pytest
from django.apps import apps
from django.utils import translation
from django.utils.dates import MONTHS_3

from hubs.help import queries
from hubs.help.rules.guides import GUIDES
from portal import catalogues
from tests.every_word import outside, words_of, write_bracketed
from tests.test_every_url import DOORS, OURS, STREAMS, address, asked, world  # noqa: F401

pytestmark = pytest.mark.django_db
BRACKETS = "en-zz"
# Not pages: files, and answers for programs.
FILES = ("metrics", "healthz", "readyz", "session", "values-keys")
# Names, and words that are the same in every language.
NAMES = frozenset(
    """
    Hub Portal JupyterHub JupyterLab Jupyter Kubernetes KubeSpawner GitHub GitLab YAML JSON CSV CPU GPU GiB MiB KiB TiB
    EUR UTC min URL API OpenAPI HTTP English Deutsch Europe Berlin RStudio Notebook Gateway ClusterIssuer R Python Julia
    baseline privileged admins for last_day memory_gib cpu gpus storage_gib servers reason
    Ines Ito Stan Staff Riverside University omar ines
""".split()
) | frozenset(str(month).title() for month in MONTHS_3.values())  # on axes, from Django's catalogue
ADDRESS = re.compile(r"://|^\s*[a-z-]+(\.[a-z-]+)+\s*$")
# Words of English sentences that are not German words, and are in no name of the tests' people and hubs.
ENGLISH = re.compile(r"\b(the|and|of|you|your|this|that|with|are|is|be|has|have|not|can|from|by|or|it|who|no)\b")


def pages(world, as_, role):  # noqa: F811
    """Yield (name, HTML) of every page that the role may see."""
    client = as_(world["people"][role])
    for name in OURS:
        if name in (*STREAMS, *FILES) or role not in DOORS[name][0]:
            continue
        with asked(client, "get", address(name, world)) as response:
            if response["Content-Type"].startswith("text/html") and response.content:
                yield name, response.content.decode()


def leaves(value):
    """Yield every text in a value of a column."""
    if isinstance(value, dict):
        yield from (leaf for pair in value.items() for one in pair for leaf in leaves(one))
    elif isinstance(value, list | tuple):
        yield from (leaf for one in value for leaf in leaves(one))
    elif isinstance(value, str):
        yield value
        yield from value.split("\n")


def plain(text):
    return " ".join(re.findall(r"[^\W_]+", text)).casefold()


class Data:
    """Names, titles and reasons that people wrote: the texts of all rows, and the names of time zones and guides."""

    def __init__(self):
        rows = (row for model in apps.get_app_config("hubs").get_models() for row in model.objects.all().values_list())
        found = [leaf for row in rows for leaf in leaves(list(row))]
        found += [*available_timezones(), *(part for zone in available_timezones() for part in zone.split("/"))]
        found += [queries.document(guide.slug).title for guide in GUIDES]  # in English, if the guide is not translated
        self.texts = {plain(text) for text in found}
        self.whole = f" {' '.join(self.texts)} "

    def knows(self, text):
        """Return whether this is such a text, or two or more words of one: one word could be the portal's as well."""
        text = plain(text)
        return text in self.texts or (" " in text and f" {text} " in self.whole)


def left(text, data):
    """Return the parts of a text that are neither in brackets, nor a name, nor data."""
    parts = (part.strip(" ,") for whole in outside(text) for part in whole.split("·") if not ADDRESS.search(part))
    words = {part: [word for word in re.findall(r"[^\W\d]{2,}", part) if word not in NAMES] for part in parts}
    return [part for part, some in words.items() if some and not data.knows(part)]


@pytest.fixture
def brackets(settings, tmp_path):
    """A language in which every sentence is in brackets: text outside brackets went through no catalogue."""
    write_bracketed(tmp_path, translation.to_locale(BRACKETS))
    settings.LOCALE_PATHS = [tmp_path]
    settings.LANGUAGES = [("en", "English"), (BRACKETS, "Deutsch")]
    settings.LANGUAGE_CODE = BRACKETS
    with translation.override(BRACKETS):
        yield


@pytest.mark.parametrize("role", ["anonymous", "ines", "ada", "stan"])
def test_every_sentence_of_every_page_goes_through_the_catalogue(role, world, as_, brackets):  # noqa: F811
    known = Data()
    wrong: dict[str, str] = {}
    for name, html in pages(world, as_, role):
        for text in words_of(html):
            if found := left(text, known):
                wrong.setdefault(f"{' · '.join(found)} (in: {text[:90]})", name)
    assert not wrong, "\n".join(f"{name}: {text}" for text, name in wrong.items())


@pytest.mark.parametrize("role", ["anonymous", "ines", "ada", "stan"])
def test_every_page_in_german_has_no_english_sentence_of_the_portal(role, world, as_, settings):  # noqa: F811
    settings.LANGUAGE_CODE = "de"
    with translation.override("de"):
        known = Data()
        wrong: dict[str, str] = {}
        for name, html in pages(world, as_, role):
            assert '<html lang="de"' in html or "<html" not in html, name
            for text in words_of(html):
                if ENGLISH.search(text) and not known.knows(text):
                    wrong.setdefault(text[:120], name)
    assert not wrong, "\n".join(f"{name}: {text}" for text, name in wrong.items())


@pytest.mark.parametrize(("language", "domain"), [*itertools.product(catalogues.languages(), catalogues.DOMAINS)])
def test_every_sentence_is_translated_and_loses_no_placeholder(language, domain):
    catalogue = catalogues.update(language, domain)
    assert catalogues.problems(catalogue) == []
    assert catalogues.po(language, domain).read_text() == catalogues.text(catalogue), "run `manage.py messages`"


# The number of arguments that are texts.
SEAM = dict.fromkeys(("_", "lazy"), 1) | dict.fromkeys(("plural", "lazy_plural", "within", "lazy_within"), 2)


def calls():
    """Yield (place, text) of each sentence in the code, and (place, None) of each call without a literal."""
    for path in sorted(path for package in catalogues.PACKAGES for path in (catalogues.ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SEAM:
                for one in node.args[node.func.id.endswith("within") : SEAM[node.func.id]]:
                    place = f"{path.relative_to(catalogues.ROOT)}:{node.lineno}"
                    yield place, one.value if isinstance(one, ast.Constant) else None


def test_each_sentence_in_the_code_is_collected():
    """Babel reads tokens, so it would miss a sentence inside an f-string."""
    found = [one.id for one in catalogues.collected("django")]
    known = {text for one in found for text in ([one] if isinstance(one, str) else one)}
    assert [(place, text) for place, text in calls() if text is not None and text not in known] == []


@pytest.mark.parametrize(
    "lost", ["Hallo!", "{name} ist da, {other} auch.", "<b>{name}</b> ist da.", " {name} ist da.", ""]
)
def test_a_translation_that_loses_or_adds_a_placeholder_is_a_problem(lost):
    catalogue = catalogues.read("de", "nowhere")
    catalogue.add("{name} is here.", lost)
    assert len(catalogues.problems(catalogue)) == 1
    catalogue["{name} is here."].string = "{name} ist da."
    assert catalogues.problems(catalogue) == []

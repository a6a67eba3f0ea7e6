"""/help/: every guide is a page, every page of the portal has its part of a guide, links work, and the search."""

import re

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from hubs.help import queries
from hubs.help.pages import LONGEST
from hubs.help.rules.documents import anchor, read
from hubs.help.rules.finding import search
from hubs.help.rules.guides import GUIDES, OF_PAGE, PAGES
from hubs.language import speaking
from hubs.spec.finding import find

pytestmark = pytest.mark.django_db
# Answers that are not pages: streams, files, forms that redirect, and what only programs or one role fetch.
NO_PAGE = re.compile(
    r"live-|.*-csv$|.*-ics$|.*-(check|start|resume|retry|restart|offer|probe|revoke|test|pause|read|go|resend|save|rebase|"
    r"withdraw|comment|take-back|image|repository|open|count|read-all|take-over|preview|html|unpause|download|feed)$"
)
PARTS_OF_PAGES = {
    "limits", "material", "institutions", "values-keys", "profiles-read", "profiles-ladder", "session", "sign-out",
    "language", "calendar-link", "help", "help-guide", "styleguide", "hub-pause",
}  # fmt: skip


def named(patterns=None):
    """Return the names of all URLs of the portal's pages."""
    for one in get_resolver("hubs.urls.pages").url_patterns if patterns is None else patterns:
        if isinstance(one, URLPattern) and one.name:
            yield one.name
        elif isinstance(one, URLResolver) and not one.namespace and "api/" not in str(one.pattern):
            yield from named(one.url_patterns)


def test_every_page_has_a_part_of_a_guide():
    lacking = {name for name in named() if not NO_PAGE.match(name)} - set(OF_PAGE) - PARTS_OF_PAGES
    assert not lacking, f"Say in hubs/help/rules/guides.py which part explains these pages: {sorted(lacking)}"


def test_no_part_is_for_an_unknown_page_and_no_page_has_two():
    pages = [page for pages in PAGES.values() for page in pages]
    assert set(pages) <= {*named(), "api-docs"}
    assert len(pages) == len(set(pages))


@pytest.mark.parametrize("part", PAGES)
def test_each_part_exists(part):
    slug, _, wanted = part.partition("#")
    assert not wanted or wanted in queries.document(slug).anchors()


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.slug)
def test_each_guide_opens_for_everyone_and_its_links_lead_somewhere(guide, client, as_, stan):
    page = client.get(reverse("help-guide", args=[guide.slug]))
    assert page.status_code == 200
    assert as_(stan).get(reverse("help-guide", args=[guide.slug])).status_code == 200
    text = page.content.decode().partition('<article class="guide" lang="en">')[2].partition("</article>")[0]
    for href in re.findall(r'href="([^"]+)"', text):
        path, _, wanted = href.partition("#")
        if path.startswith(("http", "mailto")):
            continue
        slug = path.removeprefix("/help/").strip("/") if path else guide.slug
        if path.startswith("/help/") or not path:
            assert not wanted or wanted in queries.document(slug).anchors(), href
        else:
            assert client.get(path).status_code == 200, href
    for picture in re.findall(r'<img src="([^"]+)"', text):
        assert picture.startswith("/static/help/")


def test_every_guide_is_listed():
    written = {path.stem for path in (queries.settings.BASE_DIR / "docs").glob("*.md")} - {"architecture"}
    assert {guide.slug for guide in GUIDES} == written


def test_unknown_guides_are_not_found(client):
    assert client.get("/help/../settings/").status_code == 404
    assert client.get(reverse("help-guide", args=["architecture"])).status_code == 404


@pytest.mark.parametrize(("who", "first"), [("ines", "instructor"), ("ada", "instructor"), ("stan", "staff")])
def test_own_guides_come_first(who, first, request, as_):
    page = as_(request.getfixturevalue(who)).get(reverse("help")).content.decode()
    slugs = re.findall(r'href="/help/([a-z-]+)/"', page.partition("<main")[2].partition("</main>")[0])
    assert len(slugs) == len(GUIDES)
    assert set(slugs) == {guide.slug for guide in GUIDES}
    own = {"ines": {"instructor", "api"}, "ada": {"instructor", "org-admin"}, "stan": {"staff", "operator"}}[who]
    assert own <= set(slugs[:8]) or who == "stan"
    assert first in slugs[:4]


def test_search_finds_parts_with_all_words_and_says_when_there_are_none(client):
    page = client.get(reverse("help"), {"q": "last day"}).content.decode()
    assert reverse("help-guide", args=["instructor"]) + "#last-day" in page
    assert "<mark>" in page
    none = client.get(reverse("help"), {"q": "xylophone"}).content.decode()
    assert "xylophone" in none
    assert "<mark>" not in none


@pytest.mark.parametrize("odd", ["<script>alert(1)</script>", "\x00", "%", "ß" * 200, "a" * (LONGEST + 50), "  "])
def test_odd_searches_are_answered_and_escaped(odd, client):
    page = client.get(reverse("help"), {"q": odd})
    assert page.status_code == 200
    assert b"<script>alert" not in page.content


def test_a_title_counts_more_than_a_mention_and_every_word_is_needed():
    text = "# A\n\n## Extend\n\nLater.\n\n## Other\n\nExtend the last day.\n"
    documents = [("a", 1, read(text, str, str))]
    assert [one.part.title for one in search(documents, "extend")] == ["Extend", "Other"]
    assert [one.part.title for one in search(documents, "extend day")] == ["Other"]
    assert search(documents, "") == []


def test_a_guide_with_more_weight_comes_first():
    text = "# A\n\n## Part\n\nThe last day.\n"
    documents = [("table", 1, read(text, str, str)), ("guide", 3, read(text, str, str))]
    assert [one.guide for one in search(documents, "last day")] == ["guide", "table"]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("hub day", "Extend the last day of a hub."),  # the sentence with most of the words
        ("the last day", "Extend the last day of a hub."),  # the phrase
        ("hub", "A hub is a web address."),
    ],
)
def test_a_result_shows_the_sentence_that_matches_best(query, shown):
    text = f"# A\n\nA hub is a web address. {'Nothing. ' * 40}Extend the last day of a hub. {'Nothing. ' * 40}\n"
    one = search([("a", 1, read(text, str, str))], query)[0]
    assert one.word == ("day" if query == "hub day" else query)
    assert f"{one.before}{one.word}{one.after}".removeprefix("… ").startswith(shown)


def test_a_result_in_a_table_is_its_row():
    text = "# A\n\n| a | b |\n|---|---|\n| Image | The software. |\n| Last day | When the hub ends |\n| Other | … |\n"
    one = search([("a", 1, read(text, str, str))], "hub ends")[0]
    assert f"{one.before}{one.word}{one.after}" == "… Last day When the hub ends …"


def test_guides_of_other_roles_are_folded(client, as_, ines):
    own, _, others = as_(ines).get(reverse("help")).content.decode().partition("Guides for other roles</summary>")
    assert "/help/instructor/" in own
    assert "/help/operator/" in others.partition("</details>")[0]
    found = as_(ines).get(reverse("help"), {"q": "webhook"}).content.decode()
    assert re.search(r'<details class="panel">\s*<summary>\s*<h2>Found in other guides', found)
    alone = as_(ines).get(reverse("help"), {"q": "PSA-1 threat"}).content.decode()
    assert "<details" not in alone.partition("<main")[2].partition("</main>")[0]


def test_addresses_of_headings_are_those_of_github():
    assert anchor("Two domains, and why") == "two-domains-and-why"
    assert anchor("Sign-in") == "sign-in"
    assert [part.anchor for part in read("# A\n## B\n## B\n", str, str).parts] == ["a", "b", "b-1"]


def test_links_without_a_target_in_the_portal_become_text():
    part = read("# A\n\n[one](x.md) and [two](y.md)\n", lambda href: "/y/" if href == "y.md" else "", str).parts[0]
    assert part.html == '<p>one and <a href="/y/">two</a></p>\n'
    assert "<script>" not in read("# A\n\n<script>x</script>\n", str, str).parts[0].html


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("mem_limit", "singleuser.memory.limit"),
        ("c.KubeSpawner.mem_limit", "singleuser.memory.limit"),
        ("KubeSpawner.mem_limit", "singleuser.memory.limit"),
        ("hub.config.JupyterHub.active_server_limit", "hub.activeServerLimit"),
        ("cull.timeout", "cull.timeout"),
        ("NATIVEAUTHENTICATOR enable_signup", "hub.config.NativeAuthenticator.enable_signup"),
        ("", ""),
        ("xylophone", ""),
    ],
)
def test_settings_are_found_by_the_names_of_values_yaml_and_jupyterhub(query, place):
    found = [field.values_path for field in find(query)]
    assert (place in found) if place else not found


TRANSLATED = sorted((queries.settings.BASE_DIR / "docs").glob("??/*.md"))


@pytest.mark.parametrize("path", TRANSLATED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_translated_guide_has_the_same_parts_links_and_pictures(path):
    """In the same order: finds a part that was added to the English guide, and a link that leads elsewhere."""
    there = queries.document(path.stem)
    with speaking(path.parent.name):
        here = queries.document(path.stem)
    assert here.language == path.parent.name
    assert [(part.level, part.anchor) for part in here.parts] == [(part.level, part.anchor) for part in there.parts]
    for mine, theirs in zip(here.parts, there.parts, strict=True):
        of = [sorted(re.findall(r'(?:href|src)="([^"]+)"', part.html)) for part in (mine, theirs)]
        assert of[0] == of[1], theirs.title
        assert mine.html.count("<tr>") == theirs.html.count("<tr>"), theirs.title
        names = [re.findall(r"<td><code>([^<]+)</code></td>", part.html) for part in (mine, theirs)]
        assert names[0] == names[1], theirs.title


def test_a_guide_opens_in_the_readers_language_and_says_when_it_is_english(client, settings):
    settings.LANGUAGE_CODE = "de"
    german = client.get(reverse("help-guide", args=["instructor"])).content.decode()
    english = client.get(reverse("help-guide", args=["performance"])).content.decode()
    assert '<article class="guide" lang="de">' in german
    assert re.search(r'<img [^>]*alt="Die vier Vorlagen"[^>]*> <span class="small muted">Die vier Vorlagen \(', german)
    assert 'id="request-a-hub"' in german
    assert '<article class="guide" lang="en">' in english


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("GiB", "Und es gibt nichts zu wählen.", ""),
        ("GiB", "Ein Limit von 4 GiB.", "GiB"),
        ("port", "Export and import.", ""),
        ("speicher", "Der Arbeitsspeicher je Person.", "Arbeitsspeicher"),
        ("größe", "Die Größen.", "Größen"),
        ("hub", "All hubs.", "hubs"),
        ("limit", "As mem_limit.", "limit"),
        ("how do I invite students", "Add people by user name.", "Add"),
        ("what is it", "What is a kernel?", ""),  # no other words, so each of them counts
    ],
)
def test_a_word_is_found_at_its_beginning_or_as_another_word_for_the_same(query, text, found):
    results = search([("a", 1, read(f"# A\n\n{text}\n\n## People\n\nNothing.\n", str, str))], query)
    assert "".join(one.word for one in results[:1]) == found


@pytest.mark.parametrize("query", ["Einladung", "wie lade ich Studierende ein", "GiB", "Kernel"])
def test_everyday_german_words_find_a_part_of_the_guide_for_teachers(query, client, settings):
    settings.LANGUAGE_CODE = "de"
    page = client.get(reverse("help"), {"q": query}).content.decode()
    assert reverse("help-guide", args=["instructor"]) + "#" in page


def test_guides_in_the_readers_language_come_first(client, settings):
    settings.LANGUAGE_CODE = "de"
    page = client.get(reverse("help"), {"q": "Link verteilen"}).content.decode().partition("<main")[2]
    assert re.findall(r'href="(/help/[^"]+#[^"]+)"', page)[0] == "/help/instructor/#content"

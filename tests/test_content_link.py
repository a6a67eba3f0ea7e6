"""The link that brings course material into home directories, read back as browser, hub and nbgitpuller do."""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from hubs.content.rules.links import link
from hubs.errors import Invalid

HUB = "https://hub.example.edu/"
REPO = "https://git.example.edu/stats/course"


def read(made):
    """Return what nbgitpuller receives after a browser and JupyterHub's user-redirect have parsed the address."""
    parts = urlsplit(made)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "hub.example.edu", "")
    assert parts.path == "/hub/user-redirect/git-pull"
    return {name: value for name, [value] in parse_qs(parts.query, strict_parsing=True).items()}


def test_a_plain_link():
    made = link(HUB, repo=REPO, branch="main", path="week-1/start.ipynb")
    assert read(made) == {"repo": REPO, "branch": "main", "urlpath": "lab/tree/course/week-1/start.ipynb"}


@pytest.mark.parametrize(
    ("app", "urlpath"),
    [("lab", "lab/tree/course"), ("notebook", "tree/course"), ("rstudio", "rstudio/"), ("", None)],
)
def test_what_it_opens_with(app, urlpath):
    assert read(link(HUB, repo=f"  {REPO}/ ", app=app)) == {"repo": REPO, **({"urlpath": urlpath} if urlpath else {})}


AWKWARD = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="/\\"), min_size=1, max_size=30
).filter(lambda text: text.strip() == text and text not in (".", ".."))


@given(st.lists(AWKWARD, min_size=1, max_size=4))
def test_awkward_names_arrive_as_they_were(names):
    """`urlpath` becomes part of an address unchanged: no "?", "#" or "%" in a name may end or change that address."""
    told = read(link(HUB, repo=REPO, path="/".join(names)))
    there = urlsplit("https://server.example.edu/" + told["urlpath"])
    assert (there.query, there.fragment) == ("", "")
    assert [unquote(part) for part in there.path.split("/")[1:]] == ["lab", "tree", "course", *names]


@pytest.mark.parametrize(
    "name", ["a b", "a&branch=evil", "50%.ipynb", "a#b", "a?b", "a+b", "ä ö.ipynb", "“x”", "a%2Fb"]
)
def test_names_that_break_links_of_other_tools(name):
    told = read(link(HUB, repo=f"{REPO}.git", branch="exam#1+x%", path=name))
    assert set(told) == {"repo", "branch", "urlpath", "targetpath"}
    assert told["targetpath"] == "course"
    assert told["branch"] == "exam#1+x%"
    assert unquote(told["urlpath"]) == f"lab/tree/course/{name}"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("repo", ""),
        ("repo", "javascript:alert(1)"),
        ("repo", "https://"),
        ("repo", "https://git.example.edu"),
        ("repo", "https://git.example.edu:port/a"),
        ("repo", "https://[::1/a"),
        ("repo", "https://me:secret@git.example.edu/a/b"),
        ("repo", "https://git.example.edu/a/b?x=1"),
        ("repo", "https://git.example.edu/a b"),
        ("repo", "https://git.example.edu/a\nb"),
        ("repo", "https://git.example.edu/" + "a" * 2000),
        ("branch", "a b"),
        ("branch", "--upload-pack=x"),
        ("branch", "a..b"),
        ("path", "../other"),
        ("path", "a/../../b"),
        ("path", "a\x00b"),
        ("path", "\ud800"),
        ("app", "other"),
    ],
)
def test_errors_are_reported_beside_their_field(field, value):
    with pytest.raises(Invalid) as caught:
        link(HUB, **{"repo": REPO, field: value})
    assert set(caught.value.errors) == {field}


def test_rstudio_opens_no_file_by_a_link():
    with pytest.raises(Invalid) as caught:
        link(HUB, repo=REPO, path="a.R", app="rstudio")
    assert set(caught.value.errors) == {"path"}


@pytest.mark.django_db
def test_the_page_makes_it_without_javascript(as_, ines, zoe, ready_hub):
    address = reverse("hub-content-link", args=[ready_hub.uid])
    typed = {"repo": REPO, "branch": "main", "path": "a b.ipynb", "app": "lab"}
    shown = as_(ines).get(address, typed).content.decode()
    made = link(ready_hub.url, **typed).replace("&", "&amp;")
    assert f'<code id="made">{made}</code>' in shown
    assert f'value="{REPO}"' in shown
    shown = as_(ines).get(address, {**typed, "repo": '"><script>'}).content.decode()
    assert 'id="made"' not in shown
    assert "&quot;&gt;&lt;script&gt;" in shown
    assert "begins with https://" in shown
    assert "Enter the address of the repository above" in as_(ines).get(address).content.decode()
    assert as_(ines).post(address, typed).status_code == 422, "without a name"
    assert as_(zoe).get(address, typed).status_code == 404
    assert as_(None).get(address, typed).status_code == 302

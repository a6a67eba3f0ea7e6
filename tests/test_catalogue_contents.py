"""The contents of an image: stored, shown and compared with what a hub needs; small whatever the image printed."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubs.images.rules import (
    LONGEST_NAME,
    LONGEST_TEXT,
    LONGEST_VERSION,
    MOST_PACKAGES,
    VERSIONS,
    Contents,
    clean,
    known,
    lacking,
    said,
)
from hubs.spec.servers import Image

SCIPY = Contents(
    python="3.12.7", jupyterlab="4.4.10", notebook="7.4.1", jupyterhub="5.3.0", git="2.43.0", nbgitpuller="1.2.2",
    user="jovyan", uid=1000, home="/home/jovyan", architecture="x86_64", size_mib=4300,
    packages={"numpy": "2.1.0", "pandas": "2.2.3"},
)  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=400) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=100), inner, max_size=8),
    max_leaves=30,
)
NAMES = st.sampled_from(
    [*VERSIONS, "user", "uid", "home", "architecture", "size_mib", "packages", "r_packages", "package_count", "else"]
)


def test_contents_are_stored_and_read_back():
    assert Contents.from_json(json.loads(json.dumps(SCIPY.as_json()))) == SCIPY
    assert Contents.from_json({}) == Contents()
    assert Contents().as_json() == {}


def test_a_row_keeps_the_lists_apart_and_counts_them():
    kept = SCIPY.columns()
    assert kept["packages"] == {"packages": SCIPY.packages}
    assert "packages" not in kept["contents"]
    assert said(Contents.from_json(kept["contents"])) == said(SCIPY)
    assert Contents().columns() == {}
    assert Contents.from_json(Contents(uid=0).as_json()).uid == 0, "root is known"


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(NAMES, ANYTHING, max_size=12) | ANYTHING)
def test_whatever_is_stored_is_read_and_bounded(data):
    found = Contents.from_json(data)
    for name in VERSIONS:
        assert len(getattr(found, name)) <= LONGEST_VERSION
    assert len(found.home) <= LONGEST_TEXT
    for packages in (found.packages, found.r_packages):
        assert len(packages) <= MOST_PACKAGES
        assert all(0 < len(name) <= LONGEST_NAME for name in packages)
    assert found.uid is None or 0 <= found.uid < 2**32
    stored = json.dumps(found.as_json())
    assert Contents.from_json(json.loads(stored)) == found
    assert all(len(fact) < 80 for fact in said(found))
    assert len(lacking(found, link=True, repository=True)) <= 3


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=500))
def test_a_text_is_one_printable_line(text):
    line = clean(text, 50)
    assert len(line) <= 50
    assert line == line.strip()
    assert all(sign.isprintable() or sign.isspace() for sign in line)
    assert not {"\n", "\r", "\0", "\x1b", "\u202e", "\u200b", "\ud800"} & set(line)
    line.encode()


def test_as_many_packages_as_are_kept():
    many = {f"package-{number}": "1" for number in range(20_000)}
    assert len(Contents.from_json({"packages": many}).packages) == MOST_PACKAGES


def test_short_facts_for_a_card():
    assert said(SCIPY) == ["Python 3.12", "JupyterLab 4.4", "git", "nbgitpuller", "2 Python packages", "4.2 GiB"]
    r = Contents(r="4.4.1", rstudio="2024.04.2+764", r_packages={"ggplot2": "3.5.1"}, size_mib=900)
    assert said(r) == ["R 4.4 with RStudio", "1 R package", "900 MiB"]
    assert said(Contents(python="3.9.2", notebook="6.5.4", machine=True)) == [
        "Software of “This machine”", "Python 3.9", "Notebook 6.5",
    ]  # fmt: skip
    assert said(Contents()) == []


@pytest.mark.parametrize(
    ("changes", "link", "repository", "words"),
    [
        ({}, True, True, []),
        ({"nbgitpuller": ""}, False, True, []),
        ({"nbgitpuller": ""}, True, True, ["nbgitpuller. This image does not have it: students would see a 404 error"]),
        ({"git": ""}, False, False, []),
        ({"git": ""}, True, True, ["Content links need git", "repository in each home directory needs git"]),
        ({"jupyterhub": ""}, False, False, ["no jupyterhub-singleuser"]),
        ({"jupyterlab": "", "notebook": ""}, False, False, ["neither JupyterLab nor Jupyter Notebook"]),
        ({"jupyterlab": "", "notebook": "", "rstudio": "2024"}, False, False, []),
        ({"nbgitpuller": "", "machine": True}, True, False, ["The software of “This machine” does not have it"]),
    ],
)
def test_a_form_names_what_the_image_lacks(changes, link, repository, words):
    found = lacking(Contents.from_json(SCIPY.as_json() | changes), link=link, repository=repository)
    assert len(found) == len(words)
    assert all(part in sentence for part, sentence in zip(words, found, strict=True))


def test_nothing_is_claimed_about_an_image_without_a_probe():
    assert lacking(Contents(), link=True, repository=True) == []


def test_the_portals_own_image_is_known_to_lack_what_a_content_link_needs():
    """Before any image probe, the form warns beside the content link's field."""
    contents = known(Image().name)
    assert said(contents) == ["Python", "JupyterLab", "git"]
    assert len(lacking(contents, link=True, repository=True)) == 1
    assert "404 error" in lacking(contents, link=True, repository=True)[0]
    assert lacking(known("quay.io/jupyter/base-notebook"), link=False, repository=True)
    assert known("jupyter/r-notebook").r
    assert known("quay.io/somebody/scipy-notebook") == known("quay.io/jupyter/scipy-notebook:1") == Contents()

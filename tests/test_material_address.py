"""Any address that a teacher may copy: the repository, branch and path that it means, or why there is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubs.spec import repository_address as address
from hubs.spec.repository_address import Material, NoRepository, read

GH = "https://github.com/stats/course"
GL = "https://gitlab.com/uni/stats/course"
CB = "https://codeberg.org/stats/course"
OWN = "https://git.example.edu/stats/course"
BB = "https://bitbucket.org/stats/course"
MEANT = [
    # (copied, repository, branch, path)
    (GH, GH, "", ""),
    (f" {GH}/ ", GH, "", ""),
    (f"<{GH}>", GH, "", ""),
    (f"{GH}.git", f"{GH}.git", "", ""),
    (f"git clone {GH}.git", f"{GH}.git", "", ""),
    (f"git clone --depth 1 {GH}.git my-folder", f"{GH}.git", "", ""),
    ("git@github.com:stats/course.git", f"{GH}.git", "", ""),
    ("ssh://git@git.example.edu:2222/stats/course.git", f"{OWN}.git", "", ""),
    ("git://git.example.edu/stats/course.git", f"{OWN}.git", "", ""),
    ("http://github.com/stats/course", GH, "", ""),
    ("github.com/stats/course", GH, "", ""),
    ("www.github.com/stats/course", "https://www.github.com/stats/course", "", ""),
    (f"{GH}?tab=readme-ov-file#contents", GH, "", ""),
    (f"{GH}/issues/12", GH, "", ""),
    (f"{GH}/wiki/Home", GH, "", ""),
    (f"{GH}/tree/main", GH, "main", ""),
    (f"{GH}/tree/main/week-1", GH, "main", "week-1"),
    (f"{GH}/tree/main/week%201/", GH, "main", "week 1"),
    (f"{GH}/blob/main/week-1/start.ipynb", GH, "main", "week-1/start.ipynb"),
    (f"{GH}/blob/main/README.md?plain=1#L10", GH, "main", "README.md"),
    (f"{GH}/raw/refs/heads/main/start.ipynb", GH, "main", "start.ipynb"),
    (f"{GH}/commits/main/", GH, "main", ""),
    (f"{GH}/archive/refs/heads/main.zip", GH, "main", ""),
    (f"{GH}/archive/refs/heads/feature/x.tar.gz", GH, "feature/x", ""),
    (f"{GH}/archive/main.zip", GH, "main", ""),
    (f"{GH}/releases/tag/v1.2", GH, "v1.2", ""),
    ("https://codeload.github.com/stats/course/zip/refs/heads/main", GH, "main", ""),
    ("https://raw.githubusercontent.com/stats/course/main/a/b.ipynb", GH, "main", "a/b.ipynb"),
    ("https://raw.githubusercontent.com/stats/course/refs/heads/main/b.ipynb", GH, "main", "b.ipynb"),
    ("https://gist.github.com/tam/0a1b2c", "https://gist.github.com/tam/0a1b2c", "", ""),
    ("https://github.dev/stats/course/blob/main/b.ipynb", GH, "main", "b.ipynb"),
    ("https://vscode.dev/github/stats/course/blob/main/b.ipynb", GH, "main", "b.ipynb"),
    ("https://colab.research.google.com/github/stats/course/blob/main/b.ipynb#scrollTo=x", GH, "main", "b.ipynb"),
    ("https://nbviewer.org/github/stats/course/blob/main/b.ipynb", GH, "main", "b.ipynb"),
    ("https://nbviewer.jupyter.org/github/stats/course/tree/main/", GH, "main", ""),
    ("https://nbviewer.org/gist/tam/0a1b2c", "https://gist.github.com/tam/0a1b2c", "", ""),
    ("https://mybinder.org/v2/gh/stats/course/HEAD", GH, "", ""),
    ("https://mybinder.org/v2/gh/stats/course/main?labpath=week-1%2Fb.ipynb", GH, "main", "week-1/b.ipynb"),
    ("https://mybinder.org/v2/gl/uni%2Fstats%2Fcourse/main?filepath=b.ipynb", GL, "main", "b.ipynb"),
    ("https://mybinder.org/v2/git/https%3A%2F%2Fgit.example.edu%2Fstats%2Fcourse/HEAD", OWN, "", ""),
    ("https://mybinder.org/v2/gh/env/env/main?urlpath=git-pull%3Frepo%3Dhttps%253A%252F%252Fgithub.com%252Fstats"
     "%252Fcourse%26urlpath%3Dlab%252Ftree%252Fcourse%252Fb.ipynb%26branch%3Ddev", GH, "dev", "b.ipynb"),
    ("https://hub.example.edu/hub/user-redirect/git-pull?repo=https%3A%2F%2Fgithub.com%2Fstats%2Fcourse&branch=main"
     "&urlpath=lab%2Ftree%2Fcourse%2Fweek%25201%2Fb.ipynb", GH, "main", "week 1/b.ipynb"),
    (GL, GL, "", ""),
    (f"{GL}/-/tree/main", GL, "main", ""),
    (f"{GL}/-/tree/main/week-1?ref_type=heads", GL, "main", "week-1"),
    (f"{GL}/-/blob/main/b.ipynb", GL, "main", "b.ipynb"),
    (f"{GL}/-/archive/main/course-main.zip", GL, "main", ""),
    (f"{GL}/-/issues", GL, "", ""),
    ("https://gitlab.example.edu/uni/stats/course/-/tree/main/w", "https://gitlab.example.edu/uni/stats/course",
     "main", "w"),
    ("https://gitlab.com/uni/course/tree/main/w", "https://gitlab.com/uni/course", "main", "w"),
    (f"{CB}/src/branch/main/b.ipynb", CB, "main", "b.ipynb"),
    (f"{CB}/src/branch/main", CB, "main", ""),
    (f"{CB}/raw/branch/main/b.ipynb", CB, "main", "b.ipynb"),
    (f"{CB}/archive/main.tar.gz", CB, "main", ""),
    (f"{OWN}/src/branch/main/b.ipynb", OWN, "main", "b.ipynb"),
    (OWN, OWN, "", ""),
    (f"{BB}/src/main/b.ipynb", BB, "main", "b.ipynb"),
    ("https://tam@bitbucket.org/stats/course.git", f"{BB}.git", "", ""),
    ("https://dev.azure.com/uni/stats/_git/course?path=/w/b.ipynb&version=GBmain",
     "https://dev.azure.com/uni/stats/_git/course", "main", "w/b.ipynb"),
    ("https://huggingface.co/datasets/stats/course/tree/main/w", "https://huggingface.co/datasets/stats/course",
     "main", "w"),
    ("https://git.sr.ht/~tam/course/tree/main/item/w/b.ipynb", "https://git.sr.ht/~tam/course", "main", "w/b.ipynb"),
]  # fmt: skip
REFUSED = [
    ("", address.EMPTY),
    ("   ", address.EMPTY),
    ("git clone", address.EMPTY),
    ("course", address.NO_ADDRESS),
    ("javascript:alert(1)", address.NO_ADDRESS),
    ("https://", address.NO_ADDRESS),
    ("https://localhost/a/b", address.NO_ADDRESS),
    ("https://git.example.edu:port/a", address.NO_ADDRESS),
    ("https://[::1/a", address.NO_ADDRESS),
    ("ftp://git.example.edu/a/b", address.NO_ADDRESS),
    ("https://git.example.edu/a b", address.NO_ADDRESS),
    ("https://git.example.edu/a\nb", address.NO_ADDRESS),
    ("https://git.example.edu/a/../b", address.NO_ADDRESS),
    ("https://git.example.edu/--upload-pack=x/y", address.NO_ADDRESS),
    ("https://git.example.edu/" + "a" * 3000, address.NO_ADDRESS),
    ("https://me:secret@git.example.edu/a/b", address.IN_THE_OPEN),
    ("https://git.example.edu", address.BARE),
    ("https://git.example.edu/a/b?x=1", address.BARE),
    ("https://github.com/stats", address.BARE),
    (f"{GH}/pull/3", address.PULL),
    (f"{GH}/pull/3/files", address.PULL),
    (f"{GL}/-/merge_requests/3", address.PULL),
    (f"{CB}/pulls/3", address.PULL),
    (f"{BB}/pull-requests/3", address.PULL),
    (f"{GH}/commit/{'a' * 40}", address.ONE_COMMIT),
    (f"{GH}/tree/{'a' * 40}/week-1", address.ONE_COMMIT),
    (f"{CB}/src/commit/{'a' * 40}/b.ipynb", address.ONE_COMMIT),
    ("https://www.example.edu/files/course.zip", address.LONE_ARCHIVE),
    ("https://www.example.edu/~tam/course/b.ipynb", address.LONE_FILE),
    ("https://nbviewer.org/urls/www.example.edu/b.ipynb", address.LONE_FILE),
    ("https://colab.research.google.com/drive/1a2b3c", address.DRIVE),
    ("https://drive.google.com/file/d/1a2b3c/view", address.DRIVE),
    ("https://uni-my.sharepoint.com/:f:/g/personal/x", address.DRIVE),
    ("https://zenodo.org/records/123", address.DATA),
    ("https://doi.org/10.5281/zenodo.123", address.DATA),
    ("https://mybinder.org/v2/zenodo/10.5281/zenodo.123/", address.DATA),
    ("https://classroom.github.com/a/Ab1", address.CLASSROOM),
    ("https://stats.github.io/course/", address.SITE),
]


@pytest.mark.parametrize(("copied", "repository", "branch", "path"), MEANT, ids=[row[0][:60] for row in MEANT])
def test_what_an_address_means(copied, repository, branch, path):
    found = read(copied)
    assert (found.repository, found.branch, found.path) == (repository, branch, path)
    assert read(found.repository).repository == found.repository  # the stored address means the same


@pytest.mark.parametrize(("copied", "sentence"), REFUSED, ids=[row[0][:60] for row in REFUSED])
def test_an_address_without_a_repository_is_explained(copied, sentence):
    with pytest.raises(NoRepository) as error:
        read(copied)
    assert str(error.value) == sentence


def test_a_branch_with_slashes_is_recognised_by_the_repositorys_branches():
    found = read(f"{GH}/tree/feature/x/week-1/b.ipynb")
    assert found.settled(["main", "feature", "feature/x"]) == Material(
        GH, "feature/x", "week-1/b.ipynb", "feature/x/week-1/b.ipynb"
    )
    assert found.settled(["main"]) == found
    assert read(f"{GH}/tree/feature/x").settled(["feature/x"]).path == ""


WORDS = st.text(st.characters(codec="utf-8"), max_size=12)
PIECES = st.sampled_from(
    [
        "tree",
        "blob",
        "-",
        "src",
        "branch",
        "refs",
        "heads",
        "archive",
        "pull",
        "git-pull?repo=",
        "v2",
        "gh",
        "%2F",
        "_git",
    ]
)
HOSTS = st.sampled_from(["github.com", "gitlab.com", "mybinder.org", "nbviewer.org", "codeberg.org", "a.example.edu"])


def meaning(text):
    """Return the repository, or None when a sentence explains why there is none."""
    try:
        return read(text).repository
    except NoRepository as error:
        return None if str(error).endswith(".") else str(error)


@given(HOSTS, st.lists(WORDS | PIECES, max_size=8))
def test_any_address_is_a_repository_or_a_sentence(host, words):
    """The result is safe for git (https, no password, no blanks), and it means the same when it is read again."""
    found = meaning(f"https://{host}/" + "/".join(words))
    assert found is None or (found.startswith("https://") and "@" not in found.split("/")[2])
    assert found is None or not address.STRANGE.search(found)
    assert found is None or meaning(found) == found


@given(st.text(max_size=60))
def test_any_text_is_a_repository_or_a_sentence(text):
    found = meaning(text)
    assert found is None or found.startswith("https://")

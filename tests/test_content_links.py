"""Links that are stored with a hub: by page and by API, with a QR code, and always with the hub's current address."""

import pytest
from django.urls import reverse

from hubs.content.rules.links import link
from hubs.content.services import links as content_links
from hubs.errors import Conflict, Invalid
from hubs.models import AuditEvent
from hubs.spec import HubSpec, SpecError, from_draft, to_draft
from hubs.spec.content import Content, left_behind
from hubs.spec.said import changed
from tests.callers import caller, errors

pytestmark = pytest.mark.django_db
REPO = "https://git.example.edu/stats/course"


@pytest.fixture
def kept(ready_hub, ines):
    return content_links.save(hub=ready_hub, by=ines, name="Week 1", repo=f"{REPO}/blob/main/week-1/a.ipynb")


def page(hub):
    return reverse("hub-content-link", args=[hub.uid])


class TestKept:
    def test_as_the_address_means_it(self, kept):
        assert (kept.repository, kept.branch, kept.path) == (REPO, "main", "week-1/a.ipynb")
        made = link(kept.hub.url, repo=REPO, branch="main", path="week-1/a.ipynb")
        assert content_links.address(kept) == made

    def test_once_a_name(self, kept, ines, ready_hub):
        again = content_links.save(hub=ready_hub, by=ines, name=" Week  1 ", repo=REPO)
        assert again.pk == kept.pk
        assert (again.branch, again.path) == ("", "")

    def test_and_audited(self, kept, ines):
        content_links.remove(link=kept, by=ines)
        verbs = list(AuditEvent.objects.filter(verb__startswith="content_link").values_list("verb", flat=True))
        assert sorted(verbs) == ["content_link.remove", "content_link.save"]

    def test_up_to_a_number(self, kept, ines, ready_hub, monkeypatch):
        monkeypatch.setattr(content_links, "MOST", 1)
        with pytest.raises(Invalid) as error:
            content_links.save(hub=ready_hub, by=ines, name="Week 2", repo=REPO)
        assert list(error.value.errors) == ["name"]

    def test_not_for_a_retired_hub(self, ready_hub, ines):
        ready_hub.desired_state = "retired"
        with pytest.raises(Conflict):
            content_links.save(hub=ready_hub, by=ines, name="Week 1", repo=REPO)

    def test_with_every_error_at_once(self, ready_hub, ines):
        with pytest.raises(Invalid) as error:
            content_links.save(hub=ready_hub, by=ines, name=" ", repo="course", branch="a b", path="../x")
        assert set(error.value.errors) == {"name", "repo", "branch", "path"}


class TestThePage:
    def test_begins_with_the_hubs_own_repository(self, as_, ines, ready_hub):
        shown = as_(ines).get(page(ready_hub)).content.decode()
        assert "Enter the address of the repository above" in shown
        assert "Saved links" not in shown

    def test_keeps_a_link_and_shows_it(self, as_, ines, ready_hub):
        typed = {"repo": f"{REPO}/tree/main/week%202", "branch": "", "path": "", "app": "lab"}
        shown = as_(ines).get(page(ready_hub), typed).content.decode()
        assert 'value="week 2"' in shown
        assert as_(ines).post(page(ready_hub), {**typed, "name": "Second"}).status_code == 302
        shown = as_(ines).get(page(ready_hub)).content.decode()
        assert "Second" in shown
        assert "week 2" in shown

    def test_shows_what_is_wrong_and_loses_nothing(self, as_, ines, ready_hub):
        typed = {"repo": REPO, "branch": "a b", "path": "x.ipynb", "app": "lab", "name": "Third"}
        answer = as_(ines).post(page(ready_hub), typed)
        shown = answer.content.decode()
        assert answer.status_code == 422
        assert 'value="a b"' in shown
        assert 'value="x.ipynb"' in shown
        assert "This is not a valid branch name" in shown

    def test_removes_one(self, as_, ines, kept):
        answer = as_(ines).post(reverse("hub-content-link-remove", args=[kept.hub.uid, kept.uid]))
        assert answer.status_code == 302
        assert not kept.hub.content_links.exists()

    def test_draws_a_code_that_holds_nothing_but_paths(self, as_, ines, kept):
        answer = as_(ines).get(reverse("hub-content-link-qr", args=[kept.hub.uid, kept.uid]))
        assert answer["Content-Type"] == "image/svg+xml"
        drawn = answer.content.decode()
        assert drawn.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
        assert "script" not in drawn
        assert drawn.count("<path") == 2


def test_by_api(ines, ready_hub):
    call, links = caller(ines), f"hubs/{ready_hub.uid}/content-links/"
    made = call("POST", links, {"name": "Week 1", "repo": REPO})
    assert made.status_code == 201
    assert made.json()["link"] == link(ready_hub.url, repo=REPO)
    assert [row["name"] for row in call("GET", links).json()["results"]] == ["Week 1"]
    assert call("DELETE", f"{links}{made.json()['uid']}/").status_code == 204
    told = call("GET", "organizations/river/repository/?address=https://github.com/stats/course/pull/3")
    assert list(errors(told)) == ["address"]


def test_a_repository_for_every_home_takes_any_address():
    found = Content(repository="https://github.com/stats/course/tree/main/week-1")
    assert (found.repository, found.branch, found.folder) == ("https://github.com/stats/course", "main", "course")
    kept = Content(repository="https://github.com/stats/course.git", branch="dev", folder="x")
    assert (kept.branch, kept.folder) == ("dev", "x")
    with pytest.raises(ValueError, match="pull request"):
        Content(repository="https://github.com/stats/course/pull/3")


@pytest.mark.parametrize(
    ("address", "opens", "expected"),
    [
        (f"{REPO}/blob/main/week-1/a.ipynb", "/lab", "/lab/tree/course/week-1/a.ipynb"),
        (f"{REPO}/tree/main/week%201", "/lab", "/lab/tree/course/week%201"),
        (f"{REPO}/blob/main/ü.ipynb", "/lab", "/lab/tree/course/%C3%BC.ipynb"),
        (f"{REPO}/blob/main/a.ipynb", "/rstudio", "/rstudio"),
        (f"{REPO}/blob/main/a.ipynb", "", None),
        (f"{REPO}/blob/main/{'a' * 200}.ipynb", "/lab", "/lab"),
        (f"{REPO}/pull/3", "/lab", "/lab"),
        (REPO, "/lab", "/lab"),
        ("", "/lab", "/lab"),
    ],
)
def test_the_file_that_the_address_names_opens_first(address, opens, expected):
    typed = {"about.title": "Any", "singleuser.content.repository": address, "singleuser.defaultUrl": opens}
    if address.endswith("/pull/3"):
        with pytest.raises(SpecError):
            from_draft(typed)
        return
    spec = from_draft(typed)
    assert spec.singleuser.defaultUrl == expected
    assert from_draft(to_draft(spec)) == spec, "and stays so at the next change"
    assert HubSpec.stored(spec.model_dump(mode="json")) == spec


def test_a_folder_of_its_own_name_is_where_the_file_opens():
    typed = {"about.title": "Any", "singleuser.content.repository": f"{REPO}/blob/main/a.ipynb",
             "singleuser.content.folder": "stats", "singleuser.defaultUrl": "/lab"}  # fmt: skip
    assert from_draft(typed).singleuser.defaultUrl == "/lab/tree/stats/a.ipynb"


@pytest.mark.parametrize(
    ("repository", "opens", "expected"),
    [
        ("https://git.example.org/o/other/blob/main/next.ipynb", None, "/lab/tree/course/next.ipynb"),
        ("https://git.example.org/o/other", None, "/lab"),
        ("", None, "/lab"),
        ("https://git.example.org/o/other", "/lab/tree/course/own.ipynb", "/lab/tree/course/own.ipynb"),
    ],
)
def test_another_repository_leaves_no_notebook_of_the_first_one_behind(repository, opens, expected):
    """In a form and in the API alike."""
    before = from_draft({"about.title": "Any", "singleuser.content.repository": f"{REPO}/blob/main/a.ipynb"})
    assert before.singleuser.defaultUrl == "/lab/tree/course/a.ipynb"
    typed = {"singleuser.content.repository": repository} | ({"singleuser.defaultUrl": opens} if opens else {})
    draft = to_draft(before)
    assert from_draft({**draft, **left_behind(draft, typed), **typed}).singleuser.defaultUrl == expected
    said = {"content": {"repository": repository}} | ({"defaultUrl": opens} if opens else {})
    assert changed(before, {}, {"singleuser": said}).singleuser.defaultUrl == expected


def test_a_chosen_page_stays_when_the_repository_changes():
    draft = to_draft(from_draft({"about.title": "Any", "singleuser.content.repository": REPO,
                                 "singleuser.defaultUrl": "/lab/tree/notes"}))  # fmt: skip
    assert not left_behind(draft, {"singleuser.content.repository": "https://git.example.org/o/other"})
    assert not left_behind(draft, {"about.title": "Another"})


def test_hubs_stored_before_open_as_they_did(river):
    said = {"about": {"title": "Any"}, "singleuser": {"content": {"repository": f"{REPO}/blob/main/a.ipynb"}}}
    assert HubSpec.stored(said).singleuser.defaultUrl == "/lab"

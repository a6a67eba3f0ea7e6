"""Cards of the image catalogue on a request's form, with and without JavaScript, and on a hub's page."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hubs.images.queries.chosen import close_to, find, rows_for
from hubs.models import CatalogueImage, Cluster
from hubs.requests.forms.answers import image_of, of_image
from hubs.requests.services import requests as services
from hubs.spec import FIELDS, HubSpec
from tests.callers import caller
from tests.words import ANOTHER_IMAGE, PYTHON_IMAGE

pytestmark = pytest.mark.django_db
NAME, TAG = "singleuser.image.name", "singleuser.image.tag"
KNOWN = {"python": "3.12.7", "jupyterlab": "4.4.9", "jupyterhub": "5.3.0"}


@pytest.fixture(autouse=True)
def rstudio(cluster):
    """Hubs run in a cluster. Beside the first rows, the catalogue has an image whose home directory is elsewhere."""
    Cluster.objects.update(runtime="kubernetes", domain="hubs.example.org")
    cluster.refresh_from_db()
    return CatalogueImage.objects.create(
        slug="rstudio", name="R with RStudio", image="docker.io/rocker/binder", tag="4.4.2", languages=["R"]
    )


@pytest.fixture
def one_machine(rstudio, cluster):
    Cluster.objects.update(runtime="local", domain="")
    cluster.refresh_from_db()


@pytest.fixture
def page(as_, ines, draft):
    def get(step="software"):
        return as_(ines).get(reverse("request-edit", args=[draft.uid, step])).content.decode()

    return get


@pytest.fixture
def post(as_, ines, draft):
    """Post the software step as a browser does."""

    def send(**more):
        body = {NAME: draft.draft[NAME], TAG: draft.draft[TAG], "step": "software", **more}
        answer = as_(ines).post(reverse("request-edit", args=[draft.uid, "software"]), body)
        assert answer.status_code == 302
        draft.refresh_from_db()
        return draft.draft[NAME], draft.draft[TAG]

    return send


def row(slug):
    return CatalogueImage.objects.get(slug=slug)


def test_the_form_offers_the_images_of_the_catalogue(page, river, lake, draft):
    CatalogueImage.objects.create(slug="a", name="Ours", organization=river, image="quay.io/x/ours", tag="1")
    CatalogueImage.objects.create(slug="a", name="Not ours", organization=lake, image="quay.io/x/theirs", tag="1")
    CatalogueImage.objects.filter(slug="minimal").update(offered=False)
    CatalogueImage.objects.filter(slug="python").update(contents=KNOWN, newer="2026-11-02", probe_state="starts")
    shown = page()
    for words in (PYTHON_IMAGE, "Ours", ANOTHER_IMAGE, "JupyterLab 4.4", "Newer version", "2026-11-02"):
        assert words in shown, words
    for words in ("Not ours", "Python without packages"):
        assert words not in shown, words
    mine = row("python").pk
    assert f'value="{mine}" id="image-card-{mine}"' in shown
    assert f'name="card_shown" value="{mine}"' in shown, "the portal's default image is a card"


def test_without_javascript_the_chosen_card_counts(post):
    shown = str(row("python").pk)
    assert post(card=str(row("rstudio").pk), card_shown=shown) == ("docker.io/rocker/binder", "4.4.2")


def test_with_javascript_the_fields_count(post):
    one = str(row("rstudio").pk)
    assert post(card=one, card_shown=one, **{NAME: "quay.io/x/y", TAG: "1"}) == ("quay.io/x/y", "1")
    assert post(card="other", card_shown=one, **{NAME: "quay.io/x/z", TAG: "2"}) == ("quay.io/x/z", "2")


@pytest.mark.parametrize("card", ["", "0", "-1", "9" * 30, "²", "x"])
def test_an_unknown_card_changes_nothing(card, post, draft):
    before = (draft.draft[NAME], draft.draft[TAG])
    assert post(card=card, card_shown="other") == before


def test_another_organisations_card_is_refused(post, lake, draft):
    theirs = CatalogueImage.objects.create(slug="a", name="A", organization=lake, image="quay.io/x/theirs", tag="1")
    before = (draft.draft[NAME], draft.draft[TAG])
    assert post(card=str(theirs.pk), card_shown="other") == before


def test_an_image_without_a_card_is_shown_as_another_image(page, draft, ines):
    services.save(request=draft, by=ines, values={NAME: "quay.io/x/y", TAG: "1"})
    assert 'name="card_shown" value="other"' in page()
    services.save(request=draft, by=ines, values={NAME: "quay.io/jupyter/scipy-notebook", TAG: "2025-01-06"})
    assert "The catalogue lists Python for science with the tag" in page()


def test_the_image_in_use_stays_a_card_when_it_is_deprecated(page):
    CatalogueImage.objects.filter(slug="python").update(successor=row("data-science"))
    shown = page()
    assert "Deprecated" in shown
    assert "Use Python, R and Julia instead." in shown


def test_what_the_image_lacks_is_named_at_the_choice_and_on_review(page, draft, ines, as_):
    CatalogueImage.objects.filter(slug="python").update(contents=KNOWN)
    assert "nbgitpuller" in page()
    assert "needs git" not in page()
    services.save(request=draft, by=ines, values={"singleuser.content.repository": "https://github.com/river/stat"})
    assert "needs git" in page()
    review = as_(ines).get(reverse("request-review", args=[draft.uid])).content.decode()
    assert "needs git" in review
    assert "Python for science (quay.io/jupyter/scipy-notebook)" in review


def test_successors_lead_to_the_last_one_and_never_in_circles(river):
    one, two, three = row("python"), row("r"), row("rstudio")
    CatalogueImage.objects.filter(pk=one.pk).update(successor=two)
    CatalogueImage.objects.filter(pk=two.pk).update(successor=three)
    assert find(rows_for(river), one.image, one.tag).successor == three
    CatalogueImage.objects.filter(pk=three.pk).update(successor=one)
    assert find(rows_for(river), one.image, one.tag).successor in (one, two, three)


@pytest.mark.parametrize(
    ("name", "tag", "slug", "exact"),
    [
        ("rocker/binder", "4.4.2", "rstudio", True),
        ("docker.io/rocker/binder", "4.0.0", "rstudio", False),
        ("quay.io/jupyter/scipy-notebook", "2026-10-05", "python", True),
        ("quay.io/jupyter/none", "1", None, False),
        ("R with RStudio", "1", None, False),
        ("", "", None, False),
    ],
)
def test_an_image_is_found_in_every_spelling_of_docker(name, tag, slug, exact, river):
    found = find(rows_for(river), name, tag)
    assert (found.row.slug if found else None) == slug
    assert bool(found and found.exact) == exact


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("R with RStudio", "rstudio"), ("rstudio", "rstudio"), ("scipy-notebook", "python"), ("julia", "data-science"),
        ("quay.io/jupyter/r-notebok", "r"), ("pangeo", "geoscience"), ("xyzzy", None), ("", None), (" ", None),
    ],
)  # fmt: skip
def test_a_similar_image_is_suggested(typed, first, river):
    found = close_to(typed, rows_for(river))
    assert len(found) <= 3
    assert (found[0].slug if found else None) == first


# --- a hub's page ---------------------------------------------------------------------------------------------------
def test_a_hub_names_its_image_and_suggests_the_successor_of_a_deprecated_one(ready_hub, as_, ines, mia, ivo):
    path, configured = (reverse(name, args=[ready_hub.uid]) for name in ("hub", "hub-configuration"))
    assert "Python for science (quay.io/jupyter/scipy-notebook)" in as_(ines).get(configured).content.decode()
    new = row("data-science")
    CatalogueImage.objects.filter(slug="python").update(successor=new)
    shown = as_(ines).get(path).content.decode()
    assert "Python for science is deprecated" in shown
    assert f'name="image" value="{new.pk}"' in shown
    assert f'name="image" value="{new.pk}"' not in as_(ivo).get(path).content.decode(), "only people who run it"
    answer = as_(ines).post(reverse("hub-change", args=[ready_hub.uid]), {"image": str(new.pk)})
    change = ready_hub.requests.get(kind="change")
    assert answer.headers["Location"] == reverse("request-review", args=[change.uid])
    assert (change.draft[NAME], change.draft[TAG]) == (new.image, new.tag)
    assert change.state == "draft"
    assert as_(ivo).post(reverse("hub-change", args=[ready_hub.uid]), {"image": str(new.pk)}).status_code == 403


def test_a_link_page_says_what_the_image_lacks(ready_hub, as_, ines):
    path = reverse("hub-content-link", args=[ready_hub.uid])
    wrong = "Links will not work on this hub"
    assert "nbgitpuller" in as_(ines).get(path).content.decode().partition(wrong)[2], "the default image, never probed"
    CatalogueImage.objects.filter(slug="python").update(contents=KNOWN)
    assert "nbgitpuller" in as_(ines).get(path).content.decode().partition(wrong)[2]
    CatalogueImage.objects.filter(slug="python").update(contents={**KNOWN, "git": "2.43", "nbgitpuller": "1.2.2"})
    page = as_(ines).get(path).content.decode()
    assert wrong not in page
    assert "Links work on this hub" in page


def test_a_link_page_says_that_the_image_is_unknown(ready_hub, as_, ines):
    spec = ready_hub.revision
    spec.data["singleuser"]["image"] = {"name": "registry.example.org/own", "tag": "1"}
    spec.save(update_fields=["data"])
    page = as_(ines).get(reverse("hub-content-link", args=[ready_hub.uid])).content.decode()
    assert "The portal doesn’t know whether" in page
    assert "work on this hub" not in page


def test_the_profile_builder_offers_the_same_images(page):
    CatalogueImage.objects.filter(slug="minimal").update(offered=False)
    shown = page(FIELDS["singleuser.profileList"].words.step)
    assert '<datalist id="catalogue-images">' in shown
    assert '<option value="docker.io/rocker/binder:4.4.2">R with RStudio</option>' in shown
    assert "Python without packages" not in shown


# --- where people's files are stored --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("home", "storage", "warns"),
    [
        ("/home/rstudio", {}, True),
        ("/home/rstudio", {"homeMountPath": "/home/rstudio"}, False),
        ("/home/rstudio", {"homeMountPath": "/home"}, False),
        ("/home/rstudio", {"homeMountPath": "/home/rstudio/work"}, True),
        ("/home/rstudio", {"homeMountPath": "/home/{username}"}, False),
        ("/home/rstudio", {"type": "none"}, False),
        ("/home/jovyan", {}, False),
        ("", {}, False),
    ],
)
def test_a_home_directory_outside_the_volume_is_warned_of(home, storage, warns, rstudio, river, cluster):
    CatalogueImage.objects.filter(pk=rstudio.pk).update(
        contents={**KNOWN, "nbgitpuller": "1", "git": "2", "home": home}
    )
    image = {"name": rstudio.image, "tag": rstudio.tag}
    spec = HubSpec.model_validate({"about": {"title": "Maps"}, "singleuser": {"image": image, "storage": storage}})
    found = [one.text for one in of_image(image_of(river, cluster, spec), spec)]
    assert any("Set “Home directory” to /home/rstudio." in one for one in found) == warns
    assert bool(found) == warns


def test_review_says_that_files_would_be_lost(rstudio, draft, ines, as_):
    CatalogueImage.objects.filter(pk=rstudio.pk).update(contents={**KNOWN, "home": "/home/rstudio"})
    services.save(request=draft, by=ines, values={NAME: rstudio.image, TAG: rstudio.tag})
    review = as_(ines).get(reverse("request-review", args=[draft.uid])).content.decode()
    assert "People would lose their files" in review


# --- one machine ----------------------------------------------------------------------------------------------------
def test_on_one_machine_images_are_not_mentioned(page, one_machine, ready_hub, as_, ines):
    CatalogueImage.objects.filter(slug="minimal").update(contents=KNOWN)  # as in a cluster of the portal
    shown = page()
    assert "All hubs here use the software that is installed on their machine." in shown
    assert 'id="image-cards"' not in shown
    link = as_(ines).get(reverse("hub-content-link", args=[ready_hub.uid])).content.decode()
    for words in ("nbgitpuller", "JupyterLab 4.4", "a container image that is ready"):
        assert words not in shown, words
    assert "work on this hub" not in link, "nothing is known of its software"
    assert "Servers use the software installed on" in link


def test_on_one_machine_the_machines_software_counts(page, one_machine, ready_hub, as_, ines):
    CatalogueImage.objects.filter(slug="python").update(contents={**KNOWN, "machine": True})
    link = as_(ines).get(reverse("hub-content-link", args=[ready_hub.uid])).content.decode()
    assert "The software of “This machine” does not have it" in link
    CatalogueImage.objects.filter(slug="python").update(
        contents={**KNOWN, "machine": True, "git": "2", "nbgitpuller": "1"}
    )
    link = as_(ines).get(reverse("hub-content-link", args=[ready_hub.uid])).content.decode()
    assert "Links will not work" not in link
    assert "Links work on this hub" in link
    assert "Its image" not in link


def test_in_a_cluster_the_machines_software_is_not_mentioned(page):
    CatalogueImage.objects.filter(slug="minimal").update(contents={**KNOWN, "machine": True})
    shown = page()
    assert "machine’s software" not in shown
    assert "do not use these settings" not in shown


def test_pages_do_not_read_the_lists_of_packages(river, page):
    with CaptureQueriesContext(connection) as seen:
        page()
        rows_for(river)
    questions = [one["sql"] for one in seen if "hubs_catalogueimage" in one["sql"]]
    assert questions
    assert not any('"packages"' in one for one in questions)


def test_a_successor_that_may_not_be_chosen_here_is_not_suggested(river, lake, ready_hub, as_, ines):
    new = CatalogueImage.objects.create(slug="n", name="New", image="quay.io/x/new", tag="1", everywhere=False)
    new.organizations.add(lake)
    CatalogueImage.objects.filter(slug="python").update(successor=new)
    assert find(rows_for(river), row("python").image, row("python").tag).successor is None
    assert find(rows_for(lake), row("python").image, row("python").tag).successor == new
    body = {"image": str(new.pk)}
    answer = as_(ines).post(reverse("hub-change", args=[ready_hub.uid]), body)
    assert "/edit/" in answer.headers["Location"]
    assert ready_hub.requests.get(kind="change").draft[NAME] == "quay.io/jupyter/scipy-notebook"


def test_no_link_is_made_that_can_not_work(ready_hub, as_, ines):
    CatalogueImage.objects.filter(slug="python").update(contents=KNOWN)
    path, repo = reverse("hub-content-link", args=[ready_hub.uid]), "https://git.example.edu/stats/course"
    page = as_(ines).get(path, {"repo": repo}).content.decode()
    assert "Choose an image that includes it" in page
    for words in ("Create link", 'id="made"', "Save link"):
        assert words not in page, words
    as_(ines).post(path, {"repo": repo, "name": "Week 1", "app": "lab"})
    assert not ready_hub.content_links.exists()
    answer = caller(ines)("GET", f"hubs/{ready_hub.uid}/content-link/?repo={repo}")
    assert answer.status_code == 409

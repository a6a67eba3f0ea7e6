"""The image catalogue: who writes which rows, where they are offered, and two writers at once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from hubs import first_rows
from hubs.errors import Conflict, Invalid, NotAllowed
from hubs.images import services
from hubs.models import AuditEvent, CatalogueImage, Organization
from hubs.spec.first_images import FIRST_IMAGES
from hubs.spec.image_names import image_name
from hubs.spec.servers import Image
from tests.words import PYTHON_IMAGE

pytestmark = pytest.mark.django_db
CARD = {
    "name": "Geo", "description": "For maps.", "image": "quay.io/example/geo", "tag": "2026-10-05", "newer": "",
    "languages": ["Python"], "everywhere": True, "successor": "", "position": 5,
}  # fmt: skip


@pytest.fixture
def make(stan):
    """Return a row of the portal, or of an organisation: `make("geo", by=omar, organization=river)`."""

    def create(slug="geo", by=None, organization=None, organizations=(), **card):
        return services.create(
            by=by or stan, slug=slug, card={**CARD, **card}, organization=organization, organizations=organizations
        )

    return create


def names(organization):
    return [row.name for row in CatalogueImage.objects.all().offered_for(organization)]


def posted(**more):
    return {
        "name": "Geo", "slug": "geo", "description": "", "image": "quay.io/example/geo", "tag": "2026-10-05",
        "languages": "Python, R", "everywhere": "yes", "position": "5", **more,
    }  # fmt: skip


# --- first rows -----------------------------------------------------------------------------------------------------
def test_a_fresh_portal_offers_images_and_its_default_is_one(river):
    rows = CatalogueImage.objects.all().offered_for(river)
    assert [row.slug for row in rows] == [one.slug for one in FIRST_IMAGES]
    assert (Image().name, Image().tag) in {(row.image, row.tag) for row in rows}
    for row in rows:
        image_name(row.image, row.tag)


def test_what_staff_changed_stays(river):
    CatalogueImage.objects.filter(slug="python").update(name="Ours", offered=False)
    first_rows.catalogue_images()
    row = CatalogueImage.objects.get(slug="python")
    assert (row.name, row.offered) == ("Ours", False)
    assert CatalogueImage.objects.count() == len(FIRST_IMAGES)


# --- where images are offered ---------------------------------------------------------------------------------------
def test_rows_are_offered_to_their_organisations_in_one_query(make, river, lake, omar, zoe):
    CatalogueImage.objects.update(offered=False)
    make("all", name="All")
    make("some", name="Some", everywhere=False, organizations=[lake])
    make("own", name="Own", by=omar, organization=river)
    make("own", name="Lake's", by=zoe, organization=lake)
    assert names(river) == ["All", "Own"]
    assert names(lake) == ["All", "Lake's", "Some"]
    with CaptureQueriesContext(connection) as seen:
        [(row.full_name, row.organization, row.successor) for row in CatalogueImage.objects.all().offered_for(river)]
    assert len(seen) == 1


def test_withdrawn_and_deprecated_images_are_not_offered(make, river, stan):
    geo, new = make("geo", name="Geo"), make("new-geo", name="New geo")
    services.change(row=geo, by=stan, seen=0, card={**CARD, "successor": "new-geo"})
    assert "Geo" not in names(river)
    services.set_offered(row=new, by=stan, offered=False)
    assert "New geo" not in names(river)
    assert {geo.pk, new.pk} <= {row.pk for row in CatalogueImage.objects.all().allowed_in(river)}


# --- permissions ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("who", "where"), [("omar", None), ("zoe", "river"), ("ines", "river"), ("mia", "river")])
def test_other_roles_change_nothing(who, where, cast, make, river, omar):
    own = make("own", by=omar, organization=river)
    portals = make("geo")
    row, place = (own, river) if where else (portals, None)
    before = CatalogueImage.objects.count()
    for call in (
        lambda: make("other", by=cast[who], organization=place),
        lambda: services.change(row=row, by=cast[who], seen=0, card={**CARD, "name": "Mine"}),
        lambda: services.set_offered(row=row, by=cast[who], offered=False),
        lambda: services.ask_probe(row, by=cast[who]),
    ):
        with pytest.raises(NotAllowed):
            call()
    row.refresh_from_db()
    assert (row.name, row.offered, row.changes) == ("Geo", True, 0)
    assert CatalogueImage.objects.count() == before


def test_an_admin_of_another_organisation_finds_no_page(make, river, omar, zoe, as_):
    row = make("own", by=omar, organization=river)
    client = as_(zoe)
    for name, more in (("list", ()), ("new", ()), ("edit", ("own",)), ("offer", ("own",)), ("probe", ("own",))):
        path = reverse(f"organization-image-{name}", args=["river", *more])
        assert client.get(path).status_code in ((404, 405) if more else (404,)), name
        assert client.post(path, posted(seen="0", offered="0")).status_code in (404, 405), name
    assert client.get(reverse("image-list")).status_code == 404
    row.refresh_from_db()
    assert (row.name, row.offered, row.changes) == ("Geo", True, 0)
    assert client.get(reverse("organization-image-edit", args=["lake", "own"])).status_code == 404


# --- contents of a row ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": " "}, "name"), ({"name": "a\x00"}, "name"), ({"image": "R with RStudio"}, "image"),
        ({"image": ""}, "image"), ({"image": "quay.io/x/y:1"}, "image"), ({"tag": ""}, "tag"), ({"tag": "a b"}, "tag"),
        ({"newer": "?"}, "newer"), ({"newer": "2026-10-05"}, "newer"), ({"everywhere": False}, "organizations"),
        ({"name": "R \u202e1:x/oi.yauq"}, "name"), ({"name": "\u200b"}, "name"),
        ({"languages": ["\u2066R"]}, "languages"), ({"description": "One\n\u202eowt\nthree"}, "description"),
        ({"languages": ["x" * 31]}, "languages"), ({"successor": "nothing"}, "successor"),
        ({"image": "quay.io/x/y@sha256:" + "0" * 64}, "image"),
    ],
)  # fmt: skip
def test_errors_are_reported_by_field(more, field, make):
    with pytest.raises(Invalid) as error:
        make("geo", **more)
    assert list(error.value.errors) == [field]
    assert not CatalogueImage.objects.filter(slug="geo").exists()


@pytest.mark.parametrize("slug", ["", "a", "new", "A", "a--b", "-a", "é1", "python"])
def test_a_short_name_is_checked_and_unique(slug, make):
    with pytest.raises(Invalid) as error:
        make(slug)
    assert list(error.value.errors) == ["slug"]


def test_a_new_row_is_audited_and_its_image_is_probed(make, omar, river):
    row = make("geo", by=omar, organization=river, languages=["R", " R ", ""])
    assert (row.languages, row.probe_state, row.everywhere) == (["R"], "asked", True)
    line = AuditEvent.objects.get(verb="image.create")
    assert (line.organization, line.actor, line.subject) == ("river", "omar", "Geo (quay.io/example/geo:2026-10-05)")


def test_another_tag_clears_the_results_of_a_probe(make, stan):
    row = make("geo")
    lists = {"packages": {"numpy": "2.1"}}
    found = {"probe_state": "starts", "contents": {"python": "3.12"}, "packages": lists, "digest": "sha256:1"}
    CatalogueImage.objects.filter(pk=row.pk).update(**found)
    row.refresh_from_db()
    row = services.change(row=row, by=stan, seen=0, card={**CARD, "name": "Maps"})
    assert (row.probe_state, row.contents, row.digest) == ("starts", {"python": "3.12"}, "sha256:1")
    assert row.packages == lists
    row = services.change(row=row, by=stan, seen=1, card={**CARD, "tag": "2026-11-02"})
    assert (row.probe_state, row.contents, row.packages, row.digest) == ("asked", {}, {}, "")


def test_a_row_keeps_its_running_probe_when_it_moves(make, stan):
    row, at = make("geo"), timezone.now()
    CatalogueImage.objects.filter(pk=row.pk).update(probe_state="running", probed_at=at)
    row.refresh_from_db()
    row = services.change(row=row, by=stan, seen=0, card={**CARD, "tag": "2026-11-02"})
    assert (row.probe_state, row.probed_at) == ("running", at)


def test_the_second_of_two_writers_is_refused(make, stan, sue):
    row = make("geo")
    services.change(row=row, by=stan, seen=0, card={**CARD, "name": "Maps"})
    with pytest.raises(Conflict):
        services.change(row=row, by=sue, seen=0, card={**CARD, "name": "Atlas"})
    assert CatalogueImage.objects.get(slug="geo").name == "Maps"
    with pytest.raises(Conflict):
        services.set_offered(row=row, by=sue, offered=True)


def test_two_images_never_replace_each_other(make, stan):
    one, other = make("one"), make("other")
    services.change(row=one, by=stan, seen=0, card={**CARD, "successor": "other"})
    with pytest.raises(Invalid, match="There is no such image"):
        services.change(row=other, by=stan, seen=0, card={**CARD, "successor": "one"})
    with pytest.raises(Invalid):
        services.change(row=other, by=stan, seen=0, card={**CARD, "successor": "other"})
    one.refresh_from_db()
    kept = services.change(row=one, by=stan, seen=1, card={**CARD, "successor": "other", "name": "Old"})
    assert (kept.name, kept.successor) == ("Old", other), "the one that it has stays"


def test_probes_of_a_row_are_limited(make, omar, river):
    row = make("geo", by=omar, organization=river)
    for _ in range(services.PROBES - 1):
        services.ask_probe(row, by=omar)
    with pytest.raises(services.TooMany):
        services.ask_probe(row, by=omar)
    CatalogueImage.objects.filter(pk=row.pk).update(probe_state="starts")
    row.refresh_from_db()
    row = services.change(row=row, by=omar, seen=0, card={**CARD, "tag": "2026-11-02"})
    assert (row.tag, row.probe_state) == ("2026-11-02", ""), "nor by changing it"
    assert make("more", by=omar, organization=river).probe_state == ""
    CatalogueImage.objects.filter(pk=row.pk).update(probe_state="running")
    services._probe(row)
    assert row.probe_state == "running"


# --- pages ----------------------------------------------------------------------------------------------------------
def test_staff_add_change_withdraw_and_offer(as_, stan, river):
    client = as_(stan)
    assert PYTHON_IMAGE in client.get(reverse("image-list")).content.decode()
    body = posted(everywhere="no", organizations=["river"])
    assert client.post(reverse("image-new"), body).headers["Location"] == reverse("image-list")
    row = CatalogueImage.objects.get(slug="geo")
    assert (row.languages, [place.slug for place in row.organizations.all()]) == (["Python", "R"], ["river"])
    edit = reverse("image-edit", args=["geo"])
    page = client.get(edit).content.decode()
    assert 'value="quay.io/example/geo"' in page
    assert client.post(edit, posted(seen="0", newer="2026-11-02", successor="python")).status_code == 302
    row.refresh_from_db()
    assert (row.newer, row.successor.slug, row.changes) == ("2026-11-02", "python", 1)
    assert "Deprecated" in client.get(reverse("image-list")).content.decode()
    stale = client.post(edit, posted(seen="0", name="Atlas"))
    assert stale.status_code == 409
    assert "Atlas" in stale.content.decode()
    offer = reverse("image-offer", args=["geo"])
    asked = client.post(offer, {"offered": "0"})
    assert "No hub uses it." in asked.content.decode()
    row.refresh_from_db()
    assert row.offered
    client.post(offer, {"offered": "0", "sure": "yes"})
    row.refresh_from_db()
    assert not row.offered
    client.post(offer, {"offered": "1"})
    row.refresh_from_db()
    assert row.offered
    assert client.post(reverse("image-probe", args=["geo"])).status_code == 302


def test_errors_are_shown_beside_the_field(as_, omar, river):
    client = as_(omar)
    path = reverse("organization-image-new", args=["river"])
    answer = client.post(path, posted(image="R with RStudio"))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "contain spaces" in page
    assert 'value="R with RStudio"' in page


def test_where_no_cluster_runs_images_they_are_not_tested_nor_described_by_the_machines_software(
    as_, stan, omar, river
):
    machine = {"machine": True, "python": "3.11.2"}
    CatalogueImage.objects.update(probe_state="starts", contents=machine)
    pages = (as_(stan), reverse("image-list")), (as_(omar), reverse("organization-image-list", args=["river"]))
    for client, path in pages:
        page = client.get(path).content.decode()
        assert "Hubs here don’t use images yet" in page
        assert "Python 3.11" not in page
        assert "/probe/" not in page


def test_a_page_refreshes_while_a_test_runs(as_, omar, river, make, teaching):
    Organization.objects.filter(pk=river.pk).update(cluster=teaching)
    row = make("own", by=omar, organization=river, name="Ours")
    paths = (
        reverse("organization-image-list", args=["river"]),
        reverse("organization-image-edit", args=["river", "own"]),
    )
    for state, live in (("running", True), ("starts", False)):
        CatalogueImage.objects.filter(pk=row.pk).update(probe_state=state)
        for path in paths:
            page = as_(omar).get(path).content.decode()
            assert ('hx-trigger="every 3s"' in page) is live
            assert ("own/probe/" in page) is not live


def test_an_organisations_page_shows_its_own_and_the_portals(as_, omar, river, make, teaching):
    Organization.objects.filter(pk=river.pk).update(cluster=teaching)
    client = as_(omar)
    path = reverse("organization-image-list", args=["river"])
    page = client.get(path).content.decode()
    assert "No images yet" in page
    assert PYTHON_IMAGE in page
    row = make("own", by=omar, organization=river, name="Ours")
    CatalogueImage.objects.filter(pk=row.pk).update(
        probe_state="fails", probe_trouble="There is no such image.", contents={"python": "3.12.1"}
    )
    page = client.get(path).content.decode()
    for words in ("Ours", "Doesn’t start", "There is no such image.", "Python 3.12"):
        assert words in page
    CatalogueImage.objects.filter(pk=row.pk).update(probe_state="", probe_trouble="No node has room.")
    page = client.get(path).content.decode()
    assert "Couldn’t be tested" in page
    assert "No node has room." in page
    assert "Doesn’t start" not in page
    edit = reverse("organization-image-edit", args=["river", "own"])
    assert client.post(edit, posted(seen="0", name="Still ours")).status_code == 302
    assert CatalogueImage.objects.get(pk=row.pk).name == "Still ours"
    portals = reverse("organization-image-edit", args=["river", "python"])
    assert client.post(portals, posted(seen="0")).status_code == 404, "the portal's rows are staff's"


def test_an_admin_does_not_read_who_else_has_an_image(as_, omar, stan, river, lake, make):
    client = as_(omar)
    path = reverse("organization-image-list", args=["river"])
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    for number in range(3):
        make(f"geo-{number}", name="Shared", everywhere=False, organizations=[river, lake])
    with CaptureQueriesContext(connection) as more:
        page = client.get(path).content.decode()
    assert "Shared" in page
    assert lake.name not in page
    assert len(more) == len(few)
    assert lake.name in as_(stan).get(reverse("image-list")).content.decode()


def test_queries_of_the_list_do_not_grow(as_, stan, make, river):
    client = as_(stan)
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("image-list"))
    for number in range(5):
        make(f"geo-{number}", everywhere=False, organizations=[river])
    with CaptureQueriesContext(connection) as more:
        client.get(reverse("image-list"))
    assert len(more) == len(few)

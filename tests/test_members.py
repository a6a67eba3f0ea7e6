"""What members and people of a roster see of a hub: name, status, address, dates, contact and their own servers.

Everything else is planted as a unique word, and searched for in every answer of every address.
"""

import re
from types import SimpleNamespace

import pytest
from django.utils import timezone

from hubs.models import (
    Hub,
    HubRevision,
    HubSecret,
    ProvisioningRun,
    RequestComment,
    RosterEntry,
    RunStep,
    StartingPointVersion,
    UserLimit,
)
from hubs.spec import FIELDS, HubSpec

from .test_api_doors import API, ask, places
from .test_api_doors import address as api_address
from .test_every_url import OURS, STREAMS, address, world

pytestmark = pytest.mark.django_db
__all__ = ["places", "world"]
LIVE = (*STREAMS, "api-hub-events", "api-request-events")
TEXTS = ("line", "lines", "text", "people", "map", "values", "profiles", "institutions")
SHOWN = ("about.title",)
# The first accepts numbers only; the others accept no text of their own, or a hub can have only one of them.
WORDLESS = {"singleuser.internetExceptions", "singleuser.content.repository", "singleuser.postStart", "hub.resources"}


class Planted:
    """Hands out unique words, and remembers what each was planted for."""

    def __init__(self):
        self.words = {}

    def word(self, what):
        word = f"zq{len(self.words):03}x"
        self.words[word] = what
        return word

    def found_in(self, text):
        return sorted({self.words.get(word, word) for word in re.findall(r"zq\d{3}x", text)})


def shapes_of(word):
    """Yield a word in every shape that a text field may accept."""
    yield word
    yield [word]
    yield f"{word}.example.org"
    yield [f"{word}.example.org"]
    yield f"https://{word}.example.org/x"
    yield [f"https://{word}.example.org/x"]
    yield f"/{word}"
    yield {word: word}
    yield {word.upper(): word}
    yield {word: {"url": f"http://{word}:1000"}}
    yield {word: {"scopes": ["list:users"], "users": [word]}}
    yield {word: {"mountPath": f"/{word}", "stringData": word}}
    yield {"singleuser": {"extraLabels": {word: word}}}
    yield [{"display_name": word, "slug": word, "kubespawner_override": {"image": f"{word}/x:1"}}]
    yield [f"{word}=true:NoSchedule"]
    yield [f"{word}.example.org:443"]
    yield [f"read:users!user={word}"]
    yield f"https://github.com/{word}/x"
    yield f"{word}/{{username}}"


def plant_in(data, path, value):
    *way, last = path.split(".")
    for part in way:
        data = data.setdefault(part, {})
    data[last] = value


def planted_in(data, path, word):
    """Return the same spec with this word in this field, or None when the field accepts no shape of it."""
    for shape in shapes_of(word):
        tried = HubSpec.model_validate(data).model_dump(mode="json")
        plant_in(tried, path, shape)
        try:
            taken = HubSpec.model_validate(tried).model_dump(mode="json")
        except ValueError:
            continue
        if word in str(taken).lower():
            return taken
    return None


def planted_spec(spec, planted):
    """Return the same spec with a unique word in every field that accepts text, and the paths that accepted none."""
    data = spec.model_dump(mode="json")
    words = {path: planted.word(path) for path, field in FIELDS.items() if field.kind in TEXTS and path not in SHOWN}
    for _ in range(2):  # some fields need others first
        for path, word in list(words.items()):
            if taken := planted_in(data, path, word):
                data = taken
                del words[path]
    return data, set(words)


@pytest.fixture
def planted(world, cast):
    """Plant a word in everything that can be typed about River's hub, or that was observed of it."""
    planted = Planted()
    hub = Hub.objects.get(uid=world["uid"]["hub"])
    data, refused = planted_spec(hub.spec, planted)
    assert refused <= WORDLESS, "teach shapes_of a value that these fields take"
    now = timezone.now()
    HubRevision.objects.filter(pk=hub.revision_id).update(data=data, message=planted.word("message of a revision"))
    Hub.objects.filter(pk=hub.pk).update(
        pause_reason=planted.word("why it is paused"), extra_config=f"# {planted.word('code')}",
        conditions=[{"type": "Ready", "status": "True", "reason": "X", "message": planted.word("condition")}],
        servers=[{"user": planted.word("somebody's server"), "name": planted.word("its name"), "ready": False,
                  "started": None, "last_activity": None, "trouble": planted.word("its trouble")}],
    )  # fmt: skip
    run = ProvisioningRun.objects.create(
        hub=hub,
        kind="change",
        generation=1,
        finished_at=now,
        result="succeeded",
        note=planted.word("run"),
        message=planted.word("message of a run"),
    )
    RunStep.objects.create(run=run, name="hub", title=planted.word("step"), message=planted.word("message of a step"))
    word = planted.word("roster")
    entry = RosterEntry.objects.create(hub=hub, email=f"{word}@lake.example.edu")
    entry.groups.create(hub=hub, name=planted.word("group"), key="planted")
    UserLimit.objects.create(
        hub=hub, kind="person", name=planted.word("limit of a person"), memory_mib=1, author=cast["omar"],
        reason=planted.word("reason of a limit"), since=now,
    )  # fmt: skip
    HubSecret.objects.create(
        hub=hub, name=f"values:{planted.word('name of a secret')}", value=planted.word("secret"),
        set_by=cast["ines"], set_at=now,
    )  # fmt: skip
    for row in (hub.requests.get(), world["request"]):
        type(row).objects.filter(pk=row.pk).update(
            reason=planted.word("reason"), decision=planted.word("decision"), title=planted.word("title of a request")
        )
        RequestComment.objects.create(request=row, author=cast["ines"], text=planted.word("comment"))
        RequestComment.objects.create(request=row, author=cast["stan"], text=planted.word("note"), internal=True)
    StartingPointVersion.objects.filter(point__slug="class").update(message=planted.word("version of a starting point"))
    return SimpleNamespace(found_in=planted.found_in, hub=hub)


def everything(client, world, places):
    """Yield each answer to GET and to an empty POST, as (method and address, text)."""
    for name in (*OURS, *API):
        if name in LIVE:
            continue
        path = api_address(name, world, places) if name in API else address(name, world)
        for method in ("GET", "POST"):
            answer = ask(client, method, path)
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
            yield f"{method} {path}", content.decode(errors="replace")


@pytest.mark.parametrize("who", ["mia", "student"])
def test_no_configuration_reaches_members_and_people_of_the_roster(who, planted, world, places, as_):
    client = as_(world["people"][who])
    found = {asked: words for asked, text in everything(client, world, places) if (words := planted.found_in(text))}
    assert found == {}


def test_people_who_may_read_the_configuration_find_the_words(planted, world, places, as_):
    """Proves the sweep above: an instructor does find the planted words."""
    read = {
        word for _, text in everything(as_(world["people"]["ines"]), world, places) for word in planted.found_in(text)
    }
    assert {"singleuser.image.name", "singleuser.extraEnv", "roster", "comment", "condition", "run", "group"} <= read
    assert "secret" not in read
    assert "note" not in read, "internal comments are for staff"


@pytest.mark.parametrize("who", ["mia", "student"])
def test_a_search_does_not_use_fields_that_the_person_may_not_read(who, planted, world, as_):
    client = as_(world["people"][who])
    for word in ("ipa", "zq", "lake.example"):
        assert "Statistics 101" not in client.get("/", {"q": word}).content.decode()
        assert client.get("/api/v1/hubs/", {"q": word}).json()["results"] == []


def test_a_member_sees_what_entering_needs(planted, world, as_):
    mine = {"user": "mia", "name": "", "ready": True, "started": None, "last_activity": None}
    Hub.objects.filter(pk=planted.hub.pk).update(servers=[*Hub.objects.get(pk=planted.hub.pk).servers, mine])
    RosterEntry.objects.create(hub=planted.hub, user=world["people"]["mia"])
    client = as_(world["people"]["mia"])
    page = client.get(f"/hubs/{planted.hub.uid}/").content.decode()
    for word in ("Statistics 101", "Ready", planted.hub.url, "Ines Duarte", "ines@river.example.edu"):
        assert word in page
    told = client.get(f"/api/v1/hubs/{planted.hub.uid}/").json()
    assert told["status"] == "ready"
    assert told["url"] == planted.hub.url
    assert [told[name] for name in ("spec", "conditions", "revision", "paused")] == [None] * 4
    servers = client.get(f"/api/v1/hubs/{planted.hub.uid}/servers/").json()
    assert [row["user"] for row in servers] == ["mia"], "only her own server"
    everybody = as_(world["people"]["ines"]).get(f"/api/v1/hubs/{planted.hub.uid}/servers/").json()
    assert len(everybody) == 2

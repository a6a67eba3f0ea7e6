"""The decision as a table: desired and observed state -> actions."""

import pytest

from provisioning.contract import Observed, Part, Release, Seen, Target
from provisioning.decide import Apply, Decision, Drop, decide

TARGET = Target("u1", "stat-101", "http://localhost:9000/stat-101/")
FILES, PROXY, HUB = (Part(name, name.title(), {"n": name}) for name in ("files", "proxy", "hub"))
RUNNING = Release(TARGET, (FILES, PROXY, HUB), revision=HUB.digest)
SUSPENDED = Release(TARGET, (FILES,))
RETIRED = Release(TARGET, ())


def ok(part: Part) -> Seen:
    return Seen(part.digest, True)


ALL_WELL = {"files": ok(FILES), "proxy": ok(PROXY), "hub": ok(HUB)}
STARTING = Seen(HUB.digest, False, "Starting", "The hub is starting.")
CRASHED = Seen(HUB.digest, False, "Crashed", "The hub stopped unexpectedly.", failed=True)
OLD = Seen("0" * 16, True)
GOING = Seen("", False, "Stopping", "3 servers are still stopping.", ending=True)

MUTE = Seen(HUB.digest, False)
MUTE_FAILED = Seen(HUB.digest, False, failed=True)
MAKE_ALL = [Apply(FILES, "Missing"), Apply(PROXY, "Missing"), Apply(HUB, "Missing")]
NOT_YET = "The hub is not running its latest configuration yet."
NW = "NotWanted"

TABLE = [
    ("nothing wanted, nothing there", RETIRED, {}, "", [], "", ""),
    ("all is well", RUNNING, ALL_WELL, HUB.digest, [], "", ""),
    ("all is new", RUNNING, {}, "", MAKE_ALL, "", "Missing"),
    ("one is missing", RUNNING, {"files": ok(FILES), "hub": ok(HUB)}, "", [Apply(PROXY, "Missing")], "", "Missing"),
    ("a digest differs", RUNNING, {**ALL_WELL, "hub": OLD}, "0" * 16, [Apply(HUB, "Changed")], "", "Changed"),
    ("a part failed", RUNNING, {**ALL_WELL, "hub": CRASHED}, "", [Apply(HUB, "Crashed")], "", "Crashed"),
    ("failed, no reason", RUNNING, {**ALL_WELL, "hub": MUTE_FAILED}, "", [Apply(HUB, "Failed")], "", "Failed"),
    ("it is starting", RUNNING, {**ALL_WELL, "hub": STARTING}, "", [], "The hub is starting.", "Starting"),
    ("no word", RUNNING, {**ALL_WELL, "hub": MUTE}, "", [], "In progress: Hub.", "NotReady"),
    ("another revision", RUNNING, ALL_WELL, "old", [], NOT_YET, "RevisionPending"),
    ("ready, but no answer", RUNNING, ALL_WELL, "", [], NOT_YET, "RevisionPending"),
    ("suspend", SUSPENDED, ALL_WELL, HUB.digest, [Drop("hub"), Drop("proxy")], "", NW),
    ("suspended", SUSPENDED, {"files": ok(FILES)}, "", [], "", ""),
    ("retire", RETIRED, ALL_WELL, HUB.digest, [Drop("hub"), Drop("proxy"), Drop("files")], "", NW),
    ("retire goes on", RETIRED, {"files": ok(FILES)}, "", [Drop("files")], "", NW),
    ("retire what failed", RETIRED, {"files": ok(FILES), "hub": CRASHED}, "", [Drop("hub"), Drop("files")], "", NW),
    ("drops before applies", SUSPENDED, {"hub": ok(HUB)}, "", [Drop("hub"), Apply(FILES, "Missing")], "", NW),
    ("unknown go first", RETIRED, {"files": ok(FILES), "gate": OLD}, "", [Drop("gate"), Drop("files")], "", NW),
    ("going already", RETIRED, {"files": ok(FILES), "hub": GOING}, "", [], GOING.message, "Stopping"),
    ("wanted, but going", RUNNING, {**ALL_WELL, "hub": GOING}, "", [], GOING.message, "Stopping"),
    ("acts, then waits", RUNNING, {"files": ok(FILES), "hub": STARTING}, "", [Apply(PROXY, "Missing")], "", "Missing"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "release", "parts", "revision", "actions", "waiting", "reason"), TABLE)
def test_decision(case, release, parts, revision, actions, waiting, reason):
    decision = decide(release, Observed(parts, revision))
    assert decision == Decision(tuple(actions), waiting, reason), case
    assert decision.converged == (not actions and not waiting)


def test_a_decision_shows_no_payload():
    secret = Part("hub", "Hub", {"token": "do-not-print-me"})
    assert "do-not-print-me" not in repr(decide(Release(TARGET, (secret,)), Observed()))

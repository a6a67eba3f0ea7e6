"""Effective user limits and their rules, as a table; and the schedule that a hub can follow without the portal."""

from datetime import UTC, datetime, timedelta

import pytest

from hubs.user_limits.rules import (
    ADMINS,
    EVERYBODY,
    GROUP,
    MEASURES,
    PERSON,
    USERS,
    Person,
    Rule,
    base,
    effective,
    schedule,
)
from tests.runtimes.worlds import hub_spec

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
FRIDAY, SUNDAY = NOW + timedelta(days=2), NOW + timedelta(days=4)
EARLIER = NOW - timedelta(days=1)
MIA = Person(frozenset({"mia", "mia@river.example.edu"}), frozenset({USERS, "team a", "team b"}))
SPEC = hub_spec(singleuser__memory__limit="1G")


def rule(pk, kind=PERSON, name="mia", since=EARLIER, until=None, ended=None, **values) -> Rule:
    return Rule(pk, kind, name, values or {"memory_mib": 4096}, since, until, ended)


def memory(pk, mib, kind=PERSON, name="mia", **more) -> Rule:
    return rule(pk, kind, name, memory_mib=mib, **more)


EVERY = memory(1, 1500, EVERYBODY, "")
TEAM_A, TEAM_B = memory(2, 3000, GROUP, "team a"), memory(3, 2500, GROUP, "team b")
PEOPLE = memory(4, 2000, GROUP, USERS)


@pytest.mark.parametrize(
    ("rules", "value", "by"),
    [
        ([], 1024, None),
        ([EVERY], 1500, 1),
        ([EVERY, PEOPLE], 2000, 4),
        ([EVERY, TEAM_B, TEAM_A], 3000, 2),  # several groups: the largest
        ([TEAM_A, memory(5, 512)], 512, 5),  # the person's own rule, even if it is lower
        ([memory(5, 512, name="mia@river.example.edu")], 512, 5),  # by either of their names
        ([memory(5, 4096, name="omar")], 1024, None),
        ([memory(5, 4096, GROUP, "team c")], 1024, None),
        ([memory(5, 4096, GROUP, ADMINS)], 1024, None),
        ([memory(5, 4096, until=FRIDAY)], 4096, 5),
        ([memory(5, 4096, until=NOW)], 1024, None),  # ended at this moment
        ([memory(5, 4096, until=NOW), EVERY], 1500, 1),
        ([memory(5, 4096, ended=NOW - timedelta(minutes=1))], 1024, None),
        ([memory(5, 4096, since=None)], 1024, None),  # waits for staff
        ([memory(5, 4096, since=NOW + timedelta(seconds=1))], 1024, None),
        ([memory(5, 2048), memory(6, 4096, since=NOW)], 4096, 6),  # the newer one
        ([memory(5, 2048, since=NOW), memory(6, 4096, until=FRIDAY)], 4096, 6),  # until Friday, then the permanent one
        ([rule(5, cpu=4), EVERY], 1500, 1),  # by measure: a rule without this measure does not count
    ],
)
def test_the_most_specific_rule_counts(rules, value, by):
    for order in (rules, rules[::-1]):
        given = effective(SPEC, order, MIA, NOW)["memory_mib"]
        assert (given.value, given.rule and given.rule.pk) == (value, by)


def test_a_person_on_no_list_gets_the_limits_for_everyone():
    given = effective(SPEC, [EVERY, PEOPLE, TEAM_A], Person(frozenset({"guest"})), NOW)
    assert given["memory_mib"].rule == EVERY


@pytest.mark.parametrize(
    ("changes", "measure", "value"),
    [
        ({}, "memory_mib", 1024),
        ({}, "cpu", 2),
        ({}, "gpus", 0),
        ({}, "storage_mib", 5 * 1024),
        ({}, "servers", 1),
        ({"singleuser__memory__limit": None, "singleuser__memory__guarantee": "512M"}, "memory_mib", 512),
        ({"singleuser__cpu__limit": None}, "cpu", None),
        ({"singleuser__storage__type": "none"}, "storage_mib", None),
        ({"hub__allowNamedServers": True}, "servers", None),
        ({"hub__allowNamedServers": True, "hub__namedServerLimitPerUser": 2}, "servers", 3),
        ({"singleuser": {"gpus": 2}}, "gpus", 2),
        ({"more": {"singleuser": None}}, "gpus", 0),
    ],
)
def test_the_hubs_own_limits(changes, measure, value):
    given = effective(hub_spec(**changes), [], MIA, NOW)[measure]
    assert (given.value, given.rule) == (value, None)


def test_the_schedule_has_the_limits_that_follow():
    rules = [EVERY, memory(5, 8192, until=FRIDAY), memory(4, 4096, until=SUNDAY), rule(7, cpu=4)]
    assert schedule(rules, MIA, NOW) == {
        "memory_mib": [(8192, FRIDAY), (4096, SUNDAY), (1500, None)],
        "cpu": [(4, None)],
    }
    only_until = schedule([memory(5, 8192, until=FRIDAY)], MIA, NOW)
    assert only_until == {"memory_mib": [(8192, FRIDAY)]}, "afterwards, the hub's own limit counts"
    assert schedule([], MIA, NOW) == {}


def test_each_step_of_the_schedule_equals_the_effective_limit():
    rules = [EVERY, TEAM_A, memory(5, 8192, until=FRIDAY), memory(6, 700, GROUP, "team b", until=SUNDAY)]
    start = NOW
    for value, end in schedule(rules, MIA, NOW)["memory_mib"]:
        for moment in (start, (end or start) - timedelta(seconds=1 if end else 0)):
            assert effective(SPEC, rules, MIA, moment)["memory_mib"].value == value
        start = end or start


def test_every_measure_exists_in_the_spec_and_on_the_hub():
    from provisioning.hubside.common.user_limits import BOUNDS

    assert set(base(SPEC)) == set(MEASURES) == set(BOUNDS)
    assert {name: (m.least, m.most) for name, m in MEASURES.items()} == BOUNDS

"""Checking only the keys that values touch finds the same errors as checking everything."""

import copy
import random
from typing import Any

from hubs.spec import chart
from hubs.spec.trees import put
from tests.runtimes.test_followed import keys, plausible

WRONG: tuple[Any, ...] = ("x", 7, None, [], {}, {"zz": 1}, [{"zz": 1}], True, -1)


def same(values):
    return chart.complaints(values) == chart.sentences(chart.over_defaults(values))


def test_the_defaults_are_taken():
    assert chart.sentences(chart.over_defaults({})) == []


def test_each_key_alone_and_several_together():
    known, chance, wrong = list(keys(chart.schema())), random.Random(14), []
    cases = [{at: value} for at, node in known for value in (chance.choice(plausible(node)), chance.choice(WRONG))]
    cases += [
        {at: chance.choice([*plausible(node), *WRONG]) for at, node in chance.sample(known, 5)} for _ in range(50)
    ]
    for case in cases:
        values: dict[str, Any] = {}
        for at, value in sorted(case.items(), key=lambda one: len(one[0])):
            if not any(at[:length] in case for length in range(1, len(at))):
                put(values, at, copy.deepcopy(value))
        if not same(values):
            wrong.append(values)
    assert wrong == []

"""Which reports of people's servers a hub accepts, and how often. Pure functions."""

import json

import pytest

from hubs.spec.clone_command import command
from provisioning.hubside.common.material import LARGEST, MOST, MOST_PEOPLE, Brake, report_in, words_of


def values(command):
    return {"singleuser": {"lifecycleHooks": {"postStart": {"exec": {"command": command}}}}}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (values(command("https://x.example.org/c", "", "c")), ["https://x.example.org/c", "", "c"]),
        (values(["sh", "-c", "true"]), []),
        (values("sh"), []),
        (values(None), []),
        ({"singleuser": {"lifecycleHooks": []}}, []),
        ({}, []),
        (None, []),
    ],
)
def test_the_repository_of_the_command_is_read(said, words):
    assert words_of(said) == words


def test_a_report():
    assert report_in(b'{"status": 128, "said": "fatal: \\ud83d", "user": "zoe"}') == (128, "fatal: \ud83d")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"3", b"{}", b'{"status": "1", "said": ""}', b'{"status": true, "said": ""}',
        b'{"status": 256, "said": ""}', b'{"status": 1, "said": null}', b"\xff",
        json.dumps({"status": 1, "said": "x" * LARGEST}).encode(),
    ],
)  # fmt: skip
def test_an_invalid_report_is_refused(body):
    with pytest.raises(ValueError, match=r"."):
        report_in(body)


def test_reports_are_limited_per_person():
    brake = Brake()
    assert [brake.allows("mia") for _ in range(MOST + 2)] == [True] * MOST + [False] * 2
    assert brake.allows("tom")


def test_the_counters_are_bounded():
    brake = Brake()
    for number in range(MOST_PEOPLE + 10):
        assert brake.allows(f"p{number}")
    assert len(brake._seen) == MOST_PEOPLE

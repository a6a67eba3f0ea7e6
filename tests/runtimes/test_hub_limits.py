"""How a hub uses and remembers the portal's answer about user limits. Pure functions, and a file."""

import asyncio
import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.hubside.common import user_limits
from provisioning.hubside.common.user_limits import Memory, Portal, values_now

from .worlds import free_port

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SOON, PAST = (NOW + timedelta(hours=1)).isoformat(), NOW.isoformat()


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ({}, {}),
        ({"memory_mib": [[4096, None]]}, {"memory_mib": 4096}),
        ({"memory_mib": [[4096, SOON], [2048, None]]}, {"memory_mib": 4096}),
        ({"memory_mib": [[4096, PAST], [2048, None]]}, {"memory_mib": 2048}),
        ({"memory_mib": [[4096, PAST]]}, {}),
        ({"cpu": [[1.5, None]], "gpus": [[0, None]]}, {"cpu": 1.5, "gpus": 0}),
        # invalid values are ignored
        (None, {}),
        ([], {}),
        ({"memory_mib": 4096}, {}),
        ({"memory_mib": [4096]}, {}),
        ({"memory_mib": [["4096", None]]}, {}),
        ({"memory_mib": [[1, None]]}, {}),
        ({"cpu": [[-1, None]]}, {}),
        ({"memory_mib": [[4096, "Friday"]]}, {}),
        ({"memory_mib": [[4096, "2026-11-28T00:00:00"]]}, {}),
        ({"colour": [[1, None]]}, {}),
    ],
)
def test_limits_that_are_effective_now(said, values):
    assert values_now(said, NOW) == values


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)
)


@given(st.dictionaries(st.sampled_from([*user_limits.BOUNDS, "other"]), JSON))
def test_no_answer_breaks_a_start(said):
    for name, value in values_now(said, NOW).items():
        least, most = user_limits.BOUNDS[name]
        assert least <= value <= most


def test_answers_survive_a_restart_and_are_bounded(tmp_path: Path):
    path = tmp_path / "limits.json"
    memory = Memory(path)
    for number in range(user_limits.MOST_PEOPLE + 3):
        memory.answers[f"p{number}"] = {"cpu": [[1, None]]}
    memory.keep("p0", {"cpu": [[2, None]]})
    again = Memory(path)
    assert len(again.answers) == user_limits.MOST_PEOPLE
    assert again.get("p0") == {"cpu": [[2, None]]}, "used last, so it stays"
    assert again.get("p1") == {}, "used longest ago, so it is dropped"
    assert path.stat().st_mode & 0o777 == 0o600
    again.keep("p0", {})
    assert Memory(path).get("p0") == {}, "no rule any more"


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '"x"'])
def test_a_damaged_file_is_an_empty_one(tmp_path: Path, text: str):
    path = tmp_path / "limits.json"
    path.write_text(text)
    memory = Memory(path)
    assert memory.get("mia") == {}
    memory.keep("mia", {"cpu": [[1, None]]})
    assert json.loads(path.read_text()) == {"mia": {"cpu": [[1, None]]}}


def answered(folder: Path, body: bytes, status: bytes = b"200 OK", headers: bytes = b"") -> dict[str, Any]:
    """Return what a hub makes of these bytes in two starts, when it remembers 2 cores; and its requests."""

    async def run(path: Path) -> dict[str, Any]:
        asked = []

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: %d\r\n" % len(body) + headers + b"\r\n" + body)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            portal = Portal(url, "habc", "secret", path)
            values = [await portal.limits_of("mia o'hara@x", logging.getLogger("hub")) for _ in range(2)]
        return {"values": values, "asked": asked}

    path = folder / "limits.json"
    path.write_text(json.dumps({"mia o'hara@x": {"cpu": [[2, None]]}}))
    return asyncio.run(run(path))


def test_it_authenticates_as_itself_and_asks_about_one_person(tmp_path: Path):
    made = answered(tmp_path, b'{"limits": {"cpu": [[3, null]]}}')
    assert made["values"] == [{"cpu": 3}] * 2
    assert len(made["asked"]) == 2
    head = made["asked"][0].decode()
    assert head.startswith("GET /api/hub/habc/limits/?user=mia%20o%27hara%40x HTTP/1.1")
    assert "Authorization: Basic aGFiYzpzZWNyZXQ=" in head


@pytest.mark.parametrize(
    ("body", "status", "headers"),
    [
        (b"", b"500 Oops", b""),
        (b"", b"401 No", b""),
        (b"", b"404 No", b""),
        (b"not json", b"200 OK", b""),
        (b"[]", b"200 OK", b""),
        (b"{}", b"200 OK", b""),
        (b'{"limits": 3}', b"200 OK", b""),
        (b'{"limits": {"x": "' + b"x" * 70000 + b'"}}', b"200 OK", b""),
        (b"", b"302 Found", b"Location: http://127.0.0.1:1/\r\n"),
    ],
)
def test_after_an_invalid_answer_the_last_valid_one_counts(tmp_path: Path, body: bytes, status: bytes, headers: bytes):
    made = answered(tmp_path, body, status, headers)
    assert made["values"] == [{"cpu": 2}] * 2
    assert len(made["asked"]) == 1, "a class does not wait in line for a failing portal"


def test_an_unreachable_portal(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    portal = Portal(f"http://127.0.0.1:{free_port()}", "habc", "secret", tmp_path / "missing" / "limits.json")
    assert asyncio.run(portal.limits_of("mia", logging.getLogger("hub"))) == {}
    assert "the last known ones apply" in caplog.text
    assert "secret" not in caplog.text

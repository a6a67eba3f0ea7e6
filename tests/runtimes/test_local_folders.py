"""Files of a hub on one machine: kept, archived, and repaired whatever is left in the folder."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from provisioning.contract import FILES, HUB, Observed
from provisioning.errors import Refused
from provisioning.runtimes.local import folders as folders_module
from provisioning.runtimes.local.folders import Folders
from provisioning.runtimes.local.words import last_words, rotate
from provisioning.runtimes.words import redact

from .worlds import Place

ROOT = Path(__file__).resolve().parents[2]


def with_homework(place: Place, tmp_path: Path, slug: str = "stat-101"):
    target = place.target(slug)
    place.runtime.apply(target, place.part(target, FILES))
    home = tmp_path / "homes" / target.uid / "mia"
    home.mkdir()
    (home / "homework.ipynb").write_text("mine")
    return target


def archives(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "archive").glob("*"))


def test_home_directories_are_archived_with_a_note(local: Place, tmp_path: Path):
    target = with_homework(local, tmp_path)
    local.runtime.drop(target, FILES)
    [archive] = archives(tmp_path)
    assert archive.name.startswith(f"stat-101-{target.uid}-")
    assert (archive / "homes" / "mia" / "homework.ipynb").read_text() == "mine"
    assert json.loads((archive / "hub.json").read_text())["hub"] == "stat-101"
    assert "“stat-101”" in (archive / "README.txt").read_text()
    assert local.runtime.observe(target) == Observed()
    local.runtime.drop(target, FILES)
    assert archives(tmp_path) == [archive]


def test_an_unused_hub_leaves_no_archive(local: Place, tmp_path: Path):
    target = local.target()
    local.runtime.apply(target, local.part(target, FILES))
    local.runtime.drop(target, FILES)
    assert archives(tmp_path) == []
    assert local.runtime.observe(target) == Observed()


@pytest.fixture(scope="module")
def cut_off():
    """Return `cut_off(root, uid, slug, nth)`: a worker archives a hub's files and dies before the nth call that changes
    the disk; returns whether it died."""
    words = [sys.executable, "-m", "tests.runtimes.cut_off"]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as dying:

        def ask(*hub) -> bool:
            dying.stdin.write(json.dumps(hub) + "\n")
            dying.stdin.flush()
            return {"lived": False, "died": True}[dying.stdout.readline().strip()]

        yield ask
        dying.stdin.close()


@pytest.mark.parametrize("at", range(1, 12))
def test_an_archive_interrupted_anywhere_is_finished_once(local: Place, tmp_path: Path, cut_off, at: int):
    target = with_homework(local, tmp_path)
    folders = Folders(tmp_path.resolve(), target)
    died = cut_off(str(tmp_path.resolve()), target.uid, target.slug, at)
    assert died or at > 5
    if died:
        left = [place for place in (folders.state, folders.homes, folders.trash) if place.exists()]
        if left:
            assert FILES in local.runtime.observe(target).parts, "the rest is observed, so that it is finished"
    local.runtime.drop(target, FILES)
    [archive] = archives(tmp_path)
    assert (archive / "homes" / "mia" / "homework.ipynb").read_text() == "mine"
    assert local.runtime.observe(target) == Observed()
    assert not folders.trash.exists()


def test_an_archive_after_an_interrupted_one_has_a_new_folder(local: Place, tmp_path: Path):
    """After a change of mind in between, the second archive must not overwrite the first."""
    target = with_homework(local, tmp_path)
    folders = Folders(tmp_path.resolve(), target)
    plan = {"folder": f"stat-101-{target.uid}-20260101T000000Z", "retired": "2026-01-01T00:00:00+00:00"}
    folders_module.write_atomically(folders.intent, json.dumps(plan))
    (tmp_path / "archive" / plan["folder"] / "homes" / "old").mkdir(parents=True)
    local.runtime.apply(target, local.part(target, FILES))
    local.runtime.drop(target, FILES)
    assert len(archives(tmp_path)) == 2


def test_removed_files_are_reported_and_created_again(local: Place, tmp_path: Path):
    target = with_homework(local, tmp_path)
    (tmp_path / "homes" / target.uid / "mia" / "homework.ipynb").unlink()
    (tmp_path / "homes" / target.uid / "mia").rmdir()
    (tmp_path / "homes" / target.uid).rmdir()
    assert local.runtime.observe(target).parts[FILES].reason == "Incomplete"
    local.runtime.apply(target, local.part(target, FILES))
    assert local.runtime.observe(target).parts[FILES].ready


@pytest.mark.local
@pytest.mark.parametrize("junk", ["", "{", "[]", '"x"', "\x00\xff", '{"values": 1}'])
def test_junk_in_the_state_folder_does_not_stop_a_hub(local: Place, tmp_path: Path, junk: str):
    target = local.target()
    release = local.release(target)
    state = tmp_path / "hubs" / target.uid
    state.mkdir(parents=True)
    for name in ("config.json", "secrets.json", "files.part.json", "hub.part.json", "proxy.part.json", "archive.json"):
        (state / name).write_text(junk)
    local.runtime.observe(target)
    for part in release.parts:
        local.runtime.apply(target, part)
    assert json.loads((state / "config.json").read_text())["url"] == target.url
    seen = local.runtime.observe(target).parts
    assert {name: part.digest for name, part in seen.items()} == {p.name: p.digest for p in release.parts}


def test_a_file_in_the_way_is_refused_with_a_sentence(local: Place, tmp_path: Path):
    target = local.target()
    (tmp_path / "hubs").mkdir(exist_ok=True)
    (tmp_path / "hubs" / target.uid).write_text("in the way")
    with pytest.raises(Refused, match="not a folder that the hub can use"):
        local.runtime.apply(target, local.part(target, HUB))
    (tmp_path / "hubs" / target.uid).unlink()


def test_a_link_to_elsewhere_is_refused(local: Place, tmp_path: Path):
    target = local.target()
    (tmp_path / "precious").mkdir()
    (tmp_path / "homes").mkdir(exist_ok=True)
    (tmp_path / "homes" / target.uid).symlink_to(tmp_path / "precious")
    with pytest.raises(Refused, match="not a folder that the hub can use"):
        local.runtime.apply(target, local.part(target, FILES))
    (tmp_path / "homes" / target.uid).unlink()


LOG = """[I 2026-11-23 02:36:41.431 JupyterHub app:1] Running
[E 2026-11-23 02:36:41.431 JupyterHub app:2] Failed to bind with token sesame-sesame to 0123456789abcdef0123456789abcdef
[I 2026-11-23 02:36:41.431 JupyterHub app:3] bye
"""


def test_the_last_lines_are_the_relevant_ones_without_secrets(tmp_path: Path):
    log = tmp_path / "hub.log"
    assert last_words(log, []) == ""
    log.write_text(LOG)
    assert last_words(log, ["sesame-sesame"]) == "Failed to bind with token … to …"
    assert last_words(log, [], start=log.stat().st_size) == ""
    quiet = tmp_path / "quiet.log"
    quiet.write_text("[I 2026-11-23 04:40:00 JupyterHub log:192] 200 GET /hub/api/users\n")
    assert last_words(quiet, []) == "", "an access log explains nothing"
    assert last_words(log, [], start=LOG.index("[I", 1)) == "", (
        "errors of an earlier start and routine lines are left out"
    )
    log.write_bytes(b"\xff\xfe" * 100_000)
    assert len(last_words(log, [])) <= 300


def test_short_values_are_not_secrets():
    assert redact("a b c", ["b", ""]) == "a b c"


def test_a_log_that_grew_is_put_aside(tmp_path: Path):
    log = tmp_path / "hub.log"
    rotate(log)
    log.write_text("x" * 100)
    rotate(log, largest=1000)
    assert log.exists()
    rotate(log, largest=10)
    assert not log.exists()
    assert (tmp_path / "hub.log.1").read_text() == "x" * 100

"""Probing this machine's own software: in an isolated environment, with a deadline, leaving nothing behind."""

import os
import time
from pathlib import Path

import pytest

from provisioning.contract import PROBE_SECONDS, Probe, Probed
from provisioning.errors import Refused
from provisioning.runtimes.local import LocalRuntime, image_probe, processes
from tests.words import THIS_MACHINE

from .worlds import until

pytestmark = pytest.mark.local
WANTED = Probe("p0123456789a", "quay.io/jupyter/scipy-notebook:1")


@pytest.fixture
def var(tmp_path: Path):
    place = tmp_path / "var"
    place.mkdir()
    yield place
    LocalRuntime(place).end_probe(WANTED.uid)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def result(runtime: LocalRuntime) -> Probed:
    found: Probed = until(lambda: runtime.probe(WANTED), 60, "the probe ends")
    return found


def test_it_gets_nothing_of_the_portals_environment(var, programs, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://portal:secret@db/portal")
    program(programs, "git", f"env > {tmp_path}/seen; echo git version 2.0.0")
    found = result(LocalRuntime(var, str(programs)))
    seen = (tmp_path / "seen").read_text()
    assert "secret" not in seen
    assert f"HOME={var}/probes/" in seen
    assert found.contents.git == "2.0.0"
    assert found.contents.home == "", "that folder is not a home directory"


def test_a_machine_without_jupyterhub_says_so(var, programs):
    found = result(LocalRuntime(var, str(programs)))
    assert not found.starts
    assert "has no jupyterhub-singleuser" in found.trouble or "has no Python" in found.trouble
    assert found.trouble.startswith(THIS_MACHINE)


def test_a_failing_server_is_reported_with_its_last_lines(var, programs):
    program(programs, "jupyterhub-singleuser", "echo 'ImportError: cannot import name x'; echo bye; exit 3")
    found = result(LocalRuntime(var, str(programs)))
    assert not found.starts
    assert "“ImportError: cannot import name x”" in found.trouble


def test_an_interrupted_probe_is_no_verdict(var, programs):
    program(programs, "git", "sleep 1000")
    runtime = LocalRuntime(var, str(programs))
    assert runtime.probe(WANTED) is None
    until(lambda: processes.find(var.resolve(), WANTED.uid), 10, "it runs")
    image_probe._end_all(var.resolve(), WANTED.uid)
    found = result(runtime)
    assert (found.starts, found.known) == (False, False)
    assert "ended too early" in found.trouble


def test_an_ended_probe_leaves_no_process_and_no_folder(var, programs):
    program(programs, "git", "sleep 1000")
    runtime = LocalRuntime(var, str(programs))
    assert runtime.probe(WANTED) is None
    until(lambda: processes.find(var.resolve(), WANTED.uid), 10, "it runs")
    assert LocalRuntime(var, str(programs)).probe(WANTED) is None, (
        "another worker finds it and does not start a second one"
    )
    runtime.end_probe(WANTED.uid)
    assert processes.find(var.resolve(), WANTED.uid) == []
    assert list((var / "probes").iterdir()) == []


def test_the_rest_of_a_killed_worker_is_swept(var, programs):
    runtime = LocalRuntime(var, str(programs))
    folder = var / "probes" / WANTED.uid
    folder.mkdir(parents=True)
    assert runtime.sweep_probes() == 0
    os.utime(folder, (time.time() - PROBE_SECONDS - 10,) * 2)
    assert runtime.sweep_probes() == 1
    assert not folder.exists()


def test_a_name_that_leads_elsewhere_is_refused(var, programs):
    with pytest.raises(Refused):
        LocalRuntime(var, str(programs)).probe(Probe("../elsewhere", "x"))

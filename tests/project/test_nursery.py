"""Programs that the tests fork end with the tests, even when those are killed."""

import subprocess
import sys

import psutil
import pytest
from django.conf import settings

from tests.project.portal_process import wait

pytestmark = pytest.mark.processes
FORK = """
import os, sys, time
from pathlib import Path
from tests.nursery import Forked
here = Path(sys.argv[1])
forked = Forked([sys.executable, "-m", "http.server", "0"], dict(os.environ), here, here / "log")
print(forked.pid, flush=True)
forked.wait()
"""


def test_a_killed_run_leaves_no_process(tmp_path):
    argv = [sys.executable, "-c", FORK, str(tmp_path)]
    with subprocess.Popen(argv, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True) as tests:
        assert tests.stdout
        forked = psutil.Process(int(tests.stdout.readline()))
        wait(lambda: (tmp_path / "log").exists(), "it has begun")
        assert forked.is_running()
        tests.kill()
    wait(lambda: not forked.is_running(), "it is gone", 20)

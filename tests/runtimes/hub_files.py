"""The files that a hub's pod finds, for test programs that read them in a process of their own."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from provisioning.render.kubernetes.hub import TEXTS


@contextmanager
def hub_files(secrets: Mapping[str, str]) -> Iterator[tuple[Path, dict[str, str]]]:
    """Yield a folder with `config` and `secrets`, and the environment that names it. values.json is not there yet."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for below, texts in (("config", TEXTS), ("secrets", secrets)):
            (folder / below).mkdir()
            for file, text in texts.items():
                (folder / below / file).write_text(text)
        yield folder, {
            **os.environ, "HUBPORTAL_CONFIG": str(folder / "config"), "HUBPORTAL_SECRETS": str(folder / "secrets"),
            "HUBPORTAL_STATE": name, "HUBPORTAL_REVISION": "now", "CONFIGPROXY_AUTH_TOKEN": "x",
        }  # fmt: skip


def ask(program: str, cases: list[dict[str, Any]], environ: Mapping[str, str]) -> list[Any]:
    """Run the program and return its answers, one for each case."""
    done = subprocess.run([sys.executable, program], input=json.dumps(cases), env=environ, text=True,
                          capture_output=True, timeout=300)  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return list(json.loads(done.stdout))

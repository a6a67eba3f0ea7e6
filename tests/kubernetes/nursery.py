"""Programs of a hub, forked from a process that has imported them already: to import JupyterHub and KubeSpawner takes
3 s of processor time, and a hundred hubs start here. What runs is the programs' own `main`, with the arguments, the
environment, the folder and the output that they would have. In a cluster's image they are started as usual
(tests/cluster)."""

import ctypes
import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from portal.machine.children import PR_SET_PDEATHSIG

# program -> the module whose `main` it is, as its entry point says
MAINS = {"jupyterhub": "jupyterhub.app", "configurable-http-proxy": "configurable_http_proxy.cli"}
HERE = Path(__file__).resolve().parents[2]
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__, *MAINS.values(), "kubespawner", "oauthenticator.generic"])


def run(name: str, args: list[str], env: dict[str, str], folder: str, log: str) -> None:
    """In the new process: as the program's script does."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # the nursery's end, which is that of the tests
    said, nothing = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT), os.open(os.devnull, os.O_RDONLY)
    for number, at in enumerate((nothing, said, said)):
        os.dup2(at, number)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    sys.argv = [name, *args]
    sys.path[:] = [path for path in sys.path if path and Path(path) != HERE]  # it knows nothing of the portal
    # Read once, when it is imported.
    importlib.import_module("kubernetes_asyncio.config.kube_config").KUBE_CONFIG_DEFAULT_LOCATION = env["KUBECONFIG"]
    sys.exit(importlib.import_module(MAINS[name]).main())


class Forked:
    """One of them, with what subprocess.Popen has and our tests ask."""

    def __init__(self, name: str, args: list[str], env: Mapping[str, str], folder: Path, log: Path) -> None:
        self._process = _context.Process(target=run, args=(name, args, dict(env), str(folder), str(log)))
        self._process.start()
        self.pid: int = self._process.pid or 0

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired."""
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return code

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()

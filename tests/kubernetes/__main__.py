"""`make cluster`: one API server in the foreground, with the portal's rights, until Ctrl-C. No pods run in it."""

import signal
import sys
import tempfile
import threading
from pathlib import Path

import yaml

from .binaries import NoServer, find
from .rights import install_rights
from .server import KubeServer

WORDS = """
  A Kubernetes API server is at  {url}
  No pod runs in it: hubs get all their objects and stay “Creating”. For hubs that run, use kind or k3s.

  In the portal, as staff: Clusters, New cluster, and upload
    {portal}
  With kubectl, as its admin:
    export KUBECONFIG={admin}

  Ctrl-C ends it and throws everything in it away.
"""


def main() -> int:
    stopping = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopping.set())
    try:
        binaries = find()
    except NoServer as error:
        print(error, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="hubportal-cluster-") as folder:
        server = KubeServer(Path(folder), binaries)
        try:
            install_rights(server.start())
            portal, admin = Path(folder) / "hubportal.kubeconfig", Path(folder) / "admin.kubeconfig"
            token = server.token_for("hubportal", "hubportal", 24 * 3600)
            for path, config in ((portal, server.kubeconfig(token)), (admin, server.admin_kubeconfig())):
                path.touch(mode=0o600)
                path.write_text(yaml.safe_dump(config))
            print(WORDS.format(url=server.url, portal=portal, admin=admin), flush=True)
            stopping.wait()
        finally:
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())

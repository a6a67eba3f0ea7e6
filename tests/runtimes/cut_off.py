"""Archives hubs' files and dies before the nth call that changes the disk: `python -m tests.runtimes.cut_off`.

Reads a line of JSON for each hub, [root, uid, slug, nth], and prints whether its child process lived or died. It runs
in its own process, because an audit hook (sys.addaudithook) can't be removed, and would slow down all tests that
follow.
"""

import json
import os
import sys
from pathlib import Path

import django

django.setup()

from provisioning.contract import Target  # noqa: E402
from provisioning.runtimes.local.folders import Folders  # noqa: E402

CHANGING = {"os.rename", "os.mkdir", "os.rmdir", "os.remove", "shutil.rmtree"}
DEAD = 9  # its exit code then


def put_away(root: str, uid: str, slug: str, nth: int) -> None:
    left = nth

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal left
        if event in CHANGING and uid in str(args):
            left -= 1
            if left == 0:
                os._exit(DEAD)

    sys.addaudithook(hook)
    Folders(Path(root), Target(uid, slug, "")).put_away()


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            put_away(*json.loads(line))
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print({0: "lived", DEAD: "died"}[code], flush=True)


if __name__ == "__main__":
    main()

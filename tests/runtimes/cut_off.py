"""Puts hubs' files away and dies before the nth call that changes the disk: `python -m tests.runtimes.cut_off`.

Reads a line of JSON for each: [root, uid, slug, nth]; prints whether a child of its own lived or died. In a process of
its own, because what listens to such calls (sys.addaudithook) can't be taken off: it would slow down every test that
follows.
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
DEAD = 9  # the code with which it dies


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

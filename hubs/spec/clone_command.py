"""The command that copies a repository into a person's home when their server starts, and reports how it went. Pure.

It runs in the person's own container (`lifecycleHooks.postStart`), has a time limit, and always succeeds, so that a
site that is down does not block the server. docs/decisions/047 explains why.
"""

from collections.abc import Sequence

# Sends the exit status and the end of git's output to the hub. Exits with 1 if it could not be delivered; a 404 from a
# hub without this address (one that was exported, for example) counts as delivered. The proxy from the image's
# environment is not used, because it must not see the token.
_REPORT = """\
import json, os, sys, time, urllib.error, urllib.request as web
said = json.dumps({"status": int(sys.argv[1]), "said": sys.argv[2][-2000:]}).encode()
head = {"Authorization": "token " + os.environ["JUPYTERHUB_API_TOKEN"], "Content-Type": "application/json"}
ask = web.Request(os.environ["JUPYTERHUB_API_URL"] + "/material", said, head)
for pause in (1, 2, 4, 8, 16, 30, 0):
    try: sys.exit(web.build_opener(web.ProxyHandler({})).open(ask, timeout=5).status > 499)
    except urllib.error.HTTPError as error: sys.exit(error.code > 499)
    except OSError: time.sleep(pause)
sys.exit(1)
"""
# $1 repository, $2 branch or "", $3 folder. The note next to the folder tells the person what happened. It also marks a
# home directory whose failure was reported, so that the recovery is reported, too, even if the folder was created in
# another way. Only the end of git's output is used, because the remote server may cause any amount of it. The report
# continues after the hook: Kubernetes publishes a pod's address only when its hooks have finished, and many network
# policies let it reach the hub only then.
CLONE = f"""\
to="$HOME/$3" note="$HOME/$3.not-fetched.txt" status=0 said=
export LC_ALL=C GIT_TERMINAL_PROMPT=0
if test -e "$to"; then test -e "$note" || exit 0
else
said=$({{ timeout 60 git clone --depth=1 ${{2:+--branch "$2"}} -- "$1" "$to" 2>&1; echo "=$?"; }} | tail -c 2010)
status=${{said##*=}} said=${{said%=*}}
test "$status" = 0 ||
printf '"%s" could not be fetched. The next start of your server tries again.\\n\\n%s\\n' "$3" "$said" >"$note"
fi
(
"$(command -v python3 || echo python)" -I -c '{_REPORT}' "$status" "$said"
test $? = 1 || test "$status" != 0 || rm -f "$note"
) </dev/null >/dev/null 2>&1 &
exit 0
"""
# Earlier versions of the command, which exported files may contain.
BEFORE = ('test -e "$HOME/$3" || timeout 60 git clone --depth=1 ${2:+--branch "$2"} -- "$1" "$HOME/$3" || true',)


def command(repository: str, branch: str, folder: str) -> list[str]:
    return ["sh", "-c", CLONE, "content", repository, branch, folder]


def words(found: Sequence[object]) -> tuple[str, str, str] | None:
    """Return (repository, branch, folder) of a command by this or an earlier version of the portal, or None."""
    if len(found) != 7 or list(found[:2]) != ["sh", "-c"] or found[2] not in (CLONE, *BEFORE) or found[3] != "content":
        return None
    repository, branch, folder = (str(word) for word in found[4:])
    return repository, branch, folder

"""Why a repository could not be copied into a home directory, in words, from the output of `git clone`. Pure.

The output comes from a person's own server and is untrusted: what is stored is short and has no control characters and
no passwords of addresses. Sources of the messages: git 2.30-2.51 with LC_ALL=C, curl, GNU coreutils and BusyBox.
"""

import re
import unicodedata
from enum import StrEnum

from hubs.language import _

LONGEST = 200  # characters of git's message
READ = 4000  # characters of a report that are read
_STATUS_OF_TIME = (124, 137, 143)  # `timeout` of coreutils, killed, `timeout` of BusyBox
_STATUS_OF_NO_PROGRAM = (126, 127)


class Why(StrEnum):
    NO_GIT = "no-git"
    NOT_FOUND = "not-found"
    NO_BRANCH = "no-branch"
    NO_ANSWER = "no-answer"
    TOO_SLOW = "too-slow"
    FULL = "full"
    NOT_WRITABLE = "not-writable"
    OTHER = "other"


# The first match counts. Messages of the remote server ("remote: ...") are removed before.
_SAID: tuple[tuple[Why, re.Pattern[str]], ...] = tuple(
    (why, re.compile(pattern, re.IGNORECASE))
    for why, pattern in (
        (Why.NO_BRANCH, r"remote branch .* not found|could not find remote branch"),
        (Why.FULL, r"no space left on device|disk quota exceeded"),
        (Why.NOT_WRITABLE, r"could not create (work tree dir|leading director)|read-only file system"),
        (Why.NOT_FOUND, r"could not read (username|password)|authentication failed|terminal prompts disabled|"
                        r"repository '.*' not found|returned error: (401|403|404|410)\b|is this a git repository|"
                        r"does not appear to be a git repository|unable to get password"),
        (Why.NO_ANSWER, r"could not resolve|couldn't resolve|failed to connect|couldn't connect|could not connect|"
                        r"connection (timed out|refused|reset)|timed out after|operation timed out|"
                        r"network is unreachable|no route to host|operation too slow|empty reply from server"),
    )
)  # fmt: skip
_SECRET = re.compile(r"//[^\s/@]*@|\?[^\s'\"]*|\b(bearer|basic|token)\s+\S+", re.IGNORECASE)
_OTHERS = re.compile(r"^\s*(remote:|Cloning into|hint:)", re.IGNORECASE)


def cleaned(text: str) -> str:
    """Return the text as one short line, without control or invisible characters, passwords or keys of addresses.

    >>> cleaned("fatal: unable to access 'https://me:secret@git.example.org/c/?key=1': no")
    "fatal: unable to access 'https://git.example.org/c/': no"
    """
    text = _SECRET.sub(lambda found: "//" if found[0].startswith("//") else "", text)
    text = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in text)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def reason(status: int, said: str) -> tuple[Why, str]:
    """Return (reason, git's last message if the reason is OTHER). `status`: exit status of the command, never 0."""
    lines = [line for line in re.split(r"[\r\n]+", said[-READ:]) if line.strip() and not _OTHERS.match(line)]
    text = "\n".join(lines)
    if status in _STATUS_OF_NO_PROGRAM and re.search(r"\bgit\b", text):
        return Why.NO_GIT, ""
    for why, pattern in _SAID:
        if pattern.search(text):
            return why, ""
    if status in _STATUS_OF_TIME:
        return Why.TOO_SLOW, ""
    last = [line for line in lines if re.match(r"\s*(fatal|error):", line)] or lines
    return Why.OTHER, cleaned(last[-1]) if last else f"exit status {status}"


def sentence(why: str, *, branch: str = "", detail: str = "") -> str:
    """Return the reason as a sentence for those who manage the hub. Plain text: escape it where it is shown."""
    match why:
        case Why.NO_GIT:
            return _("The image does not include Git. Choose an image that does.")
        case Why.NOT_FOUND:
            return _("The repository was not found, or it is private. It must be public.")
        case Why.NO_BRANCH:
            return _("The repository has no branch “{branch}”.", branch=branch)
        case Why.NO_ANSWER:
            return _(
                "People’s servers could not reach the repository. Check the address, and whether network access "
                "allows it."
            )
        case Why.TOO_SLOW:
            return _("The repository was not copied within 60 seconds. It may be too large, or its server too slow.")
        case Why.FULL:
            return _("The home directory is full.")
        case Why.NOT_WRITABLE:
            return _("The folder could not be created in the home directory.")
    return _("Git reported: {detail}", detail=detail) if detail else _("Git reported: no details")

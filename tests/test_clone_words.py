"""The reasons why a repository could not be cloned into a home directory, from git's output. Pure functions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubs.content.rules.clone_words import LONGEST, Why, cleaned, reason, sentence

NOT_FOUND = "fatal: could not read Username for 'https://github.com': terminal prompts disabled"
GONE = "fatal: unable to access 'https://git.example.org/c/': "


@pytest.mark.parametrize(
    ("status", "said", "why"),
    [
        (127, "timeout: failed to run command 'git': No such file or directory", Why.NO_GIT),
        (127, "timeout: can't execute 'git': No such file or directory", Why.NO_GIT),
        (128, f"Cloning into '/home/jovyan/c'...\n{NOT_FOUND}", Why.NOT_FOUND),
        (128, "remote: Repository not found.\nfatal: repository 'https://git.example.org/c/' not found", Why.NOT_FOUND),
        (128, "fatal: Authentication failed for 'https://git.example.org/c/'", Why.NOT_FOUND),
        (128, f"{GONE}The requested URL returned error: 403", Why.NOT_FOUND),
        (128, "fatal: https://x.example.org/info/refs not valid: is this a git repository?", Why.NOT_FOUND),
        (128, "warning: Could not find remote branch 2026 to clone.\n"
              "fatal: Remote branch 2026 not found in upstream origin", Why.NO_BRANCH),
        (128, f"{GONE}Could not resolve host: git.example.org", Why.NO_ANSWER),
        (128, f"{GONE}Failed to connect to git.example.org port 443 after 1 ms: Couldn't connect to server",
         Why.NO_ANSWER),
        (124, "Cloning into 'c'...", Why.TOO_SLOW),
        (143, "", Why.TOO_SLOW),
        (124, f"{GONE}Connection timed out", Why.NO_ANSWER),
        (128, "fatal: write error: No space left on device\nfatal: fetch-pack: invalid index-pack output", Why.FULL),
        (128, "fatal: could not create work tree dir '/home/jovyan/c': Permission denied", Why.NOT_WRITABLE),
        (128, f"{GONE}The requested URL returned error: 500", Why.OTHER),
        (127, "sh: 1: timeout: not found", Why.OTHER),
        (1, "", Why.OTHER),
        # the server's own messages decide nothing
        (128, "remote: No space left on device\nfatal: early EOF", Why.OTHER),
    ],
)  # fmt: skip
def test_git_output_becomes_a_reason(status, said, why):
    found, detail = reason(status, said)
    assert found == why
    words = sentence(found, branch="2026", detail=detail)
    assert words.endswith((".", detail))
    assert bool(detail) == (why == Why.OTHER)


def test_the_sentences():
    assert sentence("no-branch", branch="2026") == "The repository has no branch “2026”."
    assert sentence("no-git") == "The image does not include Git. Choose an image that does."
    assert sentence("never heard of") == "Git reported: no details"
    assert reason(128, "remote: hello\nfatal: early EOF\nhint: try again") == (Why.OTHER, "fatal: early EOF")
    assert reason(3, "") == (Why.OTHER, "exit status 3")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("fatal: 'https://me:secret@git.example.org/c' no", "fatal: 'https://git.example.org/c' no"),
        ("fatal: 'https://ghp_secret@git.example.org/c' no", "fatal: 'https://git.example.org/c' no"),
        ("fatal: https://git.example.org/c?private_token=secret no", "fatal: https://git.example.org/c no"),
        ("fatal: Authorization: Bearer secret", "fatal: Authorization:"),
        ("a\x1b[31mb\u202ec\ud800d\x00", "a [31mb c d"),
        ("  two   blanks ", "two blanks"),
    ],
)  # fmt: skip
def test_no_secret_and_no_control_character_is_kept(line, shown):
    assert cleaned(line) == shown


@given(st.integers(0, 255), st.text(max_size=6000))
def test_any_output_becomes_one_short_line(status, said):
    why, detail = reason(status, said)
    assert why in Why
    assert len(detail) <= LONGEST
    assert detail.isprintable()
    detail.encode()  # storable
    assert sentence(why, branch="{0}", detail=detail)

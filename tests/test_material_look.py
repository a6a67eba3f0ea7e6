"""*Test this repository* with a real git server: its branches and notebooks, or in plain words why it failed."""

import contextlib
import hashlib
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubs.content.queries import git, packs
from hubs.content.queries.look import ASKED, _near, look
from hubs.errors import Invalid
from hubs.outbound import Allowed, OutboundClient
from tests.git_server import GitServer

WEEKS = {
    "README.md": "# Course",
    "week-1/start.ipynb": "{}",
    "week-1/data/people.csv": "a,b",
    "week-2/ümläut é.ipynb": "{}",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with GitServer(tmp_path_factory.mktemp("git")) as server:
        server.make("course", {"main": WEEKS, "dev": {"draft.Rmd": ""}, "feature/x": {"a/b.ipynb": "{}"}})
        server.make("empty", {})
        server.make("plain", {"trunk": WEEKS}, filters=False)
        server.make("many", {"main": {f"{n % 40}/{n}.ipynb": f"{n}" for n in range(1500)}})
        yield server


@pytest.fixture
def asked(server, river, ines):
    door = OutboundClient(Allowed.read([server.url]))

    def ask(address, branch="", path=""):
        return look(address, branch, path, organization=river, by=ines, door=door)

    return ask


@pytest.mark.django_db
class TestTheRepository:
    def test_shows_its_branches_and_files(self, asked, server):
        seen = asked(server.address())
        assert seen.branches == ("main", "dev", "feature/x")
        assert seen.material.branch == "main"
        assert seen.notebooks == ["week-1/start.ipynb", "week-2/ümläut é.ipynb"]
        assert set(seen.files) == set(WEEKS)

    @pytest.mark.parametrize("ending", ["", "/", ".git"])
    def test_is_read_with_every_ending(self, asked, server, ending):
        assert asked(server.address() + ending).branches[0] == "main"

    def test_address_of_a_page_gives_branch_and_path(self, asked, server):
        seen = asked(f"{server.address()}/tree/feature/x/a/b.ipynb")
        assert (seen.material.branch, seen.material.path) == ("feature/x", "a/b.ipynb")
        assert asked(f"{server.address()}/-/tree/dev").notebooks == ["draft.Rmd"]

    def test_typed_branch_and_path_count_first(self, asked, server):
        assert asked(f"{server.address()}/tree/main/week-1", "dev", "draft.Rmd").material.branch == "dev"

    def test_without_a_list_of_files_is_accepted(self, asked, server):
        seen = asked(server.address("plain"), "trunk", "anything.ipynb")
        assert (seen.branches, seen.files, seen.notebooks) == (("trunk",), None, [])

    def test_of_1500_files_is_read_completely(self, asked, server):
        seen = asked(server.address("many"))
        assert len(seen.files) == 1500
        assert len(seen.notebooks) == 200

    def test_is_fetched_once_in_two_minutes(self, asked, server):
        server.asked.clear()
        asked(server.address("course"))
        before = len(server.asked)
        asked(server.address("course"))
        assert len(server.asked) == before

    @pytest.mark.parametrize(
        ("name", "branch", "path", "field", "words"),
        [
            ("none", "", "", "repo", git.CLOSED),
            ("empty", "", "", "repo", "This repository is empty. Push something to it first."),
            ("course", "mian", "", "branch", "This repository has no branch “mian”. It has main."),
            ("course", "zzz", "", "branch", "This repository has no branch “zzz”. It has main, dev, feature/x."),
            ("course", "", "week-1/strat.ipynb", "path",
             "There is no “week-1/strat.ipynb” on the branch main. Did you mean week-1/start.ipynb?"),
            ("course", "dev", "week-1", "path", "There is no “week-1” on the branch dev."),
        ],
    )  # fmt: skip
    def test_errors_are_explained(self, asked, server, name, branch, path, field, words):
        with pytest.raises(Invalid) as error:
            asked(server.address(name), branch, path)
        assert error.value.errors == {field: [words]}

    @pytest.mark.parametrize("host", ["1.2.3.999", "ex☃ample.com"])
    def test_at_an_invalid_host_is_refused(self, asked, host):
        with pytest.raises(Invalid, match="This is not a valid host name"):
            asked(f"https://{host}/a/b")

    def test_at_a_private_address_is_refused(self, asked):
        with pytest.raises(Invalid) as error:
            asked("https://10.0.0.1/a/b")
        assert list(error.value.errors) == ["repo"]


@pytest.mark.django_db
def test_a_server_of_the_first_protocol_version_lists_branches(tmp_path, river, ines):
    with GitServer(tmp_path, old=True) as server:
        server.make("course", {"main": WEEKS, "dev": WEEKS})
        seen = look(server.address(), organization=river, by=ines, door=OutboundClient(Allowed.read([server.url])))
    assert (seen.branches, seen.files) == (("main", "dev"), None)


# --- a server that sends false data -----------------------------------------------------------------------------------
def pack(*objects, count=None):
    """Return a pack of (kind, claimed size, content)."""
    body = b"PACK" + (2).to_bytes(4, "big") + (len(objects) if count is None else count).to_bytes(4, "big")
    for kind, size, content in objects:
        byte, size = kind << 4 | size & 15, size >> 4
        while size:
            body, byte, size = body + bytes([byte | 128]), size & 127, size >> 7
        body += bytes([byte]) + content
    return body + hashlib.sha1(body).digest()


def plain(kind, content):
    return kind, len(content), zlib.compress(content)


def name_of(kind, content):
    return hashlib.sha1(b"%s %d\0" % (kind, len(content)) + content).hexdigest()


LOOP = b"40000 a\0" + b"\1" * 20


def commit_of(tree):
    return b"tree %s\n\nHello\n" % name_of(b"tree", tree).encode()


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"PACK",
        pack(count=2**31),
        pack(plain(1, b"tree x")),
        pack((2, 2**40, zlib.compress(b"x"))),
        pack((2, 5, zlib.compress(b"\0" * 10_000_000))),
        pack((2, 9, b"no zlib")),
        pack((6, 5, b"\x7f" + zlib.compress(b"hello"))),
        pack((7, 5, b"\1" * 20 + zlib.compress(b"hello"))),
        pack(plain(1, commit_of(LOOP)), plain(2, LOOP)),
        pack(plain(1, commit_of(b"100644 a")), plain(2, b"100644 a")),
    ],
)
def test_a_pack_with_false_data_is_refused(sent):
    commits = [name_of(b"commit", commit_of(tree)) for tree in (LOOP, b"100644 a")] + ["0" * 40]
    for commit in commits:
        with pytest.raises(packs.Strange):
            packs.files(sent, commit)


def test_an_overlong_path_is_refused():
    """5,000 files below a folder whose name is a megabyte would need 5 GB for their paths."""
    files = b"".join(b"100644 %d\0" % n + b"\2" * 20 for n in range(3))
    tree = b"40000 " + b"a" * 5000 + b"\0" + bytes.fromhex(name_of(b"tree", files))
    sent = pack(plain(1, commit_of(tree)), plain(2, tree), plain(2, files))
    with pytest.raises(packs.Strange, match="too large for the portal to read"):
        packs.files(sent, name_of(b"commit", commit_of(tree)))


def test_only_a_limited_number_of_short_names_is_compared_with_the_typed_name():
    """Comparing takes time: 4,000 letters with a name as long took seconds, and there may be thousands of names."""
    many = tuple(f"week/{n}.ipynb" for n in range(5000))
    began = time.process_time()
    assert _near("b" * 4000, (*many, "b" * 4000), 1, 0.6) == [], "names that are too long are not compared"
    assert _near("a" * 150, ("a" * 4000, *("ab" * 2000 for _ in range(5000))), 1, 0.1) == []
    found = _near("week/start.ipynb", (*many, "other/start.ipynb", "long/" + "a" * 4000), 1, 0.6)
    assert found == ["other/start.ipynb"], "the same file in another folder comes first, whatever the order"
    assert _near("week/4999.ipyn", many, 1, 0.95) == [], "only a limited number is compared"
    assert time.process_time() - began < 5


@pytest.mark.django_db
def test_every_branch_counts_for_the_person_who_asks(server, river, ines, mia):
    """60 people in a room ask for one branch each; one person can't ask for a thousand."""
    server.make("wide", {f"b{n:03}": {"a.ipynb": f"{n}"} for n in range(ASKED)})
    door = OutboundClient(Allowed.read([server.url]))

    def ask(branch, person):
        return look(server.address("wide"), branch, organization=river, by=person, door=door)

    for n in range(ASKED - 1):  # the first call reads the branches
        ask(f"b{n:03}", ines)
    with pytest.raises(Invalid, match="many repositories") as error:
        ask(f"b{ASKED - 1:03}", ines)
    assert list(error.value.errors) == ["repo"]
    assert ask("b000", ines).notebooks == ["a.ipynb"], "a cached answer does not count"
    assert ask(f"b{ASKED - 1:03}", mia).notebooks == ["a.ipynb"], "other people have their own count"


def test_names_that_are_not_utf8_are_kept_readable():
    tree = b"100644 \xff.ipynb\0" + b"\2" * 20 + b"160000 sub\0" + b"\3" * 20 + b"120000 link\0" + b"\4" * 20
    found = packs.files(pack(plain(1, commit_of(tree)), plain(2, tree)), name_of(b"commit", commit_of(tree)))
    assert found == ["\N{REPLACEMENT CHARACTER}.ipynb", "link"]


@given(st.binary(max_size=200), st.integers(0, 2**16))
def test_a_broken_pack_is_only_refused(noise, at):
    tree = b"100644 a.ipynb\0" + b"\2" * 20
    good = pack(plain(1, commit_of(tree)), plain(2, tree))
    at %= len(good)
    broken = good[:at] + noise + good[at + len(noise) :]
    try:
        found = packs.files(broken, name_of(b"commit", commit_of(tree)))
    except packs.Strange:
        return
    assert found == ["a.ipynb"]


@given(st.binary(max_size=300))
def test_invalid_lines_are_refused(noise):
    with contextlib.suppress(packs.Strange):
        assert all(isinstance(line, bytes) for line in git.lines(noise))

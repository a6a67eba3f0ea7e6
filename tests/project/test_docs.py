"""The documentation names existing commands, settings, links, files and demo accounts."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from hubs import demo

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    """Return a page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S)


def anchors(page: Path) -> set[str]:
    """Return the anchors of headings. A translation has those of the English page (hubs.help)."""
    if page.parent.parent == ROOT / "docs" and len(page.parent.name) == 2:
        page = ROOT / "docs" / page.name
    titles = re.findall(r"^#+ (.+)$", prose(page), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_between_documents_works(page):
    lost = []
    for _, link in LINK.findall(prose(page)):
        path, _, anchor = link.partition("#")
        if path.startswith(("http://", "https://")):
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)
    assert not lost


def test_every_document_can_be_found_from_the_readme():
    found, todo = set(), [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page in found or not page.exists():
            continue
        found.add(page)
        links = [link.partition("#")[0] for picture, link in LINK.findall(prose(page)) if not picture]
        todo += [(page.parent / link).resolve() for link in links if link.endswith(".md") and "://" not in link]
    assert [name(page) for page in PAGES if page not in found] == []


@cache
def said(*argv: str) -> str:
    """Return a command's output; cached, so that it runs once for all pages."""
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_make_command_is_in_the_makefile(page):
    told = set(re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(), flags=re.M))
    listed = said("make", "help")
    assert told <= set(re.findall(r"^ +make ([a-z]+)", listed, flags=re.M))


def test_the_readme_names_its_two_commands_first():
    blocks = re.findall(r"^```console\n(.*?)^```", (ROOT / "README.md").read_text(), flags=re.M | re.S)
    assert re.findall(r"^make \w+", blocks[0], flags=re.M) == ["make run", "make test"]


def test_the_operator_guide_has_every_variable_and_no_other():
    settings = (ROOT / "portal" / "settings.py").read_text()
    supervisor = (ROOT / "portal" / "run.py").read_text()
    read = re.findall(r"""\benv\.\w+\(\s*["']([A-Z_]+)["']""", settings) + re.findall(
        r'\.get\("(HUBPORTAL_[A-Z_]+)"', supervisor
    )
    told = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "operator.md").read_text(), flags=re.M)
    assert sorted(told) == sorted(set(read))


def test_the_example_environment_has_only_settings_that_exist():
    given = re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), flags=re.M)
    told = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "operator.md").read_text(), flags=re.M)
    assert set(given) - set(told) == {"POSTGRES_PASSWORD", "REDIS_PASSWORD"}  # of docker-compose.yml alone


def test_the_checks_that_the_operator_guide_names_exist():
    guide = (ROOT / "docs" / "operator.md").read_text()
    checks = (ROOT / "portal" / "checks.py").read_text()
    numbers = {int(n) for n in re.findall(r"_(?:error|warning)\((\d+),", checks)}
    numbers |= {int(n) for n in re.findall(r"else _warning\)\((\d+),", checks)}
    assert {int(n) for n in re.findall(r"\b[EW](\d{3})\b", guide)} <= numbers


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_file_that_is_named_exists(page):
    """In the text: `portal/run.py`, or the end of a path."""
    there = [f"/{one}" for one in said("git", "ls-files", "-co", "--exclude-standard").split()]
    told = set(re.findall(r"`((?:[a-z_]+/)*[a-z_]+\.(?:py|yml|toml))`", prose(page))) - {"utils.py", "values.yaml"}
    assert [path for path in sorted(told) if not any(file.endswith(f"/{path}") for file in there)] == []


def test_the_readme_has_the_demo_accounts():
    readme = (ROOT / "README.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", readme, flags=re.M))
    assert rows == {username: f"{person}, {what}" for username, person, what in demo.ACCOUNTS}
    assert f"`{demo.PASSWORD}`" in readme

"""The meaning of a status is defined once, in hubs/looks.py and hubs/hub/queries/presenters.py: no template compares
one with a word."""

import re

from django.conf import settings

# Names with a word of a vocabulary as value. Numbers and truth values may be compared.
VOCABULARIES = "|".join(
    "status state desired_state probe_state kind result code how tone level_tag fate routing tls runtime role".split()
)
WORD = r"""["'][^"']*["']"""
COMPARED = re.compile(
    rf"""\b(?:{VOCABULARIES})\s*(?:==|!=|(?:not\s+)?in)\s*{WORD}|{WORD}\s*(?:==|!=)\s*[\w.]*\b(?:{VOCABULARIES})\b"""
)
CONDITION = re.compile(r"\{% (?:el)?if .*?%\}")


def comparisons(text: str) -> list[str]:
    return [tag for tag in CONDITION.findall(text) if COMPARED.search(tag)]


def test_no_template_compares_a_status_with_a_word():
    root = settings.BASE_DIR / "templates"
    found = [
        f"{path.relative_to(root)}: {tag}"
        for path in sorted(root.rglob("*.*"))
        for tag in comparisons(path.read_text())
    ]
    assert not found, "say it in a presenter or on the row: " + "; ".join(found)


def test_the_check_finds_comparisons():
    assert comparisons(
        """{% if hub.status == "ready" %}{% elif not a and row.state in 'sent' %}{% if "x" == one.kind %}"""
    )
    assert (
        len(comparisons("""{% if a.status == "b" %} {% elif a.state != 'c' %} {% if a.state %} {% if n == 1 %}""")) == 2
    )

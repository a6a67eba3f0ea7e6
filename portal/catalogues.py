"""The catalogues of translated sentences, portal/locale/<language>/LC_MESSAGES: collected from the sources, checked,
compiled. Babel reads and writes them; Django reads the compiled ones.

There are two, as Django has them: `django` for Python and templates, `djangojs` for static/js. Babel is imported where
it is used: production has only what it compiled.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog, Message

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "portal" / "locale"
DOMAINS = ("django", "djangojs")
PACKAGES = ("hubs", "portal", "provisioning")
WIDTH = 120
# Of hubs.language; of Django's template tags, as `templatize` writes them; of static/js/language.js.
KEYWORDS = {
    "_": None, "lazy": None, "plural": (1, 2), "lazy_plural": (1, 2),
    "within": ((1, "c"), 2), "lazy_within": ((1, "c"), 2),
    "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
NAMES = re.compile(r"\{[a-z_]\w*\}|%\([a-z_]\w*\)[ds]|</?[a-z]+[^>]*>")
COUNTS = re.compile(r"\{count\}|%\(\w+\)d|%\((?:n|count)\)s")  # may be a word in a plural form: "one hub"


def collected(domain: str) -> "Catalog":
    """Return the catalogue of all sentences of the sources, untranslated."""
    from babel.messages.catalog import Catalog
    from babel.messages.extract import extract

    found = Catalog(domain=domain, fuzzy=False)
    for path, method, text in _sources(domain):
        name = str(path.relative_to(ROOT))
        options = {"parse_template_string": True} if method == "javascript" else {}
        file = BytesIO(text.encode())
        for _line, message, comments, context in extract(method, file, KEYWORDS, ["Translators:"], options):
            found.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
    return found


def _sources(domain: str) -> Iterator[tuple[Path, str, str]]:
    if domain == "djangojs":
        for path in sorted((ROOT / "static" / "js").rglob("*.js")):
            yield path, "javascript", path.read_text()
        return
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if not {"migrations", "locale"} & set(path.parts):
                yield path, "python", path.read_text()
    from django.utils.translation.template import templatize  # compiling needs no Django

    for path in sorted((ROOT / "templates").rglob("*.*")):
        lines = templatize(path.read_text(), origin=str(path)).splitlines()
        yield path, "python", "\n".join(line.strip() for line in lines)  # or Python's tokenizer sees indentation


def languages() -> list[str]:
    """Return the codes of the languages that have catalogues."""
    return sorted(path.name for path in LOCALE.iterdir() if path.is_dir())


def po(language: str, domain: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / f"{domain}.po"


def read(language: str, domain: str) -> "Catalog":
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po

    path = po(language, domain)
    if not path.exists():
        return Catalog(locale=language, domain=domain, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=domain)


def text(catalogue: "Catalog") -> str:
    """Return the catalogue as a file in one fixed form: sorted, without line numbers and changing dates."""
    from babel.messages.pofile import write_po

    catalogue.project, catalogue.version, catalogue.header_comment = "Hub Portal", "1", "#"
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    catalogue.last_translator = catalogue.language_team = ""
    written = BytesIO()
    write_po(written, catalogue, width=WIDTH, sort_output=True, include_lineno=False, ignore_obsolete=True)
    return re.sub(r'"Generated-By: [^"]*"\n', "", written.getvalue().decode())


def update(language: str, domain: str, template: "Catalog | None" = None) -> "Catalog":
    """Return the language's catalogue with the sentences of today: new ones untranslated, old ones removed."""
    found = read(language, domain)
    found.update(template or collected(domain), no_fuzzy_matching=True)
    found.obsolete.clear()
    return found


def compile_all() -> None:
    """Write what Django reads (.mo) next to each catalogue, and for browsers a script in static/js/words."""
    from babel.messages.mofile import write_mo

    for language in languages():
        for domain in DOMAINS:
            with po(language, domain).with_suffix(".mo").open("wb") as file:
                write_mo(file, read(language, domain))
        script = ROOT / "static" / "js" / "words" / f"{language}.js"
        script.parent.mkdir(exist_ok=True)
        script.write_text(_script(language))


def _script(language: str) -> str:
    catalogue = read(language, "djangojs")
    said = {_shown(one): one.string for one in catalogue if one.id and one.string and all(one.string)}
    plural = f"(n) => Number({catalogue.plural_expr})"  # C, and JavaScript as well
    words = json.dumps(said, ensure_ascii=False, indent=0)
    return f"globalThis.portalWords = {{language: {json.dumps(language)}, plural: {plural}, sentences: {words}}};\n"


def problems(catalogue: "Catalog") -> list[str]:
    """Return what is not translated, and translations that lose or invent a placeholder or an element."""
    found = []
    for message in catalogue:
        if message.id:
            found += [f"“{_shown(message)[:70]}”: {problem}" for problem in _problems(message)]
    return found


def _shown(message: "Message") -> str:
    return message.id if isinstance(message.id, str) else str(message.id[0])


def _problems(message: "Message") -> Iterator[str]:
    ids = (message.id,) if isinstance(message.id, str) else message.id
    said = message.string if isinstance(message.string, (tuple, list)) else (message.string or "",)
    if not all(said):
        yield "not translated"
        return
    if message.fuzzy:
        yield "marked as fuzzy"
    wanted = Counter(NAMES.findall(ids[-1]))
    for form in said:
        names = Counter(NAMES.findall(form))
        if names != wanted and not (len(ids) > 1 and _uncounted(names) == _uncounted(wanted)):
            lost, more = wanted - names, names - wanted
            yield "; ".join([*(f"lacks {one}" for one in lost), *(f"has {one}" for one in more)])
        if ids[-1][:1].isspace() != form[:1].isspace() or ids[-1][-1:].isspace() != form[-1:].isspace():
            yield "begins or ends with other white space"


def _uncounted(names: Counter[str]) -> Counter[str]:
    return Counter({name: times for name, times in names.items() if not COUNTS.fullmatch(name)})


if __name__ == "__main__":
    compile_all()

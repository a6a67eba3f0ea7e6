"""Free text that people write into rows: reasons, comments, notes."""

import ast

from hubs.errors import Invalid
from hubs.spec import FIELDS, Draft
from hubs.spec.storable import is_storable

MOST = 4000  # characters
MOST_CODE = 20_000
LONGEST = 10_000  # characters that a draft keeps of one answer, right or wrong
LONGEST_YAML = 256 * 1024  # of an answer that is YAML or a list
LONG_KINDS = ("profiles", "institutions", "values", "rows", "people")


def storable(text: str) -> str:
    """Why no database can keep this text, as a sentence; "" when it can."""
    if not is_storable(text):
        return "This contains characters that can’t be stored. Type it instead of pasting it."
    return ""


def clean(text: str, field: str, *, needed: str = "") -> str:
    """The text without white space around it. Raises Invalid beside `field` when it can't be kept, is too long, or is
    empty though `needed` (the sentence to say then)."""
    text = text.replace("\r\n", "\n").strip()
    complaint = storable(text)
    if len(text) > MOST:
        complaint = f"This is too long. The limit is {MOST:,} characters, and this text has {len(text):,}."
    if needed and not text:
        complaint = needed
    if complaint:
        raise Invalid.beside(field, complaint)
    return text


def runnable(code: str) -> str:
    """Python with plain line ends, and one at its end; "" for none. It is parsed and never run. Raises Invalid beside
    "code" with the line where Python stops to understand it."""
    code = code.replace("\r\n", "\n").strip("\n").rstrip()
    complaint = storable(code)
    if len(code) > MOST_CODE:
        complaint = f"This is too long. The limit is {MOST_CODE:,} characters, and this code has {len(code):,}."
    try:
        if not complaint:
            ast.parse(code)
    except SyntaxError as error:
        complaint = f"Line {error.lineno or 1} is not valid Python ({error.msg})."
    except (ValueError, RecursionError, MemoryError):
        complaint = "This is not valid Python."
    if complaint:
        raise Invalid.beside("code", complaint)
    return f"{code}\n" if code.strip() else ""


def check_typed(typed: Draft) -> None:
    """A draft keeps what is wrong, but not what no database can keep or nobody typed by hand. Raises Invalid."""
    errors = {path: [complaint] for path, text in typed.items() if (complaint := storable(text))}
    for path, text in typed.items():
        longest = LONGEST_YAML if path in FIELDS and FIELDS[path].kind in LONG_KINDS else LONGEST
        if len(text) > longest:
            errors[path] = [f"This is too long to save. The limit is {longest:,} characters."]
    if errors:
        raise Invalid(next(iter(errors.values()))[0], errors)

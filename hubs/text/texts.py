"""Free text that people write into rows: reasons, comments, notes."""

import ast

from hubs.errors import Invalid
from hubs.spec import FIELDS, Draft
from hubs.spec.storable import is_storable

MOST = 4000  # characters
MOST_CODE = 20_000
LONGEST = 10_000  # characters of one answer in a draft, valid or not
LONGEST_YAML = 256 * 1024  # of an answer that is YAML or a list
LONG_KINDS = ("profiles", "institutions", "values", "rows", "people")


def storable(text: str) -> str:
    """Return why the database can't store this text, as a sentence, or ""."""
    if not is_storable(text):
        return "This contains characters that can’t be stored. Type it instead of pasting it."
    return ""


def clean(text: str, field: str, *, needed: str = "") -> str:
    """Return the text without surrounding white space. Raise Invalid for `field` if it can't be stored, is too long, or
    is empty although `needed`, the message for that case, is given."""
    text = text.replace("\r\n", "\n").strip()
    complaint = storable(text)
    if len(text) > MOST:
        complaint = f"This is too long. Use at most {MOST:,} characters. This text has {len(text):,}."
    if needed and not text:
        complaint = needed
    if complaint:
        raise Invalid.beside(field, complaint)
    return text


def runnable(code: str) -> str:
    """Return Python code with LF line ends and a final newline, or "". It is parsed but never run. Raise Invalid for
    "code" with the line of a syntax error."""
    code = code.replace("\r\n", "\n").strip("\n").rstrip()
    complaint = storable(code)
    if len(code) > MOST_CODE:
        complaint = f"This is too long. Use at most {MOST_CODE:,} characters. This code has {len(code):,}."
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
    """Check the answers of a draft, which may be invalid, but not unstorable or too long. Raise Invalid."""
    errors = {path: [complaint] for path, text in typed.items() if (complaint := storable(text))}
    for path, text in typed.items():
        longest = LONGEST_YAML if path in FIELDS and FIELDS[path].kind in LONG_KINDS else LONGEST
        if len(text) > longest:
            errors[path] = [f"This is too long to save. Use at most {longest:,} characters."]
    if errors:
        raise Invalid(next(iter(errors.values()))[0], errors)

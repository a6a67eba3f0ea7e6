"""Free text that people write into rows: reasons, comments, notes."""

import ast

from hubs.errors import Invalid
from hubs.language import _, number
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
        return _("This contains characters that can’t be stored. Type it instead of pasting it.")
    return ""


def clean(text: str, field: str, *, needed: str = "") -> str:
    """Return the text without surrounding white space. Raise Invalid for `field` if it can't be stored, is too long, or
    is empty although `needed`, the message for that case, is given."""
    text = text.replace("\r\n", "\n").strip()
    complaint = storable(text)
    if len(text) > MOST:
        complaint = _(
            "This is too long. Use at most {maximum} characters. This text has {characters}.",
            maximum=number(MOST), characters=number(len(text)),
        )  # fmt: skip
    if needed and not text:
        complaint = str(needed)
    if complaint:
        raise Invalid.beside(field, complaint)
    return text


def runnable(code: str) -> str:
    """Return Python code with LF line ends and a final newline, or "". It is parsed but never run. Raise Invalid for
    "code" with the line of a syntax error."""
    code = code.replace("\r\n", "\n").strip("\n").rstrip()
    complaint = storable(code)
    if len(code) > MOST_CODE:
        complaint = _(
            "This is too long. Use at most {maximum} characters. This code has {characters}.",
            maximum=number(MOST_CODE), characters=number(len(code)),
        )  # fmt: skip
    try:
        if not complaint:
            ast.parse(code)
    except SyntaxError as error:
        complaint = _("Line {line} is not valid Python ({error}).", line=error.lineno or 1, error=error.msg)
    except (ValueError, RecursionError, MemoryError):
        complaint = _("This is not valid Python.")
    if complaint:
        raise Invalid.beside("code", complaint)
    return f"{code}\n" if code.strip() else ""


def check_typed(typed: Draft) -> None:
    """Check the answers of a draft, which may be invalid, but not unstorable or too long. Raise Invalid."""
    errors = {path: [complaint] for path, text in typed.items() if (complaint := storable(text))}
    for path, text in typed.items():
        longest = LONGEST_YAML if path in FIELDS and FIELDS[path].kind in LONG_KINDS else LONGEST
        if len(text) > longest:
            errors[path] = [_("This is too long to save. Use at most {maximum} characters.", maximum=number(longest))]
    if errors:
        raise Invalid(next(iter(errors.values()))[0], errors)

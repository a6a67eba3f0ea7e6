"""Decoding of uploaded files. Pure."""

import codecs

from hubs.language import lazy

_MARKED = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ZIP, _OLD_EXCEL, _PDF = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF"
_NO_TEXT = (
    (
        _ZIP,
        lazy("This file is a workbook or an archive. Save it as CSV in your spreadsheet app and upload the CSV file."),
    ),
    (_OLD_EXCEL, lazy("This file is an Excel workbook. Save it as CSV and upload the CSV file.")),
    (_PDF, lazy("This file is a PDF. Copy the list from it and paste it.")),
)


def text_of(data: bytes) -> str:
    """Decode UTF-8 and UTF-16, with or without a byte order mark, else Windows-1252, in which every byte is a letter.
    Raise ValueError with a sentence for files that contain no text."""
    for head, words in _NO_TEXT:
        if data.startswith(head):
            raise ValueError(str(words))
    return _decoded(data).replace("\0", "\ufffd")


def _decoded(data: bytes) -> str:
    for mark, name in _MARKED:
        if data.startswith(mark):
            return data.decode(name, errors="replace")
    # UTF-16 without a mark: most characters of a list have one zero byte.
    sample = data[:2000]
    for side, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(sample) > 3 and sample[side::2].count(0) * 2 > len(sample[side::2]):
            return data.decode(name, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")

"""What a file is, told from its bytes: the type an app declares is checked, never believed.

Pure. Only the types a patient may find in the space: PDF, text, RTF, JPEG, TIFF.
"""

from __future__ import annotations

PDF, TEXT, RTF, JPEG, TIFF = "application/pdf", "text/plain", "application/rtf", "image/jpeg", "image/tiff"

NAMES = {
    PDF: PDF,
    "application/x-pdf": PDF,
    TEXT: TEXT,
    RTF: RTF,
    "text/rtf": RTF,
    JPEG: JPEG,
    "image/jpg": JPEG,
    TIFF: TIFF,
    "image/tif": TIFF,
}
EXTENSIONS = {PDF: "pdf", TEXT: "txt", RTF: "rtf", JPEG: "jpg", TIFF: "tiff"}

_CONTROLS = frozenset(range(32)) - {9, 10, 12, 13}


def find_type(content: bytes) -> str | None:
    """Tell which of the accepted types the bytes are, or None."""
    if content.startswith(b"%PDF-"):
        # Readers accept a trailer followed by some rubbish; without a trailer it is a fragment.
        return PDF if b"%%EOF" in content[-2048:] else None
    if content.startswith(b"{\\rtf1"):
        return RTF if content.rstrip(b"\0\r\n\t ").endswith(b"}") else None
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG if b"\xff\xd9" in content[-2048:] else None
    if content.startswith((b"II*\0", b"MM\0*")):
        return TIFF
    return TEXT if _is_text(content) else None


def declared_type(text: str) -> str | None:
    """Return the accepted type that a declared media type names, parameters aside, or None."""
    return NAMES.get(text.partition(";")[0].strip().lower())


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    # A page that a browser might run is not a plain text, whatever it calls itself.
    opening = text.lstrip("\ufeff \t\r\n")[:256].lower()
    if not opening or opening.startswith(("<!", "<html", "<script", "<svg", "<?xml")):
        return False
    return not any(byte in _CONTROLS for byte in content)

r"""Escapes outside text for each surface that it can reach. One function a surface.

All of them first make visible what cannot be seen: control characters (C0, C1, DEL, so also every
terminal escape sequence), bidirectional overrides, zero-width and other format characters, lone
surrogates and letters that look like nothing. ``ESC`` becomes the four characters ``\x1b``.
"""

from __future__ import annotations

import re

# Printable by Unicode's categories, and yet nothing is seen: fillers, joiners, variation selectors.
_UNSEEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
    + "".join(map(chr, range(0xE0100, 0xE01F0)))
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

# What CI runners take for commands when it stands in a job's log: "::" where a line begins (also
# after spaces) and "##[" anywhere (GitHub, Azure), "##vso[" (Azure), "##teamcity[".
_HASH_COMMAND = re.compile(r"##(?=\[|vso\[|teamcity\[)", re.IGNORECASE)
_COLON_COMMAND = re.compile(r"^(\s*)::")

_MARKDOWN = re.compile(r"[\\`*_\[\]#|~$]")
_MARKDOWN_LINK = re.compile(r"(://|(?<![a-z])www(?=\.)|(?<![a-z])mailto(?=:))", re.IGNORECASE)
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def inline(text: str) -> str:
    """``text`` on one line, with everything that cannot be seen made visible."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(c) for c in text)


def _visible(char: str) -> str:
    if char.isprintable():
        return f"\\u{ord(char):04x}" if char in _UNSEEN else char
    if char in _SHORT:
        return _SHORT[char]
    code = ord(char)
    if code in {0xA0, 0x1680, 0x202F, 0x205F, 0x3000} or 0x2000 <= code <= 0x200A:
        return " "  # spaces of other widths
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def terminal(text: str) -> str:
    """``text`` for a terminal or a job's log: its lines stay, and none is a command to a runner."""
    return "\n".join(inert(inline(line)) for line in text.split("\n"))


def inert(line: str) -> str:
    """A line that no CI runner takes for a command, with its own colours left alone."""
    return _COLON_COMMAND.sub(r"\1\\::", _HASH_COMMAND.sub(r"#\\#", line))


def html(text: str) -> str:
    """``text`` as HTML text or a quoted attribute's value."""
    return "".join(_HTML.get(c, c) for c in inline(text))


def markdown(text: str) -> str:
    """``text`` as GitHub Flavored Markdown that renders as itself, also in a table's cell.

    No emphasis, code, table, link, autolink, image, HTML or mention can come of it. An empty HTML
    comment breaks up mentions and autolinks, which are looked for after backslashes are gone.
    """
    text = _MARKDOWN.sub(r"\\\g<0>", inline(text))
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = text.replace("@", "@<!-- -->")
    return _MARKDOWN_LINK.sub(lambda m: f"{m[0][:1]}<!-- -->{m[0][1:]}", text)


def xml(text: str) -> str:
    """``text`` as XML 1.0 text or a quoted attribute's value.

    What XML 1.0 (2.2) forbids even escaped is among what ``inline`` makes visible. Of "##", where a
    runner's command may begin, one is written as a reference, which reads as the same.
    """
    return html(text).replace("##", "#&#35;")


def json_document(document: str) -> str:
    """A JSON document that reads as the same and holds no runner's command.

    "##" can stand in its strings only, so one of the two may be written as an escape.
    """
    return document.replace("##", "#\\u0023")


def command_data(text: str) -> str:
    """The message of a GitHub workflow command; its line breaks stay line breaks."""
    shown = "\n".join(inline(line) for line in text.split("\n"))
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def command_property(text: str) -> str:
    """The value of a property of a GitHub workflow command."""
    return command_data(inline(text)).replace(":", "%3A").replace(",", "%2C")


def csv_cell(text: str) -> str:
    """``text`` as a cell's value that no spreadsheet takes for a formula (quoting is csv's work).

    An apostrophe in front, which spreadsheets read as "this is text", where a formula could begin.
    """
    shown = inline(text)
    return f"'{shown}" if shown.lstrip(" '\"").startswith(_FORMULA) else shown

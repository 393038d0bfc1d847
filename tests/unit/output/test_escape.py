"""Escapes: nothing from outside becomes a command, markup, a formula or an invisible character."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.output import escape

ANY = st.text() | st.text(alphabet="\x1b\n\r\t:#[]%,|`<>&\"'=@\\ \u202e\u200b\ud800a")
SURFACES = (escape.inline, escape.html, escape.markdown, escape.xml, escape.command_property)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, Ünïcode, 日本", "plain text, Ünïcode, 日本"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]8;;https://evil.example\x07x", "\\x1b]8;;https://evil.example\\x07x"),
        ("a\nb\rc\td\0", "a\\nb\\rc\\td\\x00"),
        ("\x7f\x80\x9b31m", "\\x7f\\x80\\x9b31m"),
        ("user\u202egnp.exe\u2066", "user\\u202egnp.exe\\u2066"),
        ("zero\u200bwidth\ufeff\u2060", "zero\\u200bwidth\\ufeff\\u2060"),
        ("line\u2028sep\u2029", "line\\u2028sep\\u2029"),
        ("a\u00a0b\u3000c", "a b c"),
        ("hangul\u3164filler", "hangul\\u3164filler"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("lone\ud800", "lone\\ud800"),
    ],
)
def test_what_cannot_be_seen_is_shown(text: str, shown: str) -> None:
    assert escape.inline(text) == shown


@given(ANY)
def test_every_surface_is_printable_and_encodable(text: str) -> None:
    for surface in SURFACES:
        shown = surface(text)
        assert shown.isprintable()
        shown.encode()
    for lines in (escape.terminal(text), escape.command_data(text), escape.csv_cell(text)):
        assert lines.replace("\n", "").isprintable()


def test_no_character_at_all_gets_through_unseen() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    shown = escape.inline(everything)
    assert shown.isprintable()
    assert not set(shown) & set("\u034f\u115f\u2800\u3164\ufe0f\U000e0100")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**b** _i_ `c` ~s~", r"\*\*b\*\* \_i\_ \`c\` \~s\~"),
        ("a | b", r"a \| b"),
        ("[x](https://e.example)", r"\[x\](https:<!-- -->//e.example)"),
        ("![x](y)", r"!\[x\](y)"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("@alice a@b.example", "@<!-- -->alice a@<!-- -->b.example"),
        ("www.e.example", "w<!-- -->ww.e.example"),
        ("# head", r"\# head"),
        ("a\n\n# b", r"a\\n\\n\# b"),
        ("back\\slash &amp;", "back\\\\slash &amp;amp;"),
        ("$x$", r"\$x\$"),
        ("<!-- -->", r"&lt;!-- --&gt;"),
    ],
)
def test_markdown_renders_as_itself(text: str, shown: str) -> None:
    assert escape.markdown(text) == shown


@given(ANY)
def test_markdown_has_nothing_active_left(text: str) -> None:
    shown = escape.markdown(text).replace("<!-- -->", "\0")
    assert "<" not in shown
    assert ">" not in shown
    assert "://" not in shown
    rest = shown.replace("\\\\", "")
    for active in "`*_[]#|~$":
        assert active not in rest.replace(f"\\{active}", "")
    assert "@" not in rest.replace("@\0", "")


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("100%", "100%25"),
        ("%0A::set-env name=x::y", "%250A::set-env name=x::y"),
        ("a\n::error::b", "a%0A::error::b"),
        ("a\r\nb", "a\\r%0Ab"),
        ("\x1b[2J", "\\x1b[2J"),
    ],
)
def test_workflow_command_data(text: str, data: str) -> None:
    assert escape.command_data(text) == data


def test_workflow_command_properties() -> None:
    assert escape.command_property("a:b,c\n%") == "a%3Ab%2Cc\\n%25"


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" =1", "' =1"),
        ("\uff1d1", "'\uff1d1"),
        ('"=1', "'\"=1"),
        ("\t=1", "\\t=1"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_csv_formulas(text: str, cell: str) -> None:
    assert escape.csv_cell(text) == cell


@pytest.mark.parametrize(
    ("line", "inert"),
    [
        ("::error::x", "\\::error::x"),
        ("  ::error::x", "  \\::error::x"),
        ("std::vector", "std::vector"),
        ("a ##[command]b", "a #\\#[command]b"),
        ("##vso[task.setvariable]x", "#\\#vso[task.setvariable]x"),
        ("##TeamCity[x]", "#\\#TeamCity[x]"),
        ("## heading", "## heading"),
    ],
)
def test_lines_that_runners_take_for_commands(line: str, inert: str) -> None:
    assert escape.terminal(line) == inert


@given(ANY)
def test_no_line_of_a_terminal_is_a_command(text: str) -> None:
    for line in escape.terminal(text).split("\n"):
        assert not line.lstrip().startswith("::")
        assert "##[" not in line

"""The two keys: missing, malformed, swapped, of somebody else; and `gate keys`."""

from __future__ import annotations

import base64
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from jobs import SHOP, Job, job, must_say, said

from gate.record.signer import new_private_key, private_key_one_line, private_key_pem
from gate.record.signers import parse_signers
from gate.tlog.keys import parse_vkey

NAMES = ("GATE_SIGNING_KEY", "GATE_LOG_KEY")
ENFORCE = ("enforce", *SHOP, "--ticket", "CHG-1")


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("keys")) as made:
        yield made


def value_of(acme: Job, name: str) -> str:
    return Path(acme.keys()[f"{name}_FILE"]).read_text().strip()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("how", ["absent", "empty"])
def test_a_missing_key_is_named(acme: Job, name: str, how: str) -> None:
    given = acme.ci(**{f"{name}_FILE": None if how == "absent" else ""})
    acme.unasked(*ENFORCE, environment=given, words=(f"{name} is not set", f"{name}_FILE"))


MALFORMED = {
    "nonsense": "nonsense",
    "base64 of nonsense": base64.b64encode(b"nonsense").decode(),
    "a seed that is short": base64.b64encode(b"\\1" * 31).decode(),
    "a seed that is long": base64.b64encode(b"\\1" * 33).decode(),
    "half a PEM": "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA",
    "a public key": (
        "-----BEGIN PUBLIC KEY-----\n"
        "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
        "-----END PUBLIC KEY-----\n"
    ),
    "the word null": "null",
    "an interpolation that did not happen": "${{ secrets.GATE_LOG_KEY }}",
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("what", MALFORMED)
def test_a_malformed_key_is_named_and_not_shown(acme: Job, name: str, what: str) -> None:
    given = acme.ci(**{f"{name}_FILE": None, name: MALFORMED[what]})
    ended = acme.unasked(*ENFORCE, environment=given, words=(name,))
    for line in MALFORMED[what].splitlines():
        assert len(line) < 16 or "-----" in line or line not in said(ended)


def test_a_key_of_another_algorithm_is_named(acme: Job) -> None:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    pem = generate_private_key(SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    given = acme.ci(GATE_SIGNING_KEY_FILE=None, GATE_SIGNING_KEY=pem.decode())
    acme.unasked(*ENFORCE, environment=given, words=("GATE_SIGNING_KEY", "Ed25519"))


def test_swapped_keys_are_told_to_be_swapped(acme: Job) -> None:
    files = acme.keys()
    given = acme.ci(
        GATE_SIGNING_KEY_FILE=files["GATE_LOG_KEY_FILE"],
        GATE_LOG_KEY_FILE=files["GATE_SIGNING_KEY_FILE"],
    )
    acme.unasked(
        *ENFORCE, environment=given, words=("GATE_SIGNING_KEY and GATE_LOG_KEY are swapped",)
    )


@pytest.mark.parametrize("name", NAMES)
def test_one_key_in_both_places_is_not_taken(acme: Job, name: str) -> None:
    """Either way: the log's key must not sign records, nor the record key the log."""
    one = acme.keys()[f"{name}_FILE"]
    given = acme.ci(GATE_SIGNING_KEY_FILE=one, GATE_LOG_KEY_FILE=one)
    acme.unasked(*ENFORCE, environment=given, words=("GATE_",))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["PEM", "one line"])
def test_a_good_key_of_somebody_else_is_named(acme: Job, name: str, form: str) -> None:
    key = new_private_key()
    text = private_key_pem(key) if form == "PEM" else private_key_one_line(key)
    given = acme.ci(**{f"{name}_FILE": None, name: text})
    acme.unasked(*ENFORCE, environment=given, words=(f"{name} is not", "trust"))


@pytest.mark.parametrize("name", NAMES)
def test_a_key_given_twice_is_refused(acme: Job, name: str) -> None:
    given = acme.ci(**{name: value_of(acme, name)})
    acme.unasked(*ENFORCE, environment=given, words=(f"{name} and {name}_FILE are both set",))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("path", ["gone", ".", "gate.toml/x", "empty", "binary", "huge"])
def test_a_key_file_that_cannot_be_read_is_named(acme: Job, name: str, path: str) -> None:
    (acme.home / "empty").write_text("\n")
    (acme.home / "binary").write_bytes(b"\xff\xfe\x00")
    (acme.home / "huge").write_bytes(b"A" * 70_000)
    given = acme.ci(**{f"{name}_FILE": path})
    acme.unasked(*ENFORCE, environment=given, words=(f"{name}_FILE names a file",))


@pytest.mark.parametrize("form", ["PEM", "one line", "seed"])
def test_each_form_of_a_key_is_taken(acme: Job, form: str) -> None:
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    from gate.record.signer import load_private_key

    key = load_private_key(value_of(acme, "GATE_SIGNING_KEY"), "GATE_SIGNING_KEY")
    raw = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    forms = {
        "PEM": private_key_pem(key),
        "one line": private_key_one_line(key),
        "seed": base64.b64encode(raw).decode(),
    }
    given = acme.ci(GATE_SIGNING_KEY_FILE=None, GATE_SIGNING_KEY=forms[form])
    ended = acme.gate(*ENFORCE, environment=given)
    assert ended.code == 0, said(ended)
    assert forms[form].strip() not in said(ended)


@pytest.mark.parametrize("name", ["signers.toml", "trust.policy"])
@pytest.mark.parametrize("how", ["gone", "empty", "nonsense"])
def test_a_broken_trust_folder_is_named(acme: Job, name: str, how: str) -> None:
    path = acme.home / "trust" / name
    good = path.read_bytes()
    before = acme.allowed()
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(b"" if how == "empty" else b"\x00 nonsense")
    try:
        ended = acme.gate(*ENFORCE, environment=acme.ci())
    finally:
        path.write_bytes(good)
    assert ended.code == 2, said(ended)
    must_say(ended, f"trust/{name}")
    assert acme.allowed() == before


# ---------------------------------------------------------------- gate keys


def test_keys_new_prints_a_key_that_keys_show_knows(acme: Job) -> None:
    pem = acme.gate("keys", "new", "signing", expect=0).out
    line = acme.gate("keys", "new", "log", "--one-line", expect=0).out.strip()
    assert pem.startswith("-----BEGIN PRIVATE KEY-----\n")
    assert "\n" not in line
    given = {"GATE_SIGNING_KEY": pem, "GATE_LOG_KEY": line}
    shown = acme.gate("keys", "show", "--origin", "acme.example/x", environment=given, expect=0)
    assert "-----BEGIN PUBLIC KEY-----" in shown.out
    vkey = next(x for x in shown.out.splitlines() if x.startswith("log key")).split()[-1]
    assert parse_vkey(vkey).name == "acme.example/x"
    (public,) = (x.split()[-1] for x in shown.out.splitlines() if x.startswith("public_key"))
    entry = f'public_key = "{public}"\nnot_before = 2026-01-01T00:00:00Z\n'
    (keyid,) = (x.split()[-1] for x in shown.out.splitlines() if x.startswith("record key"))
    assert parse_signers(f'[[signer]]\nkeyid = "{keyid}"\n{entry}').entries[0].keyid == keyid
    assert line not in shown.out
    assert pem.splitlines()[1] not in shown.out


def test_keys_new_writes_a_file_for_its_owner_alone_and_replaces_none(acme: Job) -> None:
    acme.gate("keys", "new", "log", "--output", "new-keys", expect=0)
    path = acme.home / "new-keys" / "log.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = path.read_bytes()
    ended = acme.gate("keys", "new", "log", "--output", "new-keys")
    assert ended.code == 2
    must_say(ended, "is there already and is not replaced")
    assert path.read_bytes() == first


def test_two_keys_are_never_the_same(acme: Job) -> None:
    made = {acme.gate("keys", "new", "log", "--one-line", expect=0).out for _ in range(5)}
    assert len(made) == 5


@pytest.mark.parametrize("arguments", [("new",), ("new", "other"), ("show", "--origin"), ("nwe",)])
def test_keys_used_wrongly(acme: Job, arguments: tuple[str, ...]) -> None:
    assert acme.gate("keys", *arguments).code == 2


def test_keys_show_without_a_key_or_a_name(acme: Job) -> None:
    ended = acme.gate("keys", "show")
    assert ended.code == 2
    must_say(ended, "neither GATE_SIGNING_KEY nor GATE_LOG_KEY is set")
    ended = acme.gate("keys", "show", environment=acme.keys())
    assert ended.code == 2
    must_say(ended, "give --origin")


def test_keys_show_of_a_broken_key_names_the_variable(acme: Job) -> None:
    ended = acme.gate("keys", "show", environment={"GATE_LOG_KEY": "x"})
    assert ended.code == 2
    must_say(ended, "GATE_LOG_KEY")


def test_keys_new_into_a_place_that_is_none(acme: Job) -> None:
    ended = acme.gate("keys", "new", "log", "--output", "gate.toml/x")
    assert ended.code == 2
    must_say(ended, "cannot be written")

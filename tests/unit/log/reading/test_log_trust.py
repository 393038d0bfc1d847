from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from faults.pipelines import LOG_KEY, ORIGIN, OTHER_LOG_KEY, vkey
from records import SIGNER, trusted
from worlds import NOW

from gate.errors import UsageError
from gate.log.reading.trust import load_trust, require_keys
from gate.record.signer import RecordSigner
from gate.record.signers import format_signers
from gate.tlog.keys import COSIGNATURE, format_vkey
from gate.tlog.note import Ed25519Signer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "trust"
    path.mkdir()
    (path / "trust.policy").write_text(f"log {vkey(LOG_KEY)}\nquorum none\n")
    (path / "signers.toml").write_text(format_signers(trusted()))
    return path


def test_the_folder_names_log_key_and_record_keys(folder: Path) -> None:
    trust = load_trust(folder)
    assert trust.policy.log == LOG_KEY.verifier
    assert [one.keyid for one in trust.signers.entries] == [SIGNER.keyid]
    assert trust.warnings == ()


@pytest.mark.parametrize("name", ["trust.policy", "signers.toml"])
def test_a_file_that_cannot_be_used_is_named(folder: Path, name: str) -> None:
    path = folder / name
    for content in (b"nonsense", b"\xff\xfe", b"", b"#" * (1 << 21)):
        path.write_bytes(content)
        with pytest.raises(UsageError):
            load_trust(folder)
    path.unlink()
    with pytest.raises(UsageError, match=f"cannot read .*{name}: No such file"):
        load_trust(folder)
    path.mkdir()
    with pytest.raises(UsageError, match="Is a directory"):
        load_trust(folder)


def test_several_logs_are_refused(folder: Path) -> None:
    strange = Ed25519Signer("other.example/log", Ed25519PrivateKey.from_private_bytes(b"\x13" * 32))
    text = f"log {vkey(LOG_KEY)}\nlog {vkey(strange)}\nquorum none\n"
    (folder / "trust.policy").write_text(text)
    with pytest.raises(UsageError, match=r"trust\.policy: the trust policy names 2 logs"):
        load_trust(folder)


def test_a_log_may_have_had_a_key_before_and_its_holder_is_told_that_it_was_replaced(
    folder: Path,
) -> None:
    text = f"log {vkey(OTHER_LOG_KEY)}\nlog {vkey(LOG_KEY)}\nquorum none\n"
    (folder / "trust.policy").write_text(text)
    trust = load_trust(folder)
    assert (trust.policy.log, trust.policy.replaced) == (
        LOG_KEY.verifier,
        (OTHER_LOG_KEY.verifier,),
    )
    require_keys(trust, *_both(RECORD_SEED, LOG_SEED), NOW)
    with pytest.raises(UsageError, match=r"GATE_LOG_KEY holds .* that was replaced") as caught:
        require_keys(trust, *_both(RECORD_SEED, b"\x12" * 32), NOW)
    assert "store the new key as GATE_LOG_KEY" in caught.value.remedy
    with pytest.raises(UsageError, match="GATE_LOG_KEY is not the key that the trust folder"):
        require_keys(trust, *_both(RECORD_SEED, STRANGE_SEED), NOW)


def test_a_quorum_of_witnesses_may_be_asked_for(folder: Path) -> None:
    key = Ed25519PrivateKey.from_private_bytes(b"\x21" * 32).public_key().public_bytes_raw()
    witness = f"witness w {format_vkey('witness.example/w', key, COSIGNATURE)} https://w.example\n"
    log = f"log {vkey(LOG_KEY)}\n"
    for rule in ("quorum w\n", "group g any w\nquorum g\n", "quorum none\n"):
        (folder / "trust.policy").write_text(f"{log}{witness}{rule}")
        policy = load_trust(folder).policy
        assert policy.quorum == rule.split()[-1]
        assert policy.witnesses[0].url == "https://w.example"


def _both(record: bytes, log: bytes, origin: str = ORIGIN) -> tuple[Ed25519Signer, RecordSigner]:
    return (
        Ed25519Signer(origin, Ed25519PrivateKey.from_private_bytes(log)),
        RecordSigner(Ed25519PrivateKey.from_private_bytes(record)),
    )


RECORD_SEED, LOG_SEED, STRANGE_SEED = b"\x01" * 32, b"\x11" * 32, b"\x77" * 32


@pytest.mark.parametrize(
    ("record", "log", "words"),
    [
        (LOG_SEED, RECORD_SEED, "GATE_SIGNING_KEY and GATE_LOG_KEY are swapped"),
        (LOG_SEED, STRANGE_SEED, "GATE_SIGNING_KEY and GATE_LOG_KEY are swapped"),
        (RECORD_SEED, STRANGE_SEED, "GATE_LOG_KEY is not the key that the trust folder believes"),
        (RECORD_SEED, RECORD_SEED, "GATE_LOG_KEY is not"),
        (LOG_SEED, LOG_SEED, "GATE_SIGNING_KEY is not a record key"),
        (STRANGE_SEED, LOG_SEED, "GATE_SIGNING_KEY is not a record key"),
    ],
)
def test_each_wrong_key_is_told_by_its_variable(
    folder: Path, record: bytes, log: bytes, words: str
) -> None:
    trust = load_trust(folder)
    require_keys(trust, *_both(RECORD_SEED, LOG_SEED), NOW)
    with pytest.raises(UsageError, match=words) as caught:
        require_keys(trust, *_both(record, log), NOW)
    assert caught.value.remedy


def test_a_log_of_another_name_is_told_by_both_names(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"'other\.example/log' and the trust folder vouches"):
        require_keys(load_trust(folder), *_both(RECORD_SEED, LOG_SEED, "other.example/log"), NOW)


def test_a_record_key_must_count_at_the_time_it_signs(folder: Path) -> None:
    begins, ends = NOW - timedelta(days=1), NOW + timedelta(days=1)
    text = format_signers(trusted(not_before=begins, not_after=ends))
    (folder / "signers.toml").write_text(text)
    trust, keys = load_trust(folder), _both(RECORD_SEED, LOG_SEED)
    for at in (begins, NOW, None):
        require_keys(trust, *keys, at)
    for at in (begins - timedelta(seconds=1), ends):
        with pytest.raises(UsageError, match=r"GATE_SIGNING_KEY .* lies in no period") as caught:
            require_keys(trust, *keys, at)
        assert "clock" in caught.value.remedy


def test_trust_inside_the_log_vouches_for_itself_and_is_refused(
    folder: Path, tmp_path: Path
) -> None:
    load_trust(folder, log=tmp_path / "log")
    for log in (tmp_path, folder, folder / ".." / "trust"):
        with pytest.raises(UsageError, match="vouch for itself"):
            load_trust(folder, log=log)
    link = tmp_path / "elsewhere"
    link.symlink_to(folder)
    with pytest.raises(UsageError, match="vouch for itself"):
        load_trust(link, log=folder)


def test_a_folder_that_anybody_may_change_is_warned_of(folder: Path) -> None:
    (folder / "signers.toml").chmod(0o666)
    folder.chmod(0o777)
    warnings = load_trust(folder).warnings
    assert len(warnings) == 2
    assert all("any user" in one for one in warnings)

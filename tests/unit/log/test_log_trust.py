from __future__ import annotations

from pathlib import Path

import pytest
from faults.pipelines import LOG_KEY, OTHER_LOG_KEY, vkey
from records import SIGNER, trusted

from gate.errors import UsageError
from gate.log.trust import load_trust
from gate.record.signer import format_signers


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
    text = f"log {vkey(LOG_KEY)}\nlog {vkey(OTHER_LOG_KEY)}\nquorum none\n"
    (folder / "trust.policy").write_text(text)
    with pytest.raises(UsageError):
        load_trust(folder)


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

"""Go's checksum-database code reads our logs and receipts, and refuses what was tampered with.

The reader is ``go_reader/main.go`` on Debian's ``golang-golang-x-mod-dev``; ``make engines``
installs both where they are missing. Without them these tests fail: they are run on purpose only.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from naive_tree import entry

from gate.tlog.checkpoint import Checkpoint, sign_checkpoint
from gate.tlog.cosignature import CosignatureSigner
from gate.tlog.merkle import EMPTY_ROOT, inclusion_proof
from gate.tlog.note import Ed25519Signer, add_signatures
from gate.tlog.proof import TlogProof, format_proof
from gate.tlog.tile import TreeReader, plan_tiles

SOURCE = Path(__file__).parent / "go_reader" / "main.go"
SIZES = [1, 2, 255, 256, 257, 700]

SIGNER = Ed25519Signer("acme.example/changes", Ed25519PrivateKey.from_private_bytes(bytes(32)))


@dataclass(frozen=True)
class Log:
    """A log on disk, grown in the given steps as a directory store would."""

    path: Path
    size: int
    checkpoint: bytes

    def receipt(self, index: int, *, extra: bytes | None = None) -> tuple[Path, Path]:
        """The two files of a receipt for entry ``index``, beside the log."""
        node = TreeReader(self.read, self.size).node
        hashes = inclusion_proof(index, self.size, node)
        proof = format_proof(TlogProof(index, hashes, self.checkpoint, extra))
        files = self.path.parent / "it.dsse.json", self.path.parent / "it.tlog-proof"
        files[0].write_bytes(entry(index))
        files[1].write_bytes(proof)
        return files

    def read(self, path: str) -> bytes | None:
        file = self.path / path
        return file.read_bytes() if file.is_file() else None

    def objects(self) -> list[Path]:
        return sorted(path for path in self.path.rglob("*") if path.is_file())


def write_log(parent: Path, *sizes: int) -> Log:
    log = Log(parent / "log", 0, b"")
    log.path.mkdir()
    root = EMPTY_ROOT
    for size in sizes:
        new = [entry(i) for i in range(log.size, size)]
        plan = plan_tiles(log.size, log.read, new, old_root=root)
        for path, data in plan.objects.items():
            (log.path / path).parent.mkdir(parents=True, exist_ok=True)
            (log.path / path).write_bytes(data)
        for path in plan.obsolete:
            (log.path / path).unlink(missing_ok=True)
        root = plan.frontier.root()
        log = Log(log.path, size, sign_checkpoint(Checkpoint(SIGNER.name, size, root), [SIGNER]))
    (log.path / "checkpoint").write_bytes(log.checkpoint)
    return log


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program, built once."""
    built = tmp_path_factory.mktemp("go")
    environment = {
        **os.environ,
        "GO111MODULE": "off",
        "GOPATH": "/usr/share/gocode",
        "GOCACHE": str(built / "cache"),
        "GOFLAGS": "",
        "GOTOOLCHAIN": "local",
    }
    command = ["go", "build", "-o", str(built / "go_reader"), str(SOURCE)]
    subprocess.run(command, env=environment, check=True)
    return built / "go_reader"


def run(reader: Path, log: Log, *more: Path, vkey: str = "") -> subprocess.CompletedProcess[str]:
    command = [str(reader), str(log.path), vkey or SIGNER.verifier.vkey, *map(str, more)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def refused(reader: Path, log: Log, *more: Path, vkey: str = "") -> str:
    """What the reader said as it refused: a finding of its own, not a crash."""
    result = run(reader, log, *more, vkey=vkey)
    assert result.returncode == 1
    assert result.stderr.startswith("go_reader: ")
    return result.stderr


# ---------------------------------------------------------------- read


@pytest.mark.parametrize("size", [0, *SIZES])
def test_go_reads_a_log_written_at_once(size: int, reader: Path, tmp_path: Path) -> None:
    log = write_log(tmp_path, size)
    result = run(reader, log)
    assert result.stderr == ""
    assert result.stdout.startswith(f"log: size {size}, ")
    assert f"{size} inclusion" in result.stdout


def test_go_reads_a_log_that_grew_step_by_step(reader: Path, tmp_path: Path) -> None:
    log = write_log(tmp_path, 1, 2, 3, 200, 255, 256, 257, 300, 511, 512, 513, 700)
    assert run(reader, log).stdout.startswith("log: size 700, ")


def test_go_reads_a_log_of_three_levels(reader: Path, tmp_path: Path) -> None:
    log = write_log(tmp_path, 65_000, 65_600)
    assert (log.path / "tile/2/000.p/1").is_file()
    assert run(reader, log).stdout.startswith("log: size 65600, ")


@pytest.mark.parametrize("size", SIZES)
def test_go_checks_our_receipts(size: int, reader: Path, tmp_path: Path) -> None:
    log = write_log(tmp_path, size)
    for index in {0, size // 2, size - 1}:
        for extra in (None, b"more"):
            result = run(reader, log, *log.receipt(index, extra=extra))
            assert result.stdout.endswith(f"receipt: entry {index} of {size}\n")


def test_go_ignores_a_witness_it_does_not_know(reader: Path, tmp_path: Path) -> None:
    log = write_log(tmp_path, 3)
    key = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)
    witness = CosignatureSigner("w.example", key, 1_767_603_600)
    (log.path / "checkpoint").write_bytes(add_signatures(log.checkpoint, [witness]))
    assert run(reader, log).returncode == 0


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize("size", SIZES)
def test_go_refuses_a_changed_byte_in_any_object(size: int, reader: Path, tmp_path: Path) -> None:
    log = write_log(tmp_path, size)
    for file in log.objects():
        data = file.read_bytes()
        for at in {0, len(data) // 2, len(data) - 1}:
            file.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            assert refused(reader, log)
        file.write_bytes(data)
    assert run(reader, log).returncode == 0


def test_go_refuses_every_changed_byte_of_a_checkpoint(reader: Path, tmp_path: Path) -> None:
    log = write_log(tmp_path, 2)
    for at in range(len(log.checkpoint)):
        changed = bytearray(log.checkpoint)
        changed[at] ^= 1
        (log.path / "checkpoint").write_bytes(changed)
        assert refused(reader, log)


def test_go_refuses_a_missing_object(reader: Path, tmp_path: Path) -> None:
    log = write_log(tmp_path, 257)
    for file in log.objects():
        data = file.read_bytes()
        file.unlink()
        assert "no such file" in refused(reader, log)
        file.write_bytes(data)


def test_go_refuses_another_key(reader: Path, tmp_path: Path) -> None:
    log = write_log(tmp_path, 3)
    other = Ed25519Signer(SIGNER.name, Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32))
    assert "no verifiable signatures" in refused(reader, log, vkey=other.verifier.vkey)


def test_go_refuses_a_changed_receipt(reader: Path, tmp_path: Path) -> None:
    log = write_log(tmp_path, 5)
    entry_file, proof_file = log.receipt(3)
    for file in (entry_file, proof_file):
        data = file.read_bytes()
        for at in range(len(data)):
            file.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            assert "receipt: " in refused(reader, log, entry_file, proof_file)
        file.write_bytes(data)
    assert run(reader, log, entry_file, proof_file).returncode == 0


def test_go_reads_the_log_and_receipts_that_the_commands_wrote(
    reader: Path, tmp_path: Path
) -> None:
    """The demo's: written by enforce, run and complete, with nothing of ours in between."""
    told = tmp_path / "told"
    demo = [sys.executable, "-m", "gate.cli", "demo", "--output", str(told)]
    subprocess.run(demo, check=True, capture_output=True, timeout=120)
    receipts = sorted((told / "receipts").glob("*.tlog-proof"))
    assert len(receipts) > 10
    for proof in receipts:
        sealed = proof.with_name(proof.name.replace(".tlog-proof", ".dsse.json"))
        vkey = (told / "log.vkey").read_text().strip()
        command = [str(reader), str(told / "log"), vkey, str(sealed), str(proof)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

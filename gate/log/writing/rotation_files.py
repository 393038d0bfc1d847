"""The folder of a rotation: the new private key, and the rotation's two entries.

``<name>.key`` is written first, for its owner alone, and lasts before anything names it;
``<name>.rotation`` second. Neither is ever replaced: what an interrupted run left is gone on with.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from gate.errors import UsageError
from gate.log.writing.rotation import Rotation, format_lines, parse_rotation
from gate.record.signer import (
    RecordSigner,
    load_private_key,
    new_private_key,
    private_key_one_line,
    private_key_pem,
)
from gate.store.durable import PRIVATE, Calls, explain, keep_names, place

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_LARGEST = 1 << 18


class RotationFiles:
    """The files of the rotation of the key ``name`` in ``folder``."""

    def __init__(self, folder: Path, name: str) -> None:
        self.key_path = folder / f"{name}.key"
        self.rotation_path = folder / f"{name}.rotation"

    def key(self) -> Ed25519PrivateKey | None:
        """The new key, if it was made already. ``UsageError`` for a file that holds none."""
        data = _read(self.key_path)
        if data is None:
            return None
        try:
            return load_private_key(data.decode("ascii", "replace"), str(self.key_path))
        except UsageError as error:
            raise UsageError(
                error.message,
                remedy=f"nothing names its key yet: delete {self.key_path}, then run again; or "
                "give another --output",
            ) from None

    def make_key(self, *, one_line: bool) -> Ed25519PrivateKey:
        """The new key, made now if it was not made already, on the disk."""
        key = self.key()
        if key is None:
            key = new_private_key()
            text = private_key_one_line(key) + "\n" if one_line else private_key_pem(key)
            _create(self.key_path, text.encode())
        return key

    def rotation(self, signer: RecordSigner) -> Rotation | None:
        """The rotation that was begun, by ``signer``; ``UsageError`` for another's."""
        data = _read(self.rotation_path)
        if data is None:
            return None
        try:
            return parse_rotation(data, signer)
        except UsageError as error:
            raise UsageError(
                f"{self.rotation_path}: {error.message}", remedy="give another --output"
            ) from None

    def keep(self, rotation: Rotation) -> Rotation:
        """``rotation``, on the disk."""
        calls, folder = Calls(), self.rotation_path.parent
        scratch = folder / f".{self.rotation_path.name}.new"
        try:
            calls.unlink(scratch)  # of one that was cut short
            place(calls, scratch, self.rotation_path, format_lines(rotation.entries))
            keep_names(calls, folder, {folder})
        except OSError as error:
            raise explain(error, f"write {self.rotation_path}") from error
        return rotation


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {os.strerror(error.errno or 0)}") from error


def _create(path: Path, data: bytes) -> None:
    """A new file for its owner alone, its bytes and its name on the disk."""
    calls = Calls()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = calls.create(path, PRIVATE)
        try:
            calls.write(descriptor, data)
            calls.sync(descriptor)
        finally:
            os.close(descriptor)
        keep_names(calls, path.parent, {path.parent})
    except FileExistsError:
        raise UsageError(f"{path} is there already and is not replaced") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {os.strerror(error.errno or 0)}") from None

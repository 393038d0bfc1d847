"""``gate keys rotate``: signing, log."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gate.cli.inputs import now, open_place
from gate.cli.options import shared
from gate.cli.printing import read_secrets, say
from gate.errors import OK, UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from gate.log.writing.append import Appended
    from gate.log.writing.rotation import Period, Rotation
    from gate.log.writing.rotation_files import RotationFiles
    from gate.place import Keys, Place
    from gate.store.contract import Store
    from gate.tlog.keys import Signer

F = TypeVar("F", bound=Callable[..., Any])

SECOND = timedelta(seconds=1)  # the shortest overlap: the record of the end must lie before it


@click.group("rotate")
def rotate() -> None:
    """Replace a key: the log says so, signed by the old one, and what it signed stays verifiable.

    The new private key is written before anything names it. What was interrupted goes on when the
    same command is run again.
    """


def _where(function: F) -> F:
    output = click.option(
        "--output",
        "folder",
        metavar="DIR",
        required=True,
        help="Write the new private key there, readable by you alone.",
    )
    one_line = click.option(
        "--one-line",
        is_flag=True,
        help="Write it as one line of base64, which CI systems can mask.",
    )
    return output(one_line(function))


@rotate.command("signing")
@shared("config")
@click.option(
    "--overlap",
    default="24h",
    show_default=True,
    metavar="DURATION",
    help="How long the old key still counts (0s, 30m, 24h, 7d).",
)
@_where
def signing(config: str, overlap: str, folder: str, one_line: bool) -> int:
    """Replace GATE_SIGNING_KEY, which signs records.

    Needs both keys. Appends two records by the old key: the new one begins now, the old one ends
    after --overlap, until when jobs may have either. Then signers.toml is written anew; comments in
    it do not survive.
    """
    from gate.config.grammar import duration
    from gate.log.reading.trust_folder import write_signers
    from gate.log.writing.rotation import Period, with_rotation
    from gate.log.writing.rotation_files import RotationFiles
    from gate.record.predicates import KeyRole
    from gate.record.signer import public_bytes

    length = max(duration(overlap, "--overlap"), SECOND)
    place = open_place(config)
    at = now().replace(microsecond=0)
    keys, store = _open(place, at)
    files = RotationFiles(Path(folder), "signing")
    new = public_bytes(_new_key(files, keys.signer.public_key, one_line=one_line))
    period = keys.trust.signers.find(keys.signer.keyid, at)
    since = at if period is None else period.not_before
    rotation = _rotation(
        files, keys, KeyRole.RECORD, Period(keys.signer.public_key, since, at + length), new, at
    )
    changed = with_rotation(keys.trust.signers, rotation)
    _require_time_left(store, keys, rotation, at)
    appended = _record(place, store, keys, rotation)
    write_signers(place.trust, changed)
    _tell_signing(place, files, rotation, appended)
    return OK


@rotate.command("log")
@shared("config")
@_where
def log(config: str, folder: str, one_line: bool) -> int:
    """Replace GATE_LOG_KEY, which signs the log's heads.

    Needs both keys. Appends two records by the record key; the head that holds them is signed by
    the old and the new log key, and every later one by the new key alone. Then trust.policy gets
    the new key's line below the old one's. Jobs with the old key end 2 from then on.
    """
    from gate.log.reading.trust import load_trust
    from gate.log.reading.trust_folder import add_log_key
    from gate.log.writing.rotation import Period
    from gate.log.writing.rotation_files import RotationFiles
    from gate.record.predicates import KeyRole
    from gate.record.signer import public_bytes
    from gate.tlog.note import Ed25519Signer

    place = open_place(config)
    origin = place.policy.log.origin
    files = RotationFiles(Path(folder), "log")
    made, trusted = files.key(), load_trust(place.trust, log=place.log).policy.log
    if made is not None and public_bytes(made) == trusted.public_key:
        say(f"{files.key_path} is the log's current key: this rotation is complete")
        _tell_log(place, files)
        return OK
    at = now().replace(microsecond=0)
    keys, store = _open(place, at)
    key = _new_key(files, trusted.public_key, one_line=one_line)
    old = Period(trusted.public_key, _began(store, keys, at))
    rotation = _rotation(files, keys, KeyRole.LOG, old, public_bytes(key), at)
    successor = Ed25519Signer(origin, key)
    appended = _record(place, store, keys, rotation, successor)
    add_log_key(place.trust, successor.verifier.vkey)
    say(f"new log key {successor.verifier.vkey}")
    say(f"entries {appended[0].index} and {appended[1].index} of the log say so; both keys signed")
    _tell_log(place, files)
    return OK


def _open(place: Place, at: datetime) -> tuple[Keys, Store]:
    """Keys and store, seen to be usable before anything is made or written."""
    from gate.log.reading.trust_folder import require_writable
    from gate.place import open_keys, open_store, open_view

    keys = open_keys(place, read_secrets(os.environ), at)
    require_writable(place.trust)
    store = open_store(place, keys.trust)
    open_view(place, keys.trust, store, quorum=False)
    return keys, store


def _new_key(files: RotationFiles, old: bytes, *, one_line: bool) -> Ed25519PrivateKey:
    from gate.record.signer import public_bytes

    key = files.make_key(one_line=one_line)
    if public_bytes(key) == old:
        raise UsageError(
            f"{files.key_path} holds the key that is to be replaced", remedy="give another --output"
        )
    return key


def _rotation(
    files: RotationFiles, keys: Keys, role: str, old: Period, new: bytes, at: datetime
) -> Rotation:
    """The rotation that was begun in ``files``, or a new one from ``old`` to ``new``."""
    from gate import __version__
    from gate.log.writing.rotation import Period, new_rotation
    from gate.record.predicates import KeyRole
    from gate.record.signer import key_id

    begun = files.rotation(keys.signer)
    if begun is None:
        made = new_rotation(
            KeyRole(role), old, Period(new, at), keys.signer, at=at, version=__version__
        )
        return files.keep(made)
    said = (begun.added.role, begun.retired.keyid, begun.added.keyid)
    if said != (role, key_id(old.public_key), key_id(new)):
        raise UsageError(
            f"{files.rotation_path} is the rotation of other keys", remedy="give another --output"
        )
    return begun


def _require_time_left(store: Store, keys: Keys, rotation: Rotation, at: datetime) -> None:
    """A rotation that lay about until its overlap was over would end the old key at once."""
    from gate.log.reading.view import LogView
    from gate.record.canonical import digest_of

    end = rotation.retired.not_after
    if end is None or at < end:
        return
    view = LogView(store, keys.trust, quorum=False)
    if view.find_logged(digest_of(rotation.entries[1])) is None:
        raise UsageError(
            f"this rotation was begun at {rotation.retired.at:%Y-%m-%d %H:%M:%S} UTC and its "
            "overlap is over",
            remedy="its new key is in no use: give another --output, and delete this one",
        )


def _record(
    place: Place, store: Store, keys: Keys, rotation: Rotation, *successor: Signer
) -> tuple[Appended, Appended]:
    from gate.log.writing.rotation import record_rotation
    from gate.place import asking_witnesses

    with asking_witnesses(place, keys.trust) as post:
        return record_rotation(store, keys.trust, rotation, keys.log_signer, successor, post=post)


def _began(store: Store, keys: Keys, at: datetime) -> datetime:
    """No trust folder says when a log key began: no earlier than the log's first record."""
    from gate.log.reading.keys import peek
    from gate.log.reading.view import LogView

    view = LogView(store, keys.trust, quorum=False)
    first = peek(view.entry(0)).at if view.size else None
    return min(first or at, at)


def _tell_signing(
    place: Place, files: RotationFiles, rotation: Rotation, appended: tuple[Appended, Appended]
) -> None:
    end = rotation.retired.not_after
    until = f"{end:%Y-%m-%d %H:%M:%S} UTC"
    say(f"new record key {rotation.added.keyid}")
    say(f"old record key {rotation.retired.keyid}, which counts until {until}")
    say(f"entries {appended[0].index} and {appended[1].index} of the log say so")
    say(f"""
To do, in this order; jobs that have the old key after {until} end 2:
  1. hand out {place.trust}, whose signers.toml was written anew: to where pipelines
     read it, to deploy targets, to auditors
  2. store {files.key_path} as the secret GATE_SIGNING_KEY; then delete {files.key_path.parent}
  3. check: `gate doctor` in a job, `gate log verify` where an auditor reads""")


def _tell_log(place: Place, files: RotationFiles) -> None:
    say(f"""
To do, now: jobs with the old key end 2, record nothing, and are to be run again afterwards:
  1. hand out {place.trust}, whose trust.policy has one more log line: to where pipelines
     read it, to deploy targets, to auditors
  2. store {files.key_path} as the secret GATE_LOG_KEY; then delete {files.key_path.parent}
  3. check: `gate doctor` in a job, `gate log verify` where an auditor reads""")

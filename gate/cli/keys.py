"""``gate keys``: new, show, rotate."""

from __future__ import annotations

import os
from pathlib import Path

import click

from gate.cli.printing import read_secrets, say, say_raw
from gate.cli.rotate import rotate
from gate.errors import UsageError


@click.group("keys")
def command() -> None:
    """Make, show and replace the two keys: one signs records, the other the log's checkpoints."""


command.add_command(rotate)


@command.command("new")
@click.option(
    "--output", "folder", metavar="DIR", help="Write NAME.key there, readable by you alone."
)
@click.option(
    "--one-line", is_flag=True, help="Print a key as one line of base64, which CI systems can mask."
)
@click.argument("name", type=click.Choice(["signing", "log"]))
def new(name: str, folder: str | None, one_line: bool) -> int:
    """Make a new Ed25519 key: `signing` for records, `log` for checkpoints.

    The private key is printed once, or written with mode 0600; nothing else keeps it.
    """
    from gate.record.signer import new_private_key, private_key_one_line, private_key_pem

    key = new_private_key()
    text = private_key_one_line(key) + "\n" if one_line else private_key_pem(key)
    if folder is None:
        # The one place where a private key is printed: it was asked for, and is not in the
        # environment yet, so nothing redacts it.
        say_raw(text)
        return 0
    path = write_private(Path(folder) / f"{name}.key", text)
    say(f"wrote {path}")
    return 0


@command.command("show")
@click.option("--origin", metavar="NAME", help="The log's origin, to print its verifier key.")
def show(origin: str | None) -> int:
    """Print the public halves of GATE_SIGNING_KEY and GATE_LOG_KEY, as trust folders name them."""
    from base64 import b64encode

    from gate.record.signer import RecordSigner, load_private_key, public_bytes, public_key_pem
    from gate.tlog.keys import format_vkey

    secrets = read_secrets(os.environ)
    if not (secrets.signing_key or secrets.log_key):
        raise UsageError(
            "neither GATE_SIGNING_KEY nor GATE_LOG_KEY is set",
            remedy="set one, or its _FILE variant; `gate keys new` makes keys",
        )
    if secrets.signing_key:
        key = load_private_key(secrets.signing_key, "GATE_SIGNING_KEY")
        say(f"record key {RecordSigner(key).keyid}")
        say(f"public_key {b64encode(public_bytes(key)).decode()}")
        say_raw(public_key_pem(key))
    if secrets.log_key:
        key = load_private_key(secrets.log_key, "GATE_LOG_KEY")
        if origin is None:
            raise UsageError("a log key's verifier key needs the log's name: give --origin")
        say(f"log key    {format_vkey(origin, public_bytes(key))}")
    return 0


def write_private(path: Path, text: str) -> Path:
    """Create ``path`` with mode 0600. An existing file is never replaced."""
    return write_new(path, text, mode=0o600)


def write_new(path: Path, text: str, *, mode: int = 0o644) -> Path:
    """Create ``path`` and the folders above it. An existing file is never replaced."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} is there already and is not replaced") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    return path

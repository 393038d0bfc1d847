"""Which logs and witnesses are believed (C2SP tlog-policy).

A policy is a text of lines that end in LF. Items on a line are divided by spaces and tabs, empty
lines and lines that begin with ``#`` are ignored, no other control characters are allowed, and
bytes above 0x7F are opaque::

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> all|any|<k> <name>...
    quorum <name>|none

A checkpoint is believed if the log named by its origin signed it with one of the ``log`` keys, no
signature by a key of the policy is bad, and the quorum has cosigned it. A witness has cosigned if
its signature is there; a group has if at least k of its n members have, where ``any`` is 1 and
``all`` is n. Names are defined on earlier lines than they are used on; a name is a member at most
once in the whole policy; there is exactly one ``quorum`` line. For example::

    log example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k
    witness w1 witness.example/w1+...
    witness w2 witness.example/w2+...
    witness w3 witness.example/w3+...
    group two-of-three 2 w1 w2 w3
    quorum two-of-three

Log keys are of type 0x01, witness keys of type 0x04; another type (ML-DSA-44 is 0x06) is refused,
as is anything else this module does not understand: a policy half understood is not enforced. The
policy is the reader's own setting, so what is wrong with it is a ``UsageError`` that names the
line. A policy without a ``log`` line is refused as well: here it would believe nothing.

A log may have several keys, one after another: then the last of its lines is its *current* key, and
the others are keys that it had. Each of them vouches for what was kept from its time (a receipt, a
checkpoint); what a log shows *now* must be signed by the current one (``TrustPolicy.open_head``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from gate.errors import UsageError
from gate.frozen import dataclass
from gate.tlog.canonical import decode_number, shown
from gate.tlog.checkpoint import Checkpoint, parse_checkpoint, require_origin
from gate.tlog.errors import MalformedError, QuorumError, ReplacedKeyError
from gate.tlog.keys import COSIGNATURE, ED25519, Verifier, parse_vkey
from gate.tlog.note import Note, open_note, untrusted

MAX_POLICY = 200_000
MAX_LINES = 1_000
NONE = "none"


@dataclass(frozen=True, slots=True)
class TrustedLog:
    """A log whose checkpoints are believed: its key, named as its origin, and its URL if given."""

    key: Verifier
    url: str | None


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness by its name in the policy: its cosigning key, and its URL if given."""

    name: str
    key: Verifier
    url: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """Has cosigned if at least ``threshold`` of ``members`` (witnesses or groups) have."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """A whole policy. ``quorum`` names a witness or group, or is "none"."""

    logs: tuple[TrustedLog, ...]
    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]
    quorum: str

    @property
    def log(self) -> Verifier:
        """The current key of the one log; ``UsageError`` if the policy trusts several logs."""
        return self._current().key

    @property
    def url(self) -> str | None:
        """The URL beside that key, if given; ``UsageError`` if the policy trusts several logs."""
        return self._current().url

    @property
    def origin(self) -> str:
        """The origin of the one log; ``UsageError`` if the policy trusts several logs."""
        return self._current().key.name

    @property
    def replaced(self) -> tuple[Verifier, ...]:
        """The keys that the one log had before; ``UsageError`` if the policy trusts several."""
        current = self.log
        return tuple(one.key for one in self.logs if one.key != current)

    def open(self, data: bytes) -> Checkpoint:
        """The checkpoint in ``data`` if it is to be believed.

        Raises what ``note.open_note`` raises, ``OriginError`` if it speaks of another log than the
        one that signed it, and ``QuorumError`` if too few witnesses cosigned it.
        """
        checkpoint, _ = self.open_with_signatures(data)
        return checkpoint

    def open_with_signatures(self, data: bytes) -> tuple[Checkpoint, Note]:
        """As ``open``, with the note: its verified signatures hold the witnesses' times."""
        checkpoint, note = self.open_signed_note(data)
        self.require_quorum(note)
        return checkpoint, note

    def open_signed(self, data: bytes) -> Checkpoint:
        """The checkpoint in ``data`` if the log signed it, whoever cosigned it.

        For whoever is about to ask the witnesses, or says apart that they are missing. Raises what
        ``open`` raises but ``QuorumError``: a bad signature by a witness is refused here too.
        """
        checkpoint, _ = self.open_signed_note(data)
        return checkpoint

    def open_signed_note(self, data: bytes) -> tuple[Checkpoint, Note]:
        """As ``open_signed``, with the note, for ``cosigned_by`` and ``require_quorum``."""
        keys = [*(one.key for one in self.logs), *(one.key for one in self.witnesses)]
        note = open_note(data, keys)
        by_logs = self.log_keys_of(note)
        if not by_logs:
            raise untrusted(note.unknown, [one.key for one in self.logs])
        checkpoint = parse_checkpoint(note.text)
        require_origin(checkpoint, {key.name for key in by_logs})
        return checkpoint, note

    def cosigned_by(self, note: Note) -> frozenset[str]:
        """The names, in this policy, of the witnesses whose good signature the note bears."""
        signed = {(one.name, one.key_id) for one in note.verified}
        return frozenset(
            one.name for one in self.witnesses if (one.key.name, one.key.key_id) in signed
        )

    def meets_quorum(self, cosigned: Iterable[str]) -> bool:
        """Whether these witnesses, by their names in this policy, are the quorum."""
        reached = set(cosigned)
        for group in self.groups:  # members are defined before the groups that hold them
            if sum(name in reached for name in group.members) >= group.threshold:
                reached.add(group.name)
        return self.quorum == NONE or self.quorum in reached

    def require_quorum(self, note: Note) -> None:
        """``QuorumError`` unless the quorum cosigned the note, one that this policy opened."""
        cosigned = self.cosigned_by(note)
        if not self.meets_quorum(cosigned):
            by = ", ".join(sorted(shown(name) for name in cosigned)) or "no witness"
            raise QuorumError(
                f"cosigned by {by}, which does not meet the quorum {shown(self.quorum)}"
            )

    def open_head(self, data: bytes) -> tuple[Checkpoint, Note]:
        """As ``open_with_signatures``, for the checkpoint that the one log shows now.

        ``ReplacedKeyError`` unless its current key is among those that signed: whoever got hold of
        a key that was replaced, or of a copy from its time, must not pass them off as the log.
        """
        checkpoint, note = self.open_signed_note(data)
        self.require_current(note)
        self.require_quorum(note)
        return checkpoint, note

    def require_current(self, note: Note) -> None:
        """``ReplacedKeyError`` unless the log's current key signed a note that was opened here."""
        by = self.log_keys_of(note)
        if self.log not in by:
            named = ", ".join(map(_named, by)) or "nobody"
            raise ReplacedKeyError(
                f"signed by {named}, a key that was replaced, and not by the log's current key "
                f"{_named(self.log)}",
                remedy="This is the log as it was before, or somebody signs with the old key. "
                "Where it is an older copy, read it with the trust folder of its time.",
            )

    def log_keys_of(self, note: Note) -> tuple[Verifier, ...]:
        """Those of the log keys that signed ``note``, in the policy's order."""
        signed = {(one.name, one.key_id) for one in note.verified}
        return tuple(one.key for one in self.logs if (one.key.name, one.key.key_id) in signed)

    def generation(self, note: Note) -> int:
        """How many of the log's keys came before the latest one that signed ``note``.

        In the heads of one log, in their order, it never falls: a later head of an earlier
        generation is by somebody who still has a key that was replaced. For a note that
        ``open_signed_note`` returned; ``ValueError`` where no log key signed it.
        """
        by = self.log_keys_of(note)
        if not by:
            raise ValueError("a note that no log key signed")
        return [one.key for one in self.logs].index(by[-1])

    def _current(self) -> TrustedLog:
        origins = {one.key.name for one in self.logs}
        if len(origins) != 1:
            raise UsageError(
                f"the trust policy names {len(origins)} logs where exactly one is meant",
                remedy="Keep the log lines of one origin.",
            )
        return self.logs[-1]


def format_policy(log_vkey: str, url: str | None = None) -> str:
    """The policy that trusts one log and asks for no witness; raises what ``parse_policy`` does."""
    text = f"log {log_vkey}{f' {url}' if url else ''}\nquorum none\n"
    parse_policy(text)
    return text


def parse_policy(text: str | bytes) -> TrustPolicy:
    """The policy that a text (or a file's bytes) spells; ``UsageError`` names the faulty line."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    if len(text) > MAX_POLICY or text.count("\n") > MAX_LINES:
        raise UsageError(f"the trust policy is longer than {MAX_LINES} lines")
    if not text.endswith("\n"):
        raise UsageError(
            "the trust policy does not end in a newline",
            remedy="See whether it was cut short; else end its last line.",
        )
    parser = _Parser()
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        try:
            parser.line(line)
        except (UsageError, MalformedError) as error:
            raise UsageError(
                f"trust policy, line {number}: {error.message}",
                remedy=error.remedy or "See C2SP tlog-policy for the format.",
            ) from None
    return parser.finish()


class _Parser:
    """Reads a policy line by line, and knows the names defined so far."""

    def __init__(self) -> None:
        self._logs: list[TrustedLog] = []
        self._witnesses: list[Witness] = []
        self._groups: list[Group] = []
        self._quorum: str | None = None
        self._defined: set[str] = set()
        self._members: set[str] = set()

    def line(self, line: str) -> None:
        if any(
            (character < " " and character != "\t") or character == "\x7f" for character in line
        ):
            raise UsageError("it holds a control character")
        items = items_of(line)
        if not items or items[0].startswith("#"):
            return
        kinds: dict[str, Callable[[list[str]], None]] = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._quorum_line,
        }
        if items[0] not in kinds:
            raise UsageError(f"{shown(items[0])} is none of {', '.join(kinds)}")
        kinds[items[0]](items[1:])

    def finish(self) -> TrustPolicy:
        if self._quorum is None:
            raise UsageError(
                "the trust policy has no quorum line", remedy='At least "quorum none".'
            )
        if not self._logs:
            raise UsageError("the trust policy names no log", remedy="Add a line: log <vkey>")
        return TrustPolicy(
            tuple(self._logs), tuple(self._witnesses), tuple(self._groups), self._quorum
        )

    def _log(self, items: list[str]) -> None:
        if not 1 <= len(items) <= 2:
            raise UsageError("write: log <vkey> [<url>]")
        key = _key(items[0], ED25519, "a log's key is of type 0x01")
        if any(one.key.public_key == key.public_key for one in self._logs):
            raise UsageError("this log's key is there twice")
        self._logs.append(TrustedLog(key, items[1] if len(items) > 1 else None))

    def _witness(self, items: list[str]) -> None:
        if not 2 <= len(items) <= 3:
            raise UsageError("write: witness <name> <vkey> [<url>]")
        key = _key(items[1], COSIGNATURE, "a witness's key is of type 0x04")
        if any(one.key.public_key == key.public_key for one in self._witnesses):
            raise UsageError("this witness's key is there twice")
        url = items[2] if len(items) > 2 else None
        self._witnesses.append(Witness(self._define(items[0]), key, url))

    def _group(self, items: list[str]) -> None:
        if len(items) < 3:
            raise UsageError("write: group <name> all|any|<k> <name>...")
        name, rule, *members = items
        for member in members:
            self._require(member)
            if member in self._members:
                raise UsageError(f"{shown(member)} is a member twice")
            self._members.add(member)
        words = {"any": 1, "all": len(members)}
        threshold = words[rule] if rule in words else decode_number(rule, "the group's number")
        if not 1 <= threshold <= len(members):
            raise UsageError(f"{threshold} of {len(members)} members cannot be asked for")
        self._groups.append(Group(self._define(name), threshold, tuple(members)))

    def _quorum_line(self, items: list[str]) -> None:
        if len(items) != 1:
            raise UsageError("write: quorum <name>, or: quorum none")
        if self._quorum is not None:
            raise UsageError("there is a quorum already")
        if items[0] != NONE:
            self._require(items[0])
        self._quorum = items[0]

    def _define(self, name: str) -> str:
        if name == NONE or name in self._defined:
            raise UsageError(f"the name {shown(name)} is taken")
        self._defined.add(name)
        return name

    def _require(self, name: str) -> None:
        if name not in self._defined:
            raise UsageError(f"{shown(name)} is not defined on a line before this one")


def items_of(line: str) -> list[str]:
    """What stands on a line, divided by spaces and tabs."""
    return [item for item in re.split(r"[ \t]+", line) if item]


def _named(key: Verifier) -> str:
    return f"{shown(key.name)}+{key.key_id.hex()}"


def _key(vkey: str, algorithm: int, rule: str) -> Verifier:
    key = parse_vkey(vkey)
    if key.algorithm != algorithm:
        raise UsageError(f"{rule}, and this one is not")
    return key

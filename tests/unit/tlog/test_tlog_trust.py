from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate.errors import UsageError
from gate.tlog.checkpoint import Checkpoint, sign_checkpoint
from gate.tlog.cosignature import CosignatureSigner
from gate.tlog.errors import (
    BadSignatureError,
    MalformedError,
    NoTrustedSignatureError,
    OriginError,
    QuorumError,
    ReplacedKeyError,
    TlogError,
    UnknownKeyError,
)
from gate.tlog.keys import COSIGNATURE, format_vkey, public_bytes
from gate.tlog.merkle import leaf_hash
from gate.tlog.next_key import with_log_key
from gate.tlog.note import Ed25519Signer, Note, Signature, format_note, parse_note, sign_note
from gate.tlog.trust import Group, TrustPolicy, format_policy, parse_policy

Keys = tuple[Ed25519PrivateKey, ...]

HEAD = Checkpoint("acme.example/changes", 1, leaf_hash(b"entry"))


def vkey(key: Ed25519PrivateKey, name: str = "w.example", algorithm: int = COSIGNATURE) -> str:
    return format_vkey(name, public_bytes(key), algorithm)


@pytest.fixture(scope="session")
def witnesses(witness_keys: Keys) -> tuple[CosignatureSigner, ...]:
    return tuple(
        CosignatureSigner(f"w{i}.example", key, 1_000 + i) for i, key in enumerate(witness_keys)
    )


@pytest.fixture(scope="session")
def lines(log_signer: Ed25519Signer, witnesses: tuple[CosignatureSigner, ...]) -> str:
    """A log and the witnesses w0 to w5."""
    named = [f"witness w{i} {one.verifier.vkey}\n" for i, one in enumerate(witnesses)]
    return f"log {log_signer.verifier.vkey}\n" + "".join(named)


# ---------------------------------------------------------------- one log, no witness


def test_a_policy_that_trusts_one_log(log_signer: Ed25519Signer) -> None:
    text = format_policy(log_signer.verifier.vkey)
    assert text == f"log {log_signer.verifier.vkey}\nquorum none\n"
    policy = parse_policy(text)
    assert (policy.log, policy.url, policy.quorum) == (log_signer.verifier, None, "none")
    assert policy.origin == "acme.example/changes"
    assert policy.open(sign_checkpoint(HEAD, [log_signer])) == HEAD
    with_url = parse_policy(format_policy(log_signer.verifier.vkey, "https://log.acme.example/"))
    assert with_url.url == "https://log.acme.example/"


def test_a_policy_is_not_written_from_what_it_could_not_read(log_signer: Ed25519Signer) -> None:
    for key, url in [("nonsense", None), (log_signer.verifier.vkey, "a b")]:
        with pytest.raises(UsageError, match="line 1"):
            format_policy(key, url)


def test_each_finding_has_its_error(
    log_signer: Ed25519Signer, impostor: Ed25519Signer, stranger: Ed25519Signer
) -> None:
    policy = parse_policy(format_policy(log_signer.verifier.vkey))
    with pytest.raises(NoTrustedSignatureError):
        policy.open(sign_checkpoint(HEAD, [stranger]))
    with pytest.raises(UnknownKeyError):
        policy.open(sign_checkpoint(HEAD, [impostor]))
    with pytest.raises(BadSignatureError):
        policy.open(sign_checkpoint(HEAD, [log_signer]).replace(b"\n1\n", b"\n2\n"))
    with pytest.raises(OriginError):
        policy.open(sign_checkpoint(Checkpoint("other", 1, HEAD.root), [log_signer]))
    with pytest.raises(MalformedError):
        policy.open(sign_note("hello\n", [log_signer]))
    with pytest.raises(MalformedError):
        policy.open(b"")


def test_several_logs_are_each_believed_about_themselves(
    log_signer: Ed25519Signer, stranger: Ed25519Signer
) -> None:
    both = f"log {log_signer.verifier.vkey}\nlog {stranger.verifier.vkey}\nquorum none\n"
    policy = parse_policy(both)
    other = Checkpoint(stranger.name, 1, HEAD.root)
    assert policy.open(sign_checkpoint(HEAD, [log_signer])) == HEAD
    assert policy.open(sign_checkpoint(other, [stranger])) == other
    with pytest.raises(OriginError):
        policy.open(sign_checkpoint(HEAD, [stranger]))
    for one in ("log", "url", "origin"):
        with pytest.raises(UsageError, match="names 2 logs"):
            getattr(policy, one)


def test_a_log_may_have_two_keys_of_one_name(
    log_signer: Ed25519Signer, impostor: Ed25519Signer
) -> None:
    text = f"log {log_signer.verifier.vkey}\nlog {impostor.verifier.vkey}\nquorum none\n"
    policy = parse_policy(text)
    assert policy.open(sign_checkpoint(HEAD, [impostor])) == HEAD
    assert policy.open(sign_checkpoint(HEAD, [log_signer, impostor])) == HEAD
    assert policy.open(sign_checkpoint(HEAD, [log_signer])) == HEAD
    assert (policy.log, policy.origin) == (impostor.verifier, log_signer.name)
    assert policy.replaced == (log_signer.verifier,)


def test_what_a_log_shows_now_is_signed_by_its_last_key(
    log_signer: Ed25519Signer, impostor: Ed25519Signer, stranger: Ed25519Signer
) -> None:
    old, new = log_signer, impostor
    policy = parse_policy(f"log {old.verifier.vkey}\nlog {new.verifier.vkey}\nquorum none\n")
    for by in ([new], [old, new], [new, old], [new, stranger]):
        assert policy.open_head(sign_checkpoint(HEAD, by))[0] == HEAD
    for by in ([old], [old, stranger], [stranger, old]):
        with pytest.raises(
            ReplacedKeyError, match=f"by .*{old.key_id.hex()}, .*replaced"
        ) as caught:
            policy.open_head(sign_checkpoint(HEAD, by))
        assert new.key_id.hex() in caught.value.message
        assert caught.value.exit_code == 13
    with pytest.raises(NoTrustedSignatureError):
        policy.open_head(sign_checkpoint(HEAD, [stranger]))
    note = parse_note(sign_checkpoint(HEAD, [old]))
    bad = Signature(new.name, new.key_id, bytes(64))
    with pytest.raises(BadSignatureError):
        policy.open_head(format_note(note.text, [*note.signatures, bad]))
    for by, generation in (([old], 0), ([new], 1), ([old, new], 1), ([new, old], 1)):
        _, opened = policy.open_with_signatures(sign_checkpoint(HEAD, by))
        assert policy.generation(opened) == generation
    both = parse_note(sign_checkpoint(HEAD, [old, new]))
    with pytest.raises(ValueError, match="no log key signed"):
        policy.generation(Note(both.text, (), both.signatures))
    assert policy.log_keys_of(Note(both.text, both.signatures, ())) == (old.verifier, new.verifier)
    assert policy.log_keys_of(Note(both.text, (), both.signatures)) == ()


def test_a_key_is_added_after_the_last_and_all_else_stays(
    log_signer: Ed25519Signer, impostor: Ed25519Signer, stranger: Ed25519Signer, lines: str
) -> None:
    old, new = log_signer.verifier.vkey, impostor.verifier.vkey
    rest = lines.partition("\n")[2]
    text = f"# ours \u2028log not\n\tlog  {old}\thttps://log.example/\n# é\n{rest}quorum w1\n"
    changed = with_log_key(text, new)
    assert changed == text.replace("# é\n", f"log {new} https://log.example/\n# é\n")
    policy = parse_policy(changed)
    assert (policy.log, policy.url) == (impostor.verifier, "https://log.example/")
    assert with_log_key(changed, new) == changed
    assert with_log_key(changed, old) == changed
    assert with_log_key(f"quorum none\nlog {old}\n", new) == f"quorum none\nlog {old}\nlog {new}\n"
    with pytest.raises(UsageError, match="is another log than"):
        with_log_key(text, stranger.verifier.vkey)
    with pytest.raises(UsageError, match="names 2 logs"):
        with_log_key(f"log {old}\nlog {stranger.verifier.vkey}\nquorum none\n", new)


# ---------------------------------------------------------------- quorum


@pytest.mark.parametrize(
    ("rules", "enough", "too_few"),
    [
        ("quorum none\n", ["", "0", "012345"], []),
        ("quorum w1\n", ["1", "12"], ["", "0", "02345"]),
        ("group g any w0 w1\nquorum g\n", ["0", "1", "01"], ["", "2345"]),
        ("group g all w0 w1\nquorum g\n", ["01", "012"], ["", "0", "1", "02345"]),
        ("group g 2 w0 w1 w2\nquorum g\n", ["01", "02", "12", "012"], ["", "0", "1", "2", "0345"]),
        ("group g 1 w0\nquorum g\n", ["0"], ["", "1"]),
        (
            "group x 2 w0 w1 w2\ngroup y any w3 w4 w5\ngroup xy all x y\nquorum xy\n",
            ["013", "024", "125", "012345"],
            ["", "01", "012", "345", "0345", "13"],
        ),
        ("group x any w0\ngroup y any x w1\nquorum y\n", ["0", "1"], ["", "2"]),
        ("group g any w0 w1\nquorum w0\n", ["0"], ["1"]),
    ],
)
def test_quorums(
    rules: str,
    enough: list[str],
    too_few: list[str],
    lines: str,
    log_signer: Ed25519Signer,
    witnesses: tuple[CosignatureSigner, ...],
) -> None:
    policy = parse_policy(lines + rules)

    def cosigned(by: str) -> bytes:
        return sign_checkpoint(HEAD, [log_signer, *(witnesses[int(i)] for i in by)])

    for by in enough:
        assert policy.open(cosigned(by)) == HEAD
    for by in too_few:
        with pytest.raises(QuorumError, match="does not meet the quorum"):
            policy.open(cosigned(by))


def test_witnesses_do_not_stand_in_for_the_log(
    lines: str,
    log_signer: Ed25519Signer,
    impostor: Ed25519Signer,
    witnesses: tuple[CosignatureSigner, ...],
) -> None:
    policy = parse_policy(lines + "group g 2 w0 w1\nquorum g\n")
    with pytest.raises(NoTrustedSignatureError, match=r"trusted: 'acme\.example/changes'"):
        policy.open(sign_checkpoint(HEAD, witnesses[:2]))
    with pytest.raises(UnknownKeyError):
        policy.open(sign_checkpoint(HEAD, [impostor, *witnesses[:2]]))
    # A witness that signs as if it were the log: its key is of the wrong type for that.
    posing = CosignatureSigner(log_signer.name, witnesses[0]._private_key, 1)
    with pytest.raises(UnknownKeyError):
        policy.open(sign_checkpoint(HEAD, [posing, *witnesses[:2]]))


def test_one_witness_counts_once(
    lines: str, log_signer: Ed25519Signer, witnesses: tuple[CosignatureSigner, ...]
) -> None:
    policy = parse_policy(lines + "group g 2 w0 w1 w2\nquorum g\n")
    once = parse_note(sign_checkpoint(HEAD, [log_signer, witnesses[0]]))
    later = CosignatureSigner("w0.example", witnesses[0]._private_key, 2_000)
    again = Signature(later.name, later.key_id, later.sign(once.text.encode()))
    with pytest.raises(QuorumError):
        policy.open(format_note(once.text, [*once.signatures, once.signatures[1], again]))


def test_a_bad_cosignature_by_a_known_witness_rejects_the_checkpoint(
    lines: str, log_signer: Ed25519Signer, witnesses: tuple[CosignatureSigner, ...]
) -> None:
    policy = parse_policy(lines + "quorum w0\n")
    good = parse_note(sign_checkpoint(HEAD, [log_signer, witnesses[0]]))
    bad = Signature(witnesses[1].name, witnesses[1].key_id, bytes(72))
    with pytest.raises(BadSignatureError, match=r"w1\.example"):
        policy.open(format_note(good.text, [*good.signatures, bad]))


def test_the_witnesses_times_are_to_be_had(
    lines: str, log_signer: Ed25519Signer, witnesses: tuple[CosignatureSigner, ...]
) -> None:
    policy = parse_policy(lines + "quorum w0\n")
    _, note = policy.open_with_signatures(sign_checkpoint(HEAD, [log_signer, *witnesses]))
    assert len(note.verified) == 7


def test_every_bit_of_a_cosigned_checkpoint_counts(
    lines: str, log_signer: Ed25519Signer, witnesses: tuple[CosignatureSigner, ...]
) -> None:
    policy = parse_policy(lines + "group g all w0 w1\nquorum g\n")
    data = sign_checkpoint(HEAD, [log_signer, *witnesses[:2]])
    for at in range(len(data)):
        for bit in range(8):
            changed = data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :]
            with pytest.raises((TlogError, QuorumError)):
                policy.open(changed)


# ---------------------------------------------------------------- the text


def test_spaces_tabs_comments_and_empty_lines(lines: str) -> None:
    plain = parse_policy(lines + "group g 2 w0 w1\nquorum g\n")
    loose = lines.replace("witness ", "\t witness \t ") + "\n \t\n# a comment\n\t#another é\n"
    assert parse_policy(loose + "  group\tg  2 w0\t\tw1 \nquorum g\t\n") == plain
    assert plain.groups == (Group("g", 2, ("w0", "w1")),)


def test_lines_that_are_not_quorum_or_group_come_in_any_order(
    log_signer: Ed25519Signer, witness_keys: Keys
) -> None:
    witness = f"witness w {vkey(witness_keys[0])} https://w.example/\n"
    policy = parse_policy(f"{witness}quorum w\nlog {log_signer.verifier.vkey}\n")
    assert policy.witnesses[0].url == "https://w.example/"


def test_names_are_opaque_octets(log_signer: Ed25519Signer, witness_keys: Keys) -> None:
    head = f"log {log_signer.verifier.vkey}\n".encode()
    one = f"witness K {vkey(witness_keys[0])}\n".encode()
    kelvin = "witness \u212a ".encode() + f"{vkey(witness_keys[1])}\n".encode()
    latin = b"witness \xe9\xff " + f"{vkey(witness_keys[2])}\n".encode()
    nbsp = "witness a\u00a0b ".encode() + f"{vkey(witness_keys[3])}\n".encode()
    policy = parse_policy(head + one + kelvin + latin + nbsp + b"quorum \xe9\xff\n")
    assert len({one.name for one in policy.witnesses}) == 4
    with pytest.raises(UsageError, match="not defined"):
        parse_policy(head + latin + b"quorum \xe9\xfe\n")


def test_32_logs_32_witnesses_and_32_groups_are_supported() -> None:
    def key(seed: int) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)

    logs = [f"log {vkey(key(i), f'log{i}', 1)}\n" for i in range(32)]
    witnesses = [f"witness w{i} {vkey(key(i))}\n" for i in range(32)]
    groups = [f"group g{i} any w{i}\n" for i in range(31)]
    top = "group all 16 " + " ".join(f"g{i}" for i in range(31)) + "\n"
    policy = parse_policy("".join([*logs, *witnesses, *groups, top, "quorum all\n"]))
    assert (len(policy.logs), len(policy.witnesses), len(policy.groups)) == (32, 32, 32)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "does not end in a newline"),
        ("{log}\nquorum none", "does not end in a newline"),
        ("{log}\n", "no quorum line"),
        ("quorum none\n", "names no log"),
        ("\n", "no quorum line"),
        ("{log}\nquorum none\nquorum none\n", "line 3: there is a quorum already"),
        ("{log}\nquorum\n", "line 2: write: quorum"),
        ("{log}\nquorum none none\n", "line 2: write: quorum"),
        ("{log}\nquorum w\n", "line 2: 'w' is not defined"),
        ("{log}\nquorum w\n{w}\n", "line 2: 'w' is not defined"),
        ("{log}\nquorum None\n", "line 2: 'None' is not defined"),
        ("{log}\nLog x\nquorum none\n", "line 2: 'Log' is none of log, witness"),
        ("{log}\npolicy x\nquorum none\n", "line 2: 'policy' is none of"),
        ("log\nquorum none\n", "line 1: write: log"),
        ("{log} a b\nquorum none\n", "line 1: write: log"),
        ("{log} https://x # comment\nquorum none\n", "line 1: write: log"),
        ("log x\nquorum none\n", "line 1: not a verifier key"),
        ("log {wkey}\nquorum none\n", "line 1: a log's key is of type 0x01"),
        ("{log}\n{log}\nquorum none\n", "line 2: this log's key is there twice"),
        ("{log}\nlog {renamed}\nquorum none\n", "line 2: this log's key is there twice"),
        ("{log}\nwitness w\nquorum none\n", "line 2: write: witness"),
        ("{log}\nwitness\nquorum none\n", "line 2: write: witness"),
        ("{log}\n{w} a b\nquorum none\n", "line 2: write: witness"),
        ("{log}\nwitness w {logkey}\nquorum none\n", "line 2: a witness's key is of type 0x04"),
        ("{log}\nwitness w x\nquorum none\n", "line 2: not a verifier key"),
        ("{log}\nwitness w {mldsa}\nquorum none\n", "line 2: .*signature type is not supported"),
        ("{log}\nwitness none {wkey}\nquorum none\n", "line 2: the name 'none' is taken"),
        ("{log}\n{w}\nwitness v {wkey}\nquorum none\n", "line 3: this witness's key is there"),
        ("{log}\n{w}\nwitness w {wkey2}\nquorum none\n", "line 3: the name 'w' is taken"),
        ("{log}\n{w}\ngroup w any w\nquorum none\n", "line 3: the name 'w' is taken"),
        ("{log}\n{w}\ngroup none any w\nquorum none\n", "line 3: the name 'none' is taken"),
        ("{log}\n{w}\ngroup g any g\nquorum g\n", "line 3: 'g' is not defined"),
        ("{log}\n{w}\ngroup g any none\nquorum g\n", "line 3: 'none' is not defined"),
        ("{log}\n{w}\ngroup g any w w\nquorum g\n", "line 3: 'w' is a member twice"),
        ("{log}\n{w}\ngroup g any w\ngroup h any w\nquorum h\n", "line 4: 'w' is a member twice"),
        ("{log}\n{w}\ngroup g any\nquorum none\n", "line 3: write: group"),
        ("{log}\n{w}\ngroup g\nquorum none\n", "line 3: write: group"),
        ("{log}\n{w}\ngroup g 0 w\nquorum g\n", "line 3: 0 of 1 members"),
        ("{log}\n{w}\ngroup g 2 w\nquorum g\n", "line 3: 2 of 1 members"),
        ("{log}\n{w}\ngroup g -1 w\nquorum g\n", "line 3: the group's number"),
        ("{log}\n{w}\ngroup g 01 w\nquorum g\n", "line 3: the group's number"),
        ("{log}\n{w}\ngroup g Any w\nquorum g\n", "line 3: the group's number"),
        ("{log}\r\nquorum none\r\n", "line 1: it holds a control character"),
        ("{log}\n\x0cquorum none\n", "line 2: it holds a control character"),
        ("{log}\n# \x7f\nquorum none\n", "line 2: it holds a control character"),
        ("{log}\n#\x00\nquorum none\n", "line 2: it holds a control character"),
        ("{log}\n" + "\n" * 1000 + "quorum none\n", "longer than"),
        ("{log}\n#" + "x" * 200_000 + "\nquorum none\n", "longer than"),
        ("{log}\nquorum\u00a0none\n", "line 2: .* is none of"),
    ],
)
def test_a_policy_half_understood_is_refused(
    text: str, why: str, log_signer: Ed25519Signer, witness_keys: Keys
) -> None:
    public = log_signer.verifier.public_key
    filled = (
        text.replace("{log}", f"log {log_signer.verifier.vkey}")
        .replace("{logkey}", log_signer.verifier.vkey)
        .replace("{renamed}", format_vkey("other.example", public))
        .replace("{w}", f"witness w {vkey(witness_keys[0])}")
        .replace("{wkey}", vkey(witness_keys[0]))
        .replace("{wkey2}", vkey(witness_keys[1]))
        .replace("{mldsa}", "w.example+00000000+BgAA")
    )
    with pytest.raises(UsageError, match=why):
        parse_policy(filled)
    with pytest.raises(UsageError, match=why):
        parse_policy(filled.encode())


def test_a_policy_is_a_value(lines: str) -> None:
    text = lines + "quorum none\n"
    assert parse_policy(text) == parse_policy(text.encode())
    assert isinstance(parse_policy(text), TrustPolicy)
    assert hash(parse_policy(text)) == hash(parse_policy(text))

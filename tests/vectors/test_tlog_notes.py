"""Notes, checkpoints, proofs and policies published by others; each test names its source."""

from __future__ import annotations

from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate.errors import UsageError
from gate.tlog.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from gate.tlog.cosignature import cosignature_time, cosigned_message
from gate.tlog.errors import (
    BadSignatureError,
    MalformedError,
    NoTrustedSignatureError,
    OriginError,
    QuorumError,
    UnknownKeyError,
)
from gate.tlog.keys import COSIGNATURE, ED25519, format_vkey
from gate.tlog.merkle import leaf_hash
from gate.tlog.note import (
    Ed25519Signer,
    add_signatures,
    open_note,
    parse_note,
    parse_vkey,
    sign_note,
)
from gate.tlog.proof import parse_proof
from gate.tlog.tile import entries_path, parse_path, plan_tiles, tile_path
from gate.tlog.trust import Group, parse_policy

# ---------------------------------------------------------------- golang.org/x/mod/sumdb/note
#
# Source: golang.org/x/mod, sumdb/note/note_test.go and example_test.go.

PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SEED = b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PETERS_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqf"
    "qdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCHS_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTG"
    "wnWLox33WWd1RvMc+QQ=\n"
)


def test_go_signing_gives_the_published_note() -> None:
    signer = Ed25519Signer("PeterNeumann", Ed25519PrivateKey.from_private_bytes(PETER_SEED))
    assert signer.verifier.vkey == PETER
    assert sign_note(TEXT, [signer]) == f"{TEXT}\n{PETERS_LINE}".encode()


def test_go_adding_a_signature_gives_the_published_note() -> None:
    """``ExampleSign_add_signatures``: EnochRoot's seed is all zeros."""
    enoch = Ed25519Signer("EnochRoot", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    assert enoch.verifier.vkey == ENOCH
    data = add_signatures(f"{TEXT}\n{PETERS_LINE}".encode(), [enoch])
    assert data == f"{TEXT}\n{PETERS_LINE}{ENOCHS_LINE}".encode()


def test_go_opening_tells_known_from_unknown_keys() -> None:
    peter, enoch = parse_vkey(PETER), parse_vkey(ENOCH)
    both = f"{TEXT}\n{PETERS_LINE}{ENOCHS_LINE}".encode()
    for known, other in [(peter, "EnochRoot"), (enoch, "PeterNeumann")]:
        note = open_note(both, [known])
        assert note.text == TEXT
        assert [one.name for one in note.verified] == [known.name]
        assert [one.name for one in note.unknown] == [other]
    assert len(open_note(both, [peter, enoch]).verified) == 2
    with pytest.raises(NoTrustedSignatureError):
        open_note(f"{TEXT}\n{PETERS_LINE}".encode(), [enoch])
    forged = PETERS_LINE.replace("x08go", "x08gp")  # the right name, another key hash
    with pytest.raises(UnknownKeyError):
        open_note(f"{TEXT}\n{forged}".encode(), [peter])
    with pytest.raises(BadSignatureError):
        open_note(both.replace(b"EnochRoot rwz+eBzm", b"EnochRoot rwz+eBzn"), [peter, enoch])


def test_go_verifier_keys_that_must_be_refused() -> None:
    """Both have adjusted key hashes: a key that is too long, and an unknown algorithm."""
    long = "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY=="
    for vkey in (long, "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"):
        with pytest.raises(UsageError):
            parse_vkey(vkey)


# ---------------------------------------------------------------- the Go checksum database

SUMDB = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
SUMDB_HEAD = """\
go.sum database tree
35225469
vt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=

— sum.golang.org Az3grpukl5AXaVfYkLiDGORx/DN2nlcS5kZHR5uYOBV2KA2HgXpD+gu9HHONebHLAyaKbbTM75QTtPydhKCExixSfwQ=
"""  # noqa: E501  # as published


def test_the_go_checksum_databases_signature_verifies() -> None:
    """A head of sum.golang.org: filippo.io/torchwood, cmd/litewitness/testdata/sumdb.txt."""
    note = open_note(SUMDB_HEAD.encode(), [parse_vkey(SUMDB)])
    head = parse_checkpoint(note.text)
    assert (head.origin, head.size) == ("go.sum database tree", 35_225_469)


def test_its_key_is_not_named_as_its_origin_so_it_is_no_log_of_ours() -> None:
    with pytest.raises(OriginError):
        open_checkpoint(SUMDB_HEAD.encode(), [parse_vkey(SUMDB)])
    with pytest.raises(OriginError):
        parse_policy(f"log {SUMDB}\nquorum none\n").open(SUMDB_HEAD.encode())


def test_go_tree_text() -> None:
    """golang.org/x/mod, sumdb/tlog/note_test.go; unlike Go, we refuse what follows."""
    text = "go.sum database tree\n123456789012\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n"
    root = leaf_hash(b"hello world")
    assert parse_checkpoint(text) == Checkpoint("go.sum database tree", 123_456_789_012, root)
    bad_hash = text.replace("Bb0=", "BTOOBIG=")
    for bad in (text.replace("123456789012", "0xabcdef"), bad_hash, text + "JOE", text + "JOE\n"):
        with pytest.raises(MalformedError):
            parse_checkpoint(bad)


def test_go_tile_paths_that_are_paths_here_too() -> None:
    """golang.org/x/mod, sumdb/tlog/tile_test.go, less the tile height, which C2SP leaves out."""
    for good in ("tile/0/001", "tile/0/001.p/5", "tile/5/x123/x456/078", "tile/0/x003/x057/500"):
        assert parse_path(good).path == good
    for bad in ("tile/5/123/456/078", "tile/-1/123/456/078", "tile/data/x003/x057/500"):
        with pytest.raises(MalformedError):
            parse_path(bad)


# ---------------------------------------------------------------- C2SP


def test_c2sp_signed_note_example() -> None:
    """c2sp.org/signed-note, "Verifier keys", Example."""
    vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    data = (
        "This is an example message.\n\n"
        "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3"
        "mFXmRKuwHjG1Yu72IneyaQM=\n"
    )
    assert open_note(data.encode(), [parse_vkey(vkey)]).text == "This is an example message.\n"


def test_c2sp_note_with_an_empty_line_in_its_text() -> None:
    """c2sp.org/signed-note, the example at its top."""
    data = (
        "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\n"
        "ed è subito sera.\n\n"
        "— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKON"
        "rMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
    )
    note = parse_note(data.encode())
    assert note.text.endswith("sole:\n\ned è subito sera.\n")
    assert note.signatures[0].key_id.hex() == "367ba04b"


def test_c2sp_checkpoint_with_a_cosignature() -> None:
    """c2sp.org/tlog-cosignature, the example at its top and its signed message."""
    data = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5"
        "/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dl"
        "rDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
    )
    note = parse_note(data.encode())
    head = parse_checkpoint(note.text)
    assert (head.origin, head.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert cosignature_time(note.signatures[1].signature) == 1_679_315_147
    assert cosigned_message(note.text.encode(), 1_679_315_147) == (
        b"cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n"
        b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )


def test_c2sp_tile_paths() -> None:
    """c2sp.org/tlog-tiles, "Merkle Tree"."""
    assert tile_path(0, 1_234_067) == "tile/0/x001/x234/067"
    assert entries_path(1_234_067) == "tile/entries/x001/x234/067"


def test_c2sp_tiles_of_a_tree_of_70000() -> None:
    """c2sp.org/tlog-tiles, "Partial Tiles"."""
    objects = plan_tiles(0, lambda _: None, [b"%d" % i for i in range(70_000)]).objects
    assert {path for path in objects if "/entries/" not in path} == {
        *(tile_path(0, n) for n in range(273)),
        tile_path(0, 273, 112),
        tile_path(1, 0),
        tile_path(1, 1, 17),
        tile_path(2, 0, 1),
    }


def test_c2sp_tiles_of_a_tree_of_256() -> None:
    """c2sp.org/tlog-tiles, "Partial Tiles"."""
    objects = plan_tiles(0, lambda _: None, [b"%d" % i for i in range(256)]).objects
    assert set(objects) == {"tile/entries/000", "tile/0/000", "tile/1/000.p/1"}


def test_c2sp_proof_example() -> None:
    """c2sp.org/tlog-proof, the example at its top.

    There the extra line and the signatures are cut short, so they are no base64 and left out; the
    signature here is the one of C2SP's checkpoint example.
    """
    hashes = [
        "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=",
        "B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=",
        "EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=",
        "RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=",
        "AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=",
    ]
    checkpoint = (
        "example.com/fancylog\n109482\nsFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n\n"
        "— example.com/fancylog Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5"
        "/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    )
    head = "".join(f"{line}\n" for line in ["c2sp.org/tlog-proof@v1", "index 73894", *hashes, ""])
    proof = parse_proof(f"{head}{checkpoint}".encode())
    assert proof.index == 73_894
    assert proof.hashes == tuple(b64decode(one) for one in hashes)
    assert proof.checkpoint == checkpoint.encode()
    assert parse_checkpoint(parse_note(proof.checkpoint).text).size == 109_482


def test_c2sp_policy_example() -> None:
    """c2sp.org/tlog-policy, "Example policy", with keys in place of its ``<vkey>``."""

    def vkey(seed: int, algorithm: int) -> str:
        private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        return format_vkey("k", private.public_key().public_bytes_raw(), algorithm)

    x1, x2, x3, y1, y2, y3 = (vkey(seed, COSIGNATURE) for seed in range(1, 7))
    policy = parse_policy(f"""\
log {vkey(9, ED25519)}

witness X1 {x1}
witness X2 {x2}
witness X3 {x3}
group X-witnesses 2 X1 X2 X3

witness Y1 {y1}
witness Y2 {y2}
witness Y3 {y3}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
""")
    assert policy.quorum == "X-and-Y"
    assert policy.groups == (
        Group("X-witnesses", 2, ("X1", "X2", "X3")),
        Group("Y-witnesses", 1, ("Y1", "Y2", "Y3")),
        Group("X-and-Y", 2, ("X-witnesses", "Y-witnesses")),
    )


# ---------------------------------------------------------------- a real log and real witnesses
#
# Source: a checkpoint as the public staging Certificate Transparency log
# arche2025h1.staging.ct.transparency.dev served it, cosigned by members of witness-network.org;
# keys as the operators publish them (remora.n621.de, witness.stagemole.eu/about,
# witness1.smartit.nu, transparency.dev/witnesses).

REAL_HEAD = """\
arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
"""  # noqa: E501  # as published

REAL_POLICY = """\
log arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f
witness remora remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2
witness stagemole witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv
witness garden transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM
witness smartit witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO
witness bells staging.witness.transparency.goog/ring-any-bells+2e1a8dc9+BG5JTpLc3FJtwzgh1Uv+Qelz9qeOH2bfWjS1s0s+y4rL
"""  # noqa: E501  # as published


def test_a_real_logs_checkpoint_and_its_witnesses_verify() -> None:
    four = "group four 4 remora stagemole garden smartit bells\nquorum four\n"
    policy = parse_policy(REAL_POLICY + four)
    head, note = policy.open_with_signatures(REAL_HEAD.encode())
    assert (head.origin, head.size) == (policy.origin, 1_432_088_532)
    assert len(note.verified) == 5
    assert len(note.unknown) == 1  # the log's RFC 6962 signature, of a type we do not know
    assert {cosignature_time(one.signature) for one in note.verified[1:]} == {0x6A122120}


def test_a_quorum_that_the_real_witnesses_did_not_meet() -> None:
    every = "group every all remora stagemole garden smartit bells\nquorum every\n"
    with pytest.raises(QuorumError):
        parse_policy(REAL_POLICY + every).open(REAL_HEAD.encode())
    with pytest.raises(QuorumError):
        parse_policy(REAL_POLICY + "quorum bells\n").open(REAL_HEAD.encode())


def test_no_bit_of_a_real_checkpoints_text_can_be_changed() -> None:
    policy = parse_policy(REAL_POLICY + "quorum remora\n")
    data = REAL_HEAD.encode()
    for at in range(data.index(b"\n\n")):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        with pytest.raises((BadSignatureError, MalformedError)):
            policy.open(changed)

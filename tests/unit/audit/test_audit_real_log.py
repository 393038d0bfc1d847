"""The auditor's lists over a real log in a real store, through a verified view."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from records import trusted, write, write_outcome
from worlds import NOW

from gate.audit.evidence import dossier
from gate.audit.population import population
from gate.audit.sample import draw
from gate.log.reading.trust import Trust
from gate.log.reading.view import LogView
from gate.log.writing.append import append
from gate.log.writing.create import init_log
from gate.store.memory import MemoryStore
from gate.tlog.note import Ed25519Signer, format_vkey
from gate.tlog.trust import format_policy, parse_policy

ORIGIN = "acme.example/changes"
KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)


def test_population_sample_and_dossier_of_a_verified_view() -> None:
    vkey = format_vkey(ORIGIN, KEY.public_key().public_bytes_raw())
    trust = Trust(parse_policy(format_policy(vkey).encode()), trusted())
    store, signer = MemoryStore(), Ed25519Signer(ORIGIN, KEY)
    init_log(store, ORIGIN, signer)
    written = write()
    appended = append(store, trust, signer, written.entry)
    append(store, trust, signer, write_outcome(written.record, appended.link))
    store.put_evidence(written.record.predicate.evidence, written.evidence)

    view = LogView(store, trust)
    found = population(view, generated_at=NOW, gate_version="0.1.0", evidence=store.read_evidence)
    (row,) = found.rows()
    assert (row.index, row.leaf, row.outcome) == (0, appended.link.leaf, "succeeded")
    assert found.header.root == view.root.hex()
    assert found.header.checkpoint == view.checkpoint.decode()
    assert [item.row for item in draw(found, "seed").items] == [row]
    shown = dossier(view, 0, evidence=store.read_evidence, ended=found.ended(0))
    assert shown.link == appended.link
    assert shown.opened is not None
    assert shown.opened.evidence == "match"

"""Published vectors of DSSE 1.0 (github.com/secure-systems-lab/dsse).

The example of ``protocol.md``, section "Test Vectors", and single-signature rows of
``testvectors/vectors.json`` (commit 82043adf78bb4e67c208f9ffa72b38804ea6a0c4), whose keys are those
of RFC 8032, section 7.1, TEST 1.
"""

from __future__ import annotations

import base64

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from worlds import NOW

from gate.record.dsse import PAYLOAD_TYPE, open_signed, pae, seal
from gate.record.signer import RecordSigner
from gate.record.signers import SignerEntry, TrustedSigners

# protocol.md, "Test Vectors": ECDSA over NIST P-256 and SHA-256, raw concatenation of r and s.
HELLO_TYPE = "http://example.com/HelloWorld"
HELLO_PAE = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
HELLO_X = 46950820868899156662930047687818585632848591499744589407958293238635476079160
HELLO_Y = 5640078356564379163099075877009565129882514886557779369047442380624545832820
HELLO_SIGNATURE = (
    "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="
)

# testvectors/vectors.json, key A (RFC 8032 section 7.1, TEST 1).
SEED = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
PUBLIC = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
STATEMENT = "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEifQ=="
ROWS = {
    "single-signature": (
        "application/vnd.in-toto+json",
        STATEMENT,
        "2WAfaHm5jluo0w+0rk8uVkluELJYWjSmU9x7EUzx+AyteDGJ4/nqyJXfmAUVFIAoQafWm7AxBZNw5M9ixNHiCA==",
        (
            "445353457631203238206170706c69636174696f6e2f766e642e696e2d746f746f2b6a736f6e203433207b225f"
            "74797065223a2268747470733a2f2f696e2d746f746f2e696f2f53746174656d656e742f7631227d"
        ),
    ),
    "non-ascii-payload-type": (
        "application/vnd.exämple+json",
        STATEMENT,
        "xmSk/ug66ysT7ayhkCIjhAq42zgZXSsEWuzUaNL7w2eGAdF/NU6/fRXPtmfN+5DNSAs5/i2lUnHjbbjPsu0tAw==",
        (
            "445353457631203239206170706c69636174696f6e2f766e642e6578c3a46d706c652b6a736f6e203433207b22"
            "5f74797065223a2268747470733a2f2f696e2d746f746f2e696f2f53746174656d656e742f7631227d"
        ),
    ),
    "empty-payload": (
        "application/vnd.in-toto+json",
        "",
        "gSggCAaTLTYyRH6FIDBem6meyIynsYy8RTHVzwx9tnTb7Bg/1jMWnuVgI/gffqmbsC2VX5/jHfkkDqsj7CDbDg==",
        "445353457631203238206170706c69636174696f6e2f766e642e696e2d746f746f2b6a736f6e203020",
    ),
    "empty-payload-type": (
        "",
        STATEMENT,
        "iC3q/+3Rm0+lpAJRueDmDh15PnwCfxKmS0NAfKsbv+zgulXQC/WM9trc+j1XEqlwDIg/vf/uNfebeD6sxInrDg==",
        (
            "445353457631203020203433207b225f74797065223a2268747470733a2f2f696e2d746f746f2e696f2f537461"
            "74656d656e742f7631227d"
        ),
    ),
}


def test_the_protocols_own_example() -> None:
    message = pae(HELLO_TYPE, b"hello world")
    assert message == HELLO_PAE
    raw = base64.b64decode(HELLO_SIGNATURE)
    signature = encode_dss_signature(
        int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    )
    public = ec.EllipticCurvePublicNumbers(HELLO_X, HELLO_Y, ec.SECP256R1()).public_key()
    public.verify(signature, message, ec.ECDSA(SHA256()))
    with pytest.raises(InvalidSignature):
        public.verify(signature, pae(HELLO_TYPE, b"hello World"), ec.ECDSA(SHA256()))


@pytest.mark.parametrize("row", ROWS)
def test_encoding_and_signature(row: str) -> None:
    payload_type, payload, signature, encoding = ROWS[row]
    signer = RecordSigner(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(SEED)))
    assert signer.public_key.hex() == PUBLIC
    message = pae(payload_type, base64.b64decode(payload))
    assert message.hex() == encoding
    assert base64.b64encode(signer.sign(message)).decode() == signature


def test_our_envelope_of_the_published_statement_has_the_published_signature() -> None:
    payload_type, payload, signature, _ = ROWS["single-signature"]
    assert payload_type == PAYLOAD_TYPE
    signer = RecordSigner(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(SEED)))
    entry = seal(base64.b64decode(payload), signer)
    assert signature.encode() in entry
    signers = TrustedSigners((SignerEntry(signer.keyid, signer.public_key, "", NOW),))
    assert open_signed(entry, signers) == (base64.b64decode(payload), signer.keyid)

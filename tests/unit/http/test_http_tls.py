"""TLS is verified, by the CA that the policy names and no other, whatever the environment says."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gate.config.types import NetworkSettings
from gate.http import Budget, FetchError, Wire, get_json
from gate.model import ProblemKind

REPLY = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
    b"Connection: close\r\n\r\n{}"
)


@dataclass(frozen=True)
class Host:
    url: str
    certificate: Path


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "jira.example")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    both = folder / "host.pem"
    both.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    public = folder / "ca.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return public


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    public = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "host.pem")
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(plain, server_side=True) as secure:
                    secure.recv(65536)
                    secure.sendall(REPLY)
            except OSError:
                plain.close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield Host(f"https://127.0.0.1:{listener.getsockname()[1]}", public)
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def _wire(host: Host, *, ca: str = "", network_ca: str = "") -> Wire:
    return Wire(
        "jira",
        host.url,
        auth=None,
        network=NetworkSettings(ca=network_ca),
        budget=Budget(dt.timedelta(seconds=20)),
        ca=ca,
    )


def _refused(wire: Wire) -> FetchError:
    with pytest.raises(FetchError) as caught:
        get_json(wire, "/x")
    wire.close()
    return caught.value


def test_an_unknown_ca_is_refused_at_once_and_says_what_to_do(host: Host) -> None:
    wire = _wire(host)
    error = _refused(wire)
    assert error.problem.kind is ProblemKind.UNAVAILABLE
    assert "certificate" in error.problem.cause
    assert "network.ca" in error.problem.remedy
    assert len(wire.trace) == 1


def test_the_policys_ca_is_used(host: Host) -> None:
    for wire in (
        _wire(host, ca=str(host.certificate)),
        _wire(host, network_ca=str(host.certificate)),
    ):
        assert get_json(wire, "/x") == {}
        wire.close()


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_the_environments_ca_is_never_used(
    host: Host, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(host.certificate))
    assert "certificate" in _refused(_wire(host)).problem.cause


def test_no_caller_can_switch_verification_off(host: Host) -> None:
    wire = _wire(host)
    with pytest.raises(FetchError, match="certificate"):
        wire.session.get(host.url + "/x", verify=False)
    wire.close()

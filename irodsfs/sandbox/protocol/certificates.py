"""The zone's own certificate: self-signed, made when TLS is first asked for."""

from __future__ import annotations

import datetime
import socket
import ssl
from ipaddress import ip_address
from pathlib import Path

from irodsfs.private_files import write_private

CERTIFICATE = "certificate.pem"
LIFETIME = datetime.timedelta(days=3650)


def server_context(directory: Path) -> ssl.SSLContext:
    """TLS as the server, with ``certificate.pem`` and ``key.pem`` of the zone's directory."""
    certificate, key = directory / CERTIFICATE, directory / "key.pem"
    if not certificate.exists():
        make_certificate(certificate, key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def make_certificate(certificate: Path, key: Path) -> None:
    """Writes a self-signed certificate for this host and the loopback names, and its key (0600)."""
    from cryptography import x509  # only zones that negotiate TLS pay for this import
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    private = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName(name) for name in dict.fromkeys((socket.gethostname(), "localhost"))]
    addresses = [x509.IPAddress(ip_address(address)) for address in ("127.0.0.1", "::1")]
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, socket.gethostname()[:64])])
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + LIFETIME)
        .add_extension(x509.SubjectAlternativeName([*names, *addresses]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    secret = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(key, secret)
    write_private(certificate, signed.public_bytes(serialization.Encoding.PEM))

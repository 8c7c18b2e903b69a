"""Certificates for tests, made in the moment: an authority, and a server that it vouches for."""

from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

NAMES = ("localhost", "127.0.0.1")


class Certificates:
    """PEM files in a folder: `ca`, the server's `cert` and `key`, and both in `pair`."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        server = authority.issue_cert(*NAMES)
        self.ca, self.cert = folder / "ca.pem", folder / "cert.pem"
        self.key, self.pair = folder / "key.pem", folder / "pair.pem"
        self.strangers_ca = folder / "strangers_ca.pem"
        authority.cert_pem.write_to_path(str(self.ca))
        trustme.CA().cert_pem.write_to_path(str(self.strangers_ca))
        self.key.write_bytes(pkcs8(server.private_key_pem.bytes()))
        chain = b"".join(blob.bytes() for blob in server.cert_chain_pems)
        self.cert.write_bytes(chain)
        self.pair.write_bytes(self.key.read_bytes() + chain)


def pkcs8(key: bytes) -> bytes:
    """The only form of a key that Java reads from PEM."""
    loaded = load_pem_private_key(key, password=None)
    return loaded.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

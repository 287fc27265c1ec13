"""A passkey made of software: it is registered for somebody and signs what a page asks, as a telephone would."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

PRESENT, VERIFIED, NEW = (
    AuthenticatorData.FLAG.UP,
    AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV,
    AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT,
)


class Passkey:
    """One credential for one host. kept: what the clinic keeps of it, as allauth's table holds it."""

    def __init__(self, host: str = "testserver") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._id, self._host = uuid4().bytes, host
        public = ES256.from_cryptography_key(self._key.public_key())
        credential = AttestedCredentialData.create(b"\0" * 16, self._id, public)
        data = AuthenticatorData.create(sha256(host.encode()).digest(), NEW, 0, credential)
        made = CollectedClientData.create("webauthn.create", b"0" * 32, f"https://{host}")
        response = {
            "clientDataJSON": websafe_encode(made),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
        }
        self.kept = {"name": "Telephone", "credential": self._answer(response)}

    def sign(self, asked: dict[str, Any], *, verified: bool = True, origin: str = "") -> str:
        """The answer to a question of `navigator.credentials.get`, as the browser would post it."""
        made = CollectedClientData.create(
            "webauthn.get", asked["publicKey"]["challenge"], origin or f"https://{self._host}"
        )
        data = AuthenticatorData.create(sha256(self._host.encode()).digest(), VERIFIED if verified else PRESENT, 1)
        signature = self._key.sign(data + made.hash, ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": websafe_encode(made),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
        }
        return json.dumps(self._answer(response))

    def for_chromium(self) -> dict[str, Any]:
        """The same key for a virtual authenticator of Chromium's developer tools."""
        secret = self._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return {
            "credentialId": b64encode(self._id).decode(),
            "isResidentCredential": False,
            "rpId": self._host,
            "privateKey": b64encode(secret).decode(),
            "signCount": 1,
        }

    def _answer(self, response: dict[str, str]) -> dict[str, Any]:
        name = websafe_encode(self._id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}

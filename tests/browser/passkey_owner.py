"""A virtual authenticator in Chromium, by its debugging protocol (WebAuthn domain)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import CDPSession, Page


@dataclass
class Device:
    """The authenticator of one page's browser."""

    session: CDPSession
    id: str

    def set_verified(self, is_verified: bool) -> None:
        """Let its user pass the test (fingerprint, face, PIN), or fail it."""
        self.session.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": is_verified})

    def set_present(self, is_present: bool) -> None:
        """Let its user answer by themselves, or not at all."""
        told = {"authenticatorId": self.id, "enabled": is_present}
        self.session.send("WebAuthn.setAutomaticPresenceSimulation", told)

    def credentials(self) -> list[dict[str, Any]]:
        """Return the keys on it, private halves and counters too."""
        found: list[dict[str, Any]] = self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.id})[
            "credentials"
        ]
        return found

    def put(self, credential: dict[str, Any]) -> None:
        """Put a copy of a key on it."""
        self.session.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": credential})


def device_of(page: Page) -> Device:
    """Give a page's browser an authenticator that tests its user, with a presence that is automatic."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable", {"enableUI": False})
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return Device(session, made["authenticatorId"])

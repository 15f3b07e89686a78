"""The client kit a catalogue partner installs: pair, refresh, push, and understand refusals.

It stands alone: `requests` and `joserfc` are all it needs. Begin with `Partner`, `begin` and `finish`; then
`push_measure`, `push_document` and `push_export`; `disconnect` at the end.
"""

from connectors.kit.errors import (
    AuthorizationRefused,
    ConsentMissing,
    KitError,
    Misconfigured,
    NotPaired,
    PairingOver,
    Refused,
    Unreachable,
    Untrusted,
)
from connectors.kit.pairing import Account, Pending, begin, disconnect, finish
from connectors.kit.partner import Partner
from connectors.kit.push import last_measure, push_document, push_export, push_measure
from connectors.kit.refresh import current
from connectors.kit.stores import SqliteStore, TokenStore
from connectors.kit.tokens import TokenSet
from connectors.kit.wire import Exchange, Policy, Wire

__all__ = [
    "Account",
    "AuthorizationRefused",
    "ConsentMissing",
    "Exchange",
    "KitError",
    "Misconfigured",
    "NotPaired",
    "PairingOver",
    "Partner",
    "Pending",
    "Policy",
    "Refused",
    "SqliteStore",
    "TokenSet",
    "TokenStore",
    "Unreachable",
    "Untrusted",
    "Wire",
    "begin",
    "current",
    "disconnect",
    "finish",
    "last_measure",
    "push_document",
    "push_export",
    "push_measure",
]

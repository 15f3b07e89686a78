"""Signals by which this package tells those above it what happened, without knowing them.

They are sent inside the unit of work, so a receiver's writes live and die with the sender's.
"""

from __future__ import annotations

from blinker import Namespace

_signals = Namespace()

pairing_opened = _signals.signal("pairing-opened")
pairing_changed = _signals.signal("pairing-changed")
pairing_ended = _signals.signal("pairing-ended")
account_closed = _signals.signal("account-closed")
signed_out = _signals.signal("signed-out")
delegation_began = _signals.signal("delegation-began")
delegation_ended = _signals.signal("delegation-ended")
space_opened = _signals.signal("space-opened")

"""How an account comes to be: described as JSON, checked as a whole, then written (the command `account add`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert

from authz import audit, clock, crypto, db, entropy
from authz.identity import accounts, civil, delegation, family, identifiers, otp, passwords, profiles
from authz.identity.description import AccountRefused, Description, described
from authz.identity.models import Account
from authz.notifications import contacts


def add(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Make an account, activated at once, with its contact and profiles; returns what is shown of it, no secret.

    A password that an operator chooses must be long enough; that it is common or personal is told, not refused.
    """
    account = described(spec)
    weakness = _weakness(account)
    totp_secret = otp.as_totp_secret(account.totp_secret) if account.totp_secret else None
    if accounts.find_card(account.identifier):
        raise identifiers.IdentifierRefused("This identifier is taken.", rule="taken")
    if account.nir and civil.find_by_nir(account.nir):
        raise AccountRefused("The member nir is that of somebody else.")
    account_id = _write(account, totp_secret)
    audit.record("account:add", account_id=account_id, profiles=len(account.people))
    shown = {"id": account_id, "identifier": account.identifier}
    if weakness:
        shown["password_warning"] = weakness
    if account.ignored:
        shown["ignored"] = ", ".join(account.ignored)
    return shown


def show(identifier: str) -> dict[str, Any]:
    """Return what an operator sees of an account and its profiles; refuses with NoSuchAccount."""
    card = accounts.find_card(identifier)
    if card is None:
        raise accounts.NoSuchAccount()
    people = [
        {
            "id": person.id,
            "given_name": person.given_name,
            "family_name": person.family_name,
            "birthdate": person.birthdate.isoformat() if person.birthdate else None,
            "relation": person.relation,
            "kind": person.kind,
        }
        for person in profiles.list_for(card.id)
    ]
    return _plain(card) | {"profiles": people}


def list_all() -> list[dict[str, Any]]:
    """List every account as an operator sees it, in the order of identifiers."""
    shown: list[dict[str, Any]] = []
    page = accounts.list_cards()
    while page:
        shown += map(_plain, page)
        page = accounts.list_cards(after=page[-1].identifier)
    return shown


def _write(account: Description, totp_secret: str | None) -> str:
    now, account_id = clock.now(), entropy.new_id()
    db.session().execute(
        insert(Account).values(
            id=account_id,
            identifier=account.identifier,
            password_hash=passwords.hash_of(account.password),
            password_changed_at=now,
            claims_sealed=crypto.seal("account", json.dumps(account.claims)),
            totp_secret_sealed=crypto.seal("totp", totp_secret) if totp_secret else None,
            created_at=now,
            updated_at=now,
            activated_at=now,
        )
    )
    contacts.add(account_id, account.reach, now=now)
    for person in account.people:
        if person["relation"] != delegation.SELF:
            name = str(account.claims.get("name", ""))
            family.begin_new(account_id, person, relation=person["relation"], name=name, why="added")
        elif account.has_own:
            _write_own(account_id, account, person)
    return account_id


def _write_own(account_id: str, account: Description, person: Mapping[str, str]) -> None:
    now = clock.now()
    profile_id = profiles.add_own(account_id, person, now=now)
    if account.nir or account.card:
        civil.keep(profile_id, civil.sealed(nir=account.nir, card=account.card), now=now)


def _weakness(account: Description) -> str:
    """Name the rule that an operator's password bends, if any; refuses one that is too short or too long."""
    words = [account.identifier, *(str(account.claims.get(name, "")) for name in ("given_name", "family_name"))]
    try:
        passwords.check_rules(account.password, personal=words)
    except passwords.PasswordRefused as refusal:
        if refusal.params["rule"] in ("short", "long"):
            raise
        return str(refusal.params["rule"])
    return ""


def _plain(card: accounts.AccountCard) -> dict[str, Any]:
    dates = ("created_at", "password_changed_at", "closed_at")
    return {
        name: (value.isoformat() if value else None) if name in dates else value for name, value in vars(card).items()
    }

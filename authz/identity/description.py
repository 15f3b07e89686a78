"""What an operator's JSON says of a new account, checked and given one shape; writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from authz import clock
from authz.errors import Refusal
from authz.identity.identifiers import as_identifier
from authz.identity.nir import CardRefused, NirRefused, as_card_serial, as_nir
from authz.notifications.contacts import LANGS, Reach, as_email, as_phone

# OpenID Connect Core §5.1, but for what other members and our own rows say.
_CLAIMS = (
    *("name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture"),
    *("website", "gender", "birthdate", "zoneinfo", "locale"),
)
_ADDRESS = ("formatted", "street_address", "locality", "region", "postal_code", "country")
_OTHERS = (
    *("identifier", "password", "email", "email_verified", "phone", "phone_number", "phone_number_verified"),
    *("address", "totp_secret", "lang", "profiles", "own_profile", "claims", "nir", "card_serial"),
)
_SELF = ("name", "given_name", "family_name", "birthdate")
_LONGEST = 500


class AccountRefused(Refusal):
    """The description of a new account cannot be used."""

    code = "invalid_account"
    description = "The description of the account is not valid."


@dataclass(frozen=True)
class Description:
    """A new account, every member checked; without a profile of its own it waits for an invitation to one."""

    identifier: str
    password: str
    claims: dict[str, Any]
    reach: Reach
    totp_secret: str
    people: tuple[dict[str, str], ...]
    nir: str
    card: str
    ignored: tuple[str, ...]
    has_own: bool = True


def described(spec: object) -> Description:
    """Check a description as a whole; refuses with AccountRefused, IdentifierRefused or ContactRefused."""
    members = _object(spec, "The description")
    members = _object(members.get("claims", {}), "claims") | members
    identifier, password = as_identifier(_text(members, "identifier")), members.get("password")
    if not isinstance(password, str):
        raise AccountRefused("The member password is missing or is not a text.")
    claims: dict[str, Any] = {name: _text(members, name) for name in _CLAIMS if members.get(name) is not None}
    if members.get("address") is not None:
        address = _object(members["address"], "address")
        claims |= {"address": {name: _text(address, name) for name in _ADDRESS if name in address}}
    people = _people(members, claims, identifier)
    own = next(person for person in people if person["relation"] == "self")
    told = {"name": f"{own['given_name']} {own['family_name']}".strip(), **own}
    return Description(
        identifier=identifier,
        password=password,
        claims={name: told[name] for name in _SELF if told[name]} | claims,
        reach=_reach(members, str(claims.get("locale", ""))),
        totp_secret=_text(members, "totp_secret"),
        people=people,
        nir=_number(members, "nir", as_nir),
        card=_number(members, "card_serial", as_card_serial),
        ignored=tuple(sorted(set(members) - set(_CLAIMS) - set(_OTHERS))),
        has_own=members.get("own_profile", True) is not False,
    )


def civil_facts(spec: Mapping[str, Any], names: tuple[str, str]) -> tuple[str, str]:
    """Check a social security number and a card's serial, one of them at least, and nothing else beside."""
    nir, card = (_number(spec, name, shape) for name, shape in zip(names, (as_nir, as_card_serial), strict=True))
    if set(spec) - set(names) or not (nir or card):
        raise AccountRefused(f"The file holds {' or '.join(names)}, or both, and nothing else.")
    return nir, card


def _number(members: Mapping[str, Any], name: str, shape: Callable[[str], str]) -> str:
    text = _text(members, name)
    try:
        return shape(text) if text else ""
    except (NirRefused, CardRefused) as error:
        raise AccountRefused(f"The member {name} is not valid.") from error


def _reach(members: dict[str, Any], locale: str) -> Reach:
    email = _text(members, "email")
    phone = _text(members, "phone") or _text(members, "phone_number")
    lang = _text(members, "lang") or locale[:2].lower()
    return Reach(
        lang=lang if lang in LANGS else LANGS[0],
        email=as_email(email) if email else None,
        email_verified=_flag(members, "email_verified"),
        phone=as_phone(phone) if phone else None,
        phone_verified=_flag(members, "phone_number_verified"),
    )


def _people(members: dict[str, Any], claims: dict[str, Any], identifier: str) -> tuple[dict[str, str], ...]:
    """Return the profiles, exactly one of them the holder's own, which the claims describe when no member does."""
    given = members.get("profiles")
    given = [] if given is None else given
    if not isinstance(given, list):
        raise AccountRefused("The member profiles is not a list.")
    people = [_person(_object(person, "profiles")) for person in given]
    own = [person for person in people if person["relation"] == "self"]
    if len(own) > 1:
        raise AccountRefused("Only one profile can be the holder's own.")
    if not own:
        names = claims.get("given_name") or claims.get("name") or identifier
        holder = {"given_name": names, "family_name": claims.get("family_name", ""), "relation": "self"}
        people.insert(0, holder | {"birthdate": _birthdate(claims.get("birthdate", ""), is_claim=True)})
    return tuple(people)


def _person(person: dict[str, Any]) -> dict[str, str]:
    named = {name: _text(person, name) for name in ("given_name", "family_name")}
    if not any(named.values()):
        raise AccountRefused("A profile needs a given_name or a family_name.")
    relation = _text(person, "relation").lower() or "self"
    if len(relation) > 32 or not relation.replace("_", "").isalpha():
        raise AccountRefused("A profile's relation is a word such as self, child or parent.")
    return named | {"relation": relation, "birthdate": _birthdate(_text(person, "birthdate"))}


def _birthdate(text: str, *, is_claim: bool = False) -> str:
    """Return an ISO date of the past, or nothing; an OpenID claim may also be a year alone or hide the year."""
    if not text:
        return ""
    try:
        born = date.fromisoformat(text)
    except ValueError as error:
        if is_claim:
            return ""
        raise AccountRefused("A birthdate is a date such as 1985-04-12.") from error
    if born > clock.now().date():
        raise AccountRefused("A birthdate cannot be in the future.")
    return born.isoformat()


def _object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise AccountRefused(f"{name} is not an object.")
    return dict(value)


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > _LONGEST or "\x00" in value:
        raise AccountRefused(f"The member {name} is not a text, or is too long.")
    return value.strip()


def _flag(members: Mapping[str, Any], name: str) -> bool:
    value = members.get(name, True)
    if not isinstance(value, bool):
        raise AccountRefused(f"The member {name} is not true or false.")
    return value

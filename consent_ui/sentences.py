"""What a patient is told when the answer is no: one title and one text for each refusal, by the class's name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext, ngettext

from authz.errors import Refusal
from consent_ui import opening, sentences_elsewhere, undelivered
from consent_ui.marking import N_ as N_  # re-exported: whoever puts something in words looks for it here

_ELSEWHERE = sentences_elsewhere.REFUSALS | undelivered.REFUSALS
REFUSALS: dict[str, tuple[str, str]] = {
    **_ELSEWHERE,
    **opening.REFUSALS,
    "AlreadyActs": (
        N_("You can open this health space already"),
        N_("Or you have one of your own already. Nothing was changed, and the invitation stays open."),
    ),
    "AlreadyReturned": (
        N_("This has already been done"),
        N_(
            "Your answer has reached the app. Nothing is done twice. You can close this page or open your health space."
        ),
    ),
    "ChoiceMissing": (N_("One choice is missing"), N_("Go back and make the missing choice.")),
    "ChangeExpired": (
        N_("This change is no longer open"),
        N_("It was begun too long ago, or in another browser. Nothing was changed. Begin again from your profile."),
    ),
    "ContactRefused": (
        N_("We cannot write there"),
        N_("Check it: an e-mail address is like name@example.org, a number like 06 12 34 56 78 or +41 79 123 45 67."),
    ),
    "CodeExpired": (
        N_("This code is no longer valid"),
        N_("It was used already, or its 15 minutes are over. Ask for another code."),
    ),
    "CodeReplayed": (
        N_("This code was used already"),
        N_("Wait until your app shows the next one, 30 seconds at most, then type it."),
    ),
    "GuestMissing": (N_("The name is missing"), N_("Type the name of the person whom you invite.")),
    "InteractionExpired": (
        N_("This request is no longer valid"),
        N_("It stayed open for more than 30 minutes. To protect you, we have closed it. Nothing was shared."),
    ),
    "InvitationOver": (
        N_("This invitation is no longer open"),
        N_("It was answered or taken back, its time is over, or whoever sent it no longer decides here."),
    ),
    "InvitationUnknown": (
        N_("No invitation waits for you under this code"),
        N_("Check the letters. The code works only for the account that has the e-mail address to which it was sent."),
    ),
    "LastOne": (
        N_("A child needs somebody who decides"),
        N_("You are the only legal representative here. Invite the other one first, or write to us."),
    ),
    "LastMethod": (
        N_("Without it you could no longer sign in"),
        N_("The code app is the only way to confirm your password. Add an e-mail address or a telephone first."),
    ),
    "LoginRefused": (
        N_("Signing in did not work"),
        N_("The identifier and the password do not go together. Check both, then try again."),
    ),
    "NoSuchDelegation": (
        N_("This person cannot open this health space"),
        N_("They may have stopped meanwhile. Look at the page again."),
    ),
    "NoSuchMethod": (N_("This way is not available"), N_("Choose another way to get a code.")),
    "NoSuchSession": (N_("This browser is already signed out"), N_("There is nothing more to do.")),
    "NoSuchPasskey": (N_("This passkey is not here"), N_("It was removed already. There is nothing more to do.")),
    "NotAllowed": (
        N_("You cannot decide this here"),
        N_("You can open this health space, but this belongs to whoever decides for it. Nothing was done."),
    ),
    "NotYourProfile": (
        N_("This health space is not open to you"),
        N_("You are signed in, but you cannot act for this person. Choose your own space or ask for help."),
    ),
    "NothingLeft": (
        N_("At least one authorisation is needed"),
        N_("To close them all, stop the link: you then choose what becomes of the data."),
    ),
    "ObjectGone": (
        N_("This object no longer waits"),
        N_("Its code was valid for ten minutes, or it has its answer already. Start again from the object."),
    ),
    "OwnAddress": (N_("This is your own address"), N_("Type the address of the person whom you invite.")),
    "PairingOver": (
        N_("This link is no longer in that state"),
        N_("It was changed meanwhile, perhaps in another window. Look at it again before you decide."),
    ),
    "PasskeyCopied": (
        N_("This passkey is blocked"),
        N_(
            "It may have been copied: its counter went back. Sign in with your password and a code, and remove it in "
            "Security."
        ),
    ),
    "PasskeyNotVouched": (
        N_("This kind of passkey is not accepted"),
        N_("This space takes only passkeys whose maker vouches for them. Try another device or a security key."),
    ),
    "PasskeyRefused": (
        N_("The passkey did not work"),
        N_("Its answer came too late or was damaged. Try again, or use another way."),
    ),
    "PasskeyUnknown": (
        N_("We do not know this passkey"),
        N_("It was removed here. Delete it on your device, and use another passkey or your password."),
    ),
    "PasskeyUnverified": (
        N_("Your device did not check that it is you"),
        N_("We need your fingerprint, your face or the code of the device. Try again, or use another way."),
    ),
    "PivotRefused": (
        N_("The identity that we received is not complete"),
        N_("A name, the birth date or the birthplace is missing or cannot be read. Use your identifier and password."),
    ),
    "RecoveryOver": (
        N_("This is no longer open"),
        N_("Its time is over, it was tried too often, or it was done already. Nothing more was changed. Begin again."),
    ),
    "SameContact": (N_("This is the one that we know already"), N_("Type another one, or leave everything as it is.")),
    "SetupExpired": (
        N_("This page was open for too long"),
        N_("To protect you, we have closed it: nothing was changed. Begin again from Security."),
    ),
    "SetupRefused": (
        N_("This code is not the right one"),
        N_("Type the code that the app shows now. If it still fails, check the clock of the telephone and scan again."),
    ),
    "SoleRepresentative": (N_("A child would be left alone"), N_("Somebody else has to represent %(names)s first.")),
    "TooMany": (
        N_("Too many attempts"),
        N_("To protect the space, we must wait. Try again in %(wait)s. Your password has not changed."),
    ),
    "TooManyPasskeys": (
        N_("There are many passkeys already"),
        N_("Remove one that you no longer use, then add the new one."),
    ),
    "TooManyPeople": (
        N_("There are as many people as there can be"),
        N_("A person has three carers at most, and a carer opens five health spaces at most. Nothing was changed."),
    ),
    "TooManyTries": (
        N_("This code was tried too often"),
        N_("It no longer works. Ask for another code."),
    ),
    "TooSoon": (N_("A code was sent a moment ago"), N_("You can ask for another one in %(wait)s.")),
    "UnknownInteraction": (
        N_("We do not know this request"),
        N_(
            "It was started in another browser, or you have signed out since. If the app is not linked, start again "
            "from it."
        ),
    ),
    "UnknownPairing": (
        N_("This link is not here"),
        N_("It belongs to another health space, or it no longer exists."),
    ),
    "UnknownUserCode": (
        N_("No object waits with this code"),
        N_("Compare it with the screen of the object. It is valid for ten minutes: the object can show another one."),
    ),
    "WrongCode": (N_("This code is not the right one"), N_("Type the last code received. %(tries)s")),
}


@dataclass(frozen=True)
class Errors:
    """The summary on top of a form: what happened, and each field with what to do."""

    title: str
    entries: tuple[tuple[str, str], ...]
    field: str


def said(refusal: Refusal) -> tuple[str, str]:
    """Title and text of a refusal; one without words of its own is still explained."""
    known = REFUSALS.get(type(refusal).__name__)
    if known is None:
        return gettext("This is not possible"), gettext("Your request could not be followed. Nothing was changed.")
    title, text = (gettext(said, **_params(refusal)) if "%(" in said else gettext(said) for said in known)
    return title, text


def summary(title: str, refusal: Refusal, field: str) -> Errors:
    """The error summary of a form with one field to mend."""
    text = said(refusal)[1]
    return Errors(title, ((field, text),), text)


def about_password(title: str, refusal: Refusal) -> Errors:
    """The error summary of a form that takes a new password, and perhaps the present one."""
    rules = {
        "short": gettext("Use at least 12 characters."),
        "long": gettext("Use at most 256 characters."),
        "common": gettext("This password is among the first that others would try. Add words that nobody expects."),
        "breached": gettext("This password was stolen from another site and is on lists that thieves try."),
        "personal": gettext("Leave out your name, your identifier, your address and your telephone."),
    }
    rule = str(refusal.params.get("rule", ""))
    if rule in rules:
        return Errors(title, (("new", rules[rule]),), rules[rule])
    if type(refusal).__name__ == "LoginRefused":
        text = gettext("This is not your present password.")
        return Errors(title, (("current", text),), text)
    return summary(title, refusal, "new")


def missing(field: str, scope_ids: Sequence[str], profile_ids: Sequence[str]) -> Errors:
    """The error summary of the consent form."""
    texts = {
        "profile": (f"p-{profile_ids[0]}", gettext("Choose for whom the app is to be linked.")),
        "scope": (f"s-{scope_ids[0]}" if scope_ids else "", gettext("Allow at least one thing, or refuse.")),
    }
    target, text = texts.get(field, ("until", gettext("Choose one of the durations in the list.")))
    return Errors(gettext("One choice is missing"), ((target, text),), text)


def wait(seconds: int) -> str:
    """How long to wait, in seconds or whole minutes."""
    if seconds < 90:
        return ngettext("%(num)s second", "%(num)s seconds", max(1, seconds))
    return ngettext("%(num)s minute", "%(num)s minutes", -(-seconds // 60))


def _params(refusal: Refusal) -> dict[str, Any]:
    left = int(str(refusal.params.get("tries_left", 0)))
    return {
        "wait": wait(int(str(refusal.params.get("wait", 60)))),
        "provider": str(refusal.params.get("provider", "")),
        "names": str(refusal.params.get("names", "")),
        "tries": ngettext("%(num)s try left.", "%(num)s tries left.", left),
    }

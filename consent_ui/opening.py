"""What somebody is told when a prepared space is not opened; title and text for each refusal, by the class's name."""

from __future__ import annotations

from consent_ui.marking import N_

REFUSALS: dict[str, tuple[str, str]] = {
    "ActivationOver": (
        N_("This is no longer open"),
        N_("It was begun more than an hour ago, or in another browser. Nothing is lost: begin again with your code."),
    ),
    "AlreadyActivated": (
        N_("This space is open already"),
        N_("It was opened before. Sign in with your identifier. If it was not you, write to us at once."),
    ),
    "BirthdateRefused": (N_("This is not a date of birth"), N_("Type day, month and year: 12/04/1958.")),
    "CardRefused": (
        N_("This number is not complete"),
        N_("Type the last 11 digits of the number that is on your card, under your name."),
    ),
    "FactsRefused": (
        N_("The space was not opened"),
        N_(
            "What you typed does not go together. Compare each line with your letter and your card. If all is right, "
            "write to whoever sent you the code."
        ),
    ),
    "MinorNotAlone": (
        N_("A parent has to open this space"),
        N_(
            "It belongs to somebody under 18. The parent who received the code signs in to their own space, then opens "
            "this one from Family and carers."
        ),
    ),
    "NirRefused": (
        N_("This is not a social security number"),
        N_(
            "The social security number has 15 characters and is on your card. Compare each of them: the last two "
            "check the others."
        ),
    ),
    "NotRepresentative": (
        N_("You cannot open this space"),
        N_("You are not named as a parent or guardian of this child. Write to whoever sent you the code."),
    ),
    "ProvisionalCodeExpired": (
        N_("This code is too old"),
        N_("It was valid for six weeks. Ask whoever sent it to you for another one."),
    ),
    "ProvisionalCodeRefused": (
        N_("This code is not complete"),
        N_("The provisional code has 12 letters and digits, in three groups of four."),
    ),
    "SpaceClosed": (
        N_("This space was closed"),
        N_("Its code no longer opens it. To open it again, write to whoever sent you the code."),
    ),
}

"""What a patient is told when signing in by somebody else's provider did not work, by the class's name."""

from __future__ import annotations

from consent_ui.marking import N_

REFUSALS: dict[str, tuple[str, str]] = {
    "UpstreamDeclined": (
        N_("You did not sign in with %(provider)s"),
        N_("You left there, or it did not let you in. Nothing was changed here: try again, or go on another way."),
    ),
    "UpstreamFailed": (
        N_("%(provider)s did not answer as it should"),
        N_("To protect you, we do not go on with that answer. Nothing was changed. Try again, or go on another way."),
    ),
    "UpstreamForeign": (
        N_("This sign-in is no longer open"),
        N_("It was begun in another browser, used already, or took more than ten minutes. Begin again."),
    ),
    "UpstreamGone": (N_("This service is not linked"), N_("It was unlinked already. There is nothing more to do.")),
    "UpstreamOther": (
        N_("This is not the same person"),
        N_("%(provider)s speaks of somebody else than the holder of this health space. They were not linked."),
    ),
    "NothingPrepared": (
        N_("No space is prepared for this identity"),
        N_("If you got a letter with a code, open your space with the code. If you have a space, sign in."),
    ),
    "UpstreamStale": (
        N_("You signed in there too long ago"),
        N_("To protect you, nothing was linked. Begin again from Security."),
    ),
    "UpstreamTaken": (
        N_("This is linked already"),
        N_(
            "Your account at %(provider)s is linked to another health space, or this space to another account there. "
            "Unlink that one first. Nothing was changed."
        ),
    ),
    "UpstreamTooWeak": (
        N_("%(provider)s was not sure enough"),
        N_("A surer way to sign in there is needed. Nothing was changed. Try again, or go on another way."),
    ),
    "UpstreamUnavailable": (
        N_("%(provider)s does not answer"),
        N_("It may be down for a moment. Nothing was changed. Try again later, or go on another way."),
    ),
    "UpstreamUnknown": (N_("This service is not known here"), N_("Sign in another way.")),
}

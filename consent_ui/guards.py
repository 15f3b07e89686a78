"""Who may see a page: a browser signed in with two factors, or the browser in which a request is being completed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import abort, g, redirect, request, url_for
from flask_wtf.csrf import CSRFProtect

from authz import clock, guard
from authz.identity import accounts, delegation, profiles, sessions
from authz.interaction import flow
from authz.interaction.models import Interaction
from authz.interaction.steps import Step
from authz.notifications import contacts
from consent_ui import forms, i18n, words
from consent_ui.pages import shell
from consent_ui.people import Person, Visit, nobody, person

RECENT = timedelta(minutes=10)
csrf = CSRFProtect()
View = TypeVar("View", bound=Callable[..., Any])


def signed_in(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let in a signed-in browser and say whose space is open; anyone else signs in first and comes back here."""

    @wraps(view)
    def guarded(**ids: str) -> Any:
        if not all(map(forms.is_id, ids.values())):
            abort(404)
        visit = find_visit()
        if visit is None:
            return redirect(url_for("login.start", next=_came_for()), 303)
        other = _other_space(visit)
        if other:
            of = words.whose(other.given_name)
            return shell.page("home/elsewhere.html", visit, "", other=other, of=of, wanted=_came_for())
        return view(visit, **ids)

    return guard.mark("session")(guarded)


def confirmed(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let in who has shown a second factor in the last minutes; others show one first, and come back here."""

    @wraps(view)
    def guarded(visit: Visit, **ids: str) -> Any:
        if clock.now() - visit.browser.confirmed_at >= RECENT:
            return redirect(url_for("confirm.show", next=_came_for()), 303)
        return view(visit, **ids)

    return signed_in(guarded)


def acting(act: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let in who may do this in the space that is open; stands below `signed_in` or `confirmed`, on their routes."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(visit: Visit, **ids: str) -> Any:
            if visit.is_lapsed:
                return shell.page("home/lapsed.html", visit, ""), 403
            if not visit.profile_id:
                return redirect(url_for("family.show"), 303)
            if act not in visit.profile.acts:
                raise delegation.NotAllowed(reason=act)
            return view(visit, **ids)

        return guard.mark_act(act)(guarded)

    return decorate


def interaction_required(*steps: Step) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let in the browser whose request is at one of these steps; or lead it to its own: nothing is done twice."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(interaction_id: str) -> Any:
            interaction = open_interaction(interaction_id)
            if flow.step_of(interaction) not in steps:
                return redirect(flow.next_url(interaction), 303)
            return view(interaction)

        return guard.mark("session")(guarded)

    return decorate


def csrf_protected(view: View) -> View:
    """Take a form only from a page of ours in the same browser."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        csrf.protect()
        return view(*args, **kwargs)

    return guard.mark("session+csrf")(guarded)  # type: ignore[return-value]  # the same signature


def open_interaction(interaction_id: str) -> Interaction:
    """Load a request of this browser and speak the language its app or account wishes."""
    interaction = flow.load(interaction_id)
    g.interaction = interaction
    reach = contacts.find(interaction.account_id) if interaction.account_id else None
    i18n.prefer(reach.lang if reach else None, flow.request_of(interaction).ui_locales)
    return interaction


def find_visit() -> Visit | None:
    """The signed-in browser, the profile it has open and those it may open; None when nobody is signed in."""
    browser = sessions.current()
    if browser is None:
        return None
    reach = contacts.find(browser.account_id)
    i18n.prefer(reach.lang if reach else None)
    people: list[Person] = [person(card) for card in profiles.list_for(browser.account_id)]
    opened = next((one for one in people if one.id == browser.profile_id), None)
    is_lapsed = browser.profile_id is not None and opened is None
    other = people[0] if people else nobody(accounts.card(browser.account_id).name)
    return Visit(browser, opened or other, people, is_lapsed)


def _other_space(visit: Visit) -> Person | None:
    """The person in whose space the page is that a message leads to, or a form was, where another space is open."""
    is_form = request.method != "GET"
    wanted = (request.form if is_form else request.args).get("of") or visit.profile_id
    other = next((one for one in visit.profiles if one.id == wanted and one.id != visit.profile_id), None)
    if is_form and wanted != visit.profile_id and other is None:
        raise profiles.NotYourProfile(reason="a form of a space that is closed to it")
    return other


def _came_for() -> str:
    """The page to come back to; a form sent too late brings back to the page it was on."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    return page_before()


def page_before() -> str:
    """The page this request came from, if one of ours: another site can have any Referer sent, `//elsewhere` too."""
    try:
        return flow.own_path(urlsplit(request.referrer or "").path)
    except ValueError:  # brackets that hold no IPv6 address
        return "/"

"""What somebody does who forgot something, and the worker that finds out what it is about."""

from __future__ import annotations

from flask import Flask
from werkzeug.test import TestResponse

from authz.identity import recoveries
from tests.actors import Person
from tests.standing import unit_in

NEW = "sept girafes jouent aux dames"


def works(app: Flask) -> None:
    """Let the worker do what is due."""
    with unit_in(app):
        recoveries.work()


def begins(person: Person, identifier: str = "", channel: str = "email") -> TestResponse:
    """Ask for a new password; returns the page that asks for the first code."""
    page = person.get("/recover/password")
    page = person.submit(page, "reset", identifier=identifier or person.identifier, channel=channel)
    works(person.app)
    return page


def proves_first(person: Person) -> TestResponse:
    """Give the first proof, by e-mail; returns the page of the second."""
    return person.submit(begins(person), "reset-code", code=person.mailbox.code_for(person.email))


def chooses(person: Person, recovery_code: str, new: str = NEW) -> TestResponse:
    """Give both proofs and a new password."""
    page = person.submit(proves_first(person), "second-factor", method="recovery")
    page = person.submit(page, "second-factor", code=recovery_code)
    return person.submit(page, "reset-new", new=new)


def stop_link(person: Person) -> str:
    """Return the address in the newest message that stops a recovery."""
    for message in reversed(person.mailbox.messages(person.email)):
        for word in message["text"].split():
            if "/recover/stop/" in word:
                return str(word).partition("localhost")[2]
    raise AssertionError("no message says how to stop it")

"""The sample partner's words, complete in French and English, and how it writes instants."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import request, session

from connectors.sample_app import desk

LANGUAGES = ("fr", "en")
ZONE = ZoneInfo("Europe/Paris")

WORDS: dict[str, tuple[str, str]] = {
    "tagline": ("Votre glucose, au clair", "Your glucose, made clear"),
    "nav_home": ("Mes données", "My data"),
    "nav_connected": ("Applis connectées", "Connected apps"),
    "nav_log": ("Journal technique", "Developer log"),
    "skip": ("Aller au contenu", "Skip to content"),
    "footer": (
        "Glycélia est un service fictif, pour montrer comment une application se relie à {space}.",
        "Glycélia is a fictional service that shows how an app connects to {space}.",
    ),
    "hello": ("Bonjour {name}", "Hello {name}"),
    "linked_card": ("Relié à {space}", "Connected to {space}"),
    "unlinked_card": ("Pas encore relié à {space}", "Not connected to {space} yet"),
    "over_card": ("Le lien avec {space} ne fonctionne plus", "The connection to {space} no longer works"),
    "manage": ("Voir les applis connectées", "See connected apps"),
    "imports": ("Mes exports de capteur", "My sensor exports"),
    "imports_hint": (
        "Un fichier CSV exporté de LibreView. Il reste ici tant que vous ne l’envoyez pas.",
        "A CSV file exported from LibreView. It stays here until you send it.",
    ),
    "choose_file": ("Fichier d’export (CSV)", "Export file (CSV)"),
    "import": ("Importer", "Import"),
    "use_example": ("Utiliser le fichier d’exemple", "Use the example file"),
    "example_hint": ("14 jours de mesures inventées", "14 days of made-up readings"),
    "no_imports": ("Aucun export pour l’instant.", "No export yet."),
    "lines": ("{count} lignes, {size} ko", "{count} lines, {size} kB"),
    "send_to": ("Envoyer à {space}", "Send to {space}"),
    "weight": ("Mon poids", "My weight"),
    "weight_label": ("Poids en kilogrammes", "Weight in kilograms"),
    "send_weight": ("Envoyer mon poids", "Send my weight"),
    "read_weight": ("Lire mon dernier poids dans {space}", "Read my latest weight in {space}"),
    "deliveries": ("Derniers envois", "Latest deliveries"),
    "no_deliveries": ("Rien n’a encore été envoyé.", "Nothing has been sent yet."),
    "what_export": ("Export de glucose", "Glucose export"),
    "what_weight": ("Poids", "Weight"),
    "what_read": ("Lecture du poids", "Weight read"),
    "what_mean": ("Glucose moyen", "Average glucose"),
    "what_gmi": ("Indicateur de gestion du glucose (GMI)", "Glucose management indicator (GMI)"),
    "what_measure": ("Mesure", "Measure"),
    "what_report": ("Rapport", "Report"),
    "result_created": ("Ajouté", "Added"),
    "result_existing": ("Déjà présent", "Already there"),
    "result_refused": ("Refusé", "Refused"),
    "result_failed": ("À réessayer", "Try again"),
    "result_read": ("Lu", "Read"),
    "see_log": ("Voir le détail dans le journal technique", "See the detail in the developer log"),
    "restored": (
        "Le lien avec {space} fonctionne de nouveau.",
        "The connection to {space} works again.",
    ),
    "check": ("Vérifier le lien", "Check the connection"),
    "check_hint": (
        "Utile si vous avez rétabli le lien dans {space}.",
        "Of use if you restored the link in {space}.",
    ),
    "not_agreed": (
        "Vous n’avez pas autorisé cela. Pour l’autoriser, connectez Glycélia à nouveau.",
        "You have not allowed this. To allow it, connect Glycélia again.",
    ),
    "connect_first": ("Pour cela, il faut d’abord un lien avec {space}.", "This needs a connection to {space} first."),
    "value_refused": (
        "{space} n’a pas gardé cette valeur : elle n’est pas possible.",
        "{space} did not keep this value: it is not possible.",
    ),
    "connected": ("Applis connectées", "Connected apps"),
    "connected_hint": (
        "Reliez votre compte Glycélia à {space} pour y retrouver le glucose moyen et les rapports.",
        "Connect your Glycélia account to {space} to find the average glucose and the reports there.",
    ),
    "connect": ("Connecter", "Connect"),
    "reconnect": ("Connecter à nouveau", "Connect again"),
    "disconnect": ("Déconnecter", "Disconnect"),
    "open_space": ("Ouvrir {space}", "Open {space}"),
    "account": ("Compte Glycélia", "Glycélia account"),
    "address": ("Adresse", "Address"),
    "state": ("État", "State"),
    "state_linked": ("Relié", "Connected"),
    "state_unlinked": ("Non relié", "Not connected"),
    "state_over": ("Terminé", "Ended"),
    "allowed": ("Autorisations reçues", "What was agreed"),
    "ends": ("Jusqu’au", "Until"),
    "asks": ("Glycélia demandera", "Glycélia will ask for"),
    "scope_measures.glucose.write": (
        "Ajouter le glucose moyen et le GMI",
        "Adding the average glucose and the GMI",
    ),
    "scope_documents.summary.write": ("Ajouter les rapports de glucose", "Adding the glucose reports"),
    "scope_measures.weight.write": ("Ajouter le poids", "Adding the weight"),
    "scope_measures.read": ("Lire les mesures", "Reading the measures"),
    "log": ("Journal technique", "Developer log"),
    "log_hint": (
        "Chaque échange HTTP entre Glycélia et {space}, du plus récent au plus ancien. Les secrets sont masqués.",
        "Every HTTP exchange between Glycélia and {space}, newest first. Secrets are masked.",
    ),
    "no_log": ("Aucun échange pour l’instant.", "No exchange yet."),
    "clear": ("Vider le journal", "Clear the log"),
    "request": ("Demande", "Request"),
    "response": ("Réponse", "Response"),
    "no_answer": ("sans réponse", "no answer"),
    "milliseconds": ("{count} ms", "{count} ms"),
    "linked": ("C’est relié. Vous pouvez envoyer vos exports.", "Connected. You can send your exports."),
    "unlinked": (
        "Le lien est terminé. {space} en a été informé.",
        "The connection has ended. {space} has been told.",
    ),
    "unlinked_here_only": (
        "Le lien est oublié ici, mais {space} n’a pas répondu : terminez-le aussi là-bas.",
        "The connection is forgotten here, but {space} did not answer: end it there too.",
    ),
    "imported": ("Le fichier est importé.", "The file has been imported."),
    "no_file": ("Choisissez d’abord un fichier d’export.", "Choose an export file first."),
    "not_a_weight": ("Écrivez un poids en kilogrammes, par exemple 62,4.", "Write a weight in kilograms, like 62.4."),
    "sent": ("L’envoi est terminé ; le détail est ci-dessous.", "Sent; see the details below."),
    "read": ("La réponse est ci-dessous.", "The answer is below."),
    "not_linked": ("Connectez d’abord Glycélia à {space}.", "Connect Glycélia to {space} first."),
    "no_consent": (
        "Vous n’avez pas autorisé cet échange. Vous pouvez le faire dans {space}.",
        "You have not allowed this exchange. You can do so in {space}.",
    ),
    "link_ended": ("Le lien a pris fin. Connectez à nouveau pour envoyer.", "The link has ended. Connect again."),
    "link_expired": (
        "Le lien a expiré. Connectez à nouveau pour envoyer.",
        "The link has expired. Connect again to send.",
    ),
    "link_paused": ("Le lien est en pause dans {space}.", "The connection is paused in {space}."),
    "link_suspended": ("Le lien est suspendu par {space}.", "The connection is suspended by {space}."),
    "unreachable": (
        "{space} ne répond pas pour l’instant. Réessayez plus tard : rien ne sera envoyé deux fois.",
        "{space} is not answering for now. Try again later: nothing will be sent twice.",
    ),
    "space_refused": ("{space} a refusé.", "{space} refused."),
    "user_refused": ("Vous avez refusé la connexion. Rien n’a changé.", "You refused to connect. Nothing has changed."),
    "untrusted": (
        "La réponse reçue n’est pas sûre et a été écartée. Recommencez depuis cette page.",
        "The answer that came back is not safe and was dropped. Start again from this page.",
    ),
    "not_awaited": (
        "Cette réponse a déjà servi ou a expiré. Recommencez depuis cette page.",
        "This answer was used already or has expired. Start again from this page.",
    ),
    "stale_form": ("Cette page était ouverte depuis trop longtemps.", "This page had been open for too long."),
    "too_large": ("Ce fichier est trop gros (6 Mo au plus).", "This file is too big (6 MB at most)."),
    "not_here": ("Cette page n’existe pas.", "This page does not exist."),
    "go_home": ("Revenir à l’accueil", "Back to the start"),
    "error": ("Un problème", "A problem"),
}  # fmt: skip


def language() -> str:
    """Return the language of this browser: as chosen, else as it asks, else French."""
    chosen = session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(LANGUAGES) or "fr"


def say(key: str, **values: object) -> str:
    """Return a sentence in the language of this browser."""
    return WORDS[key][LANGUAGES.index(language())].format(space=desk.config().space_name, **values)


def when(instant: str | datetime) -> str:
    """Write an instant as people here read it."""
    at = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    return at.astimezone(ZONE).strftime("%d/%m/%Y %H:%M" if language() == "fr" else "%Y-%m-%d %H:%M")


def figures(text: str) -> str:
    """Write the figures of a text with the decimal mark of the language; names of files keep their dots."""
    return re.sub(r"(?<=\d)\.(?=\d+ )", ",", text) if language() == "fr" else text


def for_templates() -> dict[str, Any]:
    """Return what every template may use."""
    return {
        "say": say,
        "when": when,
        "figures": figures,
        "language": language(),
        "user": desk.USER,
        "config": desk.config(),
        "is_live": desk.is_live(),
        "may": desk.may,
        "notice": session.pop("notice", None),
        "scopes": [name for name in desk.config().scopes.split() if f"scope_{name}" in WORDS],
    }

"""Glycélia, a fictional glucose service: a real partner in its own process, built on the kit alone.

It knows nothing of the server but its address and what it was given at registration. Modules: `config` (how it was
started), `ledger` (what it keeps), `linking`, `sending` and `pages` (what its one user does), `texts` (its words).
"""

"""Connectors, the record store and what partners install: everything about readings, nothing about who may send them."""

"""FHIR R4 resources to what the record store keeps, and back.

Pure: `observations` and `devices` read, `documents` reads and writes, `rendering` writes, `extensions`, `dates` and
`shapes` are their parts.
"""

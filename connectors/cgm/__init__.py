"""The glucose connector: exports of continuous glucose sensors in, consensus figures and a report out.

payloads/   bytes -> Export, one module a vendor format; pure
readings    what a payload yields
walltime    wall clock -> instants, each reading once, whole local dates
agp         percentile curves of a typical day; pure maths
summary     the consensus figures
texts       the report's words in every language
svg, curve, panels      our drawings, for pages and for print
report      the PDF
connector   the contract of `connectors.contract`
"""

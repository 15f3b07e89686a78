"""Our server beside its peers in one run: the same work, the same machine, the same durability, turn by turn.

Run it with ``python -m benchmarks`` (or ``./dev bench``); docs/performance.md says what each figure means.
"""

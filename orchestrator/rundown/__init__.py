"""The rundown: reading, resolving, and the state of the show at any frame. Pure.

    load (YAML → Plan) → resolve (Plan → Resolved) → Show (Resolved + orders → scene at frame n)

Imports `timing`, `errors` and `bus.orders` only.
"""

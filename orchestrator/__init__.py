"""A 24-hour live event across a dozen hospitals: one run of show in, one programme out.

The folders are the architecture (README, "Change it"): `timing` and `errors` at the bottom,
`rundown`, `media` and `bus` above them, then one folder per process, then the composition roots.
"""

__version__ = "0.1.0"

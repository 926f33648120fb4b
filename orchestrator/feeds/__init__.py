"""The feed process: one per contribution, and one that plays all clips.

    reader (open once, give packets, end or raise)
      → session (one connection: timestamps, warm judging, when to be hot)
        → hot (decode what is due, conform, into the ring)
    attempts (the only place that waits and tries again)

It meets the programme in pages, the ring and the snapshot, never in code. `av.error.*` ends in
the readers and decoders, where it becomes one of `errors`.
"""

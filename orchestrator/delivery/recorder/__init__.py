"""The recorder process: whatever goes to disk, from what is public (DESIGN §9, §10).

`python -m orchestrator.delivery.recorder`. It follows the gate's decisions as the origin does and
slows nobody: a slow or full disk stops it, with an alarm and a sentence, never the air. What it
missed it takes from the public window as long as that holds it; what is gone is slate, and noted
as a gap. Two threads: one works (`Worker`), the main one tells how it goes, also while a disk
keeps the first one waiting.
"""

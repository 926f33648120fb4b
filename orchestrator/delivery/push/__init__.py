"""A push: one output, one process, one platform (`python -m orchestrator.delivery.push`).

What is public goes on as it is, into FLV, from a keyframe on, for as long as the event lasts.
"""

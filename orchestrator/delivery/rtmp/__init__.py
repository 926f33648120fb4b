"""RTMP as a publisher speaks it (Adobe's RTMP 1.0, FLV 10.1). Everything but `wire` is without I/O.

Our own and not libav's: opening an RTMP output there holds Python's lock and knows no time-out, the
key would stand in a command line, and all it says of a refusal is "Input/output error".
"""

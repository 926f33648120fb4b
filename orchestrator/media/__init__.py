"""A typed skin over PyAV, and the bytes we write ourselves: house format, ring, codecs, boxes.

Library code used by the media processes; imports `timing`, `bus` and `errors` only. `av.error.*`
does not leave this folder and the feeds' readers: it is translated where it is caught.
"""

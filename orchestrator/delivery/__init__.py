"""Spool to public: the gate, the playlists and the origin that viewers (or a CDN) read.

`rule` and `safety` decide, `playlists` and `blocking` say what RFC 8216bis asks for, all pure;
`gate` and `origin` are the processes around them. They share records and file names, no calls.
"""

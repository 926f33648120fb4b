"""The bus is files and pages; datagrams are only knocks (DESIGN §3). Each fact has one writer.

Imported by every process, imports only `timing` and `errors`. No media, no asyncio, no sockets
but the knocks.
"""

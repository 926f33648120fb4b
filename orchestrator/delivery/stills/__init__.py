"""The stills process: the poster and the thumbnails of what is public (DESIGN §9, §10)."""

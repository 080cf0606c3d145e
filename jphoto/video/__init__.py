"""Gives a clip the look of a photo, steady in time.

`container` reads and writes clips.
"""

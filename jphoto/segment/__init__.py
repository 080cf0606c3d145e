"""Regions that nobody painted: what is seen where in a photo, and which parts of two photos meet.

`deeplab` knows kinds of things by name, listed in `labels`; `cosegment` finds what two photos have
in common without names. `matching` lets their segments meet, those without a like by `similarity`,
and `borders` makes masks of them that follow the photo's edges.
"""

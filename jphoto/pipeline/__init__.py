"""One transfer from files to a file: reading, memory, regions, solving, finishing, reporting.

`transfer` is the front door. `reading` brings photos and masks to working size, `capacity` decides
what fits into memory, `automatic_regions` finds regions without masks, `segmentation` writes them
as masks, `finish` makes the full-size result and its file, `report` puts results into words.
Many transfers at once are in `batches`.
"""

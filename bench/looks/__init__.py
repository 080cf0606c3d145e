"""Looks of many photos, beside single style photos, in three cases.

`truth` asks whether a look of 20 photos comes nearer to the truth than each of the 20 alone; the
photos and the grades are those of `bench.truth`, `grades` chooses them, and `ordinary` makes tables
of ordinary colors of some of the photos. `batches` times a batch
with a look beside one with a style photo. `mixes` goes from one style photo to another by weights.
`record` keeps what was measured. `python -m bench.looks` runs all of it.
"""

"""Clips with the look of a photo, on clips made from the bundled photos, whose motion is known.

`clips` makes them: pans, zooms, a shaking camera, a moving object, exposure that flickers, fades, a
cut, still scenes. `methods` are `jphoto video`, transfers frame by frame, and one LUT for a clip.
`python -m bench.video` measures them and writes a record.
"""

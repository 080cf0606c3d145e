"""One transfer from files to a file: reading, memory, regions, solving, finishing, reporting.

- `transfer` and `transfer_many`: the functions that Python users call;
- `reading`: photos and masks at working size;
- `capacity`: how much memory a transfer takes, and which size fits;
- `segmentation`: the regions of photos as masks to look at, repaint and give back;
- `preparing`: a pair made ready to be solved;
- `grouping`: prepared pairs collected into groups and solved at once, with `array_cache`;
- `finish`: the result at full size, its label and its file;
- `digests`: digests of photos and masks;
- `report`: results in words and as JSON.

The solve itself, from arrays to arrays, is in `solver`; regions without masks are found in
`jphoto.segmentation`, and looks are in `jphoto.looks`; manifests, folders and resuming are in
`batches`.
"""

"""A clip with the look of a photo: a few key frames are solved, all frames are carried from them.

- `transfer`: `transfer_video`, the function that Python users call;
- `container`: clips read from files and written to files;
- `motion`: from each frame to the next, the motion and the colors that it is judged by;
- `following`: where the places of a key frame are in other frames, and at what exposure;
- `shots`: cuts, and which frames are key frames;
- `key_frames`: those of a shot solved together, and kept for the next run;
- `carrying`: the affine maps of key frames brought to each frame between;
- `sheet`: the key frames on one page.

The maps themselves are in `matting.bilateral_grid`, and a solve is an ordinary transfer.
"""

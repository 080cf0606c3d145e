"""A clip with the look of a photo: a few key frames are solved, all frames are carried from them.

- `transfer`: `transfer_video`, the function that Python users call;
- `container`: clips read from files and written to files;
- `motion`: from each frame to the next, the motion and the colors that it is judged by;
- `following`: where the places of a key frame are in other frames, and at what exposure;
- `shots`: cuts, and which frames are key frames;
- `key_frames`: those of a shot solved together, and kept for the next run;
- `analysis`, `rendering`: the two readings of a clip;
- `carrying`: the affine maps of key frames brought to each frame between;
- `lut`: one lookup table for a clip; `sheet`: its key frames on one page.

The maps themselves are in `matting.bilateral_grid`, and a solve is an ordinary transfer.
"""

from jphoto.video.lut import fit_video_lut
from jphoto.video.progress import VideoProgress
from jphoto.video.transfer import KeyFrame, VideoResult, transfer_video

__all__ = ["KeyFrame", "VideoProgress", "VideoResult", "fit_video_lut", "transfer_video"]

"""Convolutional networks in Flax: a picture in, features or class scores out.

- `vgg`: VGG-16 and VGG-19, whose features define style and content;
- `deeplab`: DeepLabv3+, which labels what a photo shows;
- `alexnet`: AlexNet, for measures that no transfer is optimized for;
- `convolution`: the 3 x 3 convolution of VGG, fast on a CPU too.

The networks' weights are read and checked in `jphoto.weights`; losses on features are in
`objectives`.
"""

from jphoto.networks.vgg import features as vgg_features
from jphoto.networks.vgg import with_flipped_kernels

__all__ = ["vgg_features", "with_flipped_kernels"]

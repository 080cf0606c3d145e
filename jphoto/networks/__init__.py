"""Convolutional networks in Flax: pictures in, features or class scores out.

`vgg` for style and content, `deeplab` for labels of regions, `alexnet` for measures that the
optimizer never uses; `convolution` is the 3 x 3 convolution of VGG. Their weights are read and
checked in `jphoto.weights`; losses on features are in `objectives`.
"""

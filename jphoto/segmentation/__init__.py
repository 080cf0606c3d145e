"""Finds the regions of photos without masks: networks and photos in, regions out.

`automatic_regions` finds segments in photos at working size and, by the rules of `jphoto.regions`,
matches them, or finds in a photo the kinds of things that a look has. `probabilities` is what the
segmenter sees in photos. `soft_masks` makes masks, which follow the photo's edges.
"""

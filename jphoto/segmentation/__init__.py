"""Finds the regions of photos without masks: networks and photos in, regions out.

`automatic_regions` runs a network on photos at working size, by the rules of `jphoto.regions`
matches what it finds, or finds in a photo the kinds of things that a look has; `soft_masks` makes
masks of it, which follow the photo's edges.
"""

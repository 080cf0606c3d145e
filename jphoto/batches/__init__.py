"""Many transfers: a manifest or folders in, a folder of results out."""

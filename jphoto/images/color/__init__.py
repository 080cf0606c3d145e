"""Color of photo files: ICC profiles, the curve of sRGB, conversion to extended sRGB and back."""

"""Which XMP properties are about the photo's file and not about the picture, by namespace.

A new file has no video behind its picture, no gain map or depth map, no layers, no history of
edits, and nothing left to develop or to crop. What announces these has namespaces of its own, of
makers of phones and of raw converters, which change their properties with each version. So a
namespace goes as a whole, or but for the named properties that describe the picture.
Source: XMP Specification Part 2; Android's Motion Photo 1.0, Ultra HDR 1.1 and Dynamic Depth 1.0;
exiftool's tables of namespaces.
"""

import re

_ADOBE = "http://ns.adobe.com/"

# Beginnings of namespaces.
_FILE_NAMESPACES = (
    f"{_ADOBE}camera-raw-",  # raw development, crops and lens profiles
    f"{_ADOBE}photoshop/1.0/camera-profile",
    f"{_ADOBE}lightroom-settings",
    f"{_ADOBE}hdr-",  # gain maps, and what HDR editing left
    "urn:iso:std:iso:ts:21496",  # gain maps
    f"{_ADOBE}xmp/note/",  # the rest of a long packet
    f"{_ADOBE}xap/1.0/g/",  # thumbnails, color swatches
    f"{_ADOBE}xap/1.0/t/pg/",  # pages
    f"{_ADOBE}illustrator/",
    f"{_ADOBE}creatorAtom/",
    f"{_ADOBE}swf/",
    f"{_ADOBE}pdfx/",
    "http://ns.google.com/photos/",  # motion photos, depth maps, embedded pictures and sound
    "http://ns.apple.com/",  # gain maps, depth, mattes, crops
    "http://www.gimp.org/",
)
_PICTURE_NAMESPACES = (
    "http://ns.google.com/photos/1.0/panorama/",
    "http://ns.apple.com/faceinfo/",
)

# Words in the address of a namespace: makers of phones, then raw converters and editors, which keep
# what they will do to the photo, then content credentials, which are about the bytes of a file.
_FILE_WORDS = re.compile(
    r"^\w+:(//)?[^/]*\b(xiaomi|miui|oplus|oppo|oneplus|realme|vivo|samsung|huawei|hihonor|honor|"
    r"motorola|leiainc|meizu|transsion|nothing|htc|lge|"
    r"darktable|rawtherapee|rawpedia|phaseone|captureone|hasselblad|dxo|dxomark|on1|skylum|"
    r"macphun|bibblelabs|corel|nikon|isl|silkypix|alienskin|exposure|topazlabs|affinity|serif|"
    r"pixelmator|lightzone|photivo|filmulator|"
    r"c2pa|contentauthenticity|contentcredentials)\b"
)

# In these namespaces only the named properties are about the picture.
_PICTURE_PROPERTIES = {
    f"{_ADOBE}tiff/1.0/": {
        "Make", "Model", "Artist", "Copyright", "ImageDescription", "DocumentName", "Software",
        "DateTime", "HostComputer", "Orientation", "ImageWidth", "ImageLength", "XResolution",
        "YResolution", "ResolutionUnit",
    },
    f"{_ADOBE}photoshop/1.0/": {
        "AuthorsPosition", "CaptionWriter", "Category", "City", "Country", "Credit", "DateCreated",
        "Headline", "Instructions", "Source", "State", "SupplementalCategories",
        "TransmissionReference", "Urgency",
    },
    f"{_ADOBE}xap/1.0/mm/": {"OriginalDocumentID", "PreservedFileName"},
    f"{_ADOBE}xmp/1.0/DynamicMedia/": {"pick", "good"},
    f"{_ADOBE}pdf/1.3/": {"Keywords", "Copyright"},
}  # fmt: skip

# In these namespaces only the named properties are about the file.
_FILE_PROPERTIES = {
    f"{_ADOBE}xap/1.0/": {"Thumbnails", "PageInfo"},
    f"{_ADOBE}exif/1.0/": {
        "CompressedBitsPerPixel", "ComponentsConfiguration", "NativeDigest", "Gamma",
    },
    "http://cipa.jp/exif/1.0/": {"Gamma", "InteroperabilityIndex"},
    "http://purl.org/dc/elements/1.1/": {"format"},
    "http://purl.org/dc/terms/": {"format", "extent", "provenance"},
    "http://www.digikam.org/ns/1.0/": {"ImageHistory"},
}  # fmt: skip


def is_about_file(key: str) -> bool:
    """Whether a property is about the file that it is in.

    Args:
      key: {namespace}name, of a property or of a field of a structure.
    """
    uri, _, local = key[1:].partition("}")
    if uri in _PICTURE_PROPERTIES:
        return local not in _PICTURE_PROPERTIES[uri]
    if uri in _FILE_PROPERTIES:
        return local in _FILE_PROPERTIES[uri]
    if uri.startswith(_PICTURE_NAMESPACES):
        return False
    return uri.startswith(_FILE_NAMESPACES) or _FILE_WORDS.search(uri) is not None

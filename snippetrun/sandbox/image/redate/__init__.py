"""The past of the site's images: the same on every machine."""

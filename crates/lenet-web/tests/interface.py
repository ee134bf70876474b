"""Images for schemathesis: an OpenAPI document cannot say what a PNG or JPEG file is, nor that bytes come in pieces of 1,024.

Used by `cargo xtask web --check`; needs schemathesis and Pillow.
"""

import io

import schemathesis
from hypothesis import strategies as st
from PIL import Image, ImageDraw


def image(format, side, ink, paper, slant, pen):
    """An image file of a seven on paper; lengths in per cent of the side."""
    picture = Image.new("L", (side, side), paper)
    corners = [(30, 25), (65, 25), (45 + slant, 75)]
    line = [(x * side // 100, y * side // 100) for x, y in corners]
    ImageDraw.Draw(picture).line(line, fill=ink, width=side * pen // 100)
    file = io.BytesIO()
    picture.save(file, format=format)
    return file.getvalue()


def images(format):
    return st.builds(
        image,
        format=st.just(format),
        side=st.integers(min_value=64, max_value=400),
        ink=st.integers(min_value=0, max_value=60),
        paper=st.integers(min_value=200, max_value=255),
        slant=st.integers(min_value=-10, max_value=10),
        pen=st.integers(min_value=5, max_value=10),
    )


schemathesis.openapi.media_type("image/png", images("PNG"))
schemathesis.openapi.media_type("image/jpeg", images("JPEG"))

pixels = st.integers(min_value=1, max_value=8).flatmap(lambda count: st.binary(min_size=1024 * count, max_size=1024 * count))
schemathesis.openapi.media_type("application/octet-stream", pixels)

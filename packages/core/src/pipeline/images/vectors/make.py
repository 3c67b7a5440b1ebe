"""
Writes pil.json: what PIL makes of small images, for resize.test.ts and the server's images.test.ts.

    python packages/core/src/pipeline/images/vectors/make.py && npm run format      (pillow 13, numpy)
"""

import base64
import io
import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
random = np.random.default_rng(4)


def gradient(width, height):
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 255 // (width - 1), y * 255 // (height - 1), (x + y) * 7 % 256], axis=2)


def noise(width, height):
    return random.integers(0, 256, (height, width, 3))


def photo(width, height):
    """Blobs and edges over a slope, with a little noise: a spectrum as photographs have."""
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    image = np.stack([90 + 80 * x, 120 - 60 * y, 100 + 50 * x * y], axis=2)
    for _ in range(9):
        cx, cy, r = random.uniform(0, 1, 3) * [1, height / width, 0.3]
        inside = (x - cx) ** 2 + (y - cy) ** 2 < r**2
        image[inside] = image[inside] * 0.3 + random.uniform(0, 255, 3) * 0.7
    return np.clip(image + random.normal(0, 6, image.shape), 0, 255)


def checks(width, height):
    y, x = np.mgrid[0:height, 0:width]
    return np.repeat(((x + y) % 2 * 255)[..., None], 3, axis=2)


def encode(array):
    return base64.b64encode(np.asarray(array, np.uint8).tobytes()).decode()


cases = []
for make, size, targets in [
    (gradient, (23, 17), [(11, 8), (7, 31), (29, 23)]),
    (noise, (31, 19), [(8, 8), (13, 40), (31, 5)]),
    (photo, (48, 36), [(17, 13), (20, 36), (45, 11)]),
    (checks, (16, 16), [(5, 7), (16, 16), (1, 1), (33, 3)]),
    (noise, (3, 1), [(7, 5), (1, 1), (2, 1)]),
]:
    image = Image.fromarray(np.asarray(make(*size), np.uint8), "RGB")
    for target in targets:
        resized = {n: encode(image.resize(target, f)) for n, f in FILTERS.items()}
        cases.append({"kind": make.__name__, "from": image.size, "to": target,
                      "pixels": encode(image), "resized": resized})

def file(image, kind, **options):
    """A file and the pixels that PIL reads from it: upright, red, green, blue."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    read = ImageOps.exif_transpose(Image.open(buffer)).convert("RGB")
    return {"file": base64.b64encode(buffer.getvalue()).decode(), "size": read.size,
            "pixels": encode(read)}


picture = Image.fromarray(np.asarray(photo(24, 18), np.uint8), "RGB")
clear = picture.copy()
clear.putalpha(Image.fromarray(np.asarray(gradient(24, 18)[..., 0], np.uint8), "L"))
sideways = Image.Exif()
sideways[0x0112] = 6  # orientation: turned by a quarter
mirrored = Image.Exif()
mirrored[0x0112] = 7
files = {
    "PNG": file(picture, "PNG"),
    "PNG, grey": file(picture.convert("L"), "PNG"),
    "PNG, transparent": file(clear, "PNG"),
    "PNG, palette": file(picture.quantize(16), "PNG"),
    "PNG, black and white": file(picture.convert("1"), "PNG"),
    "PNG, EXIF": file(picture, "PNG", exif=sideways),
    "JPEG": file(picture, "JPEG", quality=90),
    "JPEG, full colour": file(picture, "JPEG", quality=95, subsampling=0),
    "JPEG, grey": file(picture.convert("L"), "JPEG"),
    "JPEG, progressive": file(picture, "JPEG", progressive=True),
    "JPEG, EXIF": file(picture, "JPEG", exif=sideways),
    "JPEG, EXIF mirrored": file(picture, "JPEG", exif=mirrored),
    "WebP": file(picture, "WEBP"),
    "WebP, lossless": file(picture, "WEBP", lossless=True),
}

grey = Image.fromarray(np.asarray(noise(64, 16), np.uint8), "RGB")
luma = {"width": 64, "height": 16, "pixels": encode(grey), "grey": encode(grey.convert("L"))}
vectors = {"resize": cases, "luma": luma, "files": files}
Path(__file__).with_name("pil.json").write_text(json.dumps(vectors) + "\n")

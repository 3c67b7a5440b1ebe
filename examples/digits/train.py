"""Handwritten digits: a multi-layer perceptron over 8x8 counts of ink."""

import base64
import io
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

FOLDER = Path(__file__).resolve().parent
sys.path.append(str(FOLDER.parent))
from ink import read_picture, count_ink  # noqa: E402
from strokes import draw  # noqa: E402
from write_bundle import write_bundle  # noqa: E402

VARIANTS = 8  # of each image of the data set, to train on
DRAWINGS = 30  # of each digit, to tell how well drawings are read


def to_bitmap(counts, size):
    """A larger picture of a row of the data set: [size, size] of how much is ink, 0 to 1."""
    picture = Image.fromarray((counts.reshape(8, 8) / 16).astype(np.float32))
    return np.asarray(picture.resize((size, size), Image.Resampling.BICUBIC))


def vary(counts, digit, random):
    """
    The same digit as somebody else might have written it: turned, slanted, narrower or wider, with a
    thinner or thicker pen. The data set has every digit stretched to 20x32 pixels, which makes ones
    as wide as eights; here they become narrow again.
    """
    turn, slant = np.radians(random.normal(0, 6)), random.normal(0, 0.12)
    narrowing = np.exp(random.normal(0, 0.2) + (random.uniform(0, 1.5) if digit == 1 else 0))
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    matrix = np.diag([1, narrowing]) @ rotation @ np.array([[1, 0], [slant, 1]])  # y, x
    bitmap = np.pad(to_bitmap(counts, 64), 32)
    middle = np.full(2, (len(bitmap) - 1) / 2)
    ink = ndimage.affine_transform(bitmap, matrix, middle - matrix @ middle, order=1) > 0.5
    pen = random.integers(-4, 4)
    if pen < 0:
        thin = ndimage.binary_erosion(ink, iterations=-pen)
        ink = thin if thin.sum() > 40 else ink
    elif pen > 0:
        ink = ndimage.binary_dilation(ink, iterations=pen)
    return count_ink(ink)


def to_picture(counts, index, random):
    """
    A held-out row as somebody might send it: of any size and place, light on dark every third time,
    some in shades, some over a transparent background.
    """
    size = int(random.integers(26, 44))
    ink = to_bitmap(counts, size) > 0.5
    left, top, right, bottom = random.integers(1, 12, 4)
    ink = np.pad(ink, ((top, bottom), (left, right)))
    if index % 12 == 5:
        alpha = Image.fromarray(ink.astype(np.uint8) * 255)
        return Image.merge("LA", [Image.new("L", alpha.size, 0), alpha])
    light = ink if index % 3 == 2 else ~ink
    if index % 12 == 0:
        return Image.fromarray(np.where(light, 201, 77).astype(np.uint8))
    return Image.fromarray(light)


def to_png(picture):
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


digits = load_digits()
counts = digits.data.astype(int)  # whole numbers, 0 (paper) to 16 (ink)
train, test, train_digit, test_digit = train_test_split(
    counts, digits.target, test_size=0.2, random_state=0, stratify=digits.target
)
random = np.random.default_rng(0)
varied = [[vary(*row, random) for row in zip(train, train_digit)] for _ in range(VARIANTS)]
classifier = make_pipeline(
    MinMaxScaler(), MLPClassifier(hidden_layer_sizes=(96,), alpha=0.01, max_iter=80, random_state=0)
)
classifier.fit(np.vstack([train, *varied]), np.tile(train_digit, 1 + VARIANTS))

pictures = [to_png(to_picture(row, index, random)) for index, row in enumerate(test)]
read = np.array([read_picture(Image.open(io.BytesIO(png))) for png in pictures])
drawn_digit = np.repeat(np.arange(10), DRAWINGS)
drawn = np.array([read_picture(draw(digit, random)) for digit in drawn_digit])
print(f"accuracy {classifier.score(test, test_digit):.4f} on {len(test)} held-out rows")
print(f"accuracy {classifier.score(read, test_digit):.4f} on pictures of the same rows")
print(f"accuracy {classifier.score(drawn, drawn_digit):.4f} on {len(drawn)} drawings")
right = classifier.predict(drawn) == drawn_digit
print("of each digit", right.reshape(10, DRAWINGS).mean(axis=1).round(2))

model = to_onnx(
    classifier,
    name="digits",
    initial_types=[("pixels", FloatTensorType([None, counts.shape[1]]))],
    options={"zipmap": False},
)
write_bundle(
    FOLDER,
    model,
    test,
    answers={
        "label": classifier.predict(test),
        "probabilities": classifier.predict_proba(test),
    },
    features=digits.feature_names,
    target="digit",
    truth=test_digit,
    requests=[{"image": base64.b64encode(png).decode()} for png in pictures],
    records=[
        {
            "digit": str(probabilities.argmax()),
            "probabilities": {str(k): round(p, 9) for k, p in enumerate(probabilities.tolist())},
        }
        for probabilities in classifier.predict_proba(read)
    ],
)
(FOLDER / "drawn").mkdir(exist_ok=True)
draw(2, random).save(FOLDER / "drawn/2.png", optimize=True)
draw(5, random, paper=20, ink=230).save(FOLDER / "drawn/5.png", optimize=True)
draw(7, random, paper=235, ink=60).save(FOLDER / "drawn/7.jpg", quality=60)
transparent = Image.new("L", (280, 280), 0)
transparent.putalpha(draw(8, random, paper=0, ink=255))
transparent.save(FOLDER / "drawn/8.png", optimize=True)

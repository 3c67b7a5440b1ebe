"""Handwritten digits: a multi-layer perceptron over images of 8x8 pixels."""

import sys
from pathlib import Path

from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

FOLDER = Path(__file__).resolve().parent
sys.path.append(str(FOLDER.parent))
from write_bundle import write_bundle  # noqa: E402

digits = load_digits()
pixels = digits.data.astype(int)  # whole numbers, 0 (paper) to 16 (ink)
train, test, train_digit, test_digit = train_test_split(
    pixels, digits.target, test_size=0.2, random_state=0, stratify=digits.target
)

classifier = make_pipeline(
    MinMaxScaler(), MLPClassifier(hidden_layer_sizes=(64,), max_iter=500, random_state=0)
)
classifier.fit(train, train_digit)
print(f"accuracy {classifier.score(test, test_digit):.4f} on {len(test)} held-out images")

model = to_onnx(
    classifier,
    name="digits",
    initial_types=[("pixels", FloatTensorType([None, pixels.shape[1]]))],
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
)

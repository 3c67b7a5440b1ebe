"""Breast-cancer diagnosis: a scaler and a logistic regression, exported with skl2onnx's defaults."""

import sys
from pathlib import Path

from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FOLDER = Path(__file__).resolve().parent
sys.path.append(str(FOLDER.parent))
from write_bundle import write_bundle  # noqa: E402

cancer = load_breast_cancer()
diagnosis = cancer.target_names[cancer.target]  # "benign" or "malignant"
train, test, train_diagnosis, test_diagnosis = train_test_split(
    cancer.data, diagnosis, test_size=0.25, random_state=0, stratify=diagnosis
)

classifier = make_pipeline(StandardScaler(), LogisticRegression())
classifier.fit(train, train_diagnosis)
print(f"accuracy {classifier.score(test, test_diagnosis):.4f} on {len(test)} held-out cases")

# The default ends in a ZipMap: the probabilities come as one {class: probability} a row.
model = to_onnx(
    classifier,
    name="breast-cancer",
    initial_types=[("features", FloatTensorType([None, cancer.data.shape[1]]))],
)
write_bundle(
    FOLDER,
    model,
    test,
    answers={
        "output_label": classifier.predict(test),
        "output_probability": classifier.predict_proba(test),
    },
    features=cancer.feature_names,
    target="diagnosis",
    truth=test_diagnosis,
)

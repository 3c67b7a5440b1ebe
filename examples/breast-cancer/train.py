"""
Breast-cancer diagnosis: a scaler and a logistic regression, exported with skl2onnx's defaults, and
a decision with a band in which the case is left to people.
"""

import sys
from pathlib import Path

import numpy as np
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FOLDER = Path(__file__).resolve().parent
sys.path.append(str(FOLDER.parent))
from write_bundle import write_bundle, write_csv  # noqa: E402

import yaml  # noqa: E402

cancer = load_breast_cancer()
diagnosis = cancer.target_names[cancer.target]  # "benign" or "malignant"
train, test, train_diagnosis, test_diagnosis = train_test_split(
    cancer.data, diagnosis, test_size=0.25, random_state=0, stratify=diagnosis
)

classifier = make_pipeline(StandardScaler(), LogisticRegression())
classifier.fit(train, train_diagnosis)

# The band that bundle.yaml names was chosen here, on the training rows alone: at most 2 % of the
# cases below it are malignant, and at most 1 % of those above it are benign.
risk = cross_val_predict(classifier, train, train_diagnosis, cv=10, method="predict_proba")[:, 1]
malignant = train_diagnosis == "malignant"
for edge in np.arange(0.1, 1, 0.1):
    below, above = malignant[risk < edge].mean(), 1 - malignant[risk >= edge].mean()
    print(f"risk {edge:.1f}: {below:.2%} malignant below, {above:.2%} benign from there on")
steps = yaml.safe_load((FOLDER / "bundle.yaml").read_text())["pipeline"]["after"]
band = next(step for step in steps if step["step"] == "threshold")["abstain"]


def decide(probability):
    if probability < band["from"]:
        return "benign"
    return "malignant" if probability >= band["to"] else band["label"]


print(f"accuracy {classifier.score(test, test_diagnosis):.4f} on {len(test)} held-out cases")

# The default ends in a ZipMap: the probabilities come as one {class: probability} a row.
model = to_onnx(
    classifier,
    name="breast-cancer",
    initial_types=[("features", FloatTensorType([None, cancer.data.shape[1]]))],
)
fields = [name.replace(" ", "_") for name in cancer.feature_names]
probabilities = classifier.predict_proba(test)
decisions = [decide(probability) for _, probability in probabilities]
sure = np.array(decisions) != band["label"]
print(f"{sure.sum()} decided, {(np.array(decisions) != test_diagnosis)[sure].sum()} of them wrong")
write_bundle(
    FOLDER,
    model,
    test,
    answers={
        "output_label": classifier.predict(test),
        "output_probability": probabilities,
    },
    features=fields,
    target="diagnosis",
    truth=test_diagnosis,
    records=[
        {"diagnosis": decision, "risk": probability}
        for decision, (_, probability) in zip(decisions, probabilities.tolist())
    ],
)
rows = zip(train.tolist(), train_diagnosis.tolist())
write_csv(FOLDER / "train.csv", [*fields, "diagnosis"], rows)

"""Diabetes progression: gradient-boosted trees over ten measures of a patient."""

import sys
from pathlib import Path

from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import train_test_split

FOLDER = Path(__file__).resolve().parent
sys.path.append(str(FOLDER.parent))
from write_bundle import write_bundle, write_csv  # noqa: E402

# What the data's own short names stand for.
FIELDS = {
    "age": "age",
    "sex": "sex",
    "bmi": "bmi",
    "bp": "blood_pressure",
    "s1": "cholesterol",
    "s2": "ldl",
    "s3": "hdl",
    "s4": "cholesterol_ratio",
    "s5": "log_triglycerides",
    "s6": "glucose",
}

diabetes = load_diabetes(scaled=False)  # in the units of the clinic: years, kg/m², mm Hg, …
train, test, train_progression, test_progression = train_test_split(
    diabetes.data, diabetes.target, test_size=0.25, random_state=0
)

# Among the best of a small grid in cross-validation on the training rows alone (R² 0.51).
regressor = GradientBoostingRegressor(
    n_estimators=100, learning_rate=0.05, max_depth=2, max_features=3, subsample=0.5, random_state=0
)
regressor.fit(train, train_progression)
predicted = regressor.predict(test)
print(f"R² {regressor.score(test, test_progression):.3f} on {len(test)} held-out patients")
print(f"mean absolute error {mean_absolute_error(test_progression, predicted):.1f}")

model = to_onnx(
    regressor,
    name="diabetes",
    initial_types=[("features", FloatTensorType([None, diabetes.data.shape[1]]))],
    final_types=[("progression", FloatTensorType([None, 1]))],
)
fields = [FIELDS[name] for name in diabetes.feature_names]
lowest, highest = train_progression.min(), train_progression.max()  # as bundle.yaml has it
print(f"answers are kept between {lowest} and {highest}")
write_bundle(
    FOLDER,
    model,
    test,
    answers={"progression": predicted.reshape(-1, 1)},
    features=fields,
    target="progression",
    truth=test_progression,
    records=[{"progression": float(value)} for value in predicted.clip(lowest, highest)],
)
rows = zip(train.tolist(), train_progression.tolist())
write_csv(FOLDER / "train.csv", [*fields, "progression"], rows)

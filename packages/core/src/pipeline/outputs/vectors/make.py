"""Answers of scikit-learn and SciPy, which the steps of outputs must give too: vectors.json."""

import json
from pathlib import Path

import numpy as np
from scipy.special import expit, softmax
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.preprocessing import MinMaxScaler, PowerTransformer, RobustScaler, StandardScaler, scale
from sklearn.svm import LinearSVC


def main() -> None:
    target = load_diabetes().target.reshape(-1, 1)
    vectors = {"power": [], "scale": []}

    for method in ("box-cox", "yeo-johnson"):
        for shift in (0, -400):
            if method == "box-cox" and shift:
                continue
            transformer = PowerTransformer(method=method, standardize=False).fit(target + shift)
            given = transformer.transform(target[:40] + shift)
            gives = transformer.inverse_transform(given)
            vectors["power"].append(
                {
                    "method": method,
                    "lambda": transformer.lambdas_[0],
                    "given": given[:, 0].tolist(),
                    "gives": gives[:, 0].tolist(),
                }
            )

    for scaler in (StandardScaler(), MinMaxScaler(), RobustScaler()):
        given = scaler.fit_transform(target)[:40]
        center = {"StandardScaler": "mean_", "MinMaxScaler": "data_min_", "RobustScaler": "center_"}
        name = type(scaler).__name__
        by = scaler.data_range_ if name == "MinMaxScaler" else scaler.scale_
        vectors["scale"].append(
            {
                "scaler": name,
                "scale": by[0],
                "center": getattr(scaler, center[name])[0],
                "given": given[:, 0].tolist(),
                "gives": scaler.inverse_transform(given)[:, 0].tolist(),
            }
        )

    features, truth = load_breast_cancer(return_X_y=True)
    features = scale(features)
    calibrated = CalibratedClassifierCV(LinearSVC(random_state=0), method="sigmoid", cv=3)
    calibrated.fit(features[:400], truth[:400])
    fitted = calibrated.calibrated_classifiers_[0]
    calibrator = fitted.calibrators[0]
    vectors["platt"] = {
        "a": calibrator.a_,
        "b": calibrator.b_,
        "given": fitted.estimator.decision_function(features[400:440]).tolist(),
        "gives": fitted.predict_proba(features[400:440])[:, 1].tolist(),
    }

    logits = np.random.default_rng(0).normal(0, 8, (20, 4))
    logits[0] = [800, 0, -800, 799]
    vectors["softmax"] = {"given": logits.tolist(), "gives": softmax(logits, axis=1).tolist()}
    vectors["sigmoid"] = {"given": logits.ravel().tolist(), "gives": expit(logits).ravel().tolist()}
    vectors["temperature"] = {
        "temperature": 1.7,
        "given": softmax(logits[1:], axis=1).tolist(),
        "gives": softmax(np.log(softmax(logits[1:], axis=1)) / 1.7, axis=1).tolist(),
    }
    path = Path(__file__).with_name("vectors.json")
    path.write_text(json.dumps(vectors) + "\n")


if __name__ == "__main__":
    main()

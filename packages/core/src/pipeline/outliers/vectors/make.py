"""Writes what scipy and numpy answer into a JSON file beside this one; tests compare with it.

    python make.py

Needs numpy, scipy and scikit-learn. Distances are in scikit-learn's breast cancer data, of rows of it
and of rows that are mixed of two.
"""

import json
from pathlib import Path

import numpy as np
from scipy.stats import chi2
from sklearn.datasets import load_breast_cancer

degrees = [1, 2, 3, 5, 10, 29, 30, 31, 64, 100, 500, 2000]
probabilities = [1e-6, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.999999]
quantiles = [[d, p, float(chi2.ppf(p, d))] for d in degrees for p in probabilities]
below = [[d, x, float(chi2.cdf(x, d))] for d in degrees for x in (1e-3, 0.5, 1, d / 2, d, 2 * d)]

breast_cancer = load_breast_cancer()
data = breast_cancer.data[:150, :10]
center = data.mean(axis=0)
inverse = np.linalg.inv(np.cov(data, rowvar=False))
mixed = np.where(np.arange(10) % 2 == 0, data[:5], data[100:105])
rows = np.vstack([data[:5], mixed, center])
deviations = rows - center
mahalanobis = {
    "fields": [str(name) for name in breast_cancer.feature_names[:10]],
    "data": data.tolist(),
    "rows": rows.tolist(),
    "squaredDistances": np.einsum("ri,ij,rj->r", deviations, inverse, deviations).tolist(),
}

text = json.dumps(
    {"chiSquared": {"quantiles": quantiles, "below": below}, "mahalanobis": mahalanobis},
    separators=(",", ":"),
)
(Path(__file__).parent / "distances.json").write_text(text + "\n", encoding="utf-8")

"""Makes the models and data that `init.test.ts` looks at, as scikit-learn users export them.

Needs scikit-learn, skl2onnx and numpy: python make.py
"""

import csv
import json
from pathlib import Path

import numpy as np
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

FOLDER = Path(__file__).parent
rng = np.random.default_rng(7)
ROWS = 60


def save(name, model):
    (FOLDER / name).write_bytes(model.SerializeToString())


def customers():
    """Numbers with gaps, a category and a class that is a text."""
    age = rng.integers(18, 80, ROWS).astype(float)
    city = rng.choice(["Bergen", "Oslo", "Tromsø"], ROWS)
    spent = np.round(rng.gamma(2, 150, ROWS), 2)
    churned = np.where((spent < 250) ^ (rng.random(ROWS) < 0.1), "yes", "no")
    age[rng.choice(ROWS, 5, replace=False)] = np.nan
    return age, city, spent, churned


age, city, spent, churned = customers()
with (FOLDER / "customers.csv").open("w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["age", "city", "spent", "churned"])
    for row in zip(age, city, spent, churned):
        writer.writerow(["" if np.isnan(row[0]) else f"{row[0]:g}", row[1], f"{row[2]:g}", row[3]])

# A pipeline of columns of several types: an input a column, of which each is [N, 1].
columns = ColumnTransformer(
    [
        ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), [0, 2]),
        ("texts", OneHotEncoder(handle_unknown="ignore"), [1]),
    ]
)
table = np.column_stack([age.astype(object), city.astype(object), spent.astype(object)])
frame = make_pipeline(columns, LogisticRegression()).fit(table, churned)
save(
    "columns.onnx",
    to_onnx(
        frame,
        initial_types=[
            ("age", FloatTensorType([None, 1])),
            ("city", StringTensorType([None, 1])),
            ("spent", FloatTensorType([None, 1])),
        ],
    ),
)

# One matrix of numbers, encoded before the model: age, spent, and a column a city.
matrix = np.column_stack(
    [np.where(np.isnan(age), np.nanmedian(age), age), spent, city[:, None] == np.unique(city)]
).astype(np.float32)
forest = RandomForestClassifier(3, max_depth=3, random_state=0).fit(matrix, churned)
save("matrix.onnx", to_onnx(forest, matrix[:1], options={"zipmap": False}))

# Two results at once.
pair = LinearRegression().fit(matrix, np.column_stack([spent, spent * 2]))
save("pair.onnx", to_onnx(pair, matrix[:1]))

# What scikit-learn itself answers for the rows of customers.csv.
answers = {
    "columns": (frame, table),
    "matrix": (forest, matrix),
}
(FOLDER / "answers.json").write_text(
    json.dumps(
        {
            name: {
                "churned": model.predict(rows).tolist(),
                "probabilities": np.round(model.predict_proba(rows), 6).tolist(),
            }
            for name, (model, rows) in answers.items()
        }
    )
    + "\n"
)

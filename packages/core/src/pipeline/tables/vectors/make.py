"""Writes what scikit-learn answers into JSON files beside this one; tests compare with them.

    python make.py

Needs numpy and scikit-learn. Missing values are null. The data are scikit-learn's breast cancer data,
with values taken out, and texts and integers made of its columns; every transformer is fitted on all
of its rows, and answers the first few, and some that it has not seen.
"""

import json
import math
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn.datasets import load_breast_cancer
from sklearn.feature_extraction import FeatureHasher
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    KBinsDiscretizer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)
from sklearn.utils import murmurhash3_32

FOLDER = Path(__file__).parent
COLUMNS = [0, 1, 3, 4, 13, 19]
SHOWN = 8

# Of unknown categories, which is what is wanted here.
warnings.simplefilter("ignore", UserWarning)

breast_cancer = load_breast_cancer()
complete = breast_cancer.data[:, COLUMNS]
names = [str(breast_cancer.feature_names[column]) for column in COLUMNS]
random = np.random.default_rng(7)
holes = random.random(complete.shape) < 0.15
holes[:, 2] = False  # One column without missing values, so that it gets no indicator.
numbers = np.where(holes, np.nan, complete)
# Far outside of the training data, on both sides.
extremes = np.vstack([complete.max(axis=0) * 3, -complete.max(axis=0), complete.mean(axis=0)])
rows = np.vstack([numbers[:SHOWN], extremes])


def plain(value):
    """Arrays as lists, NaN as null."""
    if isinstance(value, np.ndarray):
        return [plain(element) for element in value.tolist()]
    if isinstance(value, (list, tuple)):
        return [plain(element) for element in value]
    if isinstance(value, float) and math.isnan(value):
        return None
    return value


def case(step, options, given, expected):
    """A step, the columns given, and those it is to leave, in their order."""
    return {
        "step": step,
        "options": {key: plain(value) for key, value in options.items()},
        "given": {name: plain(column) for name, column in given.items()},
        "gives": {name: plain(column) for name, column in expected.items()},
    }


def by_column(matrix, columns=None):
    return {name: matrix[:, index] for index, name in enumerate(columns or names)}


def number_case(step, transformer, options, given=rows):
    transformer.fit(numbers)
    return case(
        step,
        {"columns": names, **options(transformer)},
        by_column(given),
        by_column(transformer.transform(given)),
    )


def scalers():
    standard = lambda s: {"mean": s.mean_, "scale": s.scale_}
    robust = lambda s: {"center": s.center_, "scale": s.scale_}
    ends = lambda s: {
        "data_min": s.data_min_,
        "data_max": s.data_max_,
        "feature_range": s.feature_range,
        "clip": s.clip,
    }
    yield number_case("standardize", StandardScaler(), standard)
    yield number_case("robust-scale", RobustScaler(), robust)
    yield number_case("robust-scale", RobustScaler(quantile_range=(5.0, 90.0)), robust)
    yield number_case("min-max", MinMaxScaler(), ends)
    yield number_case("min-max", MinMaxScaler(feature_range=(-2, 3), clip=True), ends)
    constant = np.full((5, 1), 4.0)
    for step, scaler, options in (
        ("standardize", StandardScaler(), standard),
        ("robust-scale", RobustScaler(), robust),
        ("min-max", MinMaxScaler(), ends),
    ):
        scaler.fit(constant)
        given = np.array([[4.0], [6.0]])
        yield case(
            step,
            {"columns": ["constant"], **options(scaler)},
            {"constant": given[:, 0]},
            {"constant": scaler.transform(given)[:, 0]},
        )


def imputers():
    constant = {"strategy": "constant", "fill_value": -1.0}
    for arguments in ({"strategy": "mean"}, {"strategy": "median"}, constant):
        imputer = SimpleImputer(add_indicator=True, **arguments).fit(numbers)
        places = imputer.indicator_.features_
        indicators = [names[place] for place in places]
        yield case(
            "impute",
            {"columns": names, "values": imputer.statistics_, "indicators": indicators},
            by_column(rows),
            by_column(imputer.transform(rows), names + [f"{name}_missing" for name in indicators]),
        )
    texts = np.array([["small"], [None], ["large"], ["small"], [None]], dtype=object)
    imputer = SimpleImputer(strategy="most_frequent", missing_values=None).fit(texts)
    yield case(
        "impute",
        {"columns": ["size"], "values": imputer.statistics_},
        {"size": texts[:, 0]},
        {"size": imputer.transform(texts)[:, 0]},
    )


def functions():
    positive = np.abs(rows)
    for name in ("log", "log1p", "log2", "log10"):
        yield case(
            "log",
            {"columns": names, "function": name},
            by_column(positive),
            by_column(getattr(np, name)(positive)),
        )
    low, high = np.nanquantile(numbers, 0.1, axis=0), np.nanquantile(numbers, 0.9, axis=0)
    yield case(
        "clip",
        {"columns": names, "min": low, "max": high},
        by_column(rows),
        by_column(np.clip(rows, low, high)),
    )


def buckets():
    for strategy in ("uniform", "quantile", "kmeans"):
        binner = KBinsDiscretizer(
            n_bins=5, encode="ordinal", strategy=strategy, quantile_method="averaged_inverted_cdf"
        ).fit(complete)
        # The edges themselves tell on which side they belong.
        edges = np.array([binner.bin_edges_[index] for index in range(len(names))]).T
        given = np.vstack([complete[:SHOWN], extremes, edges])
        yield case(
            "bucket",
            {"columns": names, "edges": [edge[1:-1] for edge in binner.bin_edges_]},
            by_column(given),
            by_column(binner.transform(given)),
        )


def categories():
    """Texts made of the data: those of all rows, and some to answer, with ones that are unseen."""
    sizes = np.array(["small", "medium", "large"], dtype=object)
    size = sizes[np.digitize(complete[:, 0], [12, 16])]
    size[holes[:, 0]] = np.nan
    kind = breast_cancer.target_names[breast_cancer.target].astype(object)
    texts = np.column_stack([size, kind])
    unseen = np.array([["huge", "benign"], ["small", "unclear"], [np.nan, "benign"]], dtype=object)
    return ["size", "kind"], texts, np.vstack([texts[:SHOWN], unseen])


def encoders():
    columns, texts, shown = categories()
    grade = np.digitize(complete[:, [1, 2]], [10, 20, 500]).astype(float)
    grade[holes[:, 1], 0] = np.nan
    grades = np.vstack([grade[:SHOWN], [[9.0, 1.0]]])
    for data, given, which in ((texts, shown, columns), (grade, grades, ["first", "second"])):
        for drop in (None, "first", "if_binary"):
            encoder = OneHotEncoder(handle_unknown="ignore", drop=drop, sparse_output=False).fit(data)
            made = [
                str(name).replace("_nan", "_missing").replace(".0", "")
                for name in encoder.get_feature_names_out(which)
            ]
            options = {"columns": which, "categories": encoder.categories_, "unknown": "ignore"}
            if drop is not None:
                options["drop"] = drop
            answer = by_column(encoder.transform(given), made)
            yield case("one-hot", options, by_column(given, which), answer)
        for missing in (np.nan, -2):
            encoder = OrdinalEncoder(
                handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=missing
            ).fit(data)
            options = {"columns": which, "categories": encoder.categories_, "unknown": -1}
            options["missing"] = float(missing)
            answer = by_column(encoder.transform(given), which)
            yield case("ordinal", options, by_column(given, which), answer)
    # None is a category like any other to an OrdinalEncoder, which NaN is not.
    given = np.array([["b"], [None], ["a"]], dtype=object)
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit(given)
    options = {"columns": ["letter"], "categories": encoder.categories_, "unknown": -1}
    answer = by_column(encoder.transform(given), ["letter"])
    yield case("ordinal", {**options, "missing": 2.0}, by_column(given, ["letter"]), answer)


def hashers():
    cities = ["Oslo", "São Paulo", "東京", "x", "", "🏝️ island", "Oslo", "a" * 33]
    streets = ["Kirkeveien", "Rua Augusta", "", "ab", "abc", "abcd", "Kirkeveien", "abcde"]
    given = {"city": cities, "street": streets}
    for width in (8, 37):
        for signed in (True, False):
            # A text that is missing or empty adds nothing.
            dictionaries = [
                {name: text for name, text in (("city", city), ("street", street)) if text}
                for city, street in zip(cities, streets)
            ]
            hasher = FeatureHasher(width, alternate_sign=signed)
            options = {"columns": ["city", "street"], "n_features": width, "into": "x"}
            options["alternate_sign"] = signed
            yield case("hashing", options, given, {"x": hasher.transform(dictionaries).toarray()})
            lists = [[text for text in pair if text] for pair in zip(cities, streets)]
            hasher = FeatureHasher(width, alternate_sign=signed, input_type="string")
            options = {**options, "input_type": "string"}
            yield case("hashing", options, given, {"x": hasher.transform(lists).toarray()})


def pipeline():
    """Transformers put together, as the steps of a bundle."""
    columns, texts, shown = categories()
    imputer = SimpleImputer(strategy="median", add_indicator=True)
    scaler = StandardScaler()
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    numeric = list(range(len(names)))
    transformer = ColumnTransformer(
        [
            ("numbers", make_pipeline(imputer, scaler), numeric),
            ("texts", encoder, [len(names), len(names) + 1]),
        ]
    ).fit(np.column_stack([numbers.astype(object), texts]))
    given = np.column_stack([rows.astype(object), shown])
    imputer, scaler = transformer.named_transformers_["numbers"]
    encoder = transformer.named_transformers_["texts"]
    indicators = [names[place] for place in imputer.indicator_.features_]
    scaled = names + [f"{name}_missing" for name in indicators]
    before = [
        {"step": "impute", "columns": names, "values": imputer.statistics_, "indicators": indicators},
        {"step": "standardize", "columns": scaled, "mean": scaler.mean_, "scale": scaler.scale_},
        {"step": "one-hot", "columns": columns, "categories": encoder.categories_, "unknown": "ignore"},
        {"step": "combine", "columns": scaled + ["size_*", "kind_*"], "into": "x", "datatype": "FP64"},
    ]
    x = transformer.transform(given).astype(float)
    return {
        "before": [{key: plain(value) for key, value in step.items()} for step in before],
        "given": {name: plain(column) for name, column in by_column(given, names + columns).items()},
        "x": plain(x),
    }


def write(name, value):
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    (FOLDER / name).write_text(text + "\n", encoding="utf-8")


makers = (scalers, imputers, functions, buckets, encoders, hashers)
cases = [made for maker in makers for made in maker()]
write(
    "steps.json",
    {"scikit-learn": sklearn.__version__, "cases": cases, "pipeline": pipeline()},
)

texts = ["", "a", "ab", "abc", "abcd", "abcde", "city=Oslo", "São Paulo", "東京", "🏝️", "x" * 255]
texts += ["".join(map(chr, random.integers(1, 0x2000, size))) for size in range(1, 30)]
write(
    "murmurHash3.json",
    {"scikit-learn": sklearn.__version__, "hashes": [[text, murmurhash3_32(text)] for text in texts]},
)

"""Calls TensorFlow Serving's REST API as its guide does, with Python's own HTTP and JSON.

There is no client library of this API: its users send JSON with whatever they have. The bodies are
those of the guide (g3doc/api_rest.md), the models are the examples. Arguments: address of the server.
"""

import json
import math
import sys
import urllib.error
import urllib.request

BASE = f"http://{sys.argv[1]}/v1/models"


def call(path: str, body: object = None) -> tuple[int, object]:
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(BASE + path, data)) as response:
            assert response.headers.get_content_type() == "application/json"
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def good(path: str, body: object = None) -> dict:
    status, answer = call(path, body)
    assert status == 200, (path, status, answer)
    return answer


def bad(path: str, body: object, status: int, says: str) -> None:
    got, answer = call(path, body)
    assert got == status and says in answer["error"], (path, got, answer)


def close(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-6)


# Status, the form that health checks wait for.
status = good("/digits")
assert status["model_version_status"] == [
    {
        "version": "1",
        "state": "AVAILABLE",
        "status": {"error_code": "OK", "error_message": ""},
    }
], status
assert good("/digits/versions/1") == status

# Metadata, from which clients make their requests.
signature = good("/digits/metadata")["metadata"]["signature_def"]["signature_def"]["serving_default"]
assert signature["inputs"]["pixels"]["dtype"] == "DT_FLOAT"
assert [dim["size"] for dim in signature["inputs"]["pixels"]["tensor_shape"]["dim"]] == ["-1", "64"]
assert signature["method_name"] == "tensorflow/serving/predict"

# Rows and columns, named and not, give the same.
image = [float(index % 17) for index in range(64)]
other = [16.0 - value for value in image]
rows = good("/digits:predict", {"instances": [image, other]})["predictions"]
assert [set(row) for row in rows] == [{"label", "probabilities"}] * 2
assert good("/digits:predict", {"instances": [{"pixels": image}, {"pixels": other}]})["predictions"] == rows
columns = good("/digits:predict", {"signature_name": "serving_default", "inputs": {"pixels": [image, other]}})
assert columns["outputs"]["label"] == [row["label"] for row in rows]
assert columns["outputs"]["probabilities"] == [row["probabilities"] for row in rows]
assert good("/digits/versions/1:predict", {"inputs": [image, other]}) == columns
for row in rows:
    assert isinstance(row["label"], int) and all(isinstance(p, float) for p in row["probabilities"])
    assert close(sum(row["probabilities"]), 1)

# One output comes without its name. NaN is a bare word, as Python writes it; trees take it.
value = good("/diabetes:predict", {"instances": [[1.0] * 10]})["predictions"][0][0]
assert isinstance(value, float)
assert math.isfinite(good("/diabetes:predict", {"instances": [[math.nan] * 10]})["predictions"][0][0])

# Classes and values.
results = good("/digits:classify", {"examples": [{"pixels": image}, {"pixels": other}]})["results"]
assert [[score for _, score in example] for example in results] == columns["outputs"]["probabilities"]
assert good("/diabetes:regress", {"examples": [{"features": [1.0] * 10}]})["results"] == [value]
assert good("/diabetes:regress", {"context": {"features": [1.0] * 10}, "examples": [{}]})["results"] == [value]

labelled = good("/breast-cancer:classify", {"examples": [{"features": [1.0] * 30}]})["results"][0]
assert sorted(label for label, _ in labelled) == ["benign", "malignant"], labelled

# Errors.
bad("/half:predict", {"instances": [1.0]}, 404, "Servable not found for request: Latest(half)")
bad("/digits/versions/9:predict", {"instances": [image]}, 404, "Specific(digits, 9)")
bad("/digits:explain", {"instances": [image]}, 400, "Malformed request: POST /v1/models/digits:explain")
bad("/digits:predict", {"instances": [image], "inputs": [image]}, 400, "only one")
bad("/digits:predict", {"instances": []}, 400, "no values")
bad("/digits:predict", {"signature_name": "other", "instances": [image]}, 400, "not found in signature def")
print("all is well")

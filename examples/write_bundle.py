"""Writes what the train.py scripts have in common: the model, its test split, its golden answers."""

import csv
import json

import numpy as np
import onnxruntime
import yaml


def write_bundle(folder, model, rows, answers, features, target, truth, records=None, requests=None):
    """
    Writes model.onnx, test.csv and golden.jsonl into a bundle's folder, after checking that ONNX
    Runtime answers every row as the training framework did.

    model: the ONNX model, with one input of shape [N, len(features)].
    rows: the held-out rows, [N, len(features)], in the precision of the data set.
    answers: the framework's own predictions by output name, each with the first axis N.
    features, target: column names of test.csv; truth: the target's real values, [N].
    records: where the bundle has terms of its own, what it answers to each row: {output: value}.
        The golden requests then are rows by field, else they are the model's tensors.
    requests: with records, what the golden requests are instead: {field: value} each.

    Raises AssertionError, and writes nothing, if a row differs by more than the tolerance that
    the folder's bundle.yaml promises.
    """
    # skl2onnx lists the operator sets in any order; the same model should be the same file.
    model.opset_import.sort(key=lambda opset: opset.domain)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    tolerance = yaml.safe_load((folder / "bundle.yaml").read_text())["golden"]["tolerance"]
    # One row at a time, as golden.jsonl asks, and all at once, as a server's batch does.
    batches = [slice(row, row + 1) for row in range(len(rows))] + [slice(0, len(rows))]
    # numpy's maximum, unlike Python's, keeps a NaN.
    worst = np.max([worst_difference(session, rows[batch], answers, batch) for batch in batches])
    print(f"worst difference to the framework {worst:.1e}, tolerance {tolerance:.0e}")
    assert worst <= tolerance

    (folder / "model.onnx").write_bytes(model.SerializeToString())
    write_csv(folder / "test.csv", [*features, target], zip(rows.tolist(), truth.tolist()))
    if records is None:
        write_golden(folder / "golden.jsonl", session.get_inputs()[0].name, rows, answers)
    else:
        by_field = [dict(zip(features, row)) for row in rows.tolist()]
        write_records(folder / "golden.jsonl", requests or by_field, records)


def worst_difference(session, rows, answers, batch):
    """Largest |got - expected| / max(1, |expected|) over all outputs; infinite if a label differs."""
    feeds = {session.get_inputs()[0].name: rows.astype(np.float32)}
    names = list(answers)
    got = session.run(names, feeds)
    return np.max([difference(to_array(g), answers[n][batch]) for n, g in zip(names, got)])


def difference(got, expected):
    assert got.shape == expected.shape, f"{got.shape} is not {expected.shape}"
    if not np.issubdtype(expected.dtype, np.floating):
        return 0.0 if np.array_equal(got, expected) else np.inf
    return np.max(np.abs(got - expected) / np.maximum(1, np.abs(expected)))


def to_array(output):
    """A ZipMap answers one {class: probability} a row, in class order."""
    if isinstance(output, list):
        return np.array([list(row.values()) for row in output])
    return output


def write_csv(path, header, records):
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([*row, truth] for row, truth in records)


def write_golden(path, input_name, rows, answers):
    with path.open("w") as file:
        for index in range(len(rows)):
            one = slice(index, index + 1)
            outputs = {name: answer[one].tolist() for name, answer in answers.items()}
            request = {"inputs": {input_name: rows[one].tolist()}}
            file.write(json.dumps({"request": request, "answer": {"outputs": outputs}}) + "\n")


def write_records(path, requests, records):
    """Golden examples in a bundle's own terms: the inputs of a row by field, and its outputs."""
    with path.open("w") as file:
        for inputs, outputs in zip(requests, records):
            golden = {"request": {"inputs": inputs}, "answer": {"outputs": outputs}}
            file.write(json.dumps(golden) + "\n")

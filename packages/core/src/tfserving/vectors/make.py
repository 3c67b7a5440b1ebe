"""Writes numbers.json: floats, and how C's %g with the rule of TensorFlow Serving writes them.

Python formats as C does: exactly, ties to even. Needs numpy. Run: python make.py
"""

import json
import math
import pathlib
import random
import struct

import numpy as np

DIGITS = {"single": 9, "double": 17}
random.seed(5)


def text_of(value: float, kind: str) -> str:
    text = "%g" % value
    back = float(np.float32(text)) if kind == "single" else float(text)
    if back != value:
        text = "%.*g" % (DIGITS[kind], value)
    return text if "." in text or "e" in text else text + ".0"


def bits_of(value: float, kind: str) -> str:
    return (struct.pack(">d", value) if kind == "double" else struct.pack(">f", value)).hex()


def singles():
    yield from (0.1, 0.2, 1.0, 3.5, 1e5, 123456, 999999, 1e6, 9e6, 123456789, 3e-5, 1e-4, 1e-5, 5e-324)
    yield from (0.00012345, 99999.95, 999999.9, 0.99999994, 1000000.125, 8388608.5, 16777216, 3.4028235e38)
    yield from (1000000.375, 1234567.125, 1234567.375, 4194303.625, 1e-45, 1.1754944e-38, 1e10, 1e9, 999999999)
    for exponent in range(-44, 39):
        yield 10.0**exponent
    for _ in range(400):
        yield random.random()
        yield math.exp(random.uniform(-60, 60))
        yield round(random.uniform(-1000, 1000), random.randint(0, 4))
        # Nine digits are one too few for these, and the next digit is a 5: ties.
        yield random.randint(8_000_000, 16_000_000) / 8


def doubles():
    yield from (0.1, 0.2, 0.1234567, 1 / 3, 1e21, 1e22, 1e23, 5e-324, 1.7976931348623157e308, 2.0**53)
    for _ in range(200):
        yield random.random()
        yield math.exp(random.uniform(-700, 700))
        yield round(random.uniform(-1000, 1000), random.randint(0, 4))
        yield random.getrandbits(53) * 2.0 ** random.randint(-20, 20)


rows = []
for kind, values in (("single", singles()), ("double", doubles())):
    for value in values:
        value = float(np.float32(value)) if kind == "single" else value
        if value != 0 and math.isfinite(value):
            rows.append([kind, bits_of(value, kind), text_of(value, kind)])
path = pathlib.Path(__file__).with_name("numbers.json")
path.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")

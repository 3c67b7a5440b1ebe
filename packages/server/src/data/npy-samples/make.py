"""Makes the NPY files beside it, for the reader's tests. Needs numpy and ml_dtypes."""

from pathlib import Path

import ml_dtypes
import numpy as np
from numpy.lib import format as npy

FOLDER = Path(__file__).parent
VALUES = np.array([[0, 1, 2], [3, 4, 5]])


def save(name, array, version=None):
    with open(FOLDER / f"{name}.npy", "wb") as file:
        npy.write_array(file, array, version=version)


for dtype in "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 float32 float64".split():
    save(dtype, VALUES.astype(dtype))
save("bfloat16", VALUES.astype(ml_dtypes.bfloat16))
save("int64-limits", np.array([-(2**63), 2**63 - 1]))
save("unicode", np.array([["a", "日本語"], ["", "🚢 x"]]))
save("bytes", np.array([b"ab", b"", "é".encode()]))
save("version2", VALUES.astype("float32"), (2, 0))
save("version3", VALUES.astype("float32"), (3, 0))
save("scalar", np.array(1.5, dtype="float32"))
save("empty", np.zeros((0, 3), dtype="float32"))
save("fortran", np.asfortranarray(VALUES.astype("float32")))
save("big-endian", VALUES.astype(">f4"))
save("complex", VALUES.astype("complex64"))
save("records", np.array([(1, 2.0)], dtype=[("a", "<i4"), ("b", "<f4")]))
save("objects", np.array([{"a": 1}], dtype=object))

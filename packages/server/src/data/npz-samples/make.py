"""Writes the NPZ files that `npz.test.ts` reads. Run it here with numpy 2."""

import numpy as np

x = np.arange(6, dtype=np.float32).reshape(3, 2)
label = np.array(["a", "b", "a"])

np.savez("stored.npz", x=x, label=label)
np.savez_compressed("deflated.npz", x=x, label=label)

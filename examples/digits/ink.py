"""
From a picture of a digit to the 8x8 counts of ink that the classifier takes.

What bundle.yaml's step `drawing` does, written once more with PIL, numpy and scipy: training reads
its pictures with this, and the golden answers come from it.
"""

import numpy as np
from PIL import Image
from scipy import ndimage

CELLS = 8
INK = 16  # what a full cell counts: the data set's cells are 4x4 pixels


def read_picture(picture):
    """A PIL image to [64] counts, 0 to 16."""
    return count_ink(find_ink(to_grey(picture)))


def to_grey(picture):
    if "A" in picture.mode or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    return np.asarray(picture.convert("RGB").convert("L"))


def find_ink(grey):
    """[height, width] of bool. Most of the border is paper; of ink, specks are left out."""
    dark = grey <= otsu(grey)
    border = np.ones(grey.shape, bool)
    border[1:-1, 1:-1] = False
    ink = ~dark if dark[border].mean() > 0.5 else dark
    parts, count = ndimage.label(ink, structure=np.ones((3, 3)))
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    sizes[0] = 0
    return (sizes * 100 >= sizes.max())[parts] & ink


def otsu(grey):
    """The level that parts the levels into two classes of the largest variance between them."""
    levels = np.unique(grey)[:-1]
    assert len(levels) > 0, "all of it has one colour"
    variances = []
    for level in levels:
        dark, light = grey[grey <= level], grey[grey > level]
        between = len(dark) * len(light) * (dark.mean() - light.mean()) ** 2
        variances.append(between)
    return levels[np.argmax(variances)]


def count_ink(ink):
    """The ink's box in the middle of the cells, as large as it fits; the mean of each cell."""
    top, bottom = np.flatnonzero(ink.any(axis=1))[[0, -1]] + [0, 1]
    left, right = np.flatnonzero(ink.any(axis=0))[[0, -1]] + [0, 1]
    cell = max(bottom - top, right - left) / CELLS  # in pixels
    down = overlaps((top + bottom) / 2, cell, ink.shape[0])
    across = overlaps((left + right) / 2, cell, ink.shape[1])
    return (down @ ink @ across.T * INK).ravel()


def overlaps(middle, cell, length):
    """[CELLS, length]: the share of each cell that each pixel covers."""
    edges = middle + (np.arange(CELLS + 1) - CELLS / 2) * cell
    pixels = np.arange(length)
    ends = np.minimum(edges[1:, None], pixels + 1)
    starts = np.maximum(edges[:-1, None], pixels)
    return np.maximum(0, ends - starts) / cell

"""
Digits drawn with a round pen: polylines, bent, slanted, and moved by chance.

Nothing is trained on them. They tell how well digits are read that do not come from the data set.
"""

import math

import numpy as np
from PIL import Image, ImageDraw

SIZE = 280


def arc(x, y, width, height, start, end):
    """Points on an ellipse, from one angle to another, in degrees clockwise from the right."""
    angles = np.radians(np.linspace(start, end, 25))
    return [(x + width * math.cos(a), y + height * math.sin(a)) for a in angles]


# Ways to write each digit: strokes of points in a unit square, y downwards.
WAYS = {
    0: [[arc(0.5, 0.5, 0.32, 0.46, -90, 270)]],
    1: [[[(0.5, 0.05), (0.5, 0.95)]], [[(0.32, 0.25), (0.52, 0.05), (0.52, 0.95)]]],
    2: [
        [[*arc(0.5, 0.3, 0.3, 0.25, 200, 370), (0.2, 0.95), (0.85, 0.95)]],
        [[*arc(0.5, 0.28, 0.28, 0.23, 190, 400), (0.2, 0.93), (0.8, 0.93)]],
    ],
    3: [[arc(0.45, 0.28, 0.28, 0.22, 200, 450), arc(0.45, 0.72, 0.32, 0.23, -90, 160)]],
    4: [
        [[(0.6, 0.95), (0.6, 0.05), (0.15, 0.65), (0.9, 0.65)]],
        [[(0.25, 0.05), (0.2, 0.55), (0.8, 0.55)], [(0.7, 0.1), (0.65, 0.95)]],
    ],
    5: [[[(0.8, 0.07), (0.3, 0.07), (0.25, 0.45), *arc(0.48, 0.66, 0.3, 0.27, -130, 140)]]],
    6: [
        [[(0.7, 0.05), (0.4, 0.3), *arc(0.5, 0.68, 0.28, 0.26, -160, 200)]],
        [[*arc(0.75, 0.6, 0.5, 0.55, -110, -180), *arc(0.5, 0.7, 0.27, 0.25, 180, -180)]],
    ],
    7: [
        [[(0.15, 0.07), (0.85, 0.07), (0.4, 0.95)]],
        [[(0.15, 0.1), (0.85, 0.08), (0.45, 0.95)], [(0.35, 0.5), (0.75, 0.5)]],
    ],
    8: [[[*arc(0.5, 0.27, 0.24, 0.22, 90, 450), *arc(0.5, 0.73, 0.29, 0.24, -90, 270)]]],
    9: [
        [[*arc(0.5, 0.3, 0.28, 0.25, 0, 360), (0.75, 0.95)]],
        [[*arc(0.5, 0.32, 0.27, 0.25, -20, -360), (0.78, 0.3), (0.7, 0.95)]],
    ],
}


def draw(digit, random, paper=255, ink=0):
    """A grey picture of SIZE x SIZE."""
    strokes = WAYS[digit][random.integers(len(WAYS[digit]))]
    turn, slant = np.radians(random.normal(0, 5)), random.normal(0, 0.1)
    size, width = random.uniform(0.45, 0.9), random.uniform(0.6, 1)
    middle = 0.5 + random.uniform(-0.08, 0.08, 2)
    pen = int(random.integers(8, 26))
    phase, bend = random.uniform(0, 2 * math.pi, 2), random.uniform(0, 0.025)

    def place(x, y):
        x, y = x + bend * math.sin(7 * y + phase[0]), y + bend * math.sin(6 * x + phase[1])
        x, y = (x - 0.5) * width + slant * (y - 0.5), y - 0.5
        x, y = x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)
        return SIZE * (middle[0] + size * x), SIZE * (middle[1] + size * y)

    picture = Image.new("L", (SIZE, SIZE), paper)
    pencil = ImageDraw.Draw(picture)
    for stroke in strokes:
        points = [place(x, y) for x, y in stroke]
        pencil.line(points, fill=ink, width=pen, joint="curve")
        for x, y in (points[0], points[-1]):
            pencil.ellipse([x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2], fill=ink)
    return picture

"""
Writes golden.jsonl: round trips between places in Hamburg, each with the length of the shortest one.

The lengths are exact, by dynamic programming over sets of places (Held and Karp, 1962), which shares
nothing with the heuristic of the bundle. Which of several shortest routes is driven is open, and so
is the direction: the requests ask for the kilometres only.
"""

import json
import math
import random
from itertools import combinations
from pathlib import Path

# Approximate coordinates in degrees: latitude, longitude.
PLACES = {
    "Landungsbruecken": (53.5459, 9.9700),
    "Elbphilharmonie": (53.5413, 9.9841),
    "Rathaus": (53.5503, 9.9920),
    "Hauptbahnhof": (53.5528, 10.0067),
    "Michaeliskirche": (53.5484, 9.9790),
    "Planten un Blomen": (53.5610, 9.9820),
    "Planetarium": (53.5973, 10.0085),
    "Tierpark Hagenbeck": (53.5961, 9.9424),
    "Friedhof Ohlsdorf": (53.6240, 10.0370),
    "Flughafen": (53.6304, 9.9882),
    "Volksparkstadion": (53.5872, 9.8986),
    "Blankenese": (53.5640, 9.8130),
    "Altonaer Balkon": (53.5440, 9.9350),
    "Museum der Arbeit": (53.5870, 10.0460),
    "Bahnhof Bergedorf": (53.4890, 10.2060),
    "Bahnhof Harburg": (53.4560, 9.9920),
    "Elbbruecken": (53.5340, 10.0240),
    "Wandsbek Markt": (53.5720, 10.0670),
    "Alsterdorf": (53.6060, 10.0120),
    "Hafencity Universitaet": (53.5400, 10.0040),
}
INSTANCES = 40
MOST_PLACES = 12
SEED = 4
RADIUS = 6371.0088


def on_grid(degrees):
    """The nearest multiple of 2^-14 degrees (7 m), which float32 holds exactly."""
    return round(degrees * 2**14) / 2**14


def haversine(a, b):
    """Kilometres between two places on a sphere."""
    (lat_a, lon_a), (lat_b, lon_b) = ([math.radians(x) for x in place] for place in (a, b))
    half = (
        math.sin((lat_b - lat_a) / 2) ** 2
        + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    )
    return 2 * RADIUS * math.asin(math.sqrt(half))


def shortest(places):
    """Kilometres of the shortest round trip from the first place through all others."""
    count = len(places)
    distance = [[haversine(a, b) for b in places] for a in places]
    # Shortest path from place 0 through exactly the places of a set, ending in one of them.
    paths = {(frozenset([k]), k): distance[0][k] for k in range(1, count)}
    for size in range(2, count):
        for subset in map(frozenset, combinations(range(1, count), size)):
            for last in subset:
                before = subset - {last}
                paths[subset, last] = min(paths[before, k] + distance[k][last] for k in before)
    everywhere = frozenset(range(1, count))
    return min(paths[everywhere, k] + distance[k][0] for k in everywhere)


def main():
    generator = random.Random(SEED)
    with (Path(__file__).parent / "golden.jsonl").open("w") as file:
        for _ in range(INSTANCES):
            count = generator.randint(2, MOST_PLACES)
            places = [[on_grid(x) for x in place] for place in generator.sample(list(PLACES.values()), count)]
            inputs = {"latitudes": [lat for lat, _ in places], "longitudes": [lon for _, lon in places]}
            request = {"inputs": inputs, "outputs": ["kilometres"]}
            answer = {"outputs": {"kilometres": shortest(places)}}
            file.write(json.dumps({"request": request, "answer": answer}) + "\n")


if __name__ == "__main__":
    main()

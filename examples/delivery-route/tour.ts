/** Short round trips: a nearest-neighbour tour from several places, improved by 2-opt and Or-opt. */
import type { Distances } from "./distances.ts";

/** A round trip: places in the order of the visits; from the last it goes back to the first. */
export type Tour = readonly number[];

/** First tours that are improved; more find no shorter one among 50 places, or hardly. */
const STARTS = 12;
/** Places that Or-opt moves together. */
const SEGMENT = 3;
/** What rounding may make of nothing: a smaller gain is none. */
const EPSILON = 1e-9;

/** Kilometres of a round trip. */
export function lengthOf(tour: Tour, distances: Distances): number {
  return tour.reduce(
    (sum, place, index) => sum + distances[place]![tour[(index + 1) % tour.length]!]!,
    0,
  );
}

/**
 * A short round trip through all places, the same for the same distances; it begins at place 0.
 * No reversal of a part and no move of up to three neighbours makes it shorter.
 */
export function findTour(distances: Distances): Tour {
  const places = distances.length;
  const starts = Math.min(places, STARTS);
  let best: Tour = [];
  let shortest = Number.POSITIVE_INFINITY;
  for (let start = 0; start < starts; start++) {
    const first = Math.floor((start * places) / starts);
    const tour = improve(nearestNeighbours(distances, first), distances);
    const length = lengthOf(tour, distances);
    if (length < shortest - EPSILON) [best, shortest] = [tour, length];
  }
  const depot = best.indexOf(0);
  return [...best.slice(depot), ...best.slice(0, depot)];
}

/** Goes on to the nearest place that was not visited. */
function nearestNeighbours(distances: Distances, first: number): number[] {
  const open = new Set(distances.keys());
  const tour: number[] = [];
  for (let here: number | undefined = first; here !== undefined;) {
    tour.push(here);
    open.delete(here);
    const from: readonly number[] = distances[here]!;
    here = [...open].reduce<number | undefined>(
      (near, place) => (near === undefined || from[place]! < from[near]! ? place : near),
      undefined,
    );
  }
  return tour;
}

function improve(tour: number[], distances: Distances): number[] {
  let now = tour;
  for (;;) {
    const next = reversePart(now, distances) ?? moveSegment(now, distances);
    if (next === undefined) return now;
    now = next;
  }
}

/** 2-opt: the best reversal of a part, which replaces two of the tour's edges by two others. */
function reversePart(tour: number[], distances: Distances): number[] | undefined {
  const places = tour.length;
  let best = { gain: EPSILON, from: 0, to: 0 };
  for (let from = 1; from < places - 1; from++) {
    const [before, first] = [tour[from - 1]!, tour[from]!];
    for (let to = from + 1; to < places; to++) {
      const [last, after] = [tour[to]!, tour[(to + 1) % places]!];
      const gain =
        distances[before]![first]! +
        distances[last]![after]! -
        distances[before]![last]! -
        distances[first]![after]!;
      if (gain > best.gain) best = { gain, from, to };
    }
  }
  const { from, to } = best;
  if (to === 0) return undefined;
  return [...tour.slice(0, from), ...tour.slice(from, to + 1).toReversed(), ...tour.slice(to + 1)];
}

/** Or-opt: the best move of up to three neighbours to another place in the tour, either way round. */
function moveSegment(tour: number[], distances: Distances): number[] | undefined {
  const places = tour.length;
  let best: { gain: number; tour: number[] | undefined } = { gain: EPSILON, tour: undefined };
  for (let length = 1; length <= Math.min(SEGMENT, places - 3); length++) {
    for (let start = 0; start < places; start++) {
      // Turned so that the segment comes first: what follows is the rest, as an open path.
      const turned = [...tour.slice(start), ...tour.slice(0, start)];
      const segment = turned.slice(0, length);
      const rest = turned.slice(length);
      const [first, last] = [segment[0]!, segment.at(-1)!];
      const [next, previous] = [rest[0]!, rest.at(-1)!];
      const saved =
        distances[previous]![first]! + distances[last]![next]! - distances[previous]![next]!;
      for (let index = 1; index < rest.length; index++) {
        const [left, right] = [rest[index - 1]!, rest[index]!];
        const kept = distances[left]![right]!;
        const forward = saved + kept - distances[left]![first]! - distances[last]![right]!;
        const backward = saved + kept - distances[left]![last]! - distances[first]![right]!;
        const gain = Math.max(forward, backward);
        if (gain <= best.gain) continue;
        const moved = forward >= backward ? segment : segment.toReversed();
        best = { gain, tour: [...rest.slice(0, index), ...moved, ...rest.slice(index)] };
      }
    }
  }
  return best.tour;
}

/** The model: plans the round trip of each row. Rows are independent, so calls share batches. */
import { defineModel } from "longshore/model";
import { distancesBetween } from "./distances.ts";
import { findTour, lengthOf } from "./tour.ts";

/** Places of a row; those that it does not have are NaN. */
const PLACES = 50;

export default defineModel({
  inputs: { stops: { datatype: "FP32", shape: ["N", PLACES, 2] } },
  outputs: {
    /** Places in the order of the trip, from the depot, 0; -1 after the last. */
    order: { datatype: "INT32", shape: ["N", PLACES] },
    kilometres: { datatype: "FP64", shape: ["N"] },
  },
  predict({ stops }) {
    const rows = stops.shape[0]!;
    const order = new Int32Array(rows * PLACES).fill(-1);
    const kilometres = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      const distances = distancesBetween(placesOf(stops.data, row));
      const tour = findTour(distances);
      order.set(tour, row * PLACES);
      kilometres[row] = lengthOf(tour, distances);
    }
    return { order, kilometres };
  },
});

/** Latitude and longitude of each place of a row. */
function placesOf(stops: Float32Array, row: number): [number, number][] {
  const places: [number, number][] = [];
  for (let place = row * PLACES; place < (row + 1) * PLACES; place++) {
    const [latitude, longitude] = [stops[2 * place]!, stops[2 * place + 1]!];
    if (Number.isNaN(latitude)) break;
    places.push([latitude, longitude]);
  }
  return places;
}

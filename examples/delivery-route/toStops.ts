/** The step before the model: from two lists of coordinates to places of a fixed number. */
import { defineStep } from "longshore/model";

const PLACES = 50;

export default defineStep({
  apply({ rows, columns }) {
    const latitudes = columns["latitudes"] as readonly Float64Array[];
    const longitudes = columns["longitudes"] as readonly Float64Array[];
    const stops = new Float32Array(rows * PLACES * 2).fill(Number.NaN);
    for (let row = 0; row < rows; row++) {
      const [latitude, longitude] = [latitudes[row]!, longitudes[row]!];
      if (latitude.length !== longitude.length)
        throw new RangeError(
          `row ${row} has ${latitude.length} latitudes and ${longitude.length} longitudes`,
        );
      latitude.forEach((degrees, place) => {
        checkDegrees(degrees, 90, `latitude ${place} of row ${row}`);
        checkDegrees(longitude[place]!, 180, `longitude ${place} of row ${row}`);
        stops.set([degrees, longitude[place]!], (row * PLACES + place) * 2);
      });
    }
    return { stops };
  },
});

function checkDegrees(degrees: number, most: number, what: string): void {
  if (!(Math.abs(degrees) <= most)) throw new RangeError(`${what} is ${degrees}, not ±${most}°`);
}

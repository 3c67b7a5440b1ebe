/** The step after the model: from the order of places to the route as it is driven. */
import { defineStep } from "longshore/model";

export default defineStep({
  apply({ rows, columns }) {
    const order = columns["order"] as Int32Array;
    const places = order.length / rows;
    const route = Array.from({ length: rows }, (_, row) => {
      const tour = order.subarray(row * places, (row + 1) * places).filter((place) => place >= 0);
      return [...tour, 0];
    });
    return { route, kilometres: columns["kilometres"] };
  },
});

import type { Metric, Registry } from "prom-client";

/** How values of one model version are distributed. */
export interface Distribution {
  observe(value: number): void;
}

/** A histogram with the labels `model` and `version`. */
export interface ModelHistogram {
  /** The distribution of a model version; always the same one. */
  of(model: string, version: string): Distribution;
}

/**
 * Adds a histogram to a registry.
 *
 * prom-client's own looks its labels up anew for each value, which costs as much as decoding a small
 * request; here a value is a comparison a bucket, and the labels are put to them when Prometheus asks.
 *
 * Source: Prometheus, "Exposition formats", text-based format, histograms.
 *
 * @param buckets upper bounds, ascending, each of its bucket and included.
 */
export function addHistogram(
  registry: Registry,
  name: string,
  help: string,
  buckets: readonly number[],
): ModelHistogram {
  const counted = new Map<string, Counts & { readonly labels: Labels }>();
  const metric = {
    name,
    help,
    type: "histogram",
    aggregator: "sum",
    async get() {
      const values = [...counted.values()].flatMap((counts) => toSamples(name, buckets, counts));
      return { name, help, type: "histogram", aggregator: "sum", values };
    },
    reset: () => counted.clear(),
  };
  // What a registry asks of a metric is no more than this, whatever class it is of.
  registry.registerMetric(metric as unknown as Metric);
  return {
    of(model, version) {
      const key = JSON.stringify([model, version]);
      let counts = counted.get(key);
      if (counts === undefined) {
        counts = {
          labels: { model, version },
          perBucket: Array.from({ length: buckets.length + 1 }, () => 0),
          sum: 0,
        };
        counted.set(key, counts);
      }
      return toDistribution(counts, buckets);
    },
  };
}

interface Labels {
  readonly model: string;
  readonly version: string;
}

interface Counts {
  /** Values of each bucket alone; the last one has no bound. */
  readonly perBucket: number[];
  sum: number;
}

function toDistribution(counts: Counts, buckets: readonly number[]): Distribution {
  const { perBucket } = counts;
  return {
    observe(value) {
      let bucket = 0;
      while (bucket < buckets.length && value > buckets[bucket]!) bucket++;
      perBucket[bucket]!++;
      counts.sum += value;
    },
  };
}

interface Sample {
  readonly metricName: string;
  readonly labels: Labels & { readonly le?: number | "+Inf" };
  readonly value: number;
}

/** As Prometheus wants them: each bucket has what is in all below it too. */
function toSamples(
  name: string,
  buckets: readonly number[],
  { labels, perBucket, sum }: Counts & { readonly labels: Labels },
): Sample[] {
  let count = 0;
  const samples = perBucket.map((inBucket, index): Sample => {
    count += inBucket;
    const le = buckets[index] ?? "+Inf";
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
  });
  return [
    ...samples,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}

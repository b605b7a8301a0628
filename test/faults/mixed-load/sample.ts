/** What a server holds at a moment at which nobody calls. */
export interface Sample {
  /** How many calls there were until then. */
  readonly calls: number;
  /** Heap and external memory, after garbage collection. */
  readonly heapBytes: number;
  readonly residentBytes: number;
  /** Open connections. */
  readonly sockets: number;
  readonly timers: number;
  /** Everything that Node counts as open, the above among it. */
  readonly handles: number;
  /** Streams that run on a token. */
  readonly streams: number;
  /** Handlers that have begun and are not done. */
  readonly handlers: number;
  /** What Node warned of so far. */
  readonly warnings: readonly string[];
}

/** What code, shapes and caches still take after the first calls, in bytes. */
const HEAP_GROWTH_BYTES = 4 * 2 ** 20;

/** What a call may leave behind for good: less than any object takes. */
const BYTES_PER_CALL = 8;

/** The samples that are taken together at the beginning and at the end. */
const SHARE = 1 / 4;

/** Warned of by Node about headers that the cases set on purpose. */
const EXPECTED_WARNING = /^UnsupportedWarning: The provided connection header is not valid/;

/** Find what a server did not let go of: a sentence for each thing that grew. */
export function findLeaks(samples: readonly Sample[]): readonly string[] {
  const count = Math.max(1, Math.floor(samples.length * SHARE));
  const [first, last] = [samples.slice(0, count), samples.slice(-count)];
  const grown = (of: (sample: Sample) => number): number => lowest(last, of) - lowest(first, of);
  const heap = grown(({ heapBytes }) => heapBytes);
  const allowed = HEAP_GROWTH_BYTES + BYTES_PER_CALL * grown(({ calls }) => calls);
  const warnings = samples.at(-1)?.warnings.filter((warning) => !EXPECTED_WARNING.test(warning)) ?? [];
  return [
    ...(heap > allowed ? [`the heap has grown by ${(heap / 2 ** 20).toFixed(1)} MiB`] : []),
    ...(["sockets", "timers", "handles", "streams", "handlers"] as const).flatMap((name) => {
      const more = grown((sample) => sample[name]);
      return more > 0 ? [`there are ${more} ${name} more`] : [];
    }),
    ...warnings,
  ];
}

/** What is kept is there in every sample; what is only under way is not. */
function lowest(samples: readonly Sample[], of: (sample: Sample) => number): number {
  return Math.min(...samples.map(of));
}

/** Write a sample as a line. */
export function formatSample(seconds: number, sample: Sample): string {
  const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1).padStart(6);
  return [
    `${seconds.toFixed(0).padStart(5)} s`,
    `${String(sample.calls).padStart(8)} calls`,
    `heap ${mebibytes(sample.heapBytes)} MiB`,
    `rss ${mebibytes(sample.residentBytes)} MiB`,
    `sockets ${sample.sockets}`,
    `timers ${sample.timers}`,
    `handles ${sample.handles}`,
    `streams ${sample.streams}`,
    `handlers ${sample.handlers}`,
  ].join("  ");
}

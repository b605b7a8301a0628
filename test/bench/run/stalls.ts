import { monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";

/** What kept a process from going on, in milliseconds. */
export interface Stalls {
  /** The longest that its event loop did not turn. */
  readonly gapMaxMs: number;
  /** The longest collection of garbage, and all of them together. */
  readonly gcMaxMs: number;
  readonly gcTotalMs: number;
}

/** Looks at what keeps this process from going on. */
export interface StallWatch {
  /** Begin, and forget what was before. */
  watch(): void;
  /** End, and say what it was. */
  take(): Stalls;
}

/** Create a watch of this process. It costs nothing before it begins. */
export function createStallWatch(): StallWatch {
  let pauses: number[] = [];
  let gaps: ReturnType<typeof monitorEventLoopDelay> | undefined;
  const read = (entries: readonly PerformanceEntry[]): void => {
    pauses.push(...entries.map(({ duration }) => duration));
  };
  const observer = new PerformanceObserver((list) => read(list.getEntries()));
  return {
    watch() {
      pauses = [];
      gaps = monitorEventLoopDelay({ resolution: 1 });
      gaps.enable();
      observer.observe({ entryTypes: ["gc"] });
    },
    take() {
      read(observer.takeRecords());
      observer.disconnect();
      gaps?.disable();
      return {
        gapMaxMs: (gaps?.max ?? 0) / 1e6,
        gcMaxMs: Math.max(0, ...pauses),
        gcTotalMs: pauses.reduce((sum, ms) => sum + ms, 0),
      };
    },
  };
}

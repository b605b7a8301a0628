import type { CallDecision, Observer } from "@countersign/server";
import { Counter, Histogram, type Registry } from "prom-client";

/** Bounds of the time that a token takes to verify, in seconds: mostly a fraction of a millisecond, or a fetch of keys. */
const VERIFICATION_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1, 5];

/** Create the figures of decisions on calls. @param registry what is served */
export function createCallMetrics(registry: Registry): Observer {
  const registers = [registry];
  const decisions = createTally(registry, {
    name: "countersign_calls_decided_total",
    help: "Decisions on calls: of the gate, and refusals by rules.",
    labelNames: ["method", "result", "reason"],
  });
  const denied = createTally(registry, {
    name: "countersign_calls_denied_total",
    help: "Calls that the gate or a rule refused.",
    labelNames: ["method", "reason"],
  });
  const lookups = createTally(registry, {
    name: "countersign_verdict_cache_total",
    help: "Tokens that were looked up among those that were verified before: hit or miss.",
    labelNames: ["result"],
  });
  const verification = new Histogram({
    name: "countersign_token_verification_seconds",
    help: "How long the decision on a call took whose token was not known.",
    buckets: VERIFICATION_BUCKETS,
    registers,
  });
  return {
    callDecided({ method, result, reason, cache, microseconds }: CallDecision) {
      decisions(method, result, reason ?? "");
      if (result === "denied" && reason !== undefined && reason !== "INTERNAL") {
        denied(method, reason);
      }
      if (cache !== "none") {
        lookups(cache);
      }
      if (cache === "miss") {
        verification.observe(microseconds / 1_000_000);
      }
    },
  };
}

interface TallyOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

/** Stands in no label. */
const SEPARATOR = "\n";

/**
 * Create a counter for what every call adds to. Its figures are handed to prom-client when they are asked for: counting
 * there checks and joins the labels anew each time.
 */
function createTally(
  registry: Registry,
  { name, help, labelNames }: TallyOptions,
): (...labels: readonly string[]) => void {
  const counts = new Map<string, number>();
  new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      for (const [key, count] of counts) {
        const values = key.split(SEPARATOR);
        this.inc(Object.fromEntries(labelNames.map((label, index) => [label, values[index] ?? ""])), count);
      }
      counts.clear();
    },
  });
  return (...labels) => {
    const key = labels.join(SEPARATOR);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
}

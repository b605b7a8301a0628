import { createAuth } from "../../../server/gate/src/connect/create-auth.ts";
import { buildRequestListener } from "../../../server/node/src/build-server.ts";
import { listen } from "../../../server/node/src/listener.ts";
import { answerParent } from "../../bench/run/answer-parent.ts";
import { createRecordedRoutes } from "../../differential/handlers.ts";
import type { Journal } from "../../differential/journal.ts";
import { READ_MAX_BYTES, WRITE_MAX_BYTES } from "../../differential/side.ts";
import { issuers, own, revocations } from "../../hostile/issuers.ts";
import { createWallClock } from "../../support/test-clock.ts";
import { ISSUED_AT_SECONDS } from "../../support/tokens.ts";
import { countHandlers } from "./count-handlers.ts";
import type { Sample } from "./sample.ts";

/** How long a request may take to arrive, in milliseconds: callers who never end theirs must not pile up. */
const ARRIVAL_TIMEOUT_MS = 300;

/** Nothing is written down here: it would grow with every call. */
const SILENT: Journal = {
  note: () => undefined,
  follow: (_, work) => work(),
  until: () => Promise.resolve(),
  idle: () => Promise.resolve(),
  take: () => [],
};

const warnings: string[] = [];
process.on("warning", (warning) => warnings.push(`${warning.name}: ${warning.message}`));

let streams = (): number => 0;
const counted = countHandlers(createRecordedRoutes(SILENT));

// The keys are those of this process.
answerParent({ start, sample, token: () => own() });

/** Serve with all that `countersign serve` has around its services. An unhandled rejection ends the process. */
async function start({ unaryFastPath }: { readonly unaryFastPath: boolean }): Promise<number> {
  const auth = createAuth({
    issuers,
    revocations,
    audience: "ledger",
    routes: counted.routes,
    // Good tokens stay good, and timers run: where time stood still, failed checks of signatures would never be forgiven.
    clock: createWallClock(ISSUED_AT_SECONDS * 1000),
    audit: { record: () => undefined },
    onError: () => undefined,
    onWarning: () => undefined,
    logRefusals: false,
  });
  streams = () => auth.streams.size;
  const handler = buildRequestListener({
    ...auth,
    unaryFastPath,
    readMaxBytes: READ_MAX_BYTES,
    writeMaxBytes: WRITE_MAX_BYTES,
    arrivalTimeoutMs: ARRIVAL_TIMEOUT_MS,
  });
  const listener = await listen(handler, { allowedHosts: ["server"] });
  return listener.address.port;
}

/** Take stock, after garbage collection. */
function sample(): Omit<Sample, "calls"> {
  for (let round = 0; round < 4; round += 1) {
    globalThis.gc?.();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const handles: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) {
    handles[name] = (handles[name] ?? 0) + 1;
  }
  return {
    heapBytes: heapUsed + external,
    residentBytes: rss,
    sockets: handles.TCPSocketWrap ?? 0,
    timers: handles.Timeout ?? 0,
    handles: Object.values(handles).reduce((sum, count) => sum + count, 0),
    streams: streams(),
    handlers: counted.running(),
    warnings: [...warnings],
  };
}

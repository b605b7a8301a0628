import type { Principal } from "../authenticate/principal.ts";
import type { AuthError } from "../errors/auth-error.ts";
import { createRefusal } from "../errors/refusal.ts";
import { createReadiness } from "../kernel/readiness.ts";
import { assembleSignals } from "./assemble-signals.ts";
import type { BusSignalsOptions } from "./bus/bus-options.ts";
import { type BusSignals, createBusSignals } from "./bus/create-bus-signals.ts";
import type { SignalledServer, Signals } from "./signals.ts";
import { SignalsError } from "./signals-error.ts";
import { resolveSignalsOptions, type SignalsOptions } from "./signals-options.ts";

/**
 * Create the signals of servers of your own that no issuer of ours tells anything: what one of them receives of a provider, all
 * learn, and they renew each other's streams.
 *
 *     const bus = await createPostgresBus({ connectionString });
 *     const signals = createSignals({ bus, secret });
 *     const logouts = createLogoutReceiver({ issuers, sink: signals.logouts });
 *     const auth = createAuth({ routes, audience: "billing", issuers, logouts, signals });
 *
 * What they know is in their memory: it lasts as long as one of them runs.
 *
 * @throws TypeError when an option is wrong
 */
export function createSignals(options: BusSignalsOptions): BusSignals;
/**
 * Create the signals of an issuer for servers of your own: what it says of its tokens after it has granted them. They need
 * no database and no secret of the issuer: a client of the issuer with scope `signals:read` is enough.
 *
 *     const signals = createSignals({ issuer: "https://auth.example.com", credential: clientSecret("billing", secret) });
 *     const auth = createAuth({ routes, audience: "billing", issuers: [{ issuer: "https://auth.example.com", … }], signals });
 *
 * They begin at once, and go on until `close`. One object is enough for all servers of a process.
 *
 * @throws TypeError when an option is wrong
 */
export function createSignals(options: SignalsOptions): Signals;
export function createSignals(options: SignalsOptions | BusSignalsOptions): Signals {
  // A misspelt option is named by whichever of the two is meant.
  return typeof options === "object" && options !== null && "bus" in options
    ? createBusSignals(options)
    : createHubSignals(options);
}

function createHubSignals(options: SignalsOptions): Signals {
  const resolved = resolveSignalsOptions(options);
  const { clock, staleAfterMs, relaxations } = resolved;
  const servers = new Set<SignalledServer>();
  // Before there is a server, no stream is to be renewed, and any text will do.
  const audience = (): string => [...servers][0]?.audience ?? resolved.issuer;
  const end = new AbortController();
  const ready = createReadiness(clock);
  const { feed, watcher, renewals } = assembleSignals(resolved, {
    servers,
    audience,
    onAlive: ready.resolve,
    signal: end.signal,
  });
  let hasStarted = false;
  // A server that is created in the same turn is known when the hub is asked.
  queueMicrotask(() => {
    hasStarted = true;
    watcher.start();
  });

  async function close(): Promise<void> {
    end.abort();
    watcher.close();
    ready.reject(new SignalsError("stale", "the signals were closed before they knew what is revoked"));
  }

  return {
    ready: ready.promise,
    relaxations,
    isRevoked(principal: Principal): boolean {
      // Before the first answer of a hub, there is no time at all.
      // What was closed is told of nothing more: what it knows is stale at once.
      const readAtMs = end.signal.aborted ? -Infinity : feed.readAtMs;
      if (!(clock.monotonicMs() - readAtMs <= staleAfterMs)) {
        watcher.reportStale(feed.readAtMs);
        throw createStaleError(staleAfterMs);
      }
      return feed.known.covers(principal);
    },
    changesOf: (principal) => feed.known.changesOf(principal),
    onRevoked: (listener) => feed.known.onRevoked(listener),
    renew: (streams, by) => renewals.renew(streams, by),
    addServer(server) {
      const before = audience();
      servers.add(server);
      if (hasStarted && audience() !== before) {
        watcher.replace();
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function createStaleError(staleAfterMs: number): AuthError {
  return createRefusal("AUTH_UNAVAILABLE", "what has been revoked cannot be known just now", {
    facts: { check: "revocations_unavailable", expected: `news of a hub within ${staleAfterMs} ms` },
  });
}

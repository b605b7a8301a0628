import { Code, ConnectError } from "@connectrpc/connect";
import type { FleetClient } from "./clients.ts";

/** Calls at a steady pace. */
export interface Calls {
  /** How many were made so far. */
  readonly count: number;
  /** How many of them failed. */
  readonly failed: number;
  /** How many failed, by what they were and how they failed. */
  readonly failures: ReadonlyMap<string, number>;
  /** The longest time in which no call to a server of one's own succeeded, in milliseconds. */
  longestGapMs(): number;
  /** When calls to servers of one's own failed with a code, by `performance.now()`. */
  failedAtMs(code: Code): readonly number[];
  /** Make no more, and wait for those under way. */
  stop(): Promise<void>;
}

const PER_SECOND = 100;
/** A call that takes longer has failed. */
const TIMEOUT_MS = 5_000;

type Kind = (client: FleetClient) => Promise<unknown>;

/** What is called, in turn. Servers of one's own have three calls in four. */
const KINDS: Readonly<Record<string, Kind>> = {
  createNote: ({ notes }) => notes.createNote({ title: "tick" }, { timeoutMs: TIMEOUT_MS }),
  getNote: ({ notes }) => notes.getNote({ id: "1" }, { timeoutMs: TIMEOUT_MS }),
  "createNote again": ({ notes }) => notes.createNote({ title: "tock" }, { timeoutMs: TIMEOUT_MS }),
  whoAmI: ({ sessions }) => sessions.whoAmI({}, { timeoutMs: TIMEOUT_MS }),
};

/** Call 100 times a second, with each client and each kind of call in turn. */
export function startCalls(clients: readonly FleetClient[]): Calls {
  const kinds = Object.entries(KINDS);
  const failures = new Map<string, number>();
  const failedAt: { readonly code: Code; readonly atMs: number }[] = [];
  const underWay = new Set<Promise<void>>();
  const gaps = watchGaps();
  let count = 0;
  let failed = 0;
  const call = async (kind: string, run: Kind, client: FleetClient): Promise<void> => {
    const isOwn = kind !== "whoAmI";
    try {
      await run(client);
      if (isOwn) {
        gaps.note();
      }
    } catch (error) {
      const { code, rawMessage } = ConnectError.from(error);
      const what = `${kind} through ${client.lane.name}: ${Code[code]}, ${rawMessage}`;
      failures.set(what, (failures.get(what) ?? 0) + 1);
      failed += 1;
      if (isOwn) {
        failedAt.push({ code, atMs: performance.now() });
      }
    }
  };
  const next = (): void => {
    // So that each client makes each kind of call.
    const client = clients[Math.floor(count / kinds.length) % clients.length];
    const [kind, run] = kinds[count % kinds.length] ?? [];
    count += 1;
    if (client !== undefined && kind !== undefined && run !== undefined) {
      const done = call(kind, run, client).finally(() => underWay.delete(done));
      underWay.add(done);
    }
  };
  const beganMs = performance.now();
  // A timer that comes late has as many to make as are due.
  const timer = setInterval(() => {
    while (count < ((performance.now() - beganMs) / 1_000) * PER_SECOND) {
      next();
    }
  }, 1_000 / PER_SECOND);
  return {
    get count() {
      return count;
    },
    get failed() {
      return failed;
    },
    failures,
    longestGapMs: gaps.longestMs,
    failedAtMs: (code) => failedAt.filter((failure) => failure.code === code).map(({ atMs }) => atMs),
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
    },
  };
}

function watchGaps() {
  let lastMs = performance.now();
  let longestMs = 0;
  const look = (): number => {
    longestMs = Math.max(longestMs, performance.now() - lastMs);
    return longestMs;
  };
  return {
    note(): void {
      look();
      lastMs = performance.now();
    },
    longestMs: look,
  };
}

import { randomBytes } from "node:crypto";
import { onTestFinished } from "vitest";
import { AuthError } from "../../../../server/gate/src/errors/auth-error.ts";
import type { MessageBus } from "../../../../server/gate/src/kernel/message-bus.ts";
import { createSubscribers } from "../../../../server/gate/src/kernel/subscribers.ts";
import type { LogoutRevocation } from "../../../../server/gate/src/logouts/logout.ts";
import {
  type BusSignals,
  createBusSignals,
} from "../../../../server/gate/src/signals/bus/create-bus-signals.ts";
import type { SignalledServer } from "../../../../server/gate/src/signals/signals.ts";
import { createTestClock } from "../../../support/test-clock.ts";
import { tokenOf } from "../../revoked/tokens.ts";

const ISSUER = "https://login.example";

/** A server on a bus in memory. */
export interface LinkedServer {
  readonly id: string;
  readonly signals: BusSignals;
  /** Nothing goes out and nothing comes in. */
  cut(): void;
  /** It is connected again, and told that messages may be missing. */
  heal(): void;
  /** Messages to it are lost, and nothing tells it. */
  isDeaf: boolean;
  /** What went wrong. */
  readonly errors: unknown[];
  /** Say whether a session is refused. */
  fate(sessionId: string): string;
  /** List what is changed of the tokens of a session. */
  changesOf(sessionId: string): unknown;
}

/** How a server differs from others. */
export interface LinkedServerOptions {
  readonly secret?: Uint8Array;
  readonly failOpen?: boolean;
  /** How far its wall clock is ahead of that of the others, in milliseconds. */
  readonly aheadMs?: number;
  /** Says of each message that comes whether it is lost. */
  readonly isLost?: (channel: string) => boolean;
  readonly servers?: readonly SignalledServer[];
}

/** Make servers on one bus in memory, on a clock in the hands of the test. */
export function createLinkedServers() {
  const clock = createTestClock();
  const secret = randomBytes(32);
  const ends = new Set<(channel: string, message: string) => void>();
  const channels = new Map<string, number>();
  const published: { readonly channel: string; readonly message: string }[] = [];

  function join(options: LinkedServerOptions = {}): LinkedServer {
    const { servers = [], failOpen = false, aheadMs = 0, isLost = () => false, ...own } = options;
    const subscribers = createSubscribers();
    const errors: unknown[] = [];
    let isCut = false;
    const bus: MessageBus = {
      hasOthers: true,
      subscribe(channel, onMessage) {
        channels.set(channel, (channels.get(channel) ?? 0) + 1);
        subscribers.add(channel, onMessage);
        onMessage("");
        return {
          async close() {
            channels.set(channel, (channels.get(channel) ?? 0) - 1);
            subscribers.remove(channel, onMessage);
          },
        };
      },
      async publish(channel, message) {
        if (isCut) {
          throw new AuthError("AUTH_UNAVAILABLE", "the bus is down");
        }
        published.push({ channel, message });
        for (const end of ends) {
          end(channel, message);
        }
      },
      hasSubscriber: async (channel) => (channels.get(channel) ?? 0) > 0,
    };
    const end = (channel: string, message: string): void => {
      const isFor = new Set(subscribers.channels()).has(channel);
      if (!isCut && !server.isDeaf && isFor && !isLost(channel)) {
        subscribers.notify(channel, message);
      }
    };
    ends.add(end);
    const id = randomBytes(16).toString("base64url");
    const signals = createBusSignals(
      {
        bus,
        clock: { ...clock, nowMs: () => clock.nowMs() + aheadMs },
        secret: own.secret ?? secret,
        insecure: { failOpen },
        onError: (error) => void errors.push(error),
      },
      id,
    );
    for (const one of servers) {
      signals.addServer(one);
    }
    onTestFinished(async () => {
      ends.delete(end);
      await signals.close();
    });
    const server: LinkedServer = {
      id,
      signals,
      errors,
      isDeaf: false,
      cut() {
        isCut = true;
      },
      heal() {
        isCut = false;
        for (const channel of subscribers.channels()) {
          subscribers.notify(channel, "");
        }
      },
      fate: (sessionId) => fateOf(signals, sessionId),
      changesOf: (sessionId) => signals.changesOf?.(principalIn(sessionId)),
    };
    return server;
  }

  /** Let time pass until something is so. */
  async function until(condition: () => boolean): Promise<void> {
    for (let turn = 0; turn < 3_000; turn += 1) {
      if (condition()) {
        return;
      }
      clock.advance(50);
      await turnOf();
    }
    throw new Error(`never: ${condition.toString()}`);
  }
  /** Wait until a server knows what is revoked. */
  async function untilReady(...servers: readonly LinkedServer[]): Promise<void> {
    let left = servers.length;
    for (const { signals } of servers) {
      void signals.ready.then(() => {
        left -= 1;
      });
    }
    await until(() => left === 0);
  }
  return { clock, published, join, until, untilReady };
}

/** Let each message that is being sealed or opened come a few steps further: Web Crypto works in the order of its calls. */
async function turnOf(): Promise<void> {
  for (let step = 0; step < 4; step += 1) {
    await crypto.subtle.digest("SHA-256", new Uint8Array(1));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A principal of a session. */
const principalIn = (sessionId: string) =>
  tokenOf({ issuer: ISSUER, sessionId }) as Parameters<BusSignals["isRevoked"]>[0]; // nothing else of it is looked at

function fateOf(signals: BusSignals, sessionId: string): string {
  try {
    return signals.isRevoked(principalIn(sessionId)) ? "revoked" : "good";
  } catch (error) {
    return error instanceof AuthError ? error.reason : String(error);
  }
}

/** A logout of one session. */
export function logoutOf(sessionId: string, more: Partial<LogoutRevocation> = {}) {
  const revocation: LogoutRevocation = {
    ...{ issuer: ISSUER, dimension: "sid", value: sessionId },
    ...{ beforeMs: undefined, maxLifeMs: 3_600_000, reason: "logged_out" },
    ...more,
  };
  return { key: `key of ${sessionId}`, expiresAtMs: Number.MAX_SAFE_INTEGER, revocations: [revocation] };
}

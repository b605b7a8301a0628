import {
  type CallOptions,
  type ConnectError,
  createClient,
  createRouterTransport,
  type Transport,
} from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { createSession } from "../../core/create-session.ts";
import type { SessionEvent } from "../../core/events.ts";
import { createMemoryStore } from "../../core/memory-store.ts";
import type { Session } from "../../core/session.ts";
import type { SessionStore } from "../../core/store.ts";
import { createFakeClock, type FakeClock } from "../fake-clock.ts";
import { createFakeServer, type FakeServer } from "../fake-server.ts";
import type { FaultOptions } from "./fault.ts";

/** One tab or process on a {@link Stage}. */
export interface StagedTab {
  readonly session: Session;
  readonly events: readonly SessionEvent[];
  /** Make a call with the session's token. */
  readonly call: (options?: CallOptions) => Promise<unknown>;
}

/** What a tab on a stage may have of its own. */
export interface StagedTabOptions {
  /** Stands between the tab and the server. */
  readonly wrap?: (transport: Transport) => Transport;
  /** Default: the clock that all share. */
  readonly clock?: FakeClock;
}

/** A server, a clock and a store for one row of the fault table. */
export interface Stage {
  readonly clock: FakeClock;
  readonly server: FakeServer;
  /** The store that all tabs share. */
  readonly store: SessionStore;
  readonly tab: (options?: StagedTabOptions) => StagedTab;
  /** A tab that is signed in. */
  readonly signedIn: (options?: StagedTabOptions) => Promise<StagedTab>;
}

/** How long an access token lasts on a stage. */
export const LIFETIME_MS = 600_000;

// Where transports in memory say that they are.
const BASE_URL = "https://in-memory";
const CREDENTIAL = { username: "demo", password: "demo-password" };

/** Make the store of a row. */
export async function createStoreOf({
  createStore = createMemoryStore,
}: FaultOptions): Promise<SessionStore> {
  return createStore();
}

/** Set a stage, play a row on it, and clear it away. */
export async function onStage(options: FaultOptions, play: (stage: Stage) => Promise<void>): Promise<void> {
  const clock = createFakeClock();
  const server = createFakeServer({ clock, lifetimeMs: LIFETIME_MS });
  const store = await createStoreOf(options);
  const sessions: Session[] = [];

  function tab({ wrap = (inner) => inner, clock: own = clock }: StagedTabOptions = {}): StagedTab {
    const transport = wrap(createRouterTransport(server.routes));
    const session = createSession({ baseUrl: BASE_URL, transport, store, clock: own });
    sessions.push(session);
    const events: SessionEvent[] = [];
    session.on((event) => events.push(event));
    const calls = createRouterTransport(server.routes, {
      transport: { interceptors: [session.interceptor] },
    });
    const { whoAmI } = createClient(SessionService, calls);
    return { session, events, call: (callOptions) => whoAmI({}, callOptions) };
  }

  async function signedIn(tabOptions?: StagedTabOptions): Promise<StagedTab> {
    const made = tab(tabOptions);
    await made.session.signIn(CREDENTIAL);
    return made;
  }

  try {
    await play({ clock, server, store, tab, signedIn });
  } finally {
    for (const session of sessions) {
      session.dispose();
    }
  }
}

/** Fail the row unless something is as it must be. */
export function assertThat(isSo: boolean, what: string): void {
  if (!isSo) {
    throw new Error(`fault table: ${what}`);
  }
}

/** Catch what a promise rejects with. @throws Error when it does not */
export async function rejectionOf(promise: Promise<unknown>): Promise<ConnectError> {
  try {
    await promise;
  } catch (error) {
    // Everything that the SDK throws is one.
    return error as ConnectError;
  }
  throw new Error("fault table: a call succeeded that must fail");
}

const MAX_TURNS = 5_000;
// So small that a store on a busy disk answers before the SDK gives it up.
const STEP_MS = 10;

/** Let everything that is under way go on until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let turns = 0; turns < MAX_TURNS; turns += 1) {
    if (isSo()) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error("fault table: what must happen does not");
}

/** Let time pass in small steps until a promise settles. */
export async function pass<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  void promise.then(settle, settle);
  await until(() => {
    if (!isSettled) {
      clock.advance(STEP_MS);
    }
    return isSettled;
  });
  return promise;
}

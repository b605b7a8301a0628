import type { Interceptor } from "@connectrpc/connect";
import {
  type Auth,
  createAuth,
  createFetchHandler,
  type Endpoint,
  type FetchHandler,
  type RevocationCheck,
  systemClock,
} from "@countersign/server";
import { asService } from "../../compat/program/service.ts";

/** What the test tells a program. */
export interface Settings {
  /** Where the issuer's keys are. */
  readonly jwksUri: string;
}

/** What the test asks of a program. */
export interface AppState {
  /** How many handlers ran. */
  readonly started: number;
  /** How often a handler learnt that its call is over before it had ended by itself. */
  readonly aborted: number;
  /** What the gate has reported as unexpected. */
  readonly errors: readonly string[];
}

/** A guarded service, and how the test drives it. */
export interface App {
  readonly auth: Auth;
  /** Paths under which the test lets time pass, revokes a session, and asks for the state. */
  readonly controls: Readonly<Record<string, Endpoint>>;
  /** All of it, for hosts of the Fetch API. */
  readonly fetch: FetchHandler;
}

/** Create what every runtime and every framework serves. */
export function createApp({ jwksUri }: Settings): App {
  let aheadMs = 0;
  let started = 0;
  let aborted = 0;
  const errors: string[] = [];
  const noticeAborts: Interceptor = (next) => (req) => {
    started += 1;
    req.signal.addEventListener("abort", () => {
      aborted += 1;
    });
    return next(req);
  };
  const { revocations, revoke } = createRevocations();
  const auth = createAuth({
    routes: asService(),
    interceptors: [noticeAborts],
    issuers: [{ issuer: "https://issuer.example", keys: { jwksUri } }],
    audience: "ledger",
    clock: { ...systemClock, nowMs: () => Date.now() + aheadMs },
    revocations,
    logRefusals: false,
    onError: (error) => errors.push(String(error)),
    onWarning: () => {},
  });
  const stateOf = (): AppState => ({ started, aborted, errors });
  const controls: Readonly<Record<string, Endpoint>> = {
    "/control/hour": async () => {
      aheadMs += 3_600_000;
      return Response.json(stateOf());
    },
    "/control/revoke": async (request) => {
      revoke(new URL(request.url).searchParams.get("session") ?? "");
      return Response.json(stateOf());
    },
    "/control/state": async () => Response.json(stateOf()),
  };
  const fetch = createFetchHandler(auth, {
    async fallback(request) {
      const control = controls[new URL(request.url).pathname];
      return control === undefined ? new Response(null, { status: 404 }) : control(request);
    },
    onError: (error) => errors.push(String(error)),
  });
  return { auth, controls, fetch };
}

function createRevocations() {
  const revoked = new Set<string | undefined>();
  const listeners = new Set<Parameters<NonNullable<RevocationCheck["onRevoked"]>>[0]>();
  const revocations: RevocationCheck = {
    isRevoked: ({ sessionId }) => revoked.has(sessionId),
    onRevoked(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const revoke = (session: string): void => {
    revoked.add(session);
    for (const listener of listeners) {
      listener({ matches: ({ sessionId }) => sessionId === session });
    }
  };
  return { revocations, revoke };
}

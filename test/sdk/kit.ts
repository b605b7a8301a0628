import { createServer, type Server } from "node:http";
import { createServer as createHttp2Server, type Http2Server } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import {
  type Client,
  type ConnectRouter,
  createClient,
  createRouterTransport,
  type Interceptor,
  type ServiceImpl,
  type Transport,
} from "@connectrpc/connect";
import { connectNodeAdapter, createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import {
  createMemoryStore,
  createSession,
  type Session,
  type SessionEvent,
  type SessionOptions,
  type SessionStore,
} from "@countersign/sdk";
import { createFakeClock, createFakeServer, type FakeClock, type FakeServer } from "@countersign/sdk/testing";

/** The account of the fake server. */
export const DEMO = { username: "demo", password: "demo-password" };
/** A second account: the fake server takes every name with the same password. */
export const ADMIN = { username: "admin", password: DEMO.password };
/** How long the fake server's tokens last, unless a kit is told otherwise. */
export const LIFETIME_MS = 600_000;

/** Everything that one test of the SDK works with; disposing of it stops the server. */
export interface Kit extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly server: FakeServer;
  readonly baseUrl: string;
  readonly http: Server | Http2Server;
  /** How many calls of NotesService reached the server. */
  readonly calls: () => number;
  /** The tokens that NotesService was called with, in order. */
  readonly tokensSeen: readonly (string | undefined)[];
  /** Make a session of this server: one tab, one process. */
  readonly tab: (options?: Partial<SessionOptions>) => Tab;
}

/** One tab or process. */
export interface Tab {
  readonly session: Session;
  readonly events: readonly SessionEvent[];
  readonly notes: Client<typeof NotesService>;
  readonly notesOver: (
    protocol: Protocol,
    interceptors?: readonly Interceptor[],
  ) => Client<typeof NotesService>;
}

/** Protocols of the tests' transports. */
export type Protocol = "connect" | "grpc-web";

/** What a kit can be told. */
export interface KitOptions {
  readonly lifetimeMs?: number;
  readonly notes?: Partial<ServiceImpl<typeof NotesService>>;
  readonly store?: SessionStore;
  /** Speak HTTP/2 in plain text instead of HTTP/1.1. */
  readonly http2?: boolean;
}

/** Start a fake server on a free port, with a NotesService that answers with the id it is asked for. */
export async function createKit(options: KitOptions = {}): Promise<Kit> {
  const clock = createFakeClock();
  const server = createFakeServer({ clock, lifetimeMs: options.lifetimeMs ?? LIFETIME_MS });
  const store = options.store ?? createMemoryStore();
  const tokensSeen: (string | undefined)[] = [];
  const gate: Interceptor = (next) => (req) => {
    if (req.service.typeName === NotesService.typeName) {
      tokensSeen.push(req.header.get("authorization")?.split(" ")[1]);
      server.authenticate(req.header);
    }
    return next(req);
  };
  const notes: Partial<ServiceImpl<typeof NotesService>> = {
    getNote: ({ id }) => ({ id }),
    ...options.notes,
  };
  const routes = (router: ConnectRouter) => {
    server.routes(router);
    router.service(NotesService, notes);
  };
  const handler = connectNodeAdapter({ routes, interceptors: [gate] });
  const http = options.http2 ? createHttp2Server(handler) : createServer(handler);
  const connections = new Set<Socket>();
  http.on("connection", (socket: Socket) => connections.add(socket));
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const sessions: Session[] = [];

  function tab(overrides: Partial<SessionOptions> = {}): Tab {
    // The auth server is reached in memory: nothing but the tests' own clock takes time.
    const transport: Transport = createRouterTransport(server.routes);
    const session = createSession({ baseUrl, transport, store, clock, ...overrides });
    sessions.push(session);
    const events: SessionEvent[] = [];
    session.on((event) => events.push(event));
    const notesOver: Tab["notesOver"] = (protocol, interceptors = []) => {
      const create = protocol === "connect" ? createConnectTransport : createGrpcWebTransport;
      const all = [session.interceptor, ...interceptors];
      return createClient(NotesService, create({ baseUrl, httpVersion: "1.1", interceptors: all }));
    };
    return { session, events, notes: notesOver("connect"), notesOver };
  }

  return {
    clock,
    server,
    baseUrl,
    http,
    calls: () => tokensSeen.length,
    tokensSeen,
    tab,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) {
        session.dispose();
      }
      for (const socket of connections) {
        socket.destroy();
      }
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** When to stop waiting for what does not happen, in milliseconds. */
const GIVE_UP_MS = 60_000;

/** Let everything that is under way go on until the condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  for (const endMs = performance.now() + GIVE_UP_MS; performance.now() < endMs; await setImmediate()) {
    if (condition()) {
      return;
    }
  }
  throw new Error(`what the test waits for does not happen: ${condition.toString()}`);
}

/** Let everything that can go on without time passing go on. */
export async function settle(): Promise<void> {
  for (let turns = 0; turns < 50; turns += 1) {
    await setImmediate();
  }
}

/** Let time pass in small steps until the promise settles; answers what it settles with. */
export async function pass<T>(clock: FakeClock, promise: Promise<T>): Promise<PromiseSettledResult<T>> {
  let result: PromiseSettledResult<T> | undefined;
  void Promise.allSettled([promise]).then(([first]) => {
    result = first;
  });
  for (let steps = 0; steps < 1_000; steps += 1) {
    await settle();
    if (result !== undefined) {
      return result;
    }
    clock.advance(100);
  }
  throw new Error("the promise does not settle");
}

import { createServer as createHttp1Server } from "node:http";
import { createServer as createHttp2Server, type ServerHttp2Session } from "node:http2";
import type { AddressInfo, Server } from "node:net";
import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter, HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import type { AuthOptions } from "../../server/gate/src/connect/auth-options.ts";
import { type Auth, createAuth } from "../../server/gate/src/connect/create-auth.ts";
import { optionalPrincipalOf } from "../../server/gate/src/connect/principal-context.ts";
import type { AuditEvent } from "../../server/gate/src/kernel/audit.ts";
import { createTestClock, type TestClock } from "./test-clock.ts";
import { ISSUED_AT_SECONDS } from "./tokens.ts";

/** What a handler of the echo service gets and gives. */
interface Echo {
  readonly text?: string;
}

/** Says what a handler answers; the subject of the caller by default. */
export type Answer = (ctx: HandlerContext) => string;

/** A service that echoes, behind a gate. */
export interface EchoAuth {
  readonly auth: Auth;
  readonly clock: TestClock;
  readonly events: readonly AuditEvent[];
  readonly errors: readonly unknown[];
  readonly warnings: readonly string[];
}

/** Register handlers of all four kinds: each answers with text, once per message that came. */
export function echoRoutes(service: DescService, answer: Answer = whoCalls): (router: ConnectRouter) => void {
  const once = (_req: Echo, ctx: HandlerContext) => ({ text: answer(ctx) });
  const handlers = {
    unary: once,
    async *server_streaming(_req: Echo, ctx: HandlerContext) {
      yield { text: answer(ctx) };
    },
    async client_streaming(requests: AsyncIterable<Echo>, ctx: HandlerContext) {
      for await (const _ of requests) {
      }
      return { text: answer(ctx) };
    },
    async *bidi_streaming(requests: AsyncIterable<Echo>, ctx: HandlerContext) {
      for await (const _ of requests) {
        yield { text: answer(ctx) };
      }
    },
  };
  const implementation = Object.fromEntries(
    service.methods.map((method) => [method.localName, handlers[method.methodKind]]),
  ) as unknown as Partial<ServiceImpl<DescService>>; // each method has the handler of its kind
  return (router) => void router.service(service, implementation);
}

/** Put a gate before the echo service, with a clock that stands at the time when good tokens are issued. */
export function createEchoAuth(
  service: DescService,
  options: Omit<Partial<AuthOptions>, "clock"> & Pick<AuthOptions, "issuers">,
): EchoAuth {
  const clock = createTestClock(ISSUED_AT_SECONDS * 1000);
  const events: AuditEvent[] = [];
  const errors: unknown[] = [];
  const warnings: string[] = [];
  const auth = createAuth({
    routes: echoRoutes(service),
    audience: "ledger",
    clock,
    audit: { record: (event) => void events.push(event) },
    onError: (error) => void errors.push(error),
    onWarning: (warning) => void warnings.push(warning),
    logRefusals: false,
    ...options,
  });
  return { auth, clock, events, errors, warnings };
}

/** A server over HTTP/1.1 and one over HTTP/2 in the clear. */
export interface EchoServers extends AsyncDisposable {
  readonly http1Port: number;
  readonly http2Port: number;
}

/** Serve with the adapter for Node. */
export async function startEchoServers(auth: Auth): Promise<EchoServers> {
  const handler = connectNodeAdapter({ ...auth });
  const http1 = createHttp1Server({ maxHeaderSize: 64 * 1024 }, handler);
  const http2 = createHttp2Server({ settings: { maxHeaderListSize: 64 * 1024 } }, handler);
  const sessions = new Set<ServerHttp2Session>();
  http2.on("session", (session) => sessions.add(session));
  return {
    http1Port: await listen(http1),
    http2Port: await listen(http2),
    async [Symbol.asyncDispose]() {
      http1.closeAllConnections();
      for (const session of sessions) {
        session.destroy();
      }
      await Promise.all([http1, http2].map((server) => new Promise((done) => server.close(done))));
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port; // it listens on TCP
}

function whoCalls(ctx: HandlerContext): string {
  return optionalPrincipalOf(ctx)?.subject ?? "nobody";
}

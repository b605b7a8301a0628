import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { describe, expect, test } from "vitest";
import { type Auth, createAuth } from "../../server/gate/src/connect/create-auth.ts";
import { createFetchHandler } from "../../server/gate/src/connect/create-fetch-handler.ts";
import { createRateLimit } from "../../server/gate/src/kernel/rate-limit.ts";
import { buildRequestListener } from "../../server/node/src/build-server.ts";
import { listen } from "../../server/node/src/listener.ts";
import { echoRoutes } from "../support/echo-server.ts";
import { echoService } from "../support/echo-service.ts";
import { notEmpty } from "../support/not-empty.ts";
import { createWallClock } from "../support/test-clock.ts";
import { createSigningKey, goodClaims, ISSUED_AT_SECONDS, signToken } from "../support/tokens.ts";

const service = echoService({ Call: { policy: { access: Access.AUTHENTICATED } } });
const key = createSigningKey("EdDSA", "key-1");
const stranger = createSigningKey("EdDSA", "key-1");

/** Calls the server with a token. @returns the status of the answer, and when it says to come back */
type Call = (token: string) => Promise<{ readonly status: number; readonly retryAfter: string | null }>;

interface Serving extends AsyncDisposable {
  readonly call: Call;
}

const HOSTS = notEmpty([
  ["listen", serveWithListen],
  ["connectNodeAdapter", serveWithAdapter],
  ["createFetchHandler, which knows no address", serveWithFetchHandler],
] as const);

function createServerAuth(failedChecksPerSecond?: number): Auth {
  const clock = createWallClock(ISSUED_AT_SECONDS * 1_000);
  return createAuth({
    routes: echoRoutes(service),
    issuers: [{ issuer: "https://issuer.example", keys: { jwks: { keys: [key.jwk] } } }],
    audience: "ledger",
    clock,
    tokenFailureLimit: createRateLimit({ limit: 50, windowMs: 10_000, clock, message: "too many" }),
    failedChecksPerSecond,
    logRefusals: false,
  });
}

const good = (name: string, sid: string): string => signToken(key, goodClaims({ jti: name, sid }));
const forge = (n: number): string =>
  signToken(stranger, goodClaims({ jti: `forged-${n}`, sid: `forged-${n}` }));

const FORGED = 400;

/** Send forged tokens from many clients at one address, and beside each twentieth a good one. */
async function flood(call: Call, sid: (n: number) => string) {
  const statuses: Record<"good" | "forged", number[]> = { good: [], forged: [] };
  let sent = 0;
  const send = async (): Promise<void> => {
    while (sent < FORGED) {
      const n = sent++;
      const answers = [call(forge(n)).then(({ status }) => statuses.forged.push(status))];
      if (n % 20 === 0) {
        answers.push(call(good(`good-${n}`, sid(n))).then(({ status }) => statuses.good.push(status)));
      }
      await Promise.all(answers);
    }
  };
  await Promise.all(Array.from({ length: 50 }, send));
  return statuses;
}

const countOf = (statuses: readonly number[], status: number): number =>
  statuses.filter((each) => each === status).length;

describe("beside a flood of forged tokens of a known key from one address", () => {
  test.each(HOSTS)("each new good token passes: %s", async (_, serve) => {
    await using server = await serve(createServerAuth());
    const statuses = await flood(server.call, (n) => `session-${n}`);
    expect(statuses.good).toEqual(Array(FORGED / 20).fill(200));
    expect(countOf(statuses.forged, 401)).toBe(50);
    expect(countOf(statuses.forged, 429)).toBe(FORGED - 50);
    expect(await server.call(forge(FORGED))).toMatchObject({ status: 429, retryAfter: "1" });
  });

  test.each(HOSTS)(
    "each new token of a known session passes, though few checks may be made: %s",
    async (_, serve) => {
      await using server = await serve(createServerAuth(100));
      expect(await server.call(good("first", "session-1"))).toMatchObject({ status: 200 });
      const statuses = await flood(server.call, () => "session-1");
      expect(statuses.good).toEqual(Array(FORGED / 20).fill(200));
      expect(countOf(statuses.forged, 429)).toBeGreaterThanOrEqual(FORGED - 50);
      expect(countOf(statuses.forged, 200)).toBe(0);
    },
  );
});

function toCall(send: (request: Request) => Promise<Response>, baseUrl: string): Call {
  return async (token) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
    const url = `${baseUrl}/${service.typeName}/Call`;
    const response = await send(new Request(url, { method: "POST", headers, body: "{}" }));
    await response.arrayBuffer();
    return { status: response.status, retryAfter: response.headers.get("retry-after") };
  };
}

async function serveWithListen(auth: Auth): Promise<Serving> {
  const listener = await listen(buildRequestListener(auth));
  return {
    call: toCall(fetch, `http://127.0.0.1:${listener.address.port}`),
    [Symbol.asyncDispose]: () => listener.close(0),
  };
}

async function serveWithAdapter(auth: Auth): Promise<Serving> {
  const server = createServer(connectNodeAdapter({ ...auth }));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    call: toCall(fetch, `http://127.0.0.1:${port}`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function serveWithFetchHandler(auth: Auth): Promise<Serving> {
  const call = toCall(createFetchHandler(auth), "http://app.example");
  return Promise.resolve({ call, [Symbol.asyncDispose]: () => Promise.resolve() });
}

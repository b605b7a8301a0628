import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createMemoryStore, createSession } from "@countersign/sdk";
import { createFakeClock } from "@countersign/sdk/testing";
import { expect, test } from "vitest";
import { notEmpty } from "../support/not-empty.ts";
import { HTTP_SOURCES } from "./http-sources.ts";
import { LIFETIME_MS, pass } from "./kit.ts";

interface Answer {
  readonly name: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How many requests one refresh makes: a time to wait that is too long ends it. */
  readonly requests: number;
}

const ANSWERS: readonly Answer[] = [
  { name: "13: a 503", status: 503, requests: 3 },
  { name: "14: a 429 with a time", status: 429, headers: { "retry-after": "30" }, requests: 1 },
  { name: "15: a 408", status: 408, requests: 3 },
  { name: "15: a redirect", status: 302, headers: { location: "/elsewhere" }, requests: 3 },
  {
    name: "15: a page of HTML with 400",
    status: 400,
    headers: { "content-type": "text/html" },
    body: "<h1>Bad Request</h1>",
    requests: 3,
  },
  { name: "15: an empty 200", status: 200, requests: 3 },
  {
    name: "15: an empty 200 that claims to be JSON",
    status: 200,
    headers: { "content-type": "application/json" },
    requests: 3,
  },
  {
    name: "15: JSON without tokens",
    status: 200,
    headers: { "content-type": "application/json" },
    body: "{}",
    requests: 3,
  },
  {
    name: "15: a proxy's page of HTML with 401",
    status: 401,
    headers: { "content-type": "text/html" },
    body: "<h1>Sign in to the Wi-Fi</h1>",
    requests: 3,
  },
];

const CASES = notEmpty(HTTP_SOURCES.flatMap((source) => ANSWERS.map((answer) => ({ source, answer }))));

const TOKENS = { accessToken: "a", refreshToken: "r", expiresIn: "600s", sessionId: "s" };

test.each(CASES)("row $answer.name to $source.name refresh keeps the session", async ({ source, answer }) => {
  let refreshes = 0;
  let isBroken = true;
  const http = createServer((req, res: ServerResponse) => {
    const isRefresh = req.url?.endsWith("/Refresh") === true;
    if (isRefresh) {
      refreshes += 1;
    }
    req.resume();
    const isFault = isRefresh && isBroken;
    const headers = isFault ? answer.headers : { "content-type": "application/json" };
    res.writeHead(isFault ? answer.status : 200, headers);
    res.end(isFault ? answer.body : JSON.stringify({ tokens: TOKENS }));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const clock = createFakeClock();
  await using session = createSession({
    baseUrl,
    clock,
    store: createMemoryStore(),
    source: source.create(baseUrl),
  });
  await session.begin(async () => ({ ...TOKENS, lifetimeMs: LIFETIME_MS, scopes: [] }));
  clock.advance(LIFETIME_MS);
  const refused = await pass(clock, session.token());
  expect(refused).toMatchObject({ status: "rejected", reason: { reason: "REFRESH_UNAVAILABLE" } });
  expect(refreshes).toBe(answer.requests);
  expect(session.getSnapshot()).toMatchObject({ status: "signed_in", degraded: true });
  if (answer.headers?.["retry-after"] !== undefined) {
    clock.advance(29_000);
    await expect(session.token()).rejects.toThrow("refresh unavailable");
    expect(refreshes).toBe(answer.requests);
  }
  isBroken = false;
  clock.advance(60_000);
  expect(await session.token()).toBe("a");
  expect(session.getSnapshot()).toMatchObject({ generation: 2, degraded: false });
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
});

import { Code, ConnectError } from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { ErrorInfoSchema, RetryInfoSchema } from "@countersign/gen/google/rpc/error_details_pb.js";
import { describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { clientOf, signIn } from "../support/rpc.ts";
import { startServer } from "../support/server-process.ts";

const TRIES_PER_MINUTE = 30;
const WRONG_CLIENT = { grant_type: "client_credentials", client_id: "nobody", client_secret: "css_wrong" };

/** The status of the answer to a wrong client, and when it says to come back. */
async function tryClient(baseUrl: string, forwarded: string) {
  const response = await fetch(`${baseUrl}/oauth2/token`, {
    method: "POST",
    body: new URLSearchParams(WRONG_CLIENT),
    headers: { "x-forwarded-for": forwarded },
  });
  return { status: response.status, retryAfter: response.headers.get("retry-after") };
}

/** Count the tries that are answered before one has to wait. Tries grow back meanwhile: as many as there was time for. */
async function expectThirtyTries(baseUrl: string, forwarded: (n: number) => string): Promise<void> {
  const startedMs = performance.now();
  for (let tries = 0; ; tries += 1) {
    const { status, retryAfter } = await tryClient(baseUrl, forwarded(tries));
    const grownBack = Math.ceil(((performance.now() - startedMs) / 60_000) * TRIES_PER_MINUTE);
    expect(tries - grownBack).toBeLessThanOrEqual(TRIES_PER_MINUTE);
    if (status === 429) {
      expect(retryAfter).toMatch(/^[12]$/);
      expect(tries).toBeGreaterThanOrEqual(TRIES_PER_MINUTE);
      return;
    }
    expect(status).toBe(401);
  }
}

describe("wrong clients", () => {
  test("are thirty from one address, whatever it claims in X-Forwarded-For", async () => {
    await using server = await startServer();
    await expectThirtyTries(server.baseUrl, (n) => `198.51.100.${n}`);
    const isLimited = (call: Promise<unknown>): Promise<true | undefined> =>
      call.then(
        () => undefined,
        (cause: unknown) => (ConnectError.from(cause).code === Code.ResourceExhausted ? true : undefined),
      );
    // Tries grow back while some are judged, however slowly a machine does that. There are never more than the limit.
    await eventually(async () => {
      const calls = Array.from({ length: TRIES_PER_MINUTE + 10 }, () => isLimited(signIn(server.baseUrl)));
      return (await Promise.all(calls)).find((one) => one);
    });
  });

  test("are told apart by what the proxy in front has seen, and it alone", async () => {
    await using server = await startServer({
      env: { COUNTERSIGN_BEHIND_TLS_PROXY: "true", COUNTERSIGN_ISSUER: "https://auth.example" },
    });
    await expectThirtyTries(server.baseUrl, (n) => `10.0.0.${n}, 198.51.100.1`);
    expect(await tryClient(server.baseUrl, "198.51.100.1, 198.51.100.2")).toMatchObject({ status: 401 });
  });
});

/** Send tokens that are not valid until one is refused unseen, or there were 500. */
async function sendBadTokens(whoAmI: (token: string) => Promise<unknown>, token: string) {
  let error: ConnectError | undefined;
  let tries = 0;
  while (error?.code !== Code.ResourceExhausted && tries < 500) {
    error = await whoAmI(`${token}${tries++}`).then(
      () => undefined,
      (cause: unknown) => ConnectError.from(cause),
    );
    expect([Code.Unauthenticated, Code.ResourceExhausted]).toContain(error?.code);
  }
  return { error, tries };
}

test("tokens that are not valid are as many in ten seconds as the operator says", async () => {
  await using server = await startServer({ env: { COUNTERSIGN_BAD_TOKENS_PER_10S: "5" } });
  const { baseUrl } = server;
  const { accessToken } = await signIn(baseUrl);
  const whoAmI = (token: string) => clientOf(SessionService, { baseUrl, token }).whoAmI({});
  const startedMs = performance.now();
  const { tries } = await sendBadTokens(whoAmI, accessToken);
  expect(tries).toBeGreaterThan(5);
  // Tries grow back meanwhile, one in two seconds; the last one is the one that was refused.
  const grownBack = Math.ceil((performance.now() - startedMs) / 2_000);
  expect(tries - grownBack).toBeLessThanOrEqual(5 + 1);
});

test("tokens that are not valid are fifty in ten seconds; a token that was good before still is", async () => {
  await using server = await startServer();
  const { baseUrl } = server;
  const { accessToken } = await signIn(baseUrl);
  const whoAmI = (token: string) => clientOf(SessionService, { baseUrl, token }).whoAmI({});
  await whoAmI(accessToken);
  const { error, tries } = await sendBadTokens(whoAmI, accessToken);
  expect(tries).toBeGreaterThan(50);
  expect(error?.findDetails(RetryInfoSchema)).toHaveLength(1);
  expect(error?.findDetails(ErrorInfoSchema)).toMatchObject([{ reason: "RATE_LIMITED" }]);
  await whoAmI(accessToken);
});

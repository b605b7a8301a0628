import { afterAll, describe, expect, test } from "vitest";
import { createEchoAuth, startEchoServers } from "../support/echo-server.ts";
import { notEmpty } from "../support/not-empty.ts";
import { HOSTILE_CASES, hostileService } from "./cases.ts";
import type { HostileCase, Outcome } from "./hostile-case.ts";
import { issuers, revocations } from "./issuers.ts";
import { type HostileAnswer, sendHttp1, sendHttp2 } from "./send.ts";
import { unreadable } from "./transport-cases.ts";

/** What each outcome is on the wire: the status of HTTP for Connect, and of gRPC (R90). */
const WIRE = {
  passed: { http: 200, grpc: "0" },
  TOKEN_MISSING: { http: 401, grpc: "16" },
  TOKEN_INVALID: { http: 401, grpc: "16" },
  TOKEN_EXPIRED: { http: 401, grpc: "16" },
  SESSION_REVOKED: { http: 401, grpc: "16" },
  INSUFFICIENT_SCOPE: { http: 403, grpc: "7" },
} as const satisfies Record<Outcome, { http: number; grpc: string }>;

const echo = createEchoAuth(hostileService, { issuers, revocations });
const servers = await startEchoServers(echo.auth);
afterAll(() => servers[Symbol.asyncDispose]());

const protocols = {
  "Connect over HTTP/1.1": (hostile: HostileCase) => sendHttp1(servers.http1Port, hostile),
  "gRPC over h2c": (hostile: HostileCase) => sendHttp2(servers.http2Port, hostile),
};

/** Whatever a caller sent must not come back. */
function echoed({ fields }: HostileCase, text: string): string | undefined {
  return fields
    .flatMap(([, value]) => value.split(/[ .,="]/))
    .find((part) => part.length > 12 && text.includes(part));
}

function judge(hostile: HostileCase, answer: HostileAnswer): void {
  const { outcome } = hostile;
  const isGrpc = answer.grpcStatus !== undefined;
  expect(answer.status).toBe(isGrpc ? 200 : WIRE[outcome].http);
  if (isGrpc) {
    expect(answer.grpcStatus).toBe(WIRE[outcome].grpc);
  }
  expect(echo.errors).toEqual([]);
  if (outcome === "passed") {
    return;
  }
  expect(answer.text).toContain(outcome);
  expect(answer.text).toMatch(/www-authenticate: (?:Bearer|DPoP) realm="countersign"/i);
  expect(echoed(hostile, answer.text)).toBeUndefined();
  const denial = echo.events.at(-1);
  expect(denial).toMatchObject({
    type: "call_denied",
    reason: outcome,
    detail: hostile.detail ?? denial?.detail,
  });
}

for (const [protocol, send] of Object.entries(protocols)) {
  describe(protocol, () => {
    for (const [group, cases] of Object.entries(HOSTILE_CASES)) {
      describe(group, () => {
        for (const hostile of notEmpty(cases)) {
          test(`${hostile.name}: ${hostile.outcome}`, async () => judge(hostile, await send(hostile)));
        }
      });
    }
  });
}

describe("what HTTP/1.1 itself refuses", () => {
  for (const [name, [fields, status]] of Object.entries(unreadable)) {
    test(`${name}: ${status}`, async () => {
      const answer = await sendHttp1(servers.http1Port, { name, fields, outcome: "TOKEN_INVALID" });
      expect(answer.status).toBe(status);
      expect(echoed({ name, fields, outcome: "TOKEN_INVALID" }, answer.text)).toBeUndefined();
    });
  }
});

test("the suite has at least 300 cases, each under its own name", () => {
  const names = Object.entries(HOSTILE_CASES).flatMap(([group, cases]) =>
    cases.map(({ name }) => `${group}: ${name}`),
  );
  expect(names.length).toBeGreaterThanOrEqual(300);
  expect(new Set(names).size).toBe(names.length);
});

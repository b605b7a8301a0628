import { createClient, createRouterTransport } from "@connectrpc/connect";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { describe, expect, test } from "vitest";
import { createAuth } from "../../../server/gate/src/connect/create-auth.ts";
import type {
  CallDecision,
  IssuerSignal,
  KeyFetch,
  Observer,
} from "../../../server/gate/src/kernel/observe.ts";
import { createEchoAuth, echoRoutes } from "../../support/echo-server.ts";
import { echoService, methodOf } from "../../support/echo-service.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { ISSUED_AT_SECONDS, signToken } from "../../support/tokens.ts";
import { createRevocationSet } from "../streams/revocation-set.ts";
import { contextOf, decisionOf, issuer, issuerKey, service, setUpGate } from "./fixtures.ts";

const authorization = `Bearer ${signToken(issuerKey)}`;

/** A gate whose decisions are observed. */
function setUpObserved(options: Parameters<typeof setUpGate>[0] = {}) {
  const decisions: CallDecision[] = [];
  const gate = setUpGate({
    observe: { callDecided: (decision) => void decisions.push(decision) },
    ...options,
  });
  return { ...gate, decisions };
}

describe("an observer of decisions", () => {
  test.each([
    ["Public", {}, { result: "allowed", reason: undefined, cache: "none" }],
    ["Optional", {}, { result: "allowed", reason: undefined, cache: "none" }],
    ["Call", {}, { result: "denied", reason: "TOKEN_MISSING", cache: "none" }],
    ["Call", { authorization: "Basic YTpi" }, { result: "denied", reason: "TOKEN_INVALID", cache: "none" }],
    ["Call", { authorization: "Bearer x" }, { result: "denied", reason: "TOKEN_INVALID", cache: "miss" }],
    ["Call", { authorization }, { result: "allowed", reason: undefined, cache: "miss" }],
    ["Admin", { authorization }, { result: "denied", reason: "INSUFFICIENT_SCOPE", cache: "miss" }],
  ])("learns how a call of %s with %j was decided", async (name, call, expected) => {
    const { decide, decisions } = setUpObserved();
    await decide(name, call);
    expect(decisions).toEqual([
      { method: `test.v1.EchoService/${name}`, decidedBy: "gate", microseconds: 0, ...expected },
    ]);
    expect(JSON.stringify(decisions)).not.toContain("usr_");
  });

  test("learns whether the token was known, and of a known one without a promise", async () => {
    const { auth, decisions } = setUpObserved();
    const call = methodOf(service, "Call");
    await auth.requestGate(contextOf(call, { authorization }));
    expect(auth.requestGate(contextOf(call, { authorization }))).toBeUndefined();
    await decisionOf(auth.requestGate, contextOf(methodOf(service, "Admin"), { authorization }));
    expect(decisions.map(({ result, cache }) => [result, cache])).toEqual([
      ["allowed", "miss"],
      ["allowed", "hit"],
      ["denied", "hit"],
    ]);
  });

  test("learns how long a decision took that waited for keys", async () => {
    const { auth, clock, decisions } = setUpObserved({
      issuers: [
        {
          ...issuer,
          keys: {
            source: {
              find: async () => {
                clock.advance(20);
                return undefined;
              },
              isTrusted: () => true,
            },
          },
        },
      ],
    });
    await decisionOf(auth.requestGate, contextOf(methodOf(service, "Call"), { authorization }));
    expect(decisions).toMatchObject([{ reason: "TOKEN_INVALID", cache: "miss", microseconds: 20_000 }]);
  });

  test("learns what would be denied in shadow mode, and of the failure of a server", async () => {
    const isRevoked = () => {
      throw new Error("broken");
    };
    const { decide, decisions } = setUpObserved({
      enforce: new Map([[service, "shadow"]]),
      revocations: { isRevoked },
    });
    expect(await decide("Call")).toBeUndefined();
    expect(await decide("Call", { authorization })).toMatchObject({ message: "internal error" });
    expect(decisions).toMatchObject([
      { result: "would_be_denied", reason: "TOKEN_MISSING" },
      { result: "denied", reason: "INTERNAL" },
    ]);
  });

  test("changes no decision, also when it throws", async () => {
    const fail = () => {
      throw new Error("no more figures");
    };
    const observers: readonly (Observer | undefined)[] = [undefined, { callDecided: fail, audited: fail }];
    const answers = observers.map(async (observe) => {
      const { decide } = setUpGate(observe === undefined ? {} : { observe });
      const calls = ["Public", "Call", "Admin", "Vault", "Fresh"].flatMap((name) =>
        [{}, { authorization }, { authorization }, { authorization: "Bearer x" }].map((call) => ({
          name,
          call,
        })),
      );
      const found: unknown[] = [];
      for (const { name, call } of calls) {
        found.push(await decide(name, call));
      }
      return found;
    });
    const [unobserved, observed] = await Promise.all(answers);
    expect(observed).toEqual(unobserved);
  });
});

test("a gate that no observer wants decisions of does not measure them", async () => {
  const clock = createTestClock(ISSUED_AT_SECONDS * 1000);
  let readings = 0;
  const counting = { ...clock, monotonicMs: () => (readings += 1) };
  const observe: Observer = { keysFetched: () => undefined, audited: () => undefined };
  const auth = createAuth({
    routes: echoRoutes(service),
    issuers: [issuer],
    audience: "ledger",
    clock: counting,
    observe,
  });
  const call = methodOf(service, "Call");
  await auth.requestGate(contextOf(call, { authorization }));
  readings = 0; // createAuth has checked the clock, and a signature counts against a limit by time
  void auth.requestGate(contextOf(call, { authorization }));
  expect(readings).toBe(0);
});

test("an observer learns of messages that a rule refuses, and not of those that it allows", async () => {
  const ruled = echoService({
    Ruled: { policy: { access: Access.AUTHENTICATED, rule: "request.text == 'good'" } },
  });
  const decisions: CallDecision[] = [];
  const { auth } = createEchoAuth(ruled, {
    issuers: [issuer],
    observe: { callDecided: (decision) => void decisions.push(decision) },
  });
  const client = createClient(ruled, createRouterTransport(auth.routes));
  // The methods of a service that is made at run time have no types of their own.
  const { ruled: call } = client as unknown as Record<
    "ruled",
    (request: object, options: object) => Promise<unknown>
  >;
  await call({ text: "good" }, { headers: { authorization } });
  await expect(call({ text: "bad" }, { headers: { authorization } })).rejects.toThrow(
    "the rule of the method does not allow this request",
  );
  expect(decisions.map(({ decidedBy, result, reason }) => [decidedBy, result, reason])).toEqual([
    ["gate", "allowed", undefined],
    ["gate", "allowed", undefined],
    ["rule", "denied", "POLICY_DENIED"],
  ]);
});

test("an observer learns that keys of an issuer could not be fetched", async () => {
  const fetches: KeyFetch[] = [];
  const jwksUri = "http://127.0.0.1:1/jwks"; // nothing listens on port 1
  const { decide } = setUpGate({
    issuers: [{ ...issuer, keys: { jwksUri } }],
    observe: { keysFetched: (fetched) => void fetches.push(fetched) },
  });
  expect(await decide("Call", { authorization })).toMatchObject({ reason: "AUTH_UNAVAILABLE" });
  expect(fetches).toEqual([{ issuer: issuer.issuer, result: "failed", microseconds: 0 }]);
});

test("an observer learns what an issuer has revoked, and which keys it has withdrawn", () => {
  const signals: IssuerSignal[] = [];
  const revocations = createRevocationSet();
  setUpGate({ revocations, observe: { signalReceived: (signal) => void signals.push(signal) } });
  revocations.revoke("session-1");
  revocations.publish([{ dimension: "sid" }, { dimension: "kid" }, { dimension: "sub" }]);
  expect(signals).toEqual([
    { kind: "revocation", count: 1 },
    { kind: "revocation", count: 2 },
    { kind: "key_withdrawal", count: 1 },
  ]);
});

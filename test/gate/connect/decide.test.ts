import { createConnectRouter } from "@connectrpc/connect";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { describe, expect, test } from "vitest";
import { createFetchHandler } from "../../../server/gate/src/connect/create-fetch-handler.ts";
import { createDecider, type Decide, type DecideRequest } from "../../../server/gate/src/connect/decide.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { createEchoAuth } from "../../support/echo-server.ts";
import { echoService, methodOf } from "../../support/echo-service.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { signToken } from "../../support/tokens.ts";
import { principalOf } from "../authorize/fixtures.ts";
import { contextOf, issuer, issuerKey } from "./fixtures.ts";
import { kinds, mine, other, outcomeOf, service, setUp } from "./ruled-echo.ts";

const DENIED = "PermissionDenied POLICY_DENIED";
const UNAVAILABLE = "Unavailable AUTH_UNAVAILABLE";

describe("option decide of createAuth", () => {
  for (const [kind, call] of Object.entries(kinds)) {
    test(`lets a ${kind} pass while every message is allowed, and is asked about each in its order`, async () => {
      const asked: DecideRequest[] = [];
      const { client, seen } = setUp({
        decide: async (request) => {
          asked.push(request);
          // The first answer takes the longest.
          await new Promise((resolve) => setTimeout(resolve, asked.length === 1 ? 5 : 0));
          return true;
        },
      });
      expect(await outcomeOf(() => call(client, [mine, mine]))).toBe("passed");
      expect(seen.length).toBe(asked.length);
      expect(new Set(asked.map(({ principal }) => principal?.subject))).toEqual(new Set(["usr_ada"]));
      expect(asked.map(({ message }) => message)).toEqual(
        seen.map(() => expect.objectContaining({ text: "usr_ada" })),
      );
      expect(asked[0]?.method.parent).toBe(service);
    });

    test(`refuses a ${kind} whose message it does not allow, which its handler never sees`, async () => {
      const { client, seen, events } = setUp({ decide: async () => false });
      expect(await outcomeOf(() => call(client, [mine, mine]))).toBe(DENIED);
      expect(seen).toEqual([]);
      expect(events).toEqual([
        expect.objectContaining({
          reason: "POLICY_DENIED",
          detail: "the server does not allow this request",
        }),
      ]);
    });

    test(`is not asked about a message of a ${kind} that the rule refuses`, async () => {
      let asked = 0;
      const { client } = setUp({ decide: () => ++asked > 0 });
      expect(await outcomeOf(() => call(client, [other]))).toBe(DENIED);
      expect(asked).toBe(0);
    });

    test(`makes a ${kind} unavailable when it fails, and says why to the server alone`, async () => {
      const { client, seen, errors, events } = setUp({
        decide: () => Promise.reject(new Error("the store of relations is down")),
      });
      expect(await outcomeOf(() => call(client, [mine]))).toBe(UNAVAILABLE);
      expect(seen).toEqual([]);
      expect(errors.map(String)).toEqual(["Error: decide failed: the store of relations is down"]);
      expect(events).toEqual([
        expect.objectContaining({ reason: "AUTH_UNAVAILABLE", check: "decide", got: "error: Error" }),
      ]);
    });

    test(`makes a ${kind} unavailable when it does not answer in time, and its signal aborts`, async () => {
      const signals: AbortSignal[] = [];
      const { client, seen, clock } = setUp({
        gateTimeoutMs: 700,
        decide: ({ signal }) => {
          signals.push(signal);
          queueMicrotask(() => clock.advance(700));
          return new Promise(() => {});
        },
      });
      expect(await outcomeOf(() => call(client, [mine]))).toBe(UNAVAILABLE);
      expect(seen).toEqual([]);
      expect(signals.map(({ aborted, reason }) => [aborted, String(reason)])).toEqual([
        [true, "Error: no answer within 700 ms"],
      ]);
    });

    test(`only says so in shadow mode: ${kind}`, async () => {
      const { client, seen, events } = setUp({
        decide: async () => false,
        enforce: new Map([[service, "shadow" as const]]),
      });
      expect(await outcomeOf(() => call(client, [mine]))).toBe("passed");
      expect(seen).toEqual(["usr_ada"]);
      expect(events).toMatchObject([{ type: "call_would_be_denied", reason: "POLICY_DENIED" }]);
    });
  }

  test("answers without a promise when it can", async () => {
    const { client, seen } = setUp({ decide: ({ principal }) => principal?.subject === "usr_ada" });
    expect(await outcomeOf(() => client.unary(mine))).toBe("passed");
    expect(seen).toEqual(["usr_ada"]);
  });

  test("refuses with a reason of its own", async () => {
    const { client, errors } = setUp({
      decide: async () => {
        throw new AuthError("REAUTH_REQUIRED", "the user must sign in again");
      },
    });
    expect(await outcomeOf(() => client.unary(mine))).toBe("PermissionDenied REAUTH_REQUIRED");
    expect(errors).toEqual([]);
  });

  test("does not let a call through whose session was revoked while it waited for the answer", async () => {
    let isRevoked = false;
    const { client, seen } = setUp({
      revocations: { isRevoked: () => isRevoked },
      decide: async () => {
        isRevoked = true;
        return true;
      },
    });
    expect(await outcomeOf(() => client.unary(mine))).toBe("Unauthenticated SESSION_REVOKED");
    expect(seen).toEqual([]);
  });

  test("is asked for an anonymous caller of an OPTIONAL method, and not for a PUBLIC one", async () => {
    const open = echoService({
      Public: { policy: { access: Access.PUBLIC } },
      Optional: { policy: { access: Access.OPTIONAL } },
    });
    const asked: string[] = [];
    const { auth } = createEchoAuth(open, {
      issuers: [issuer],
      decide: ({ principal, method }) => asked.push(`${method.name} ${principal?.subject}`) > 0,
    });
    const serve = createFetchHandler(auth);
    for (const name of ["Public", "Optional"]) {
      const response = await serve(
        new Request(`https://app.example/test.v1.EchoService/${name}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: "{}",
        }),
      );
      expect([name, response.status]).toEqual([name, 200]);
    }
    expect(asked).toEqual(["Optional undefined"]);
  });

  test("that refuses a stream which nothing reads leaves no rejection behind", async () => {
    const { auth, errors } = setUp({ decide: () => Promise.reject(new Error("down")) });
    let serve: ((message: unknown, ctx: unknown) => unknown) | undefined;
    const router = createConnectRouter();
    const recording = {
      ...router,
      service(...[registered, implementation]: Parameters<typeof router.service>) {
        serve = (implementation as Record<string, typeof serve>).server; // as the service has it
        return router.service(registered, implementation);
      },
    };
    auth.routes(recording);
    serve?.(
      mine,
      contextOf(methodOf(service, "Server"), { authorization: `Bearer ${signToken(issuerKey)}` }),
    );
    // The run of the tests fails for a rejection that nothing takes.
    await expect.poll(() => errors.length).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
  });

  test("must be a function", () => {
    const decide = true as unknown as Decide;
    expect(() => setUp({ decide })).toThrowError(/^createAuth: decide must be a function, and is /);
  });
});

const method = methodOf(service, "Unary");
const request = (signal = new AbortController().signal): DecideRequest => ({
  principal: principalOf(),
  method,
  message: mine,
  signal,
});

describe("an answer", () => {
  const deciderOf = (decide: unknown) =>
    createDecider({
      decide: decide as Decide, // what comes from JavaScript may be anything
      timeoutMs: 1000,
      clock: createTestClock(),
      onError: () => {},
    });

  test.each(
    notEmpty([false, undefined, null, 0, 1, "true", "yes", {}, [], new Boolean(true), { allowed: true }]),
  )("is no yes unless it is true itself: %o", async (answer) => {
    for (const decide of [() => answer, async () => answer]) {
      expect(await deciderOf(decide)(request())).toMatchObject({ reason: "POLICY_DENIED" });
    }
  });

  test("is not waited for once the call has ended, and what comes later is nothing", async () => {
    const call = new AbortController();
    let seen: AbortSignal | undefined;
    const answer = deciderOf(({ signal }: DecideRequest) => {
      seen = signal;
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve(true)));
    })(request(call.signal));
    call.abort(new Error("the client has left"));
    expect(await answer).toMatchObject({ reason: "AUTH_UNAVAILABLE" });
    expect(seen?.aborted).toBe(true);
  });

  test("is not asked for when the call has ended before", async () => {
    let asked = 0;
    const decider = deciderOf(() => ++asked > 0);
    expect(await decider(request(AbortSignal.abort()))).toMatchObject({ reason: "AUTH_UNAVAILABLE" });
    expect(asked).toBe(0);
  });

  test("leaves no timer and no listener behind", async () => {
    const clock = createTestClock();
    const listeners = new Set<unknown>();
    const signal = {
      aborted: false,
      addEventListener: (_: string, listener: unknown) => listeners.add(listener),
      removeEventListener: (_: string, listener: unknown) => listeners.delete(listener),
    } as unknown as AbortSignal; // the part of one that is used
    const decider = createDecider({ decide: async () => true, timeoutMs: 1000, clock, onError: () => {} });
    expect(await decider(request(signal))).toBeUndefined();
    expect([clock.scheduledMs, listeners.size]).toEqual([[], 0]);
  });
});

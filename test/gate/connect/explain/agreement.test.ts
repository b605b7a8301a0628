import { type Client, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { ErrorInfoSchema } from "@countersign/gen/google/rpc/error_details_pb.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toTokenFields } from "../../../../server/gate/src/connect/read-token.ts";
import { CHECKS } from "../../../../server/gate/src/errors/facts.ts";
import { createEchoAuth, startEchoServers } from "../../../support/echo-server.ts";
import {
  ISSUERS,
  MESSAGES,
  METHOD_NAMES,
  PROOFS,
  PUBLIC_URL,
  REVOCATIONS,
  service,
  TOKENS,
} from "./call-variants.ts";

/** How many calls are made and explained. */
const PAIRS = 1_000;
const SEED = 14;

/** The reasons that the gate and rules can give without a limit on failures. */
const REASONS = [
  undefined,
  "TOKEN_MISSING",
  "TOKEN_INVALID",
  "TOKEN_EXPIRED",
  "SESSION_REVOKED",
  "INSUFFICIENT_SCOPE",
  "POLICY_DENIED",
  "REAUTH_REQUIRED",
  "BINDING_REQUIRED",
  "DPOP_PROOF_INVALID",
  "AUTH_UNAVAILABLE",
];

interface Pair {
  readonly token: string;
  readonly method: string;
  readonly proof: string;
  readonly message: (typeof MESSAGES)[number];
  /** Whether it is explained before the server has seen the call. */
  readonly isFirst: boolean;
}

const PAIR = fc.record<Pair>({
  token: fc.constantFrom(...Object.keys(TOKENS)),
  method: fc.constantFrom(...METHOD_NAMES),
  // Most calls have none: a token that is bound to no key is refused with one, whatever else it is.
  proof: fc.constantFrom(...Array<string>(3).fill("none"), ...Object.keys(PROOFS)),
  message: fc.constantFrom(...MESSAGES),
  isFirst: fc.boolean(),
});

type Calls = Client<typeof service>;

/** Make a call over HTTP. @returns why it was refused; undefined: it was not */
async function call(client: Calls, { method, message }: Pair): Promise<string | undefined> {
  const name = method.charAt(0).toLowerCase() + method.slice(1);
  const run = client[name] as unknown as (message: unknown) => Promise<unknown> | AsyncIterable<unknown>; // each method is there
  try {
    const answer = run(message);
    if (answer instanceof Promise) {
      await answer;
    } else {
      for await (const _ of answer) {
      }
    }
    return undefined;
  } catch (error) {
    const [info] = ConnectError.from(error).findDetails(ErrorInfoSchema);
    return info?.reason ?? `no reason: ${String(error)}`;
  }
}

describe("what explains the gate (S17)", () => {
  test(`agrees with a running server on ${PAIRS} calls, and leaves no trace`, async () => {
    const { auth, events, errors } = createEchoAuth(service, {
      issuers: ISSUERS,
      revocations: REVOCATIONS,
      publicUrls: [PUBLIC_URL],
    });
    await using servers = await startEchoServers(auth);
    let fields: Readonly<Record<string, string>> = {};
    const authorize: Interceptor = (next) => (req) => {
      for (const [name, value] of Object.entries(fields)) {
        req.header.set(name, value);
      }
      return next(req);
    };
    const client = createClient(
      service,
      createConnectTransport({
        baseUrl: `http://127.0.0.1:${servers.http1Port}`,
        httpVersion: "1.1",
        useBinaryFormat: false,
        interceptors: [authorize],
      }),
    );
    const seen = new Map<string | undefined, number>();
    const checks = new Set<string | undefined>();
    for (const pair of fc.sample(PAIR, { numRuns: PAIRS, seed: SEED })) {
      const token = TOKENS[pair.token]?.();
      const path = `/test.v1.EchoService/${pair.method}`;
      const proof = token === undefined ? undefined : PROOFS[pair.proof]?.(path, token);
      fields = token === undefined ? {} : toTokenFields("authorization", token, proof);
      const explain = () => auth.explain({ token, proof, method: path, message: pair.message });
      const before = events.length;
      const early = pair.isFirst ? await explain() : undefined;
      expect(events.length).toBe(before);
      const reason = await call(client, pair);
      const [event, ...others] = events.slice(before);
      expect(others).toEqual([]);
      const explanation = early ?? (await explain());
      expect({ pair, reason: explanation.reason }).toEqual({ pair, reason });
      expect(explanation.verdict).toBe(reason === undefined ? "allowed" : "denied");
      const { detail, check, expected, got } = explanation;
      expect({ pair, detail, check, expected, got }).toEqual({
        pair,
        detail: event?.detail,
        check: event?.check,
        expected: event?.expected,
        got: event?.got,
      });
      expect(check === undefined).toBe(reason === undefined);
      checks.add(check);
      seen.set(reason, (seen.get(reason) ?? 0) + 1);
    }
    expect(errors).toEqual([]);
    expect(new Set(seen.keys())).toEqual(new Set(REASONS));
    // What no single call can meet on its way in, and what these issuers do not have.
    const others = [
      "policy",
      "rate",
      "token_source",
      "tenant",
      "decide",
      // The server knows which proofs it has taken, and this one has no nonces.
      "proof_missing",
      "proof_nonce",
      "proof_replay",
      "renewal",
      "stream",
    ];
    expect(CHECKS.filter((check) => !checks.has(check)).toSorted()).toEqual(others.toSorted());
  });
});

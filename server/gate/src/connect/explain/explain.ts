import type { DescMethod, Message } from "@bufbuild/protobuf";
import {
  type Authenticator,
  type AuthenticatorOptions,
  createAuthenticator,
} from "../../authenticate/authenticator.ts";
import type { PolicyTable } from "../../authorize/policy-table.ts";
import { toMethodName } from "../../authorize/policy-table.ts";
import { toCheckPlace } from "../../authorize/source-place.ts";
import type { ProofSettings } from "../../binding/proof-settings.ts";
import { createSenderCheck } from "../../binding/sender-check.ts";
import { AuthError } from "../../errors/auth-error.ts";
import { createRefusal } from "../../errors/refusal.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Audiences } from "../audiences.ts";
import { createCallValues, stateOf } from "../call-state.ts";
import type { Decider } from "../decide.ts";
import { createEnforcement, type Enforcement } from "../enforcement.ts";
import { createGate, type GateContext } from "../gate.ts";
import { createLookAgain } from "../look-again.ts";
import { withoutNodeRequest } from "../node-request.ts";
import { type TokenReader, toTokenFields } from "../read-token.ts";
import { createMethodGuard } from "../route/method-guard.ts";
import { type Explanation, stepOf, toSteps } from "./explanation.ts";
import { toQuietIssuers } from "./quiet-issuers.ts";
import { assertExplainOptions, type ExplainOptions, findMethod, readMessage } from "./read-input.ts";

/** What the authenticator of the gate goes by. That of explanations has a cache of its own, and counts no failures. */
export type Authentication = Required<
  Omit<
    AuthenticatorOptions,
    "acceptsBoundTokens" | "cacheEntries" | "clock" | "failedChecksPerSecond" | "tokenFailureLimit"
  >
>;

/** What {@link createExplain} goes by: what the gate of the server goes by. */
export interface ExplainContext {
  readonly policies: PolicyTable;
  readonly audiences: Audiences;
  readonly readToken: TokenReader;
  readonly enforcement: Enforcement;
  readonly clock: Clock;
  /** Asked as for a call, where the application makes decisions of its own. */
  readonly decider: Decider | undefined;
  /** As for the authenticator of the gate. */
  readonly authentication: Authentication;
  /** As for the proofs of the gate, but for those that the server has taken: of them nothing is known here. */
  readonly proofs: ProofSettings;
}

/**
 * Explains what the gate would do with a call. It is decided by the gate's own code, and leaves no trace: nothing is
 * remembered, counted or written to the audit. Keys that are not at hand are fetched, as for a call.
 *
 * @returns the verdict and why. It resolves for every token, however broken
 * @throws TypeError when there is no such method, or the message is none that it takes
 */
export type Explain = (options: ExplainOptions) => Promise<Explanation>;

/** A denial is explained in shadow mode too. */
const DENY = createEnforcement(new Map());
const NOTHING_OBSERVED = {};

/** Create what explains the decisions of a gate. */
export function createExplain(context: ExplainContext): Explain {
  return async (options) => {
    assertExplainOptions(options);
    const method = findMethod(context.policies, options.method);
    const message = readMessage(method, options.message);
    const { nowMs, jwks } = options;
    const clock = nowMs === undefined ? context.clock : stopClock(context.clock, nowMs);
    const issuers = toQuietIssuers(context.authentication.issuers, jwks);
    return explainCall(
      { ...context, clock, authentication: { ...context.authentication, issuers } },
      { method, message, token: options.token, proof: options.proof },
    );
  };
}

interface ExplainedCall {
  readonly method: DescMethod;
  readonly message: Message;
  readonly token: string | undefined;
  readonly proof: string | undefined;
}

async function explainCall(context: ExplainContext, call: ExplainedCall): Promise<Explanation> {
  const { method, token } = call;
  const policy = context.policies.get(method);
  const values = createCallValues(withoutNodeRequest());
  const error = await findRefusal(context, call, values);
  const facts = error instanceof AuthError ? error.facts : undefined;
  const principal = stateOf(values)?.caller?.principal;
  const denied = error === undefined ? undefined : stepOf(facts?.check, principal !== undefined);
  const steps = toSteps({
    isPublic: policy?.access === "public",
    hasToken: token !== undefined,
    hasRule: policy?.rule !== undefined,
    hasDecider: context.decider !== undefined,
    denied,
  });
  return Object.freeze({
    verdict: error === undefined ? "allowed" : "denied",
    method: toMethodName(method),
    isShadow: context.enforcement.isShadow(method.parent),
    reason: error instanceof AuthError ? error.reason : error && "INTERNAL",
    detail: error?.message,
    check: facts?.check,
    expected: facts?.expected,
    got: facts?.got,
    hint: facts?.hint,
    rule: policy?.rule?.expression,
    place: toCheckPlace(method, facts?.check ?? "policy"),
    principal,
    steps: Object.freeze(steps.map((step) => Object.freeze(step))),
  });
}

/** Find why a call is denied; undefined: it is not. */
async function findRefusal(
  context: ExplainContext,
  { method, message, token, proof }: ExplainedCall,
  values: GateContext["values"],
): Promise<Error | undefined> {
  const unexpected: unknown[] = [];
  const guard = createGuard(context, method, (error) => void unexpected.push(error));
  try {
    const requestHeader = toHeaders(context.readToken, token, proof);
    const call = { method, service: method.parent, requestHeader, requestMethod: "POST", values };
    await guard.gate({ ...call, url: URL_OF_NO_CALL });
    const ctx = { signal: new AbortController().signal, values };
    await guard.check?.(stateOf(values)?.caller?.principal, { message, ctx });
    return undefined;
  } catch (error) {
    return reasonOf(error) ?? toError(unexpected[0] ?? error);
  }
}

/** It has no query, so that the gate finds no second token there. */
const URL_OF_NO_CALL = "https://explain.invalid/";

/** The gate throws the error for the wire, whose cause says why. */
function reasonOf(error: unknown): AuthError | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof AuthError ? cause : undefined;
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** @throws AuthError when no header can carry the token: no server would get to see the call */
function toHeaders({ header }: TokenReader, token?: string, proof?: string): Headers {
  if (token === undefined) {
    return new Headers();
  }
  try {
    return new Headers(toTokenFields(header, token, proof));
  } catch (cause) {
    throw createRefusal("TOKEN_INVALID", "the token has characters that a header cannot have", {
      cause,
      facts: { check: "token_form", expected: "a JWS in compact form: header.payload.signature" },
    });
  }
}

/** Create a gate and the guard of a method that decide as the server's do. They observe, count and log nothing. */
function createGuard(context: ExplainContext, method: DescMethod, onError: (error: unknown) => void) {
  const { policies, audiences, readToken, clock, decider, authentication, proofs } = context;
  const { revocations, toleranceSeconds } = authentication;
  const authenticator = createAuthenticatorWithoutTrace(context);
  const { findCurrent } = authenticator;
  const gate = createGate({
    policies,
    audiences,
    authenticator,
    readToken,
    assertSender: createSenderCheck(proofs, clock),
    clock,
    toleranceSeconds,
    observer: NOTHING_OBSERVED,
    enforcement: DENY,
    forwardToken: false,
    certificateHeader: undefined,
    onError,
    findChallengeHints: () => undefined,
  });
  const guard = createMethodGuard(
    {
      gate,
      tokenHeader: readToken.header,
      observer: NOTHING_OBSERVED,
      enforcement: DENY,
      clock,
      decider,
      lookAgain: createLookAgain({ revocations, findCurrent, clock, toleranceSeconds }),
      onError,
    },
    method,
    policies.get(method),
  );
  return { gate, check: guard.check };
}

function createAuthenticatorWithoutTrace({ clock, authentication }: ExplainContext): Authenticator {
  const { issuers, revocations, toleranceSeconds, keyTimeoutMs, maxTokenBytes } = authentication;
  return createAuthenticator({
    issuers,
    revocations,
    toleranceSeconds,
    clock,
    cacheEntries: 1,
    acceptsBoundTokens: true, // the gate asserts the sender
    keyTimeoutMs,
    maxTokenBytes,
  });
}

function stopClock(clock: Clock, nowMs: number): Clock {
  return {
    nowMs: () => nowMs,
    monotonicMs: () => clock.monotonicMs(),
    schedule: (run, delayMs, options) => clock.schedule(run, delayMs, options),
  };
}

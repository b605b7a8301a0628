import type { ContextValues, HandlerContext } from "@connectrpc/connect";
import type { Authenticator } from "../authenticate/authenticator.ts";
import type { Principal } from "../authenticate/principal.ts";
import type { Policy } from "../authorize/policy-fields.ts";
import { type PolicyTable, toMethodName } from "../authorize/policy-table.ts";
import type { SenderCheck } from "../binding/sender-check.ts";
import { AuthError } from "../errors/auth-error.ts";
import { createRefusal } from "../errors/refusal.ts";
import { after } from "../kernel/after.ts";
import { denied } from "../kernel/audit.ts";
import type { Clock } from "../kernel/clock.ts";
import type { IsolatedObserver } from "../kernel/observers.ts";
import { assertAdmissible, assertAnonymous } from "./admission.ts";
import type { Audiences } from "./audiences.ts";
import { type CallState, stateOf } from "./call-state.ts";
import type { Enforcement } from "./enforcement.ts";
import { type ErrorSink, reportKeySourceError, toConnectError, toInternalError } from "./error-contract.ts";
import { refuseForeignRoute } from "./foreign-route.ts";
import { assertHost, repeatsHeader } from "./node-request.ts";
import { createDecisionObserver, type DecisionNotes } from "./observe-decision.ts";
import { DPOP, type SentToken } from "./read-token.ts";
import { keepRenewalToken } from "./renewal-token.ts";
import type { FindChallengeHints } from "./resource/challenge.ts";
import { type TakeOptions, takeProof, takeToken } from "./take-token.ts";

/** What {@link createGate} needs. */
export interface GateOptions extends TakeOptions {
  /** The rule of every method. */
  readonly policies: PolicyTable;
  /** Whom tokens must be meant for. */
  readonly audiences: Audiences;
  /** Who turns tokens into principals. */
  readonly authenticator: Authenticator;
  /** Asserts that tokens are sent by the parties that they are bound to. */
  readonly assertSender: SenderCheck;
  /** The time. */
  readonly clock: Clock;
  /** How far the clocks of issuer and server may lie apart. */
  readonly toleranceSeconds: number;
  /** Observes its decisions. It must not throw. */
  readonly observer: IsolatedObserver;
  /** Where denials are only tried. */
  readonly enforcement: Enforcement;
  /** Receives errors that are not the caller's. */
  readonly onError: ErrorSink;
  /** Finds what the challenge of a method says. */
  readonly findChallengeHints: FindChallengeHints;
}

const NO_RULE = "the method has no access rule";
const NO_RULE_FACTS = { check: "policy", expected: "a rule of the method", got: undefined } as const;

/** What the gate goes by. */
export type GateContext = Pick<
  HandlerContext,
  "method" | "service" | "requestHeader" | "requestMethod" | "url" | "values"
>;

/**
 * Decides on a call by its headers, before its body is received. Answers without a promise when it can. A call that it
 * has let in once is not judged again.
 *
 * @throws ConnectError the refusal, as it leaves
 */
export type Gate = (context: GateContext) => void | Promise<void>;

/** A call that has arrived at the gate. */
interface ArrivedCall {
  readonly context: GateContext;
  /** Undefined: its method has no rule. */
  readonly policy: Policy | undefined;
  readonly state: CallState;
  readonly values: ContextValues;
  /** The proof beside the token; null: it is missing. Undefined: the token is sent without one. */
  readonly proof: string | null | undefined;
  /** Undefined: no observer wants decisions. */
  readonly notes: DecisionNotes | undefined;
}

/** A call that the gate judges. */
type JudgedCall = ArrivedCall & { readonly policy: Policy };

/**
 * Create the gate of a server: it authenticates the caller and holds the part of the policy against it that
 * headers can decide. Before that it takes the token away, however the call goes on: nothing behind it has a use for
 * it, nor has a log of the calls that were refused.
 */
export function createGate(options: GateOptions): Gate {
  const judgeCall = createJudge(options);
  return (context) => {
    // A context of the fast path makes what it is asked for: each is asked for once.
    const { requestHeader, values } = context;
    assertHost(values);
    const sent = takeToken(options, requestHeader);
    const policy = options.policies.get(context.method);
    // Of a public method nothing is judged here: SignIn and Refresh read their proofs themselves.
    const isProven = policy?.access !== "public" && options.readToken.hasProof(sent);
    const proof = isProven ? takeProof(options, requestHeader) : undefined;
    const state = stateOf(values);
    if (state?.isAdmitted === true) {
      return undefined;
    }
    if (state === undefined) {
      // Without the route around it, nothing would hold the rule against messages or end the stream.
      throw refuseForeignRoute(context.method, options.onError);
    }
    return judgeCall({ context, policy, state, values, proof, notes: undefined }, sent);
  };
}

type Judge = (call: ArrivedCall, sent: SentToken) => void | Promise<void>;

/** Not in the gate itself: a closure there would cost every call 80 bytes, whether decisions are observed or not. */
function createJudge(options: GateOptions): Judge {
  const observeDecision = createDecisionObserver(options.observer, options.clock);
  if (observeDecision === undefined) {
    return (call, sent) => judge(options, call, sent);
  }
  return (call, sent) =>
    observeDecision(call.context.method, (notes) => judge(options, { ...call, notes }, sent));
}

function judge(options: GateOptions, call: ArrivedCall, sent: SentToken): void | Promise<void> {
  if (!hasPolicy(call)) {
    return refuse(options, call, createRefusal("POLICY_DENIED", NO_RULE, { facts: NO_RULE_FACTS }));
  }
  if (call.policy.access === "public") {
    call.state.isAdmitted = true;
    return undefined;
  }
  try {
    return authenticate(options, call, sent);
  } catch (error) {
    return refuse(options, call, error);
  }
}

function hasPolicy(call: ArrivedCall): call is JudgedCall {
  return call.policy !== undefined;
}

function authenticate(options: GateOptions, call: JudgedCall, sent: SentToken): void | Promise<void> {
  const { context, policy, state, values, notes } = call;
  const token = options.readToken.read(context, values, sent);
  if (token === undefined) {
    assertAnonymous(policy, options.readToken.header);
    state.caller = { principal: undefined };
    state.isAdmitted = true;
    return undefined;
  }
  keepRenewalToken(context.method, state, token);
  const principal = options.authenticator.authenticate(token, state, notes);
  if (!(principal instanceof Promise)) {
    const admitted = isBearer(call, principal)
      ? admit(options, call, principal)
      : proveSender(options, call, { principal, token });
    return admitted?.catch((error: unknown) => refuse(options, call, error));
  }
  return principal
    .then((found) =>
      isBearer(call, found)
        ? admit(options, call, found)
        : proveSender(options, call, { principal: found, token }),
    )
    .catch((error: unknown) => refuse(options, call, error));
}

/** Check whether neither the token nor the call says anything of the key of a sender. */
function isBearer({ proof }: JudgedCall, { binding }: Principal): boolean {
  return proof === undefined && binding === undefined;
}

/** Let a principal in whose token is sent by the party that it is bound to. */
function proveSender(
  options: GateOptions,
  call: JudgedCall,
  { principal, token }: { readonly principal: Principal; readonly token: string },
): void | Promise<void> {
  const { context, state, values, proof } = call;
  const checked = options.assertSender(principal, {
    proof,
    isRepeated: proof !== undefined && repeatsHeader(values, DPOP),
    httpMethod: context.requestMethod,
    path: `/${toMethodName(context.method)}`,
    accessToken: token,
    holder: state,
  });
  return after(checked, () => admit(options, call, principal));
}

/** Let a principal in. @throws AuthError the reason why not */
function admit(options: GateOptions, { state, policy }: JudgedCall, principal: Principal): undefined {
  state.caller = { principal };
  assertAdmissible(principal, policy, options);
  state.admittedAtMs = options.clock.nowMs();
  state.isAdmitted = true;
}

/** Refuse a call, or in shadow mode write down that it would be. @throws ConnectError the refusal */
function refuse(
  { enforcement, observer, onError, findChallengeHints }: GateOptions,
  { context, state, proof, notes }: ArrivedCall,
  error: unknown,
): void {
  if (!(error instanceof AuthError)) {
    throw toInternalError(error, context.method, onError);
  }
  reportKeySourceError(error, context.method, onError);
  const isShadow = enforcement.isShadow(context.service);
  const caller = state.caller?.principal;
  observer.audited?.(denied({ method: toMethodName(context.method), isShadow, caller }, error));
  if (notes !== undefined) {
    notes.reason = error.reason;
    notes.result = isShadow ? "would_be_denied" : "denied";
  }
  if (!isShadow) {
    throw toConnectError(error, findChallengeHints(context.method), proof === undefined ? "Bearer" : "DPoP");
  }
  state.caller ??= { principal: undefined };
  state.isAdmitted = true;
}

import type { ContextValues, HandlerContext } from "@connectrpc/connect";
import type { Authenticator } from "../authenticate/authenticator.ts";
import type { Principal } from "../authenticate/principal.ts";
import type { Policy } from "../authorize/policy-fields.ts";
import { type PolicyTable, toMethodName } from "../authorize/policy-table.ts";
import { assertCertificate } from "../binding/assert-certificate.ts";
import { AuthError } from "../errors/auth-error.ts";
import { createRefusal } from "../errors/refusal.ts";
import { denied } from "../kernel/audit.ts";
import type { Clock } from "../kernel/clock.ts";
import type { IsolatedObserver } from "../kernel/observers.ts";
import { assertAdmissible, assertAnonymous } from "./admission.ts";
import type { Audiences } from "./audiences.ts";
import { type CallState, stateOf } from "./call-state.ts";
import type { Enforcement } from "./enforcement.ts";
import { type ErrorSink, reportKeySourceError, toConnectError, toInternalError } from "./error-contract.ts";
import { refuseForeignRoute } from "./foreign-route.ts";
import { assertHost } from "./node-request.ts";
import { createDecisionObserver, type DecisionNotes } from "./observe-decision.ts";
import { AUTHORIZATION, type SentToken, type TokenReader, TWO_TOKENS } from "./read-token.ts";
import { keepRenewalToken } from "./renewal-token.ts";
import type { FindChallengeHints } from "./resource/challenge.ts";

/** What {@link createGate} needs. */
export interface GateOptions {
  /** The rule of every method. */
  readonly policies: PolicyTable;
  /** Whom tokens must be meant for. */
  readonly audiences: Audiences;
  /** Who turns tokens into principals. */
  readonly authenticator: Authenticator;
  /** Reads the tokens of calls. */
  readonly readToken: TokenReader;
  /** The time. */
  readonly clock: Clock;
  /** How far the clocks of issuer and server may lie apart. */
  readonly toleranceSeconds: number;
  /** Observes its decisions. It must not throw. */
  readonly observer: IsolatedObserver;
  /** Where denials are only tried. */
  readonly enforcement: Enforcement;
  /** Whether handlers may see the header that holds the token. */
  readonly forwardToken: boolean;
  /** The header that a proxy sends certificates in; undefined: none does. */
  readonly certificateHeader: string | undefined;
  /** Receives errors that are not the caller's. */
  readonly onError: ErrorSink;
  /** Finds what the challenge of a method says. */
  readonly findChallengeHints: FindChallengeHints;
}

const NO_RULE = "the method has no access rule";
const NO_RULE_FACTS = { check: "policy", expected: "a rule of the method", got: undefined } as const;

/** What the gate goes by. */
export type GateContext = Pick<HandlerContext, "method" | "service" | "requestHeader" | "url" | "values">;

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
    const state = stateOf(values);
    if (state?.isAdmitted === true) {
      return undefined;
    }
    if (state === undefined) {
      // Without the route around it, nothing would hold the rule against messages or end the stream.
      throw refuseForeignRoute(context.method, options.onError);
    }
    const policy = options.policies.get(context.method);
    return judgeCall({ context, policy, state, values, notes: undefined }, sent);
  };
}

/** Take the token away, and with it what may be another one. */
function takeToken(options: GateOptions, requestHeader: Headers): SentToken {
  const { forwardToken, readToken, certificateHeader } = options;
  const { header } = readToken;
  if (certificateHeader !== undefined) {
    // Whoever has written it: handlers learn of certificates by `certificateOf`.
    requestHeader.delete(certificateHeader);
  }
  const sent = requestHeader.get(header);
  if (sent !== null && !forwardToken) {
    requestHeader.delete(header);
  }
  if (header === AUTHORIZATION || !requestHeader.has(AUTHORIZATION)) {
    return sent;
  }
  if (!forwardToken) {
    requestHeader.delete(AUTHORIZATION);
  }
  return sent === null ? null : TWO_TOKENS;
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
    return admit(options, call, principal);
  }
  return principal
    .then((found) => admit(options, call, found))
    .catch((error: unknown) => refuse(options, call, error));
}

/** Let a principal in. @throws AuthError the reason why not */
function admit(options: GateOptions, { state, policy }: JudgedCall, principal: Principal): void {
  assertBinding(principal, state);
  state.caller = { principal };
  assertAdmissible(principal, policy, options);
  state.admittedAtMs = options.clock.nowMs();
  state.isAdmitted = true;
}

/** Assert that the token comes from the sender that it is bound to. @throws AuthError `TOKEN_INVALID` */
function assertBinding({ binding }: Principal, state: CallState): void {
  if (binding?.kind === "mtls") {
    assertCertificate(binding.certificateThumbprint, state);
  }
}

/** Refuse a call, or in shadow mode write down that it would be. @throws ConnectError the refusal */
function refuse(
  { enforcement, observer, onError, findChallengeHints }: GateOptions,
  { context, state, notes }: ArrivedCall,
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
    throw toConnectError(error, findChallengeHints(context.method));
  }
  state.caller ??= { principal: undefined };
  state.isAdmitted = true;
}

import { randomUUID } from "node:crypto";
import { createLogoutReceiver } from "../../../server/gate/src/connect/create-logout-receiver.ts";
import type { LogoutReceiverOptions } from "../../../server/gate/src/connect/logout-receiver-options.ts";
import type { SharedSignalsOptions } from "../../../server/gate/src/connect/shared-signals-options.ts";
import type { LogoutReceived } from "../../../server/gate/src/kernel/observe.ts";
import type { LogoutRevocation } from "../../../server/gate/src/logouts/logout.ts";
import type { LogoutSink } from "../../../server/gate/src/logouts/logout-sink.ts";
import { CAEP } from "../../support/event-transmitter.ts";
import { craftToken, createSigningKey, type SigningKey } from "../../support/tokens.ts";

export const ISSUER = "https://login.example.com";
const AUDIENCE = "https://notes.example.com/events";
export const SESSION_REVOKED = `${CAEP}session-revoked`;

/** The key of the issuer, which signs its events as well. */
export const issuerKey = createSigningKey("ES256", "key-1");

/** The claims of an event that ends session `s-1` of `ada`. */
export function eventClaims(overrides: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    iss: ISSUER,
    aud: AUDIENCE,
    iat: Math.floor(Date.now() / 1_000),
    jti: randomUUID(),
    sub_id: {
      format: "complex",
      session: { format: "opaque", id: "s-1" },
      user: { format: "iss_sub", iss: ISSUER, sub: "ada" },
    },
    events: { [SESSION_REVOKED]: {} },
    ...overrides,
  };
}

/** Sign an event. */
export function signEvent(
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
  { algorithm, kid, sign }: SigningKey = issuerKey,
): string {
  return craftToken({ alg: algorithm, kid, typ: "secevent+jwt", ...header }, eventClaims(claims), sign);
}

/** What a test of a receiver may set. */
export interface ReceivingOptions
  extends Partial<Omit<LogoutReceiverOptions, "issuers" | "observe" | "sink">> {
  readonly signals?: Partial<SharedSignalsOptions>;
  /** Whose logouts are received as well. Default: nobody's. */
  readonly logoutAudiences?: readonly string[];
}

/** Receive events of one issuer, and note down what becomes of them. */
export function setUpReceiving({ signals = {}, logoutAudiences, ...options }: ReceivingOptions = {}) {
  const received: LogoutReceived[] = [];
  const taken: LogoutRevocation[] = [];
  const keys = new Set<string>();
  const warnings: string[] = [];
  const next = { failure: undefined as Error | undefined };
  const sink: LogoutSink = {
    take({ key, revocations }) {
      if (next.failure !== undefined) {
        return Promise.reject(next.failure);
      }
      if (keys.has(key)) {
        return Promise.resolve("repeated");
      }
      keys.add(key);
      taken.push(...revocations);
      return Promise.resolve("taken");
    },
  };
  const receiver = createLogoutReceiver({
    issuers: [
      {
        issuer: ISSUER,
        keys: { jwks: { keys: [issuerKey.jwk] } },
        sharedSignals: { audiences: [AUDIENCE], push: {}, ...signals },
        ...(logoutAudiences === undefined
          ? {}
          : { logout: { audiences: logoutAudiences, match: "session" } }),
      },
    ],
    sink,
    observe: { logoutReceived: (event) => void received.push(event) },
    onWarning: (warning) => warnings.push(warning),
    onError: (error) => warnings.push(String(error)),
    ...options,
  });
  /** Push as a transmitter does. */
  const push = async (body: string, init: RequestInit = {}) => {
    const { headers, ...others } = init;
    const request = new Request("https://notes.example.com/security-events", {
      method: "POST",
      headers: { "content-type": "application/secevent+jwt", ...(headers as Record<string, string>) },
      ...(init.method === "GET" ? {} : { body }),
      ...others,
    });
    const response = await receiver.endpoints(request, { peer: "192.0.2.1" });
    const text = await response.text();
    const json: unknown = text === "" ? undefined : JSON.parse(text);
    return { status: response.status, headers: response.headers, json };
  };
  return {
    receiver,
    push,
    received,
    taken,
    warnings,
    next,
    [Symbol.asyncDispose]: () => receiver.close(),
  };
}

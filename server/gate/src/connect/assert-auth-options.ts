import { toFactText } from "../errors/facts.ts";
import {
  FUNCTION,
  isText,
  isVanished,
  NUMBER,
  narrowing,
  OBJECT,
  type OptionForm,
  SWITCH,
  TEXTS,
  VANISHED,
  withMethods,
} from "../kernel/option-forms.ts";
import { assertOptionNames } from "../kernel/option-names.ts";
import type { AuthOptions } from "./auth-options.ts";

const MAP: OptionForm = {
  says: "must be a Map by the descriptors of services",
  accepts: (value) => value instanceof Map,
};

/** What each option must be, as far as its kind: what it means is checked where it is read. */
const FORMS: Readonly<Record<keyof AuthOptions, OptionForm>> = {
  routes: {
    ...FUNCTION,
    says: "must be a function that registers your services on a router",
    isRequired: true,
  },
  interceptors: {
    says: "must be a list of interceptors",
    accepts: (value) => Array.isArray(value) && value.every((each) => typeof each === "function"),
  },
  issuers: {
    says: 'must be a list of at least one issuer, such as [{ issuer: "https://…", keys: { discovery: true } }]',
    accepts: (value) =>
      Array.isArray(value) && value.length > 0 && value.every((each) => OBJECT.accepts(each)),
    isRequired: true,
  },
  audience: {
    says: "must be the name of this server in claim aud of tokens, a non-empty text",
    accepts: isText,
    isRequired: true,
  },
  resource: {
    says: "must be a URL, or an object with one",
    accepts: (value) => isText(value) || OBJECT.accepts(value),
  },
  tokenHeader: { says: "must be the name of a header, such as cf-access-jwt-assertion", accepts: isText },
  policies: MAP,
  decide: narrowing(FUNCTION),
  revocations: narrowing(withMethods("isRevoked")),
  signals: narrowing(withMethods("isRevoked", "renew", "addServer")),
  logouts: {
    ...narrowing(OBJECT),
    says: "must be what createLogoutReceiver returns",
    accepts: (value) => OBJECT.accepts(value) && Object.hasOwn(Object(value), "endpoints"),
  },
  enforce: {
    says: "must be a Map from the descriptors of services to deny or shadow",
    accepts: (value) =>
      value instanceof Map && [...value.values()].every((mode) => mode === "deny" || mode === "shadow"),
  },
  clientCertificates: OBJECT,
  forwardToken: SWITCH,
  publicUrls: TEXTS,
  dpop: OBJECT,
  clockToleranceSeconds: NUMBER,
  verdictCacheEntries: {
    says: "must be a positive whole number",
    accepts: (value) => Number.isSafeInteger(value) && Number(value) > 0,
  },
  maxTokenBytes: { says: "must be a positive whole number", accepts: Number.isSafeInteger },
  gateTimeoutMs: NUMBER,
  tokenFailureLimit: narrowing(withMethods("assertAllowed", "take")),
  failedChecksPerSecond: NUMBER,
  readMaxBytes: NUMBER,
  maxWaitingBytes: NUMBER,
  maxWaitingBytesPerConnection: NUMBER,
  messageLimits: OBJECT,
  keepUnknownFields: {
    says: "must be a Set of the descriptors of services",
    accepts: (value) => value instanceof Set,
  },
  observe: OBJECT,
  audit: withMethods("record"),
  logRefusals: SWITCH,
  onError: FUNCTION,
  streams: OBJECT,
  anonymousStreams: OBJECT,
  onWarning: FUNCTION,
  clock: OBJECT,
};

/**
 * Assert that the options of `createAuth` have names that are known, and are of their kind: plain JavaScript does not know
 * the types.
 *
 * @throws TypeError that names the option, what it must be, and what it is
 */
export function assertAuthOptions(options: unknown): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `createAuth needs options, at least { routes, issuers, audience }, and got ${describe(options)}`,
    );
  }
  assertOptionNames("createAuth", options, FORMS);
  const given = new Map<string, unknown>(Object.entries(options));
  for (const [name, form] of Object.entries(FORMS)) {
    if (isVanished(form, options, name)) {
      throw new TypeError(`createAuth: ${name} ${VANISHED}`);
    }
    const value = given.get(name);
    if (value === undefined ? form.isRequired === true : !form.accepts(value)) {
      throw new TypeError(`createAuth: ${name} ${form.says}, and is ${describe(value)}`);
    }
  }
}

/** None of the options is a secret; what is in them may be, and is not shown. */
function describe(value: unknown): string {
  if (value === undefined) {
    return "missing";
  }
  if (typeof value === "function") {
    return "a function";
  }
  if (Array.isArray(value)) {
    return value.length === 0 ? "an empty list" : "a list with something else";
  }
  return typeof value === "string" ? JSON.stringify(toFactText(value).slice(0, 80)) : toFactText(value);
}

import {
  create,
  createRegistry,
  type DescMessage,
  type DescMethod,
  fromJson,
  isMessage,
  type JsonValue,
  type Message,
} from "@bufbuild/protobuf";
import { type PolicyTable, toMethodName } from "../../authorize/policy-table.ts";
import { assertOptionNames, hintAt } from "../../kernel/option-names.ts";

/** What {@link Explain} takes. */
export interface ExplainOptions {
  /** The access token, as the client sends it behind `Bearer `. Undefined: it sends none. */
  readonly token?: string | undefined;
  /**
   * The DPoP proof that the client sends with the token, which then goes behind `DPoP ` in place of `Bearer `. That the
   * server has taken it already is not known here. Default: none.
   */
  readonly proof?: string | undefined;
  /** The RPC: `package.Service/Method`, or its descriptor. */
  readonly method: string | DescMethod;
  /**
   * The message of the call, or one of several that a stream sends: a message, or its JSON, as a value or as text.
   * Default: an empty one. Only the rule of the method looks at it.
   */
  readonly message?: unknown;
  /** When the call is made, in milliseconds since 1970: for the times of the token. Default: now. */
  readonly nowMs?: number | undefined;
  /**
   * A JWK Set to take for the keys of the issuer that the token names: then none are fetched. Default: its keys, as the
   * server has or gets them.
   */
  readonly jwks?: unknown;
}

const OPTION_NAMES: Readonly<Record<keyof ExplainOptions, true>> = {
  token: true,
  proof: true,
  method: true,
  message: true,
  nowMs: true,
  jwks: true,
};

/**
 * Assert that what is to be explained is a call.
 *
 * @throws TypeError that names what is wrong
 */
export function assertExplainOptions(options: ExplainOptions): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError("explain needs an object: { token, method, message }");
  }
  assertOptionNames("explain", options, OPTION_NAMES);
  const { token, proof, nowMs, jwks } = options;
  if (token !== undefined && typeof token !== "string") {
    throw new TypeError(
      `explain: token must be text, or undefined for a call without one, and is ${typeof token}`,
    );
  }
  if (proof !== undefined && (typeof proof !== "string" || token === undefined)) {
    throw new TypeError("explain: proof must be text, and goes with a token");
  }
  if (nowMs !== undefined && !Number.isFinite(nowMs)) {
    throw new TypeError(
      `explain: nowMs must be a number of milliseconds since 1970, and is ${String(nowMs)}`,
    );
  }
  if (jwks !== undefined && !isKeySet(jwks)) {
    throw new TypeError("explain: jwks must be a JWK Set: { keys: [ … ] }");
  }
}

function isKeySet(jwks: unknown): boolean {
  return typeof jwks === "object" && jwks !== null && "keys" in jwks && Array.isArray(jwks.keys);
}

/**
 * Find a method that the server serves.
 *
 * @throws TypeError that names the one that was probably meant
 */
export function findMethod(policies: PolicyTable, method: string | DescMethod): DescMethod {
  const served = policies.entries.map((entry) => entry.method);
  if (typeof method !== "string") {
    const found = served.find((each) => each === method);
    if (found === undefined) {
      throw new TypeError("explain: the method is none that this server serves");
    }
    return found;
  }
  const name = method.replace(/^\//, "");
  const found = served.find((each) => toMethodName(each) === name);
  if (found === undefined) {
    throw new TypeError(
      `explain: this server serves no method ${JSON.stringify(name)}${hintAt(name, served.map(toMethodName))}`,
    );
  }
  return found;
}

/**
 * Read the message of a call.
 *
 * @throws TypeError when it is none of the type that the method takes
 */
export function readMessage({ input }: DescMethod, message: unknown): Message {
  if (message === undefined) {
    return create(input);
  }
  if (isMessage(message)) {
    if (message.$typeName !== input.typeName) {
      throw new TypeError(
        `explain: the method takes a ${input.typeName}, and message is a ${message.$typeName}`,
      );
    }
    return message;
  }
  try {
    return fromJson(input, toJsonValue(message), { registry: registryOf(input) });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "it cannot be read";
    throw new TypeError(`explain: message is no JSON of ${input.typeName}: ${why}`, { cause });
  }
}

function toJsonValue(message: unknown): JsonValue {
  return typeof message === "string" ? JSON.parse(message) : (message as JsonValue); // fromJson refuses what is none
}

/** For google.protobuf.Any, whose JSON names another message. */
function registryOf({ file }: DescMessage): ReturnType<typeof createRegistry> {
  return createRegistry(file, ...file.dependencies);
}

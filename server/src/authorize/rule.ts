import type { DescMessage, Message } from "@bufbuild/protobuf";
import { celEnv, celMap, parse, plan } from "@bufbuild/cel";
import type { Principal } from "../authenticate/principal.ts";
import { findRuleFault } from "./rule-fault.ts";

/** A condition on one message of a call. */
export interface Rule {
  /**
   * Say whether a principal may send a message. Whatever the expression does but be true, it denies: other
   * values and errors too.
   */
  allows(principal: Principal | undefined, request: Message): boolean;
}

/**
 * Compile a condition in the Common Expression Language over `principal` and `request`.
 *
 * @param expression the text of the rule
 * @param input the type of the messages that it will judge
 * @throws TypeError when it cannot be parsed, or names a variable or a field that does not exist
 */
export function compileRule(expression: string, input: DescMessage): Rule {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(expression);
  } catch (cause) {
    throw new TypeError("the rule cannot be parsed", { cause });
  }
  const fault = findRuleFault(parsed.expr, input);
  if (fault !== undefined) {
    throw new TypeError(fault);
  }
  const evaluate = plan(celEnv(), parsed);
  return {
    // An error of CEL is an object and so truthy: only true itself allows.
    allows: (principal, request) =>
      evaluate({ principal: principal === undefined ? ANONYMOUS : toCel(principal), request } as never) === true,
  };
}

/** The members of `principal` in a rule, in the naming of protos. */
function toCel(principal: Principal): ReturnType<typeof celMap> {
  return celMap(
    new Map<string, string | bigint | boolean | readonly string[]>([
      ["subject", principal.subject],
      ["issuer", principal.issuer],
      ["client_id", principal.clientId],
      ["session_id", principal.sessionId ?? ""],
      ["token_id", principal.tokenId ?? ""],
      ["scopes", principal.scopes],
      ["roles", principal.roles],
      ["audience", principal.audience],
      ["auth_time", BigInt(Math.floor(principal.authTimeSeconds ?? 0))],
      ["expires_at", BigInt(Math.floor(principal.expiresAtSeconds))],
      ["anonymous", false],
    ]),
  );
}

const ANONYMOUS = celMap(
  new Map<string, string | bigint | boolean | readonly string[]>([
    ["subject", ""],
    ["issuer", ""],
    ["client_id", ""],
    ["session_id", ""],
    ["token_id", ""],
    ["scopes", []],
    ["roles", []],
    ["audience", []],
    ["auth_time", 0n],
    ["expires_at", 0n],
    ["anonymous", true],
  ]),
);

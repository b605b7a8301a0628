import { createPrincipal, type Principal } from "../../../server/gate/src/authenticate/principal.ts";
import type { Rule } from "../../../server/gate/src/authorize/rule.ts";
import { createClaims } from "../fixture/tokens.ts";
import type { Decider } from "./decider.ts";
import { ORDER, toPresetClaims } from "./preset.ts";

const PRINCIPALS = 1000;

/**
 * Decide with the rule of a method alone.
 *
 * @param callers `known`: each has sent a message before, so that the rule has read what it needs of them; `new`: none has
 */
export function decideByRule(rule: Rule, callers: "known" | "new"): Pick<Decider, "prepare" | "decide"> {
  let principals: readonly Principal[] = createPrincipals();
  const allow = (index: number): true => {
    if (!rule.allows(principals[index % PRINCIPALS], ORDER)) {
      throw new Error("the rule does not allow the message");
    }
    return true;
  };
  for (let index = 0; callers === "known" && index < PRINCIPALS; index += 1) {
    allow(index);
  }
  return {
    prepare(from) {
      if (callers === "new" && from % PRINCIPALS === 0) {
        principals = createPrincipals();
      }
    },
    decide: allow,
  };
}

function createPrincipals(): readonly Principal[] {
  return Array.from({ length: PRINCIPALS }, createBenchPrincipal);
}

function createBenchPrincipal(): Principal {
  const claims = { ...createClaims(), ...toPresetClaims() };
  return createPrincipal(
    {
      subject: String(claims.sub),
      issuer: String(claims.iss),
      clientId: "web-app",
      sessionId: undefined,
      tokenId: undefined,
      scopes: ["notes:write"],
      roles: ["editor"],
      audience: [],
      authTimeSeconds: undefined,
      acr: undefined,
      amr: [],
      actor: undefined,
      expiresAtSeconds: 1,
      issuedAtSeconds: 0,
      keyId: undefined,
      binding: undefined,
    },
    claims,
  );
}

import { describe, expect, test } from "vitest";
import {
  type Authenticator,
  type AuthenticatorOptions,
  createAuthenticator,
  type TokenFailureLimit,
} from "../../server/gate/src/authenticate/authenticator.ts";
import { createTrustedIssuers } from "../../server/gate/src/authenticate/issuers.ts";
import { AuthError } from "../../server/gate/src/errors/auth-error.ts";
import { systemClock } from "../../server/gate/src/kernel/clock.ts";
import { type BadInput, testRules } from "./bad-input.ts";
import { parseModule } from "./parse-module.ts";
import { namedArguments } from "./passing-rules.ts";

const path = "server/gate/src/connect/create-auth.ts";
const complaint = `${path}:1 createGate gets what is not named`;
const good = "createGate({ policies: resolved.policies, clock });";

const badInputs: readonly BadInput[] = [
  "createGate({ ...resolved });",
  "createGate({ policies, ...options.gate });",
  "createGate({ policies, ...(isCounted ? { limit } : {}) });",
  "createGate(policies, { ...resolved });",
  "const { routes, ...rest } = options; createGate(rest);",
  "function make({ routes, ...rest }) { return createGate(rest); }",
].map((bad) => ({ rule: namedArguments, path, bad, good, complaint }));

const everyPackage: readonly BadInput[] = [
  "server/node",
  "server/issuer",
  "server/cli",
  "server/demo",
  "sdk",
].map((folder) => ({
  rule: namedArguments,
  path: `${folder}/src/parts.ts`,
  bad: "openParts({ ...backend });",
  good: "openParts({ store: backend.store });",
  complaint: `${folder}/src/parts.ts:1 openParts gets what is not named`,
}));

const group: BadInput = {
  rule: namedArguments,
  path,
  bad: "const lease = { ...{ streamId, policy }, end };",
  good: "const lease = { streamId, policy, end };",
  complaint: `${path}:1 spreads a group of members`,
};

describe("the rule that factories get what is named", () => {
  testRules([...badInputs, ...everyPackage, group]);

  const others = {
    "other calls": "toVerdict({ ...resolved });",
    "other objects": "const next = { ...state, failures };",
    lists: "createList([...items]);",
    "constants of the module": "createView({ ...COMMON, url });",
    "factories of libraries": 'import { createServer } from "library";\ncreateServer({ ...options });',
  } satisfies Readonly<Record<string, string>>;
  for (const [name, text] of Object.entries(others)) {
    test(`does not mind ${name}`, () => {
      expect(namedArguments(parseModule({ path, text }))).toEqual([]);
    });
  }
});

test("a renamed option does not compile where it is named, and goes through a spread without a word", async () => {
  const asked: string[] = [];
  const limit: TokenFailureLimit = { assertAllowed: (peer) => void asked.push(peer), take: () => undefined };
  const issuers: AuthenticatorOptions["issuers"] = createTrustedIssuers([]);
  const revocations: AuthenticatorOptions["revocations"] = { isRevoked: () => false };
  const common = { issuers, revocations, clock: systemClock, toleranceSeconds: 0, cacheEntries: 1 };
  const peersAskedFor = async (authenticator: Authenticator): Promise<readonly string[]> => {
    asked.length = 0;
    await expect((async () => authenticator.authenticate("no token", { peer: "peer" }))()).rejects.toThrow(
      AuthError,
    );
    return [...asked];
  };
  const named = { ...common, tokenFailureLimit: limit };
  expect(await peersAskedFor(createAuthenticator(named))).toEqual(["peer"]);
  // The limit is off, and the compiler has nothing to say.
  const resolved = { ...common, badTokenLimit: limit };
  expect(await peersAskedFor(createAuthenticator({ ...resolved }))).toEqual([]);
  createAuthenticator({
    issuers,
    revocations,
    clock: systemClock,
    toleranceSeconds: 0,
    cacheEntries: 1,
    // @ts-expect-error the authenticator has no option of this name
    badTokenLimit: limit,
  });
});

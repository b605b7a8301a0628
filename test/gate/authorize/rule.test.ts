import { runInNewContext } from "node:vm";
import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileRule } from "../../../server/gate/src/authorize/rule.ts";
import { echoService, methodOf } from "../../support/echo-service.ts";
import { principalOf } from "./fixtures.ts";

const Echo = methodOf(echoService({ Call: {} }), "Call").input;
const ada = principalOf();
const echo = (init: Record<string, unknown> = {}) => create(Echo, init);
const allows = (rule: string, request = echo()) => compileRule(rule, Echo).allows(ada, request);
const allowsAnyone = (rule: string) => compileRule(rule, Echo).allows(undefined, echo());

const ABSENT_WITHOUT_TOKEN = [
  "subject",
  "issuer",
  "client_id",
  "session_id",
  "token_id",
  "acr",
  "auth_time",
  "expires_at",
  "actor",
];

const allowed: readonly string[] = [
  "true",
  "principal.subject == 'usr_ada'",
  "principal.issuer == 'https://issuer.example' && principal.client_id == 'app'",
  "principal.session_id == 'session-1' && principal.token_id == 'token-1'",
  "'read' in principal.scopes && 'author' in principal.roles && 'ledger' in principal.audience",
  "principal.auth_time == 1000 && principal.expires_at == 1600",
  "!principal.anonymous",
  "principal.scopes.all(scope, scope in ['read', 'write'])",
  "request.text == '' || request.count > 3",
  "request.inner.inner.count == 0",
  "!has(request.inner)",
  "size(principal.roles) == 1",
  "{'a': request.count}['a'] == 0",
  "[{'nope': 1}].exists(request, request.nope == 1)",
  "[{'name': 1}].all(principal, principal.name == 1)",
];

const denied: readonly string[] = [
  "false",
  "principal.subject == 'USR_ADA'",
  "'admin' in principal.roles",
  "request.count == 1",
  "request.count / 0 == 0",
  "principal.roles[7] == 'author'",
  "request.text.startsWith('x')",
  "has(request.inner)",
];

describe("a message rule (S3)", () => {
  for (const rule of allowed) {
    test(`allows when it is true: ${rule}`, () => expect(allows(rule)).toBe(true));
  }
  for (const rule of denied) {
    test(`denies when it is false, or fails: ${rule}`, () => expect(allows(rule)).toBe(false));
  }

  test("sees the message", () => {
    const rule = compileRule("request.text == principal.subject && request.inner.count < 3", Echo);
    expect(rule.allows(ada, echo({ text: "usr_ada", inner: { count: 2n } }))).toBe(true);
    expect(rule.allows(ada, echo({ text: "usr_ada", inner: { count: 3n } }))).toBe(false);
    expect(rule.allows(ada, echo({ text: "usr_eve" }))).toBe(false);
  });

  test("sees an anonymous caller as one who has nothing, which equals no empty field of a message", () => {
    expect(allowsAnyone("principal.anonymous")).toBe(true);
    expect(allowsAnyone("!principal.anonymous")).toBe(false);
    expect(allowsAnyone("principal.anonymous || request.text == principal.subject")).toBe(true);
    expect(allowsAnyone("size(principal.scopes + principal.roles + principal.audience) == 0")).toBe(true);
    expect(allowsAnyone("size(principal.amr) == 0 && size(principal.claims) == 0")).toBe(true);
    for (const member of ABSENT_WITHOUT_TOKEN) {
      expect([member, allowsAnyone(`has(principal.${member})`)]).toEqual([member, false]);
      expect([member, allowsAnyone(`!has(principal.${member})`)]).toEqual([member, true]);
      expect([member, allowsAnyone(`principal.${member} == principal.${member}`)]).toEqual([member, false]);
    }
  });

  test("sees what a token does not say as absent, so that empty never equals empty", () => {
    const bare = principalOf({
      subject: "",
      clientId: "",
      sessionId: undefined,
      tokenId: undefined,
      authTimeSeconds: undefined,
    });
    for (const member of ["subject", "client_id", "session_id", "token_id"]) {
      const allowsBare = (rule: string) => compileRule(rule, Echo).allows(bare, echo());
      expect([member, allowsBare(`request.text == principal.${member}`)]).toEqual([member, false]);
      expect([member, allowsBare(`request.text != principal.${member}`)]).toEqual([member, false]);
      expect([member, allowsBare(`has(principal.${member})`)]).toEqual([member, false]);
    }
    expect(compileRule("principal.auth_time < 1", Echo).allows(bare, echo())).toBe(false);
  });

  test("denies whatever it evaluates to but true: an error is an object, and true for JavaScript", () => {
    expect(allows("principal.roles[request.count] == 'author'", echo({ count: 0n }))).toBe(true);
    expect(allows("principal.roles[request.count] == 'author'", echo({ count: 9n }))).toBe(false);
  });

  test("compares text as it is, whatever is sent", () => {
    const rule = compileRule("request.text == principal.subject", Echo);
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), (text, subject) => {
        expect(rule.allows(principalOf({ subject }), echo({ text }))).toBe(text === subject);
      }),
    );
  });

  test("does not hang on text that a pattern stumbles over", () => {
    // An engine that tries one way after the other has 2^63 of them here. Only the machine of a script can end it.
    const run = () => allows("request.text.matches('^(a+)+$')", echo({ text: `${"a".repeat(64)}!` }));
    expect(runInNewContext("run()", { run }, { timeout: 60_000 })).toBe(false);
  });

  test.each(["^(a)\\\\1$", "^(?=a)aa$", "(?<!b)aa"])(
    "knows no pattern that only an engine with that weakness can match: %s",
    (pattern) => expect(allows(`request.text.matches('${pattern}')`, echo({ text: "aa" }))).toBe(false),
  );
});

const faults: Readonly<Record<string, string>> = {
  "request.": "has a rule that cannot be parsed",
  "request.text ==": "has a rule that cannot be parsed",
  "user.subject == 'a'": "has a rule that names an unknown variable user",
  "request.nope == 1": "has a rule that names a field nope that test.v1.Echo does not have",
  "principal.name == 'a'": "has a rule that names principal.name, which does not exist",
  "[1].exists(x, y == 1)": "has a rule that names an unknown variable y",
  "principal.subject in ['a', nobody]": "has a rule that names an unknown variable nobody",
  "{'a': nobody}['a'] == 1": "has a rule that names an unknown variable nobody",
  "[nobody].exists(x, x == 1)": "has a rule that names an unknown variable nobody",
  "nobody.exists(x, x == 1)": "has a rule that names an unknown variable nobody",
  "size(nobody) == 1": "has a rule that names an unknown variable nobody",
  "nobody.startsWith('a')": "has a rule that names an unknown variable nobody",
  "nobody.name == 'a'": "has a rule that names an unknown variable nobody",
  "request.inner == nobody.inner": "has a rule that names an unknown variable nobody",
  "x == 1 || [1].exists(x, x == 1)": "has a rule that names an unknown variable x",
  "nope(request)": "has a rule that calls an unknown function nope: nope(request)",
  "request.text < 1": "has a rule that applies < to (string, int): request.text < 1",
  "request.inner.nope == 1": "has a rule that names a field nope that test.v1.Echo does not have",
  "principal.subject": "has a rule that is neither true nor false",
  request: "has a rule that is neither true nor false",
  "1": "has a rule that is neither true nor false",
  "request.count == 1 ? 'yes' : 'no'": "has a rule that is neither true nor false",
};

describe("a message rule is refused at start (S2)", () => {
  for (const [rule, message] of Object.entries(faults)) {
    test(rule, () => {
      expect(() => compileRule(rule, Echo)).toThrowError(new TypeError(message));
    });
  }

  test("but not for what another message would cure", () => {
    expect(compileRule("principal.roles[0] == 'author'", Echo).expression).toBe(
      "principal.roles[0] == 'author'",
    );
  });
});

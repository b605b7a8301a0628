import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { compileRule } from "../../../server/gate/src/authorize/rule.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { principalOf } from "./fixtures.ts";
import { Order } from "./order-file.ts";

/** As a token has them: `__proto__` is a claim of its own there, not the prototype. */
const claims: Record<string, unknown> = JSON.parse(`{
  "tenant": "acme",
  "level": 3,
  "ratio": 0.5,
  "large": 9007199254740991,
  "larger": 9007199254740993,
  "staff": true,
  "none": null,
  "empty": "",
  "groups": ["ops", "dev", 7, null],
  "numbers": [1, 2.5, [3]],
  "address": { "country": "CH", "lines": [{ "text": "a" }], "none": null },
  "https://acme.com/tenant": "acme",
  "urn:acme.roles": { "admin": ["x"] },
  "__proto__": { "roles": ["admin"] },
  "hasOwnProperty": "mine"
}`);
const ada = principalOf({ claims, acr: "mfa", amr: ["pwd", "otp"] });
const allows = (rule: string, init: Record<string, unknown> = {}) =>
  compileRule(rule, Order).allows(ada, create(Order, init));

const TRUE: readonly string[] = [
  "principal.claims.tenant == 'acme' && principal.claims['tenant'] == 'acme'",
  "principal.claims['https://acme.com/tenant'] == 'acme'",
  "principal.claims['urn:acme.roles'].admin == ['x'] && principal.claims['urn:acme.roles']['admin'][0] == 'x'",
  "principal.claims.level == 3 && principal.claims.level >= 3 && principal.claims.level == 3.0 && principal.claims.level + 1 == 4",
  "principal.claims.level != 4 && principal.claims.level in [1, 2, 3] && type(principal.claims.level) == int",
  "principal.claims.ratio == 0.5 && principal.claims.ratio < 1 && type(principal.claims.ratio) == double",
  "principal.claims.large == 9007199254740991 && has(principal.claims.larger) && 'larger' in principal.claims",
  "principal.claims.staff",
  "principal.claims.staff == true && !(principal.claims.staff != true)",
  "'ops' in principal.claims.groups && !('other' in principal.claims.groups) && 7 in principal.claims.groups",
  "principal.claims.groups.exists(group, group == 'dev') && size(principal.claims.groups) == 3",
  "principal.claims.numbers == [1, 2.5, [3]] && principal.claims.numbers[2][0] + 1 == 4",
  "principal.claims.address.country == 'CH' && principal.claims.address.lines[0].text == 'a'",
  "principal.claims.address.lines.all(line, line.text == 'a')",
  "has(principal.claims.tenant) && has(principal.claims.address.country)",
  "!has(principal.claims.other) && !has(principal.claims.none) && !has(principal.claims.empty)",
  "'tenant' in principal.claims && !('none' in principal.claims) && !('constructor' in principal.claims)",
  "principal.claims.exists(name, name == 'tenant') && principal.claims.all(name, name != 'none')",
  "principal.claims.hasOwnProperty == 'mine' && principal.claims.__proto__.roles == ['admin']",
  "has(principal.claims.nickname) ? principal.claims.nickname == 'a' : principal.claims.tenant == 'acme'",
  "principal.claims.nickname == 'a' || principal.claims.tenant == 'acme'",
  "principal.acr == 'mfa' && 'otp' in principal.amr && !has(principal.actor)",
];

const DENIED: readonly string[] = [
  "principal.claims.larger == 9007199254740992",
  "principal.claims.larger == 9007199254740993",
  "principal.claims.other == 'acme'",
  "principal.claims.other != 'acme'",
  "principal.claims.none == null",
  "principal.claims.address.none == null",
  "'none' in principal.claims.address",
  "!('none' in principal.claims.address)",
  "principal.claims.address.all(name, name != 'none')",
  "principal.claims.empty == ''",
  "principal.claims.other == principal.claims.other",
  "request.text == principal.claims.other",
  "request.text == principal.claims.empty",
  "request.note == principal.claims.none",
  "request.text == principal.claims.address.city",
  "principal.claims.constructor == principal.claims.constructor",
  "principal.claims.toString != ''",
  "principal.claims.address.__proto__ != 'a'",
  "principal.claims.groups.length == 4",
  "principal.claims.tenant.length == 4",
  "principal.claims.level == '3'",
  "principal.claims.level > '2'",
  "principal.claims.tenant",
  "principal.claims.groups[9] == 'ops'",
  "'admin' in principal.claims.roles",
];

describe("claims that nothing describes, in a rule (S3)", () => {
  test.each(notEmpty(TRUE))("are what the token has: %s", (rule) => expect(allows(rule)).toBe(true));

  test.each(notEmpty(DENIED))("deny when they are absent, or not what they are taken for: %s", (rule) =>
    expect(allows(rule)).toBe(false),
  );

  test("are held against the message", () => {
    const rule = compileRule("request.text == principal.claims.tenant", Order);
    expect(rule.allows(ada, create(Order, { text: "acme" }))).toBe(true);
    expect(rule.allows(ada, create(Order, { text: "other" }))).toBe(false);
    expect(rule.allows(ada, create(Order))).toBe(false);
    expect(rule.allows(undefined, create(Order))).toBe(false);
  });

  test("are found by a name that a message brings, and only if the token has them", () => {
    const rule = compileRule("principal.claims[request.text] == 'acme'", Order);
    expect(rule.allows(ada, create(Order, { text: "tenant" }))).toBe(true);
    for (const text of ["", "nope", "constructor", "__proto__", "toString"]) {
      expect([text, rule.allows(ada, create(Order, { text }))]).toEqual([text, false]);
    }
  });

  /** Claims that hold nothing, what is asked about them with an empty message. */
  const NOTHING: readonly (readonly [claims: Readonly<Record<string, unknown>>, rule: string])[] = [
    [{ groups: [""] }, "request.text in principal.claims.groups"],
    [{ groups: ["ops", "", null] }, "request.text in principal.claims.groups"],
    [{ groups: ["", "ops"] }, "principal.claims.groups[0] == request.text"],
    [{ groups: [null] }, "request.note in principal.claims.groups"],
    [{ groups: [[""]] }, "principal.claims.groups.exists(each, request.text in each)"],
    [{ ids: [2 ** 53] }, "request.note in principal.claims.ids"],
    [{ ids: [2 ** 53] }, "!(9007199254740993 in principal.claims.ids)"],
    [{ teams: { "": {} } }, "request.text in principal.claims.teams"],
    [{ "": "ops" }, "principal.claims[request.text] == 'ops'"],
  ];
  test.each(notEmpty(NOTHING))("of %j, an empty field equals no element: %s", (held, rule) => {
    const caller = principalOf({ claims: held });
    expect(compileRule(rule, Order).allows(caller, create(Order))).toBe(false);
  });

  /** Claims that cannot be read, and what would be a yes if they counted as absent, or as another value. */
  const UNREADABLE: readonly (readonly [json: string, rule: string])[] = [
    ...["1e300", "9007199254740992", "-9007199254740992", "1e400", "-1e400"].flatMap((json) =>
      [
        "!has(principal.claims.c) || !principal.claims.c",
        "!has(principal.claims.c)",
        "!('c' in principal.claims)",
        "principal.claims.all(name, name != 'c')",
        "principal.claims.c > 3",
        "principal.claims.c < 3",
        "principal.claims.c != 5",
        "principal.claims.c != 5 || true",
        "!(principal.claims.c == 5 && false)",
        "[1, 2].exists(each, each == principal.claims.c || each == 2)",
        "![1, 2].all(each, each != 2 && each != principal.claims.c)",
        "size([1].filter(each, each == principal.claims.c)) == 0",
        "size([1].map(each, principal.claims.c)) == 1",
        "size([principal.claims.c]) == 1",
        "principal.claims != {}",
      ].map((rule) => [json, rule] as const),
    ),
    ["[1, 9007199254740992]", "!(9007199254740993 in principal.claims.c)"],
    ["[1, 9007199254740992]", "1 in principal.claims.c"],
    ["[1, 1e400]", "size(principal.claims.c) > 0 || true"],
    ["[[1e300]]", "principal.claims.c.all(each, size(each) == 0) || true"],
    ['{ "banned": "" }', "!('banned' in principal.claims.c)"],
    ['{ "banned": "" }', "!has(principal.claims.c.banned) || principal.claims.c.banned != 'yes'"],
    ['{ "banned": "" }', "principal.claims.c.banned == request.text"],
    ['{ "banned": "" }', "size(principal.claims.c) == 0"],
    ['{ "banned": "" }', "principal.claims.c.all(name, name != 'banned')"],
    ['{ "banned": "" }', "principal.claims.c == {} || principal.claims.c != {'banned': 'x'}"],
    ['{ "banned": null }', "!('banned' in principal.claims.c)"],
    ['{ "banned": null }', "'banned' in principal.claims.c"],
    ['{ "banned": null }', "!has(principal.claims.c.banned)"],
    ['{ "banned": null, "a": 1 }', "principal.claims.c.all(name, name != 'banned') || true"],
    ['{ "banned": 1e400 }', "!has(principal.claims.c.banned) || principal.claims.c.banned < 1"],
    ['[{ "id": 9007199254740992 }]', "principal.claims.c.all(each, each.id != 9007199254740993)"],
    ['[{ "id": 1e400 }]', "principal.claims.c.exists(each, each.id > 3)"],
    ['[{ "id": 1e400 }]', "size(principal.claims.c.filter(each, each.id == 3)) == 0"],
  ];
  test.each(notEmpty(UNREADABLE))(
    "with %s, no rule that reads it or asks for its absence: %s",
    (json, rule) => {
      const held: Record<string, unknown> = JSON.parse(`{ "c": ${json} }`);
      const caller = principalOf({ claims: held });
      expect(compileRule(rule, Order).allows(caller, create(Order))).toBe(false);
    },
  );

  test("are there, also where their values cannot be read", () => {
    const caller = principalOf({ claims: { large: 2 ** 53, flags: { banned: "", ok: true } } });
    for (const rule of [
      "has(principal.claims.large) && 'large' in principal.claims",
      "'banned' in principal.claims.flags && has(principal.claims.flags.banned) && principal.claims.flags.ok",
      "size(principal.claims.flags) == 2 && principal.claims.flags.exists(name, name == 'banned')",
    ]) {
      expect([rule, compileRule(rule, Order).allows(caller, create(Order))]).toEqual([rule, true]);
    }
  });

  test("keep the elements of a list that say something", () => {
    const caller = principalOf({ claims: { groups: ["", "ops", null] } });
    const rule = compileRule("request.text in principal.claims.groups", Order);
    expect(rule.allows(caller, create(Order, { text: "ops" }))).toBe(true);
  });

  test("are read only where a rule names them", () => {
    const read: string[] = [];
    const watched = new Proxy(claims, {
      get(target, name) {
        read.push(String(name));
        return Reflect.get(target, name);
      },
    });
    const eve = principalOf({ claims: watched });
    const run = (rule: string) => compileRule(rule, Order).allows(eve, create(Order));
    expect(run("principal.subject == 'usr_ada'")).toBe(true);
    expect(read).toEqual([]);
    expect(run("principal.claims.tenant == 'acme'")).toBe(true);
    expect(run("principal.claims.tenant != 'other'")).toBe(true);
    expect(read).toEqual(["tenant"]);
  });
});

test("an actor is seen beside the subject, and the one before it (RFC 8693 §4.1)", () => {
  const first = { subject: "svc_b", issuer: undefined, clientId: undefined, actor: undefined };
  const actor = { subject: "svc_a", issuer: "https://issuer.example", clientId: "app", actor: first };
  const delegated = principalOf({ actor });
  const run = (rule: string) => compileRule(rule, Order).allows(delegated, create(Order));
  expect(run("principal.subject == 'usr_ada' && principal.actor.subject == 'svc_a'")).toBe(true);
  expect(run("principal.actor.client_id == 'app' && principal.actor.issuer == principal.issuer")).toBe(true);
  expect(run("has(principal.actor) && principal.actor.actor.subject == 'svc_b'")).toBe(true);
  expect(run("has(principal.actor.actor.actor) || has(principal.actor.actor.issuer)")).toBe(false);
  expect(run("principal.actor.actor.issuer == principal.actor.actor.client_id")).toBe(false);
});

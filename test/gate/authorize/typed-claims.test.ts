import { create, type DescField } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { compileRule } from "../../../server/gate/src/authorize/rule.ts";
import { createRulePrincipals } from "../../../server/gate/src/authorize/rule-principal.ts";
import { createTypedClaims } from "../../../server/gate/src/authorize/typed-claims.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { principalOf } from "./fixtures.ts";
import { Claims, Order } from "./order-file.ts";

const GOOD = {
  "https://acme.com/tenant": "acme",
  level: 3,
  ratio: 2,
  account: "9007199254740993",
  staff: false,
  groups: ["ops", "dev"],
  home_address: { name: "Home", other: 1 },
  people: [{ name: "ada", age: 36 }, {}],
  state: "STATE_OPEN",
  since: "2026-01-01T00:00:00Z",
  extra: { a: 1 },
  nickname: "",
  labels: { k: "v" },
  unknown: true,
};

function setUp(claims: Record<string, unknown> = GOOD) {
  const wrong: string[] = [];
  const onWrongForm = (field: DescField, issuer: string) => void wrong.push(`${field.name} ${issuer}`);
  const principals = createRulePrincipals(createTypedClaims(Claims, onWrongForm));
  const principal = principalOf({ claims });
  const allows = (rule: string, init: Record<string, unknown> = {}) =>
    compileRule(rule, Order, { principals }).allows(principal, create(Order, init));
  return { allows, wrong, principals };
}

const TRUE: readonly string[] = [
  "principal.claims.tenant == 'acme' && principal.claims['tenant'].startsWith('ac')",
  "principal.claims.level == 3 && principal.claims.level > 2.5 && principal.claims.level + 1 == 4",
  "principal.claims.ratio == 2 && principal.claims.ratio / 4.0 == 0.5",
  "principal.claims.account == 9007199254740993",
  "!principal.claims.staff && has(principal.claims.staff)",
  "'ops' in principal.claims.groups && principal.claims.groups == ['ops', 'dev'] && size(principal.claims.groups) == 2",
  "principal.claims.home.name == 'Home' && !has(principal.claims.home.age)",
  "principal.claims.people[0].age == 36 && !has(principal.claims.people[1].name)",
  "principal.claims.people.exists(person, person.name == 'ada')",
  "principal.claims.state == 1 && principal.claims.state == test.v1.State.STATE_OPEN",
  "principal.claims.since < timestamp('2027-01-01T00:00:00Z') && principal.claims.since.getFullYear() == 2026",
  "principal.claims.extra.a == 1 && has(principal.claims.extra.a)",
  "principal.claims.nickname == '' && has(principal.claims.nickname)",
  "principal.claims.labels.k == 'v' && principal.claims.labels == {'k': 'v'}",
  "'tenant' in principal.claims && principal.claims.exists(name, name == 'tenant')",
  "principal.subject == 'usr_ada'",
];

/** What is said of a mistake, after `has a rule that`. */
const MISTAKES: Readonly<Record<string, string>> = {
  "principal.claims.tenent == 'acme'": "names principal.claims.tenent, which test.v1.Claims does not have",
  "has(principal.claims.tenent)": "names principal.claims.tenent, which test.v1.Claims does not have",
  "principal.claims['https://acme.com/tenant'] == 'acme'":
    "names principal.claims.https://acme.com/tenant, which test.v1.Claims does not have",
  "principal.claims.home.nmae == 'a'": "names principal.claims.home.nmae, which test.v1.Person does not have",
  "principal.claims.people.exists(p, p.nmae == 'a')":
    "names principal.claims.people.nmae, which test.v1.Person does not have",
  "principal.claims.level == '3'": "compares int with string: principal.claims.level == '3'",
  "principal.claims.level != principal.subject": "compares int with string",
  "principal.claims.tenant == request.cents":
    "compares string with int: principal.claims.tenant == request.cents",
  "principal.claims.tenant != 7": "compares string with int: principal.claims.tenant != 7",
  "principal.claims.tenant > 7": "applies > to (string, int): principal.claims.tenant > 7",
  "principal.claims.groups == 'ops'": "compares list(string) with string: principal.claims.groups == 'ops'",
  "principal.claims.home == request.owner": "compares principal.claims.home with test.v1.Person",
};

describe("claims that a message describes, in a rule (S3)", () => {
  test.each(notEmpty(TRUE))("are what the token has, by the names of claims: %s", (rule) => {
    const { allows, wrong } = setUp();
    expect(allows(rule)).toBe(true);
    expect(wrong).toEqual([]);
  });

  test.each(notEmpty(Object.entries(MISTAKES)))("are held to it at start: %s", (rule, message) => {
    const { allows } = setUp();
    expect(() => allows(rule)).toThrow(TypeError);
    expect(() => allows(rule.replaceAll("'", '"'))).toThrow(
      `has a rule that ${message.replaceAll("'", '"')}`,
    );
  });

  test("are absent where the token has none, so that empty never equals empty", () => {
    for (const claims of [{}, { "https://acme.com/tenant": "" }, { "https://acme.com/tenant": null }]) {
      const { allows, wrong } = setUp(claims);
      expect(allows("request.text == principal.claims.tenant")).toBe(false);
      expect(allows("request.text != principal.claims.tenant")).toBe(false);
      expect(allows("principal.claims.tenant == principal.claims.tenant")).toBe(false);
      expect(allows("has(principal.claims.tenant)")).toBe(false);
      expect(allows("principal.claims.level == 0 || principal.claims.staff == false")).toBe(false);
      expect(allows("size(principal.claims.groups) == 0")).toBe(false);
      expect(allows("principal.claims.home.name == ''")).toBe(false);
      expect(wrong).toEqual([]);
    }
  });

  /** Claims that hold nothing, what is asked about them with an empty message. */
  const NOTHING: readonly (readonly [claims: Readonly<Record<string, unknown>>, rule: string])[] = [
    [{ groups: [""] }, "request.text in principal.claims.groups"],
    [{ labels: { a: "" } }, "principal.claims.labels.a == request.text"],
    [{ labels: { "": "a" } }, "request.text in principal.claims.labels"],
    [{ extra: { a: "" } }, "principal.claims.extra.a == request.text"],
    [{ extra: { a: [""] } }, "request.text in principal.claims.extra.a"],
  ];
  test.each(notEmpty(NOTHING))("of %j, an empty field equals no element: %s", (claims, rule) => {
    const { allows, wrong } = setUp(claims);
    expect(allows(rule)).toBe(false);
    expect(wrong).toEqual([]);
  });

  test("keep the elements of a list that say something", () => {
    const { allows } = setUp({ groups: ["", "ops"] });
    expect(allows("request.text in principal.claims.groups", { text: "ops" })).toBe(true);
  });

  test("are absent by any other name: that of the field is none of a claim", () => {
    expect(setUp({ tenant: "acme" }).allows("principal.claims.tenant == 'acme'")).toBe(false);
    expect(setUp({ home: { name: "a" } }).allows("principal.claims.home.name == 'a'")).toBe(false);
    expect(setUp({ __proto__: GOOD }).allows("principal.claims.level == 3")).toBe(false);
  });

  test("are found by either name of ProtoJSON where the proto gives none, but not by both", () => {
    const isSales = (claims: Record<string, unknown>) =>
      setUp(claims).allows("principal.claims.cost_centre == 'sales'");
    expect(isSales({ costCentre: "sales" })).toBe(true);
    expect(isSales({ cost_centre: "sales" })).toBe(true);
    expect(isSales({ cost_centre: "sales", costCentre: "sales" })).toBe(false);
    expect(isSales({ cost_centre: "sales", costCentre: null })).toBe(false);
    expect(isSales({ CostCentre: "sales", "cost-centre": "sales" })).toBe(false);
  });

  test("are absent for a caller without a token", () => {
    const rule = compileRule("principal.claims.level == 3", Order, { principals: setUp().principals });
    expect(rule.allows(undefined, create(Order))).toBe(false);
  });

  const WRONG: Readonly<Record<string, readonly unknown[]>> = {
    tenant: [7, true, ["acme"], { a: "acme" }],
    level: ["three", 3.5, true, 2 ** 31, [3]],
    account: [2 ** 53, 9007199254740994, 1.5, "x"],
    ratio: ["half", {}, "NaN", "Infinity", Number.POSITIVE_INFINITY],
    staff: ["true", 1],
    groups: ["ops", ["ops", 7], { 0: "ops" }, [null]],
    extra: ["x", ["x"]],
    home: ["Home", 7, ["Home"]],
    people: [{ name: "ada" }, ["ada"], [[]]],
    since: [1_700_000_000, "yesterday"],
    labels: [["k"], { k: 1 }, { k: null }],
    flags: [["k"], { k: 1 }, { k: null }],
    state: ["STATE_NONE", {}],
  };

  test.each(notEmpty(Object.entries(WRONG)))(
    "are there and cannot be read in another form, which is told: %s",
    (name, values) => {
      const claim = Claims.fields.find((field) => field.name === name)?.jsonName ?? "";
      for (const value of values) {
        const { allows, wrong } = setUp({ [claim]: value });
        const path = `principal.claims.${name}`;
        expect([value, allows(`has(${path}) && '${name}' in principal.claims`)]).toEqual([value, true]);
        for (const rule of [
          `!has(${path})`,
          `!('${name}' in principal.claims)`,
          `principal.claims.all(name, name != '${name}')`,
          `${path} == ${path}`,
          `!has(${path}) || ${path} != ${path}`,
          `${path} == ${path} || true`,
          `!(${path} == ${path} && false)`,
        ]) {
          expect([value, rule, allows(rule)]).toEqual([value, rule, false]);
        }
        expect(new Set(wrong)).toEqual(new Set([`${name} https://issuer.example`]));
      }
    },
  );

  test("let no token pass for one that is not suspended, whatever it says of that", () => {
    const rule = "!has(principal.claims.staff) || !principal.claims.staff";
    for (const staff of ["true", "false", 1, 0, [], {}, [true], 2 ** 53]) {
      expect([staff, setUp({ staff }).allows(rule)]).toEqual([staff, false]);
    }
    expect(setUp({ staff: null }).allows(rule)).toBe(true);
  });

  /** Maps and messages of any JSON with keys whose values are empty, and what would be a yes without these. */
  const EMPTY: readonly (readonly [claims: Readonly<Record<string, unknown>>, rule: string])[] = [
    ...["labels", "flags", "extra"].flatMap((name) => {
      const path = `principal.claims.${name}`;
      return [
        `!('banned' in ${path})`,
        `!has(${path}.banned)`,
        `size(${path}) == 0`,
        `${path}.all(name, name != 'banned')`,
        `${path}.banned == ${path}.banned || true`,
        `${path} == ${path} || true`,
      ].map((rule) => [{ [name]: { banned: "" } }, rule] as const);
    }),
    [{ extra: { banned: null } }, "!('banned' in principal.claims.extra)"],
    [{ extra: { id: 2 ** 53 } }, "principal.claims.extra.id != 9007199254740993"],
    [{ extra: { id: Number.POSITIVE_INFINITY } }, "principal.claims.extra.id > 3"],
    [{ extra: { a: { banned: "" } } }, "!('banned' in principal.claims.extra.a)"],
    [{ costCentre: "a", cost_centre: "b" }, "!has(principal.claims.cost_centre)"],
    [{ costCentre: "a", cost_centre: "b" }, "principal.claims.cost_centre != 'c' || true"],
  ];
  test.each(notEmpty(EMPTY))("with %j, no rule that asks for the absence of a key: %s", (claims, rule) => {
    expect(setUp(claims).allows(rule)).toBe(false);
  });

  test("have the keys of maps whose values are empty", () => {
    for (const name of ["labels", "flags", "extra"]) {
      const { allows } = setUp({ [name]: { banned: "", "": "x" } });
      const path = `principal.claims.${name}`;
      const rule = `'banned' in ${path} && has(${path}.banned) && !('other' in ${path}) && !(request.text in ${path})`;
      expect([name, allows(rule)]).toEqual([name, true]);
    }
  });
});

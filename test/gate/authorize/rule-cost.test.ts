import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { compileRule } from "../../../server/gate/src/authorize/rule.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { principalOf } from "./fixtures.ts";
import { Order } from "./order-file.ts";

const MIB = 1024 * 1024;
type Fields = Readonly<Record<string, unknown>>;
const caller = principalOf();

/** What a rule says of an order. */
function resultOf(rule: string, order: Fields): string {
  return compileRule(rule, Order).describe(caller, create(Order, order));
}

const tags = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `tag ${at}`);
const people = (count: number): readonly object[] => tags(count).map((name, age) => ({ name, age }));
const json = (count: number): Fields => Object.fromEntries(tags(count).map((tag) => [tag, tag]));
const list = (count: number) => ({
  values: Array.from({ length: count }, () => ({ kind: { case: "boolValue", value: true } })),
});
const TOO_COSTLY = "error: the rule takes more steps than one may take for a message";
const TOO_MANY = "error: a macro goes through more than 10000 items";

describe("a rule takes as many steps as it may for one message, and then denies", () => {
  const text = "abcdefgh".repeat(MIB / 2);
  const raw = new Uint8Array(4 * MIB);
  const many = tags(10_000);
  const two = (rule: string): string => `request.tags.all(a, request.tags.all(b, ${rule}))`;
  const allowed: Readonly<Record<string, Fields>> = {
    "request.text.size() == 4194304 && size(request.text) == 4194304": { text },
    'request.text.contains("nothing of it") == false': { text },
    "request.text == request.text": { text },
    "request.raw == request.raw": { raw },
    'request.text.startsWith("abc") && request.text.endsWith("fgh")': { text },
    'request.text.matches("^[a-h]+$")': { text: text.slice(0, 32 * 1024) },
    "(request.tags + request.tags).size() == 20000": { tags: many },
    "request.people.filter(person, person.age > -1).size() == 5000": { people: people(5_000) },
    'request.tags.map(tag, [tag] + ["x", "y"]).size() == 1000': { tags: tags(1_000) },
    "request.tags.all(tag, has(request.extra.a))": { tags: tags(100), extra: { a: "b" } },
    "request.tags.all(tag, tag != 'x')": { tags: tags(1_000), extra: json(1_000) },
    "request.extra.size() == 1000": { extra: json(1_000) },
    "request.at.getHours('Asia/Tokyo') == 9": { at: {} },
    'request.tags.all(tag, tag != "x")': { tags: many },
    'request.tags.filter(tag, tag != "x").all(tag, tag != "y")': { tags: many },
    'request.tags.map(tag, tag + "!").size() == 10000': { tags: many },
    '!("x" in request.tags)': { tags: many },
    "request.people == request.people": { people: people(5_000) },
    "request.tags.all(a, request.tags.exists(b, a == b))": { tags: tags(100) },
    "request.labels.all(key, key in request.labels)": {
      labels: Object.fromEntries(tags(100).map((tag) => [tag, tag])),
    },
  };
  test.each(notEmpty(Object.entries(allowed)))("%s holds", (rule, order) => {
    expect(resultOf(rule, order)).toBe("true");
  });
  const denied: Readonly<Record<string, { readonly order: Fields; readonly why: string }>> = {
    'request.tags.all(tag, tag != "x")': { order: { tags: tags(10_001) }, why: TOO_MANY },
    'request.tags.exists(tag, tag == "tag 0")': { order: { tags: tags(10_001) }, why: TOO_MANY },
    'request.tags.filter(tag, tag == "tag 0") == ["tag 0"]': { order: { tags: tags(10_001) }, why: TOO_MANY },
    "request.labels.all(key, key != '')": {
      order: { labels: Object.fromEntries(tags(10_001).map((tag) => [tag, ""])) },
      why: TOO_MANY,
    },
    [two("a != 'x' && b != 'x'")]: { order: { tags: tags(1_000) }, why: TOO_COSTLY },
    'request.text.matches("^[a-h]+$")': { order: { text }, why: TOO_COSTLY },
    "request.text.matches(request.note)": { order: { text: "a", note: text }, why: TOO_COSTLY },
    'request.tags.all(tag, !request.text.contains("nothing of it"))': {
      order: { text, tags: tags(10) },
      why: TOO_COSTLY,
    },
    "request.tags.all(tag, request.people == request.people)": {
      order: { people: people(5_000), tags: tags(3) },
      why: TOO_COSTLY,
    },
    "request.tags.all(tag, request.raw == request.raw)": { order: { raw, tags: tags(3) }, why: TOO_COSTLY },
    "request.tags.all(tag, request.people[0] in request.people || true)": {
      order: { people: people(5_000), tags: tags(100) },
      why: TOO_COSTLY,
    },
    "request.text + request.text + request.text != ''": { order: { text }, why: TOO_COSTLY },
    "request.tags.all(tag, (request.tags + [tag]).size() > 0)": {
      order: { tags: tags(1_000) },
      why: TOO_COSTLY,
    },
    "request.tags.map(tag, [tag] + request.tags).size() > 0": {
      order: { tags: tags(1_000) },
      why: TOO_COSTLY,
    },
    "[request.tags + ['x']].all(list, request.tags.all(tag, (list + [tag]).size() > 0))": {
      order: { tags: tags(1_000) },
      why: TOO_COSTLY,
    },
    "request.tags.all(tag, (request.people + request.people).size() > 0)": {
      order: { tags: tags(200), people: people(1_000) },
      why: TOO_COSTLY,
    },
    "request.tags.all(tag, has(request.extra.a))": {
      order: { tags: tags(1_000), extra: json(1_000) },
      why: TOO_COSTLY,
    },
    "request.tags.all(tag, request.value != tag)": {
      order: { tags: tags(1_000), value: { kind: { case: "listValue", value: list(1_000) } } },
      why: TOO_COSTLY,
    },
    "request.tags.all(tag, request.labels.size() > 0)": {
      order: { tags: tags(1_000), labels: json(1_000) },
      why: TOO_COSTLY,
    },
    "request.tags.all(tag, request.at.getHours('America/New_York') >= 0)": {
      order: { tags: tags(1_000), at: { seconds: 1n } },
      why: TOO_COSTLY,
    },
    "int(request.text) == 1": { order: { text: "9".repeat(MIB) }, why: TOO_COSTLY },
    "timestamp(request.text) == timestamp(request.text)": { order: { text }, why: TOO_COSTLY },
  };
  test.each(notEmpty(Object.entries(denied)))("%s denies", (rule, { order, why }) => {
    expect(resultOf(rule, order)).toBe(why);
    expect(compileRule(rule, Order).allows(caller, create(Order, order))).toBe(false);
  });

  test("an error of a budget is none that the rule can do without", () => {
    const order = { text, tags: tags(10) };
    expect(resultOf('request.tags.exists(tag, tag == "tag 9" || request.text.contains("?"))', order)).toBe(
      TOO_COSTLY,
    );
  });

  test("each message has the whole budget", () => {
    const rule = compileRule('!request.text.contains("nothing of it")', Order);
    const order = create(Order, { text });
    expect([1, 2, 3].map(() => rule.allows(caller, order))).toEqual([true, true, true]);
  });
});

describe("size() of a text counts its characters", () => {
  const sizes: Readonly<Record<string, number>> = {
    "": 0,
    abc: 3,
    äöü: 3,
    日本: 2,
    "😀": 1,
    "a😀b😀": 4,
    ["😀".repeat(1_000)]: 1_000,
  };
  test.each(notEmpty(Object.entries(sizes)))("%s", (text, size) => {
    expect(resultOf(`request.text.size() == ${size} && size(request.text) == ${size}`, { text })).toBe(
      "true",
    );
  });

  test("a half of a character counts as one, as it does when it is taken apart", () => {
    const half = "a\ud83d";
    expect(
      compileRule("size(principal.claims.half) == 2", Order).describe(
        { ...caller, claims: { half } },
        create(Order),
      ),
    ).toBe("true");
  });
});

describe("lists that are put together", () => {
  const rules: readonly string[] = [
    "(request.tags + request.tags).size() == 6",
    '(request.tags + ["x"])[3] == "x" && (request.tags + ["x"])[0] == "tag 0"',
    "[request.tags + request.tags].all(both, (both + ['x']).size() == 7 && (both + ['y', 'z']).size() == 8 && both.size() == 6)",
    "[request.tags + ['a']].all(l, (l + ['x'])[4] == 'x' && (l + ['y'])[4] == 'y' && (l + l).size() == 8)",
    "[1] + [2] == [1, 2] && [1] + [2] + [3] == [1, 2, 3] && [] + [] == []",
    "2 in ([1] + [2]) && !(3 in ([1] + [2]))",
    "type([1] + [2]) == list",
    "request.tags.map(tag, [tag] + [tag]).all(pair, pair.size() == 2)",
  ];
  test.each(notEmpty(rules.map((rule) => [rule])))("%s", (rule) => {
    expect(resultOf(rule, { tags: tags(3) })).toBe("true");
  });
});

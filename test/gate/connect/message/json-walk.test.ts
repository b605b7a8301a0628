import { describe, expect, test } from "vitest";
import { walkJson } from "../../../../server/gate/src/connect/message/json-walk.ts";
import { resolveMessageLimits } from "../../../../server/gate/src/kernel/message-limits.ts";
import { honestJson, JSON_BODIES } from "../../../support/message-bodies.ts";
import { notEmpty } from "../../../support/not-empty.ts";

const KIB = 1024;
const limits = resolveMessageLimits();
const walk = (text: string | Uint8Array, given = limits) =>
  walkJson(typeof text === "string" ? new TextEncoder().encode(text) : text, given);
const atMost = (jsonMaxElements: number) => resolveMessageLimits({ jsonMaxElements });

/** What takes no longer than other text. */
const HARMLESS: ReadonlySet<string> = new Set(["a text of escapes", "text in another script", "bytes"]);

describe("a message in JSON that takes much to read is seen before it is read:", () => {
  test.each(notEmpty(Object.entries(JSON_BODIES)))("%s", (name, make) => {
    const expected = /nested/.test(name) ? "depth" : "elements";
    expect(walk(make(KIB * KIB))).toBe(HARMLESS.has(name) ? undefined : expected);
  });
});

describe("a message in JSON that docs/your-server.md gives room", () => {
  const idsOf = (characters: number) =>
    JSON.stringify({ ids: Array.from({ length: 10_000 }, () => "a".repeat(characters)) });
  test.each([
    [22, undefined],
    [36, "elements"],
  ])("is a list of 10,000 ids of %i characters, with the defaults: %s", (characters, fault) => {
    expect(walk(idsOf(characters))).toBe(fault);
  });

  test("is an import of 5,000 rows of six fields, however large", () => {
    const rowsOf = (note: string) =>
      JSON.stringify({ rows: Array(5_000).fill({ id: 1, name: "a", mail: "b", sum: 2, day: 3, note }) });
    const room = KIB * KIB - rowsOf("").length;
    expect(walk(rowsOf("c".repeat(room / 5_000)), atMost(105_000))).toBeUndefined();
    expect(walk(rowsOf(""))).toBe("elements");
  });
});

describe("a message in JSON counts for what it has", () => {
  const messages: Readonly<Record<string, number>> = {
    "{}": 1,
    '{"a":1,"b":[1,2,3]}': 5,
    '{"a":"[{,,,:","b":"\\"[[[\\\\","c":"\\\\"}': 3,
    '[[[],[]],[{"a":null}]]': 8,
    '{"text":"1,2,3,4,5"}': 1,
  };
  test.each(notEmpty(Object.entries(messages)))("%s", (text, elements) => {
    expect(walk(text, atMost(elements))).toBeUndefined();
    if (elements > 1) {
      expect(walk(text, atMost(elements - 1))).toBe("elements");
    }
  });

  test("a text counts as none, however long it is, of whatever it is", () => {
    for (const text of [
      "a",
      "1a",
      "\\u00e4",
      "ä",
      "中",
      "😀",
      "\\\\",
      '\\"',
      "a\\n",
      "{",
      "0xg",
      "e\u3000a",
    ]) {
      const value = text.repeat(100 * KIB);
      expect([text, walk(`{"text":"${value}"}`, atMost(1))]).toEqual([text, undefined]);
    }
    expect(walk(honestJson(KIB * KIB), atMost(1))).toBeUndefined();
  });

  test("the larger a message is, the fewer elements it may have", () => {
    const withText = (elements: number, bytes: number) =>
      `{"text":"${"x".repeat(bytes)}","tags":[${Array(elements).fill("1").join()}]}`;
    for (const [bytes, elements] of [
      [KIB, 298],
      [512 * KIB, 198],
      [KIB * KIB, 98],
      [2 * KIB * KIB, 98],
    ] as const) {
      expect([bytes, walk(withText(elements - 2, bytes), atMost(300))]).toEqual([bytes, undefined]);
      expect([bytes, walk(withText(elements + 2, bytes), atMost(300))]).toEqual([bytes, "elements"]);
    }
  });

  test("the levels of what is open", () => {
    expect(walk(`${"[".repeat(64)}${"]".repeat(64)}`)).toBeUndefined();
    expect(walk(`${"[".repeat(65)}${"]".repeat(65)}`)).toBe("depth");
    expect(walk("[]".repeat(1000))).toBeUndefined();
  });
});

describe("a number of very many digits is seen, whatever stands around it and however it is written:", () => {
  const digits = "9".repeat(100 * KIB);
  const numbers: readonly string[] = [
    digits,
    `-${digits}`,
    `"${digits}"`,
    `" \\t\\n\\u0020\\u3000\u3000\u00a0${digits} "`,
    `"\\u0039${digits}"`,
    `"${"\\u0039".repeat(100 * KIB)}"`,
    `"0x${"f".repeat(100 * KIB)}"`,
    `"\\u0030\\u0078${"F".repeat(100 * KIB)}"`,
    `"0b${"1".repeat(100 * KIB)}"`,
    `"1.${digits}s"`,
    `"${digits.slice(1)}-1"`,
    `1e${digits}`,
  ];
  test.each(notEmpty(numbers.map((number) => [`${number.slice(0, 24)}…`, number])))("%s", (_, number) => {
    expect(walk(`{"cents":${number}}`)).toBe("elements");
  });
});

describe("what is no JSON ends the walk", () => {
  const texts = ["", '"', '"\\', '{"', "\\", "\u0000", "]]]]", '"\\u', '{"a":"9'];
  test.each(notEmpty(texts.map((text) => [text])))("%j", (text) => {
    expect(walk(text)).toBeUndefined();
  });

  test("bytes that are no text", () => {
    expect(walk(Uint8Array.from([0xff, 0x22, 0xe3, 0x80, 0x5c]))).toBeUndefined();
  });
});

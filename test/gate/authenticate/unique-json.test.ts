import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseUniqueJsonObject } from "../../../server/gate/src/authenticate/unique-json.ts";

const nested = (depth: number) => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;

const refused = {
  "nothing (R25)": "",
  "an array (R25)": "[]",
  "null (R25)": "null",
  "text (R25)": '"a"',
  "a number (R25)": "1",
  "what is not JSON": "{a:1}",
  "more behind the object (R08)": "{}x",
  "a second object (R08)": "{}{}",
  "a byte order mark (R09)": "\ufeff{}",
  "a trailing comma": '{"a":1,}',
  "a comment": '{"a":1}/**/',
  "a name twice (R06)": '{"a":1,"a":1}',
  "a name twice with others between (R06)": '{"a":1,"b":2,"a":3}',
  "a name twice, once escaped (R06)": '{"alg":1,"\\u0061lg":2}',
  "the empty name twice (R06)": '{"":1,"":2}',
  "a name twice in an object (R06)": '{"x":{"a":1,"a":2}}',
  "a name twice in an object in an array (R06)": '{"x":[0,{"a":1,"a":2}]}',
  "a name twice around an object (R06)": '{"a":{"b":1},"a":2}',
  "a name twice around an array (R06)": '{"a":["a",{}],"a":2}',
  "a name twice with white space (R06)": '{ "a" : 1 ,\n "a" : 2 }',
  "a name twice that has a quote (R06)": '{"\\"":1,"\\"":2}',
  "__proto__ twice (R06)": '{"__proto__":1,"__proto__":2}',
  "half a surrogate pair in a value": '{"sub":"\\ud800"}',
  "half a surrogate pair in a name": '{"\\udc00":1}',
  "half a surrogate pair in an array": '{"a":["\\ud83d"]}',
  "17 levels": nested(17),
  "4,000 levels": nested(4000),
};

const accepted: Readonly<Record<string, string>> = {
  "an empty object": "{}",
  "white space around": ' {"a":1}\n',
  "a name again as a value": '{"a":"a","b":"a"}',
  "a name again one level down": '{"a":{"a":{"a":1}}}',
  "a name again in siblings": '{"x":{"a":1},"y":{"a":1}}',
  "a name again in the objects of an array": '{"x":[{"a":1},{"a":2}]}',
  "values that look like structure": '{"a":"{\\"a\\":1,","b":"}]"}',
  "a string that ends in a backslash": '{"a":"\\\\","b":"\\\\"}',
  "a whole surrogate pair, escaped": '{"a":"\\ud83d\\ude00"}',
  "strings in arrays that repeat": '{"a":["x","x"]}',
  "16 levels": nested(16),
};

describe("JSON of tokens", () => {
  for (const [what, text] of Object.entries(refused)) {
    test(`is refused with ${what}`, () => {
      expect(parseUniqueJsonObject(text)).toBeUndefined();
    });
  }

  for (const [what, text] of Object.entries(accepted)) {
    test(`is taken with ${what}`, () => {
      expect(parseUniqueJsonObject(text)).toEqual(JSON.parse(text));
    });
  }

  test("keeps __proto__ a name like any other", () => {
    const object = parseUniqueJsonObject('{"__proto__":{"alg":"none"}}');
    expect(object?.alg).toBeUndefined();
    expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
  });

  test("is taken whenever JSON.stringify wrote it", () => {
    const leaf = fc.oneof(fc.string({ unit: "grapheme" }), fc.double(), fc.boolean(), fc.constant(null));
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 6, depthSize: "small" },
        leaf,
        fc.array(tie("value")),
        fc.dictionary(fc.string(), tie("value")),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), value), (object) => {
        const text = JSON.stringify(object);
        expect(JSON.stringify(parseUniqueJsonObject(text))).toBe(text);
      }),
    );
  });

  test("is refused whenever a member is written twice", () => {
    const members = fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(members, fc.nat(), fc.nat(), (names, which, where) => {
        const written = names.map((name) => `${JSON.stringify(name)}:[{}]`);
        written.splice(where % (names.length + 1), 0, `${JSON.stringify(names[which % names.length])}:{}`);
        expect(parseUniqueJsonObject(`{${written.join()}}`)).toBeUndefined();
      }),
    );
  });
});

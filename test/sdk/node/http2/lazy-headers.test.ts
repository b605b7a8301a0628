import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReceivedHeaders } from "../../../../sdk/src/node/http2/received-headers.ts";
import { RequestHeaders } from "../../../../sdk/src/node/http2/request-headers.ts";

const names = fc.constantFrom(
  "te",
  "x-text",
  "X-Text",
  "constructor",
  "__proto__",
  "x-1",
  "b d",
  "",
  "set-cookie",
);
const values = fc.constantFrom("a", "", " a ", "ä", "a\nb", "a, b", "\u20ac");

/** Changes and readings of headers, by what each answers or throws. */
type Act = (headers: Headers) => unknown;
const acts: fc.Arbitrary<Act> = fc.oneof(
  names.map(
    (name): Act =>
      (headers) =>
        headers.get(name),
  ),
  names.map(
    (name): Act =>
      (headers) =>
        headers.has(name),
  ),
  names.map(
    (name): Act =>
      (headers) =>
        headers.delete(name),
  ),
  fc.tuple(names, values).map(
    ([name, value]): Act =>
      (headers) =>
        headers.set(name, value),
  ),
  fc.tuple(names, values).map(
    ([name, value]): Act =>
      (headers) =>
        headers.append(name, value),
  ),
  fc.constant<Act>((headers) => [...headers.keys()].length),
  fc.constant<Act>((headers) => headers.getSetCookie()),
);

const FIELDS = { te: "trailers", "x-text": "a" };

function outcomeOf(act: Act, headers: Headers): unknown {
  try {
    return act(headers);
  } catch (error) {
    return error instanceof Error ? error.name : error;
  }
}

describe("headers that are made when they are asked for", () => {
  test("are Headers to all who read and change them", () => {
    fc.assert(
      fc.property(fc.array(acts), (list) => {
        const lazy = new RequestHeaders({ ...FIELDS });
        const real = new Headers(FIELDS);
        for (const act of list) {
          expect(outcomeOf(act, lazy)).toEqual(outcomeOf(act, real));
        }
        expect([...lazy]).toEqual([...real]);
        expect([...new Headers(lazy)]).toEqual([...new Headers(real)]);
        expect(lazy).toBeInstanceOf(Headers);
      }),
    );
  });

  test("have what was received, also when it comes behind the first look", () => {
    const fields = { ":status": "200", "x-text": " a", "set-cookie": ["a=1", "b=2"], age: "1" };
    for (const looksBefore of [false, true]) {
      const headers = new ReceivedHeaders();
      if (looksBefore) {
        expect(headers.has("x-text")).toBe(false);
      }
      headers.receive(fields);
      expect([...headers]).toEqual([
        ["age", "1"],
        ["set-cookie", "a=1"],
        ["set-cookie", "b=2"],
        ["x-text", "a"],
      ]);
      headers.set("x-text", "b");
      expect(headers.get("x-text")).toBe("b");
    }
  });
});

import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { RequestHeader } from "../../../server/node/src/call/request-header.ts";

const fields = {
  ":path": "/a",
  authorization: "Bearer t",
  "x-padded": " a ",
  "x-many": "a, b",
  "set-cookie": ["a=1", "b=2"],
};

/** What connect-node makes of the same fields. */
function trueHeaders(): Headers {
  const headers = new Headers({ authorization: "Bearer t", "x-padded": " a ", "x-many": "a, b" });
  headers.append("set-cookie", "a=1");
  headers.append("set-cookie", "b=2");
  return headers;
}

describe("the header of a request", () => {
  const operations: Readonly<Record<string, (headers: Headers) => unknown>> = {
    "gets a field": (headers) => headers.get("authorization"),
    "gets a field in any case": (headers) => headers.get("Authorization"),
    "gets what is not there": (headers) => headers.get("x-none"),
    "gets a padded value": (headers) => headers.get("x-padded"),
    "gets cookies": (headers) => [headers.get("set-cookie"), headers.getSetCookie()],
    "has a field": (headers) => [headers.has("X-Many"), headers.has("x-none")],
    "deletes one": (headers) => {
      headers.delete("Authorization");
      return [headers.get("authorization"), headers.has("authorization"), [...headers]];
    },
    "deletes two": (headers) => {
      headers.delete("authorization");
      headers.delete("x-many");
      return [...headers];
    },
    "sets what it deleted": (headers) => {
      headers.delete("authorization");
      headers.set("authorization", "x");
      return [...headers];
    },
    appends: (headers) => {
      headers.append("x-many", "c");
      return headers.get("x-many");
    },
    "lists names and values": (headers) => [
      [...headers.keys()],
      [...headers.values()],
      [...headers.entries()],
    ],
    "calls back for each": (headers) => {
      const seen: unknown[] = [];
      headers.forEach((value, name, parent) => {
        seen.push([value, name, parent === headers]);
      });
      return seen;
    },
    "is copied": (headers) => [...new Headers(headers)],
    "is logged": (headers) => inspect(headers),
  };
  for (const [name, run] of Object.entries(operations)) {
    it(`${name} as true Headers do`, () => {
      expect(run(new RequestHeader(fields))).toEqual(run(trueHeaders()));
    });
  }

  const mistakes: Readonly<Record<string, (headers: Headers) => unknown>> = {
    "a pseudo header": (headers) => headers.get(":path"),
    "no name": (headers) => headers.get("no name"),
    "no name to delete": (headers) => headers.delete("no name"),
    "no value": (headers) => headers.set("a", "\0"),
  };
  for (const [name, run] of Object.entries(mistakes)) {
    it(`throws where true Headers do: ${name}`, () => {
      expect(() => run(trueHeaders())).toThrow(TypeError);
      expect(() => run(new RequestHeader(fields))).toThrow(TypeError);
    });
  }

  it("is an instance of Headers", () => {
    expect(new RequestHeader(fields)).toBeInstanceOf(Headers);
  });
});

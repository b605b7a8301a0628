import { describe, expect, test } from "vitest";
import { hostOf } from "../../../server/gate/src/connect/request-host.ts";

interface Case {
  readonly authority?: string;
  readonly host?: string;
  readonly scheme?: string;
  readonly is: string | undefined;
}

const cases: readonly Case[] = [
  { host: "a.example", is: "a.example" },
  { authority: "a.example:81", is: "a.example:81" },
  { authority: "a.example", host: "a.example", is: "a.example" },
  { authority: "a.example", host: "A.Example", is: "a.example" },
  { authority: "a.example:80", host: "a.example", scheme: "http", is: "a.example:80" },
  { authority: "a.example", host: "a.example:443", scheme: "https", is: "a.example" },
  { authority: "a.example", host: "b.example", is: undefined },
  { authority: "a.example", host: "a.example:81", is: undefined },
  { authority: "a.example", host: "a.example:443", scheme: "http", is: undefined },
  { authority: "a.example", host: "", is: undefined },
  { authority: "a.example", host: "a.example/b", is: undefined },
  { authority: "", host: "a.example", is: undefined },
  { is: undefined },
];

describe("the host of a request", () => {
  for (const { authority, host, scheme, is } of cases) {
    test(`is ${is} with :authority ${authority}, host ${host} and scheme ${scheme}`, () => {
      const named = Object.entries({ ":authority": authority, host, ":scheme": scheme });
      const fields = named.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
      expect(hostOf({ headers: Object.fromEntries(fields), rawHeaders: fields.flat() })).toBe(is);
    });
  }

  test("is none when the field stands twice, though it were the same", () => {
    const rawHeaders = ["Host", "a.example", "host", "a.example"];
    expect(hostOf({ headers: { host: "a.example" }, rawHeaders })).toBeUndefined();
  });
});

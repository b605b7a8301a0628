import { describe, expect, it } from "vitest";
import { createOriginReader } from "../../../server/node/src/exchange/request-target.ts";

describe("the origin of a request", () => {
  const originOf = createOriginReader();

  it("is its scheme and its host", () => {
    expect(originOf("http", "a.example:8080")).toBe("http://a.example:8080");
    expect(originOf("https", "a.example:8080")).toBe("https://a.example:8080");
    expect(originOf("https", "[::1]:443")).toBe("https://[::1]");
  });

  for (const host of [undefined, "", "a/b", "a?b", "a#b", "user@a", "a\\b", "a b", "a\tb", "a:99999"]) {
    it(`is none when the host is ${JSON.stringify(host)}`, () => {
      originOf("http", "a");
      expect(originOf("http", host)).toBeUndefined();
      expect(originOf("http", "a")).toBe("http://a");
    });
  }
});

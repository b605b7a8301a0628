import { describe, expect, test } from "vitest";
import { createJwksFetch } from "../../../server/gate/src/keys/jwks-location.ts";
import type { HeaderSource } from "../../../server/gate/src/keys/request-headers.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { JWKS, startSite } from "./site.ts";

describe("the request for a key set gets the header fields that it needs", () => {
  test("made anew for each fetch", async () => {
    await using site = await startSite({ "/jwks": JWKS });
    let count = 0;
    const headers = async () => {
      count += 1;
      return { authorization: `Bearer ${count}` };
    };
    const fetchJwks = createJwksFetch("urn:any", { jwksUri: `${site.url}/jwks`, headers });
    await fetchJwks();
    await fetchJwks();
    expect(site.headers.map(({ authorization }) => authorization)).toEqual(["Bearer 1", "Bearer 2"]);
    expect(site.headers[0]?.accept).toBe("application/json");
  });

  const fields = { authorization: "Bearer s3cr3t" };
  const forms: Readonly<Record<string, HeaderSource>> = {
    "an object": fields,
    "a Headers object": new Headers(fields),
    "a list of pairs": Object.entries(fields),
    "a function that returns a Headers object": () => new Headers(fields),
    "a function that returns a list of pairs": async () => Object.entries(fields),
  };
  test.each(notEmpty(Object.entries(forms)))("given as %s", async (_, headers) => {
    await using site = await startSite({ "/jwks": JWKS });
    await createJwksFetch("urn:any", { jwksUri: `${site.url}/jwks`, headers })();
    await createJwksFetch("urn:any", { jwksUri: `${site.url}/jwks`, headers })();
    expect(site.headers.map(({ authorization }) => authorization)).toEqual(Array(2).fill("Bearer s3cr3t"));
  });
});

describe("a key set is not asked for, and the error does not repeat the fields, when they", () => {
  const wrong: Readonly<Record<string, () => unknown>> = {
    "throw an error": () => {
      throw new Error("secret");
    },
    "are none": () => "secret",
    "have an end of line": () => ({ authorization: "secret\r\nx: y" }),
    "are numbers": () => ({ authorization: 7 }),
    "are pairs with too much in them": () => [["authorization", "secret", "more"]],
    "are no pairs": () => ["authorization: secret"],
    "are in a Map": () => new Map([["authorization", "secret"]]),
    "are in an iterator": () => new Headers({ authorization: "secret" }).entries(),
  };
  test.each(notEmpty(Object.entries(wrong)))("%s", async (_, make) => {
    await using site = await startSite({ "/jwks": JWKS });
    const headers = make as HeaderSource; // what comes from JavaScript may be anything
    const fetchJwks = createJwksFetch("urn:any", { jwksUri: `${site.url}/jwks`, headers });
    await expect(fetchJwks()).rejects.toThrowError("/jwks was not asked: ");
    await expect(fetchJwks()).rejects.not.toThrowError("secret");
    expect(site.requests).toEqual([]);
  });
});

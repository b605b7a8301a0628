import { describe, expect, test } from "vitest";
import { createTrustedIssuers, toShortType } from "../../../server/gate/src/authenticate/issuers.ts";
import { trustedIssuer } from "./fixtures.ts";

describe("trusted issuers (S5)", () => {
  test("are found by their exact name", () => {
    const other = trustedIssuer({ issuer: "https://other.example" });
    const issuers = createTrustedIssuers([trustedIssuer(), other]);
    expect(issuers.get("https://other.example")).toBe(other);
    expect(issuers.get("https://other.example/")).toBeUndefined();
    expect(issuers.get("constructor")).toBeUndefined();
  });

  const wrong = {
    "issuer https://issuer.example is named twice": [trustedIssuer(), trustedIssuer()],
    "the name of an issuer must not be empty": [trustedIssuer({ issuer: "" })],
    "issuer https://issuer.example needs at least one audience, and none that is empty": [
      trustedIssuer({ audiences: [] }),
    ],
    "issuer https://issuer.example needs at least one algorithm and one token type": [
      trustedIssuer({ algorithms: [] }),
    ],
  };
  for (const [message, issuers] of Object.entries(wrong)) {
    test(`are refused when wrong: ${message}`, () => {
      expect(() => createTrustedIssuers(issuers)).toThrowError(new TypeError(message));
    });
  }

  test("need audiences that are not empty, and a type", () => {
    expect(() => createTrustedIssuers([trustedIssuer({ audiences: ["ledger", ""] })])).toThrowError(
      TypeError,
    );
    expect(() => createTrustedIssuers([trustedIssuer({ types: [] })])).toThrowError(TypeError);
  });
});

test("a media type is the same with application/ and in capitals (RFC 7515 §4.1.9)", () => {
  expect(["AT+JWT", "application/at+jwt", "Application/AT+jwt"].map(toShortType)).toEqual(
    Array(3).fill("at+jwt"),
  );
  expect(toShortType("text/at+jwt")).toBe("text/at+jwt");
  expect(toShortType("x-application/at+jwt")).toBe("x-application/at+jwt");
});

import { describe, expect, test } from "vitest";
import {
  type ResourceOptions,
  resolveResource,
} from "../../../../server/gate/src/connect/resource/resource-options.ts";
import { notEmpty } from "../../../support/not-empty.ts";

const PLACES: readonly (readonly [url: string, metadataUrl: string])[] = [
  ["https://api.example.com", "https://api.example.com/.well-known/oauth-protected-resource"],
  ["https://api.example.com/", "https://api.example.com/.well-known/oauth-protected-resource"],
  ["https://api.example.com:8443", "https://api.example.com:8443/.well-known/oauth-protected-resource"],
  ["https://api.example.com/billing", "https://api.example.com/.well-known/oauth-protected-resource/billing"],
  ["https://api.example.com/a/b/", "https://api.example.com/.well-known/oauth-protected-resource/a/b/"],
  ["http://127.0.0.1:8080", "http://127.0.0.1:8080/.well-known/oauth-protected-resource"],
  ["http://localhost/x", "http://localhost/.well-known/oauth-protected-resource/x"],
  ["http://[::1]:81", "http://[::1]:81/.well-known/oauth-protected-resource"],
];

const NO_RESOURCES: readonly (readonly [given: unknown, fault: RegExp])[] = [
  ["billing", /"billing" is not a URL .* is the audience/],
  ["", /"" is not a URL/],
  ["//api.example.com", /is not a URL/],
  [7, /resource "number" is not a URL/],
  [null, /resource "object" is not a URL/],
  [`https://api.example.com/${"x".repeat(2_000)}`, /is not a URL/],
  ["urn:billing", /must begin with https/],
  ["api.example.com:443", /must begin with https/],
  ["http://api.example.com", /loopback only/],
  ["http://localhost.evil.example", /loopback only/],
  ["http://api.localhost", /loopback only/],
  ["javascript:alert(1)", /must begin with https/],
  ["https://api.example.com/?a=b", /no query/],
  ["https://api.example.com/?", /no query/],
  ["https://api.example.com/#", /no fragment/],
  ["https://ada@api.example.com", /no name of a user/],
  [
    "https://:secret@api.example.com",
    /^resource "https:\/\/…@api\.example\.com" must have .*no name of a user/,
  ],
  ["HTTPS://api.example.com", /must be written as URLs are: "https:\/\/api\.example\.com\/"/],
  ["https://API.example.com", /must be written/],
  ["https://api.example.com:443", /must be written/],
  ["https://api.example.com/a/../b", /must be written/],
  ['https://api.example.com/a"b', /must be written/],
  ["https://api.example.com/ä", /must be written/],
  [" https://api.example.com", /must be written/],
  ["https://api.example.com\r\nx: y", /must be written|not a URL/],
  [{ url: "https://api.example.com", nam: "x" }, /resource has no option nam: did you mean name/],
  [{ url: "https://api.example.com", name: "" }, /resource\.name/],
  [{ url: "https://api.example.com", name: 7 }, /resource\.name/],
  [{ url: "https://api.example.com", name: "x".repeat(2_000) }, /resource\.name/],
  [{}, /resource "undefined" is not a URL/],
];

describe("the resource that a server is (RFC 9728 §1.2)", () => {
  for (const [url, metadataUrl] of notEmpty(PLACES)) {
    test(`${url} has its metadata at ${metadataUrl}`, () => {
      const { pathname } = new URL(metadataUrl);
      expect(resolveResource(url)).toEqual({ url, name: undefined, metadataPath: pathname, metadataUrl });
    });
  }

  for (const [given, fault] of notEmpty(NO_RESOURCES)) {
    test(`is not ${JSON.stringify(given)?.slice(0, 60)}: ${fault}`, () => {
      const resolve = () => resolveResource(given as ResourceOptions);
      expect(resolve).toThrow(TypeError);
      expect(resolve).toThrow(fault);
    });
  }

  test("may have a name, and need not be given", () => {
    expect(resolveResource({ url: "https://api.example.com", name: "Ledger" })?.name).toBe("Ledger");
    expect(resolveResource(undefined)).toBe(undefined);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { notEmpty } from "../../support/not-empty.ts";
import { craftToken, createSigningKey, macOf } from "../../support/tokens.ts";
import { eventClaims, ISSUER, issuerKey, SESSION_REVOKED, setUpReceiving, signEvent } from "./receiving.ts";

const NOW_S = Math.floor(Date.now() / 1_000);
const ADA = { format: "iss_sub", iss: ISSUER, sub: "ada" };
const stranger = createSigningKey("ES256", "key-1");

/** Each is refused, and ends nothing. */
const FORGED: readonly { readonly what: string; readonly token: () => string; readonly err: string }[] = [
  { what: "signed by a stranger", token: () => signEvent({}, {}, stranger), err: "invalid_key" },
  { what: "of a key that there is not", token: () => signEvent({}, { kid: "key-2" }), err: "invalid_key" },
  {
    what: "without a signature",
    token: () => craftToken({ alg: "none", typ: "secevent+jwt" }, eventClaims()),
    err: "invalid_request",
  },
  { what: "with alg none", token: () => signEvent({}, { alg: "none" }), err: "invalid_key" },
  {
    what: "signed with the public key",
    token: () =>
      craftToken(
        { alg: "HS256", typ: "secevent+jwt", kid: "key-1" },
        eventClaims(),
        macOf(JSON.stringify(issuerKey.jwk)),
      ),
    err: "invalid_key",
  },
  {
    what: "of another issuer",
    token: () => signEvent({ iss: "https://evil.example" }),
    err: "invalid_issuer",
  },
  { what: "without an issuer", token: () => signEvent({ iss: undefined }), err: "invalid_issuer" },
  {
    what: "for another audience",
    token: () => signEvent({ aud: "https://other.example" }),
    err: "invalid_audience",
  },
  { what: "that is an access token", token: () => signEvent({}, { typ: "at+jwt" }), err: "invalid_request" },
  {
    what: "that is a logout token",
    token: () => signEvent({}, { typ: "logout+jwt" }),
    err: "invalid_request",
  },
  { what: "without a type", token: () => signEvent({}, { typ: undefined }), err: "invalid_request" },
  {
    what: "with an extension",
    token: () => signEvent({}, { crit: ["b64"], b64: false }),
    err: "invalid_request",
  },
  { what: "that expires", token: () => signEvent({ exp: NOW_S + 60 }), err: "invalid_request" },
  { what: "that has expired", token: () => signEvent({ exp: NOW_S - 60 }), err: "invalid_request" },
  { what: "with claim sub", token: () => signEvent({ sub: "ada" }), err: "invalid_request" },
  { what: "from the future", token: () => signEvent({ iat: NOW_S + 600 }), err: "invalid_request" },
  { what: "without a name", token: () => signEvent({ jti: undefined }), err: "invalid_request" },
  {
    what: "with its subject in the event only",
    token: () => signEvent({ sub_id: undefined, events: { [SESSION_REVOKED]: { subject: ADA } } }),
    err: "invalid_request",
  },
  {
    what: "with a subject that is none",
    token: () => signEvent({ sub_id: { format: "opaque" } }),
    err: "invalid_request",
  },
  { what: "without events", token: () => signEvent({ events: {} }), err: "invalid_request" },
  { what: "that is no token", token: () => "hello", err: "invalid_request" },
  { what: "that is empty", token: () => "", err: "invalid_request" },
];

describe("an event that is no good has no effect", () => {
  test.each(notEmpty(FORGED))("one $what is $err", async ({ token, err }) => {
    await using receiving = setUpReceiving();
    const { status, json, headers } = await receiving.push(token());
    expect({ status, json }).toEqual({
      status: 400,
      json: { err, description: expect.any(String) as string },
    });
    expect(headers.get("content-type")).toBe("application/json");
    expect(receiving.taken).toEqual([]);
  });

  test("nor has one of 500 that were altered", async () => {
    await using receiving = setUpReceiving();
    const good = signEvent();
    const flip = fc
      .tuple(fc.nat(good.length - 1), fc.constantFrom(...Array.from("ABCxyz019-_.")))
      .map(([at, character]) => good.slice(0, at) + character + good.slice(at + 1));
    const wrong = fc.constantFrom<Record<string, unknown>>(
      ...["iss", "aud", "jti", "iat", "sub_id", "events"].map((name) => ({ [name]: undefined })),
      ...["iss", "aud", "sub_id", "events"].map((name) => ({ [name]: "https://evil.example" })),
      { exp: NOW_S + 60 },
      { sub: "ada" },
      { iat: NOW_S + 60 },
    );
    const misclaimed = fc
      .tuple(wrong, fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 }))
      .map(([claims, more]) => signEvent({ ...more, ...eventClaims(), ...claims }));
    const mistyped = fc
      .string()
      .filter((typ) => !/^(application\/)?secevent\+jwt$/i.test(typ))
      .map((typ) => signEvent({}, { typ }));
    const tokens = fc.oneof(
      { weight: 1, arbitrary: flip.filter((token) => token !== good) },
      { weight: 3, arbitrary: misclaimed },
      { weight: 1, arbitrary: mistyped },
    );
    await fc.assert(
      fc.asyncProperty(tokens, async (token) => {
        const { status } = await receiving.push(token);
        expect([status, receiving.taken]).toEqual([400, []]);
      }),
      { numRuns: 500 },
    );
  });

  test.each(
    notEmpty([
      {
        what: "a form",
        init: { headers: { "content-type": "application/x-www-form-urlencoded" } },
        status: 400,
      },
      {
        what: "two media types",
        init: { headers: { "content-type": "application/secevent+jwt, text/plain" } },
        status: 400,
      },
      { what: "GET", init: { method: "GET" }, status: 405 },
      { what: "17 KiB", body: "x".repeat(17 * 1024), status: 413 },
    ]),
  )("nor has $what", async ({ init = {}, body = signEvent(), status }) => {
    await using receiving = setUpReceiving();
    expect(await receiving.push(body, init)).toMatchObject({ status, json: { err: "invalid_request" } });
    expect(receiving.taken).toEqual([]);
  });
});

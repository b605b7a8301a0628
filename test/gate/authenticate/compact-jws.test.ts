import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCompactJws } from "../../../server/gate/src/authenticate/compact-jws.ts";
import { DEFAULT_MAX_TOKEN_BYTES } from "../../../server/gate/src/authenticate/token-size.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { craftToken, encodePart, goodClaims } from "../../support/tokens.ts";

const HEADER = encodePart({ alg: "ES256" });
const PAYLOAD = encodePart({ sub: "ada" });
const good = `${HEADER}.${PAYLOAD}.AAAA`;

const SEGMENTS = "the token is not three base64url segments";
const CANONICAL = "the token's base64url is not canonical";
const HEADER_UTF8 = "the token's header is not UTF-8";
const PAYLOAD_UTF8 = "the token's payload is not UTF-8";
const HEADER_JSON = "the token's header is not one JSON object with unique names";
const PAYLOAD_JSON = "the token's payload is not one JSON object with unique names";

const cases: readonly (readonly [what: string, token: string, message: string])[] = [
  ["nothing", "", SEGMENTS],
  ["one segment", HEADER, SEGMENTS],
  ["two segments", `${HEADER}.${PAYLOAD}`, SEGMENTS],
  ["four segments", `${good}.AAAA`, SEGMENTS],
  ["five segments, as JWE has", `${good}.AAAA.AAAA`, SEGMENTS],
  ["an empty header", `.${PAYLOAD}.AAAA`, SEGMENTS],
  ["an empty payload", `${HEADER}..AAAA`, SEGMENTS],
  ["an empty signature", `${HEADER}.${PAYLOAD}.`, SEGMENTS],
  ["padding (R07)", `${HEADER}.${PAYLOAD}.AA==`, SEGMENTS],
  ["white space (R07)", ` ${good}`, SEGMENTS],
  ["a line feed at the end (R07)", `${good}\n`, SEGMENTS],
  ["a plus sign (R07)", `${HEADER}.${PAYLOAD}.AA+A`, SEGMENTS],
  ["a slash (R07)", `${HEADER}.${PAYLOAD}.AA/A`, SEGMENTS],
  ["percent-encoding (R07)", `${HEADER}%2E${PAYLOAD}.AAAA`, SEGMENTS],
  ["JSON serialization (R07)", JSON.stringify({ payload: PAYLOAD, protected: HEADER }), SEGMENTS],
  ["a segment of an impossible length", `${HEADER}.${PAYLOAD}.AAAAA`, CANONICAL],
  ["a segment of one character", `${HEADER}.${PAYLOAD}.A`, CANONICAL],
  ["unused bits in the signature", `${HEADER}.${PAYLOAD}.AB`, CANONICAL],
  ["unused bits in a longer signature", `${HEADER}.${PAYLOAD}.AAB`, CANONICAL],
  [
    "unused bits in the header",
    `${encodePart("{}")}`.replace(/Q$|0$/, "1").concat(`.${PAYLOAD}.AAAA`),
    CANONICAL,
  ],
  ["unused bits in the payload", `${HEADER}.${encodePart('{"a":1}').replace(/Q$/, "R")}.AAAA`, CANONICAL],
  [
    "a header in Latin-1 (R09)",
    craftToken(Uint8Array.of(0x7b, 0xe9, 0x7d), {}, () => Buffer.alloc(3)),
    HEADER_UTF8,
  ],
  [
    "a payload in UTF-16 (R09)",
    craftToken({}, Buffer.from("\ufeff{}", "utf16le"), () => Buffer.alloc(3)),
    PAYLOAD_UTF8,
  ],
  [
    "an overlong form (R09)",
    craftToken({}, Uint8Array.of(0x7b, 0xc0, 0xa0, 0x7d), () => Buffer.alloc(3)),
    PAYLOAD_UTF8,
  ],
  [
    "a surrogate in UTF-8 (R09)",
    craftToken({}, Uint8Array.of(0xed, 0xa0, 0x80), () => Buffer.alloc(3)),
    PAYLOAD_UTF8,
  ],
  ["a byte order mark (R09)", craftToken("\ufeff{}", {}, () => Buffer.alloc(3)), HEADER_JSON],
  ["a header that is an array", craftToken([], {}, () => Buffer.alloc(3)), HEADER_JSON],
  [
    "a header with a name twice (R06)",
    craftToken('{"alg":"none","alg":"ES256"}', {}, () => Buffer.alloc(3)),
    HEADER_JSON,
  ],
  ["a payload that is text (R25)", craftToken({}, '"ada"', () => Buffer.alloc(3)), PAYLOAD_JSON],
  [
    "a payload with a name twice (R06)",
    craftToken({}, '{"sub":"a","sub":"b"}', () => Buffer.alloc(3)),
    PAYLOAD_JSON,
  ],
];

describe("the compact form (S4)", () => {
  test("is taken apart into header and payload", () => {
    expect(parseCompactJws(good)).toEqual({ header: { alg: "ES256" }, payload: { sub: "ada" } });
  });

  test("may hold any text: it comes out as it was written, of whatever bytes", () => {
    const claim = fc.string({ unit: "binary" }).filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(claim, claim, (sub, kid) => {
        const token = craftToken({ kid }, { sub }, () => Buffer.alloc(3));
        expect(parseCompactJws(token)).toEqual({ header: { kid }, payload: { sub } });
      }),
    );
    const shifted = ["", "a", "aa"].map((before) => `${before}~~~???ÿÿÿ😀`); // has every character of base64url somewhere
    for (const sub of shifted) {
      expect(parseCompactJws(craftToken({}, { sub }, () => Buffer.alloc(3))).payload).toEqual({ sub });
    }
  });

  test("has the header that it has, whatever the token before had", () => {
    const headers = [
      { alg: "ES256", kid: "a" },
      { alg: "ES256", kid: "a" },
      { alg: "none" },
      { alg: "ES256", kid: "b" },
    ];
    for (const header of headers) {
      const parsed = parseCompactJws(craftToken(header, {}, () => Buffer.alloc(3)));
      expect(parsed.header).toEqual(header);
      expect(() => parseCompactJws(craftToken('{"a":1,"a":2}', {}, () => Buffer.alloc(3)))).toThrow(
        HEADER_JSON,
      );
    }
  });

  for (const [what, token, message] of cases) {
    test(`is refused with ${what}`, () => {
      expect(() => parseCompactJws(token)).toThrowError(new AuthError("TOKEN_INVALID", message));
      expect(() => parseCompactJws(token)).toThrowError(expect.objectContaining({ reason: "TOKEN_INVALID" }));
    });
  }

  test("may be 8 KiB long and not longer", () => {
    const token = (length: number) =>
      `${HEADER}.${PAYLOAD}.${"A".repeat(length - HEADER.length - PAYLOAD.length - 2)}`;
    const longest = [0, 1]
      .map((less) => token(DEFAULT_MAX_TOKEN_BYTES - less))
      .find((text) => (text.split(".")[2]?.length ?? 0) % 4 !== 1);
    expect(parseCompactJws(longest ?? "").payload).toEqual({ sub: "ada" });
    expect(() => parseCompactJws(token(DEFAULT_MAX_TOKEN_BYTES + 1))).toThrowError(
      "the token is longer than 8192 characters",
    );
    expect(DEFAULT_MAX_TOKEN_BYTES).toBe(8192);
  });

  test("is one string only: no other text is taken for the same token", () => {
    const token = craftToken({ alg: "ES256" }, goodClaims(), () => Buffer.alloc(64, 1));
    const same = JSON.stringify(parseCompactJws(token));
    const edit = fc.record({
      at: fc.nat(token.length),
      text: fc.string({ unit: "binary-ascii", maxLength: 2 }),
      cut: fc.nat(2),
    });
    fc.assert(
      fc.property(edit, ({ at, text, cut }) => {
        const other = token.slice(0, at) + text + token.slice(at + cut);
        fc.pre(other !== token);
        const [header, payload] = token.split(".");
        if (!other.startsWith(`${header}.${payload}.`)) {
          expect(tryParse(other)).not.toBe(same);
        }
        const signature = other.split(".")[2] ?? "";
        expect(
          tryParse(other) === undefined ||
            Buffer.from(signature, "base64url").toString("base64url") === signature,
        ).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("never throws anything but TOKEN_INVALID, whatever the text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary-ascii", maxLength: 80 }), (text) => void tryParse(text)));
  });
});

function tryParse(token: string): string | undefined {
  try {
    return JSON.stringify(parseCompactJws(token));
  } catch (error) {
    if (error instanceof AuthError && error.reason === "TOKEN_INVALID") {
      return undefined;
    }
    throw error;
  }
}

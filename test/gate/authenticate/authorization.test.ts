import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAuthorization } from "../../../server/gate/src/authenticate/authorization.ts";
import { parseCompactJws } from "../../../server/gate/src/authenticate/compact-jws.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";

const MAX = 100;
const parse = (header: string | null) => parseAuthorization(header, MAX);
const TOKEN68 = fc.stringMatching(/^[A-Za-z0-9._~+/-]{1,40}=?$/);

describe("the Authorization header (S4, R36)", () => {
  test("that was not sent is no token", () => {
    expect(parse(null)).toEqual({ kind: "none" });
  });

  for (const scheme of ["Bearer", "bearer", "BEARER", "bEaReR", "DPoP", "dpop", "DPOP"]) {
    test(`compares the scheme without regard to case: ${scheme}`, () => {
      expect(parse(`${scheme} a.b.c`)).toEqual({ kind: "token", token: "a.b.c" });
    });
  }

  test("allows several spaces behind the scheme (RFC 9110 §11.4)", () => {
    expect(parse("Bearer   a.b.c")).toEqual({ kind: "token", token: "a.b.c" });
  });

  const malformed = {
    "an empty value": "",
    "a scheme alone": "Bearer",
    "a scheme and a space": "Bearer ",
    "a scheme and spaces": "Bearer    ",
    "a token without a scheme": "a.b.c",
    "another scheme": "Basic YTpi",
    "a scheme that only begins alike": "BearerX a.b.c",
    "a scheme that only ends alike": "xBearer a.b.c",
    "a scheme in other letters that look alike": "Веarer a.b.c",
    "a scheme that begins with the other one": "DPoPX a.b.c",
    "a proof without a token": "DPoP ",
    "a tab instead of a space": "Bearer\ta.b.c",
    "a leading space": " Bearer a.b.c",
  };
  for (const [what, header] of Object.entries(malformed)) {
    test(`is malformed with ${what}, never "no token"`, () => {
      expect(parse(header)).toMatchObject({ kind: "malformed" });
    });
  }

  const odd = {
    "a trailing space": "Bearer a.b.c ",
    "a trailing line feed": "Bearer a.b.c\n",
    "two tokens": "Bearer a.b.c d.e.f",
    "two headers that were joined": "Bearer a.b.c, Bearer d.e.f",
    "a quoted token": 'Bearer "a.b.c"',
    "auth parameters": "Bearer token=a.b.c",
    "padding in the middle": "Bearer a=b",
    "a letter beyond ASCII": "Bearer a.b.é",
    "a null character": "Bearer a.b.c\0",
    "a tab behind the space": "Bearer \ta.b.c",
  };
  for (const [what, header] of Object.entries(odd)) {
    test(`hands over the whole rest with ${what}, which is no token in compact form`, () => {
      const bearer = parse(header);
      const token = bearer.kind === "token" ? bearer.token : "";
      expect(header).toBe(`Bearer ${token}`);
      expect(() => parseCompactJws(token)).toThrowError(
        new AuthError("TOKEN_INVALID", "the token is not three base64url segments"),
      );
    });
  }

  test("is not looked at beyond the limit, and is up to it", () => {
    const token = "a".repeat(MAX);
    expect(parse(`Bearer   ${token}`)).toEqual({ kind: "token", token });
    expect(parse(`Bearer   ${token}a`)).toEqual({ kind: "too_long", bytes: MAX + 1 });
    expect(parse(`Basic ${token}a`)).toMatchObject({ kind: "malformed" });
  });

  test("hands over every token68 as it was sent", () => {
    fc.assert(
      fc.property(TOKEN68, (token) => {
        expect(parse(`Bearer ${token}`)).toEqual({ kind: "token", token });
      }),
    );
  });

  test("never throws, and never makes up a token that is not in the header", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii", maxLength: 60 }), (text) => {
        const bearer = parse(text);
        expect(bearer.kind === "malformed" || (bearer.kind === "token" && text.endsWith(bearer.token))).toBe(
          true,
        );
      }),
    );
  });
});

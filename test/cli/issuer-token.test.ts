import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { macOf, signToken } from "../support/tokens.ts";
import {
  check,
  checkJson,
  claimsOf,
  key,
  OPENID,
  other,
  startKeycloak,
  startPlain,
} from "./issuer-check/check.ts";
import { startProvider } from "./issuer-check/fake-provider.ts";

describe("a token", () => {
  test("is read for the options that it asks for, which then accept it", async () => {
    await using provider = await startPlain();
    const claims = claimsOf(provider.origin, {
      aud: undefined,
      client_id: "app",
      token_use: "access",
      "cognito:groups": ["ops"],
      scp: ["read"],
    });
    const { code, report } = await checkJson(
      [provider.origin, "--token", "-"],
      signToken(key, claims, { typ: undefined }),
    );
    expect(report.entry).toEqual({
      issuer: provider.origin,
      keys: { discovery: true },
      claims: { audience: "client_id", scopes: "scp", roles: "cognito:groups" },
      audiences: ["app"],
      requiredClaims: { token_use: "access" },
      insecure: { allowMissingType: true },
    });
    expect(report.verdict).toEqual({ kind: "accepted", subject: "ada", scopes: ["read"], roles: ["ops"] });
    expect(code).toBe(0);
  });

  test("that is refused all the same fails the command, with the check that refuses it", async () => {
    await using provider = await startPlain();
    const { origin } = provider;
    const refused: readonly (readonly [string, string, readonly string[]])[] = [
      [signToken(other, claimsOf(origin)), "signature", []],
      [signToken(key, claimsOf(origin, { exp: 1_000, iat: 900 })), "expiry", []],
      [signToken(key, claimsOf(origin)), "audience", ["--audience", "billing"]],
      [signToken(key, claimsOf(origin, { exp: undefined })), "claim", []],
    ];
    for (const [token, expected, args] of refused) {
      const { code, report } = await checkJson([origin, "--token", "-", ...args], token);
      expect({ code, kind: report.verdict.kind }).toEqual({ code: 1, kind: "refused" });
      expect(report.verdict.check).toBe(expected);
    }
    const { err } = await check([origin, "--token", "-"], signToken(other, claimsOf(origin)));
    expect(err).toMatch(/^countersign issuer check: the token is refused: /);
  });

  test("that is for another server than was said is refused, whoever its provider is", async () => {
    await using provider = await startKeycloak();
    const realm = `${provider.origin}/realms/acme`;
    const token = signToken(key, claimsOf(realm, { typ: "Bearer" }), { typ: "JWT" });
    const { code, report } = await checkJson([realm, "--token", "-", "--audience", "billing"], token);
    expect(report.entry).toMatchObject({ preset: "keycloak", options: { audience: "billing" } });
    expect(report.verdict).toMatchObject({ kind: "refused", check: "audience", expected: "billing" });
    expect(code).toBe(1);
  });

  test("of a realm that names no audience is one whose realm is to name it", async () => {
    await using provider = await startKeycloak();
    const realm = `${provider.origin}/realms/acme`;
    const more = { typ: "Bearer", aud: undefined, azp: "web", realm_access: { roles: [] } };
    const { report } = await checkJson(
      [realm, "--token", "-", "--audience", "notes"],
      signToken(key, claimsOf(realm, more), { typ: "JWT" }),
    );
    expect(report.token.notes).toEqual(["it has no aud: have an audience mapper of the realm name your API"]);
    expect(report.verdict).toMatchObject({ kind: "refused", check: "audience" });
  });

  test("that is an ID token is refused by the options that are printed", async () => {
    await using provider = await startPlain();
    for (const more of [{ nonce: "n" }, { token_use: "id" }, { typ: "ID" }, { exp: 1e12 }]) {
      const token = signToken(key, claimsOf(provider.origin, more), { typ: "JWT" });
      const { code, report } = await checkJson([provider.origin, "--token", "-"], token);
      expect({ code, kind: report.verdict.kind }).toEqual({ code: 1, kind: "refused" });
    }
  });

  test("of another issuer is not taken for one of this", async () => {
    await using provider = await startPlain([{ ...key.jwk, kid: "k9" }]);
    const { report } = await checkJson(
      [provider.origin, "--token", "-"],
      signToken(key, claimsOf("https://other.example")),
    );
    expect(report.entry.issuer).toBe(provider.origin);
    expect(report.verdict).toMatchObject({ kind: "refused", check: "issuer" });
    expect(report.notes.join("\n")).toContain("the token is of https://other.example, not of");
    expect(report.notes.join("\n")).toContain("the key of the token, k1, is not in the key set");
  });

  test("is never printed, whatever is wrong with it", async () => {
    await using provider = await startPlain();
    const token = signToken(key, claimsOf(provider.origin));
    const [header = "", payload = "", signature = ""] = token.split(".");
    const symmetric = `${signToken({ ...key, sign: macOf("x".repeat(32)) }, claimsOf(provider.origin), { alg: "HS256" })}`;
    for (const input of [token, `Bearer ${token}`, `${header}.${payload}`, `${token}x`, symmetric]) {
      for (const args of [[], ["--json"]]) {
        const { out, err } = await check([provider.origin, "--token", "-", ...args], input);
        for (const part of [header, payload, signature]) {
          expect(out + err).not.toContain(part);
        }
      }
    }
    for (const argument of [token, ` ${token}`, `Bearer ${token}`]) {
      const onCommandLine = await check([provider.origin, "--token", argument]);
      expect(onCommandLine.code).toBe(2);
      expect(onCommandLine.err).toContain("--token takes the name of a file, or - for standard input");
      expect(onCommandLine.err).not.toContain(payload);
    }
  });

  test("cannot have a terminal obey it", async () => {
    await using provider = await startPlain();
    const odd = "\u001b[2J\u009b2J\u202e\u2028";
    const claims = claimsOf(provider.origin, {
      aud: `a${odd}`,
      roles: [odd],
      [`https://x/${odd}/roles`]: [odd],
    });
    const token = signToken(key, claims, { typ: odd });
    const { out } = await check([provider.origin, "--token", "-"], token);
    expect(out).toContain("the token is accepted");
    expect(out.replaceAll("\n", "")).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    const { report } = await checkJson([provider.origin, "--token", "-"], token);
    expect(report.entry.audiences).toEqual([`a${odd}`]);
  });

  test("can be in a file", async () => {
    await using provider = await startPlain();
    await using folder = await createTemporaryFolder();
    const file = join(folder.path, "token");
    await writeFile(file, `${signToken(key, claimsOf(provider.origin))}\n`);
    expect((await check([provider.origin, "--token", file])).code).toBe(0);
    const missing = await check([provider.origin, "--token", join(folder.path, "nowhere")]);
    expect(missing).toMatchObject({ code: 1, err: expect.stringContaining("cannot be read") });
  });

  test("of an issuer that is no URL is one of it", async () => {
    await using provider = await startProvider((origin) => ({
      [OPENID]: { issuer: "urn:acme", jwks_uri: `${origin}/keys` },
      "/keys": { keys: [key.jwk] },
    }));
    const token = signToken(key, claimsOf("urn:acme"));
    const { code, report } = await checkJson([provider.origin, "--token", "-"], token);
    const metadataUri = provider.origin + OPENID;
    expect(report.entry).toMatchObject({ issuer: "urn:acme", keys: { discovery: true, metadataUri } });
    expect(code).toBe(0);
  });

  test("is not judged by options without keys", async () => {
    await using provider = await startProvider(() => ({}));
    const token = signToken(key, claimsOf(provider.origin));
    const { code, out } = await check([provider.origin, "--token", "-"], token);
    expect(code).toBe(1);
    expect(out).toContain("it cannot be said what becomes of the token: fill in what is left open (…)");
  });

  test("is not judged by options that are not complete", async () => {
    await using provider = await startProvider((origin) => ({
      [OPENID]: { issuer: origin, jwks_uri: `${origin}/openid/v1/jwks` },
      "/openid/v1/jwks": { keys: [key.jwk] },
    }));
    const token = signToken(key, claimsOf(provider.origin, { aud: undefined }), { typ: undefined });
    const { code, out } = await check([provider.origin, "--token", "-"], token);
    expect(code).toBe(1);
    expect(out).toContain(
      "it cannot be said what becomes of the token: name whom tokens must be for with --audience",
    );
  });
});

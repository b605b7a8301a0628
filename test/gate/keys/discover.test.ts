import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { createJwksFetch } from "../../../server/gate/src/keys/jwks-location.ts";
import { type Answer, JWKS, redirectTo, startSite } from "./site.ts";

describe("discovery (S5, R87)", () => {
  const RFC_8414 = "/.well-known/oauth-authorization-server";
  const OIDC = "/.well-known/openid-configuration";

  async function startIssuer(path: string, wellKnown: string) {
    const site = await startSite({ "/jwks": JWKS });
    const issuer = `${site.url}${path}`;
    site.answers[wellKnown] = { issuer, jwks_uri: `${site.url}/jwks` };
    return { site, issuer, [Symbol.asyncDispose]: () => site[Symbol.asyncDispose]() };
  }

  const places: readonly (readonly [path: string, wellKnown: string])[] = [
    ["", RFC_8414],
    ["", OIDC],
    ["/", RFC_8414],
    ["/tenant", `${RFC_8414}/tenant`],
    ["/tenant", `/tenant${OIDC}`],
    ["/tenant/", `/tenant${OIDC}`],
  ];
  for (const [path, wellKnown] of places) {
    test(`finds the keys of an issuer at ${path || "the root"} by ${wellKnown}`, async () => {
      await using found = await startIssuer(path, wellKnown);
      expect((await createJwksFetch(found.issuer, { discovery: true })()).json).toEqual(JWKS);
      const tenant = path.replace(/\/$/, "");
      expect(found.site.requests.toSorted()).toEqual(
        [`${RFC_8414}${tenant}`, `${tenant}${OIDC}`, "/jwks"].toSorted(),
      );
    });
  }

  const others: Readonly<Record<string, Answer | object>> = {
    "a page": (_req, res) => void res.end("<html>"),
    "a redirect to a page to sign in": redirectTo("https://login.example.com/"),
    "a redirect in circles": redirectTo(RFC_8414),
    "an error": (_req, res) => void res.writeHead(500).end(),
    "a broken connection": (req) => void req.socket.destroy(),
    "an answer that never ends": (_req, res) => void res.write("{"),
    "somebody else's metadata": { issuer: "https://evil.example", jwks_uri: "https://evil.example/jwks" },
    garbage: (_req, res) => void res.end(Buffer.from([0xff, 0x00])),
    "a list": [],
  };
  for (const [what, answer] of Object.entries(others)) {
    for (const [good, bad] of [
      [OIDC, RFC_8414],
      [RFC_8414, OIDC],
    ] as const) {
      test(`takes the metadata at ${good} when the other place has ${what}`, async () => {
        await using found = await startIssuer("", good);
        found.site.answers[bad] = answer;
        expect((await createJwksFetch(found.issuer, { discovery: true })()).json).toEqual(JWKS);
      });
    }
  }

  const wrong: Readonly<Record<string, (metadata: { issuer: string; jwks_uri: string }) => unknown>> = {
    "another issuer": (metadata) => ({ ...metadata, issuer: "https://evil.example" }),
    "the issuer with a slash more": (metadata) => ({ ...metadata, issuer: `${metadata.issuer}/` }),
    "no issuer": ({ jwks_uri }) => ({ jwks_uri }),
    "no key set": ({ issuer }) => ({ issuer }),
    "a key set that is no URL": ({ issuer }) => ({ issuer, jwks_uri: 7 }),
    "a key set in the clear": ({ issuer }) => ({ issuer, jwks_uri: "http://issuer.example/jwks" }),
    "a password": ({ issuer }) => ({ issuer, jwks_uri: "https://user:s3cr3t@issuer.example/jwks" }),
    null: () => null,
  };
  for (const [what, change] of Object.entries(wrong)) {
    test(`refuses metadata with ${what}`, async () => {
      await using found = await startIssuer("", RFC_8414);
      const metadata = found.site.answers[RFC_8414] as { issuer: string; jwks_uri: string };
      found.site.answers[RFC_8414] = (_req: IncomingMessage, res: ServerResponse) =>
        void res.end(JSON.stringify(change(metadata)));
      await expect(createJwksFetch(found.issuer, { discovery: true })()).rejects.toThrowError(
        "the issuer's metadata cannot be had",
      );
      expect(found.site.requests).not.toContain("/jwks");
    });
  }

  test("does not repeat a password that metadata have in a URL", async () => {
    await using found = await startIssuer("", RFC_8414);
    const metadata = found.site.answers[RFC_8414] as object;
    const jwks_uri = "https://user:s3cr3t@issuer.example/jwks";
    found.site.answers[RFC_8414] = { ...metadata, jwks_uri };
    const error: unknown = await createJwksFetch(found.issuer, { discovery: true })().catch(
      (e: unknown) => e,
    );
    expect(String(error)).toContain("names a key set with a user or a password in its URL");
    expect(String(error)).not.toContain("s3cr3t");
  });

  test("says of each place why it has no metadata", async () => {
    await using found = await startIssuer("", RFC_8414);
    found.site.answers[RFC_8414] = {
      issuer: "https://evil.example\u001b[2J",
      jwks_uri: "https://evil.example",
    };
    found.site.answers[OIDC] = (_req: IncomingMessage, res: ServerResponse) => void res.writeHead(503).end();
    await expect(createJwksFetch(found.issuer, { discovery: true })()).rejects.toThrowError(
      `the issuer's metadata cannot be had: ${found.issuer}${OIDC} was answered with status 503; ${found.issuer}${RFC_8414} ` +
        `is the metadata of issuer https://evil.example\\u{1b}[2J, not of ${found.issuer}`,
    );
  });

  test("asks where metadataUri says, and nowhere else", async () => {
    await using site = await startSite({ "/jwks": JWKS });
    site.answers["/policy"] = { issuer: "https://issuer.example/{tenantid}/", jwks_uri: `${site.url}/jwks` };
    const metadataUri = `${site.url}/policy`;
    const fetchJwks = createJwksFetch("https://issuer.example/{tenantid}/", { discovery: true, metadataUri });
    expect((await fetchJwks()).json).toEqual(JWKS);
    expect(site.requests).toEqual(["/policy", "/jwks"]);
    const ofAnother = createJwksFetch("https://issuer.example/acme/", { discovery: true, metadataUri });
    await expect(ofAnother()).rejects.toThrowError("not of https://issuer.example/acme/");
  });

  test("takes metadata of another issuer only where metadataIssuer names it", async () => {
    await using found = await startIssuer("", OIDC);
    const fetchOf = (metadataIssuer: string) =>
      createJwksFetch("urn:b2c", { discovery: true, metadataUri: `${found.issuer}${OIDC}`, metadataIssuer });
    expect((await fetchOf(found.issuer)()).json).toEqual(JWKS);
    await expect(fetchOf("https://other.example")()).rejects.toThrowError("not of https://other.example");
  });

  test("sends header fields to the origin that is configured, and not to another that metadata names", async () => {
    await using keys = await startSite({ "/jwks": JWKS });
    await using found = await startIssuer("", OIDC);
    const headers = { authorization: "Bearer secret" };
    await createJwksFetch(found.issuer, { discovery: true, headers })();
    expect(found.site.headers.map(({ authorization }) => authorization)).toEqual(
      Array(3).fill("Bearer secret"),
    );
    found.site.answers[OIDC] = { issuer: found.issuer, jwks_uri: `${keys.url}/jwks` };
    await createJwksFetch(found.issuer, { discovery: true, headers })();
    expect(keys.headers.map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  test("is refused for a template, which is no place for metadata", () => {
    expect(() => createJwksFetch("https://issuer.example/{tenantid}/", { discovery: true })).toThrowError(
      "keys.metadataUri is required: the issuer is a template",
    );
  });

  test("is refused for an issuer that is no URL, or in the clear", () => {
    expect(() => createJwksFetch("urn:issuer", { discovery: true })).toThrowError(TypeError);
    expect(() => createJwksFetch("http://issuer.example", { discovery: true })).toThrowError(TypeError);
  });
});

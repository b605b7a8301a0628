import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { createJwksFetch } from "../../../server/gate/src/keys/jwks-location.ts";

type Answer = (req: IncomingMessage, res: ServerResponse) => void;

/** Serve documents by path; what is not there is 404. */
async function startSite(answers: Readonly<Record<string, Answer | object>>) {
  const requests: string[] = [];
  const server = createServer((req, res) => {
    const path = req.url ?? "";
    requests.push(path);
    const answer = answers[path];
    if (typeof answer === "function") {
      (answer as Answer)(req, res);
    } else {
      res.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? {}));
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    answers: answers as Record<string, Answer | object>,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const JWKS = { keys: [] };
const redirectTo =
  (location: string): Answer =>
  (_req, res) =>
    void res.writeHead(302, { location }).end();
const withHeader =
  (name: string, value: string): Answer =>
  (_req, res) =>
    void res.writeHead(200, { [name]: value }).end("{}");

describe("a key set at a URL (S5)", () => {
  test("is fetched", async () => {
    await using site = await startSite({ "/jwks": JWKS });
    const fetchJwks = createJwksFetch("urn:any", { jwksUri: `${site.url}/jwks` });
    expect(await fetchJwks()).toEqual({ json: JWKS, maxAgeSeconds: undefined });
  });

  for (const [value, seconds] of Object.entries({
    "max-age=300": 300,
    "public, max-age=300, must-revalidate": 300,
    'MAX-AGE="300"': 300,
    "s-maxage=9": undefined,
    "no-store": undefined,
    "max-age=soon": undefined,
  })) {
    test(`may be kept as Cache-Control says: ${value}`, async () => {
      await using site = await startSite({ "/jwks": withHeader("cache-control", value) });
      const { maxAgeSeconds } = await createJwksFetch("urn:any", { jwksUri: `${site.url}/jwks` })();
      expect(maxAgeSeconds).toBe(seconds);
    });
  }

  test("is followed within its origin", async () => {
    await using site = await startSite({ "/jwks": redirectTo("/other"), "/other": JWKS });
    expect((await createJwksFetch("urn:any", { jwksUri: `${site.url}/jwks` })()).json).toEqual(JWKS);
  });

  test("is not followed to another origin", async () => {
    await using other = await startSite({ "/jwks": JWKS });
    await using site = await startSite({ "/jwks": redirectTo(`${other.url}/jwks`) });
    const fetchJwks = createJwksFetch("urn:any", { jwksUri: `${site.url}/jwks` });
    await expect(fetchJwks()).rejects.toThrowError("the document is redirected to another origin");
    expect(other.requests).toEqual([]);
  });

  test("is not followed in circles", async () => {
    await using site = await startSite({ "/jwks": redirectTo("/jwks") });
    await expect(createJwksFetch("urn:any", { jwksUri: `${site.url}/jwks` })()).rejects.toThrowError(
      "the document is redirected too often",
    );
    expect(site.requests).toHaveLength(3);
  });

  const broken: Readonly<Record<string, [Answer, string]>> = {
    "an error": [
      (_req, res) => void res.writeHead(503).end("{}"),
      "the document was answered with status 503",
    ],
    "text that is not JSON": [(_req, res) => void res.end("<html>"), "Unexpected token"],
    "what is not UTF-8": [(_req, res) => void res.end(Buffer.of(0x22, 0xff, 0x22)), "not valid"],
    "more than 256 KiB": [
      (_req, res) => void res.end(JSON.stringify("x".repeat(256 * 1024))),
      "the document is larger than 262144 bytes",
    ],
    "a broken connection": [(req) => void req.socket.destroy(), "fetch failed"],
  };
  for (const [what, [answer, message]] of Object.entries(broken)) {
    test(`cannot be had when the answer is ${what}`, async () => {
      await using site = await startSite({ "/jwks": answer });
      await expect(createJwksFetch("urn:any", { jwksUri: `${site.url}/jwks` })()).rejects.toThrowError(
        message,
      );
    });
  }

  test("is given up after 3 seconds, also when the body never ends", async () => {
    await using site = await startSite({ "/jwks": (_req, res) => void res.write('{"keys":') });
    const startedMs = performance.now();
    await expect(createJwksFetch("urn:any", { jwksUri: `${site.url}/jwks` })()).rejects.toThrowError(
      /timeout/i,
    );
    expect(performance.now() - startedMs).toBeGreaterThan(2900);
  });

  for (const url of [
    "http://issuer.example/jwks",
    "ftp://issuer.example",
    "jwks.json",
    "",
    "http://127.evil.example",
  ]) {
    test(`is refused at ${JSON.stringify(url)}: not https, nor on loopback`, () => {
      expect(() => createJwksFetch("urn:any", { jwksUri: url })).toThrowError(TypeError);
    });
  }
});

describe("discovery (S5, R87)", () => {
  const RFC_8414 = "/.well-known/oauth-authorization-server";
  const OIDC = "/.well-known/openid-configuration";

  async function startIssuer(path: string, wellKnown: string) {
    const site = await startSite({ "/jwks": JWKS });
    const issuer = `${site.url}${path}`;
    site.answers[wellKnown] = { issuer, jwks_uri: `${site.url}/jwks` };
    return { site, issuer, [Symbol.asyncDispose]: () => site[Symbol.asyncDispose]() };
  }

  const places: readonly (readonly [path: string, wellKnown: string, requests: readonly string[]])[] = [
    ["", RFC_8414, [RFC_8414, "/jwks"]],
    ["", OIDC, [RFC_8414, OIDC, "/jwks"]],
    ["/", RFC_8414, [RFC_8414, "/jwks"]],
    ["/tenant", `${RFC_8414}/tenant`, [`${RFC_8414}/tenant`, "/jwks"]],
    ["/tenant", `/tenant${OIDC}`, [`${RFC_8414}/tenant`, `/tenant${OIDC}`, "/jwks"]],
  ];
  for (const [path, wellKnown, requests] of places) {
    test(`finds the keys of an issuer at ${path || "the root"} by ${wellKnown}`, async () => {
      await using found = await startIssuer(path, wellKnown);
      expect((await createJwksFetch(found.issuer, { discovery: true })()).json).toEqual(JWKS);
      expect(found.site.requests).toEqual(requests);
    });
  }

  const wrong: Readonly<Record<string, (metadata: { issuer: string; jwks_uri: string }) => unknown>> = {
    "another issuer": (metadata) => ({ ...metadata, issuer: "https://evil.example" }),
    "the issuer with a slash more": (metadata) => ({ ...metadata, issuer: `${metadata.issuer}/` }),
    "no issuer": ({ jwks_uri }) => ({ jwks_uri }),
    "no key set": ({ issuer }) => ({ issuer }),
    "a key set that is no URL": ({ issuer }) => ({ issuer, jwks_uri: 7 }),
    "a key set in the clear": ({ issuer }) => ({ issuer, jwks_uri: "http://issuer.example/jwks" }),
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
      expect(found.site.requests).toEqual([RFC_8414]);
    });
  }

  test("asks an issuer that is down once, not at every place", async () => {
    await using found = await startIssuer("", OIDC);
    found.site.answers[RFC_8414] = (_req: IncomingMessage, res: ServerResponse) =>
      void res.writeHead(500).end();
    await expect(createJwksFetch(found.issuer, { discovery: true })()).rejects.toThrowError();
    expect(found.site.requests).toEqual([RFC_8414]);
  });

  test("is refused for an issuer that is no URL, or in the clear", () => {
    expect(() => createJwksFetch("urn:issuer", { discovery: true })).toThrowError(TypeError);
    expect(() => createJwksFetch("http://issuer.example", { discovery: true })).toThrowError(TypeError);
  });
});

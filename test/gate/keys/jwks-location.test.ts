import { describe, expect, test } from "vitest";
import { createJwksFetch } from "../../../server/gate/src/keys/jwks-location.ts";
import { type Answer, JWKS, redirectTo, startSite } from "./site.ts";

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
    await expect(fetchJwks()).rejects.toThrowError(/jwks is redirected to another origin, http/);
    expect(other.requests).toEqual([]);
  });

  test("is not followed to a URL with a password, which is not repeated", async () => {
    await using site = await startSite({});
    site.answers["/jwks"] = redirectTo(site.url.replace("//", "//user:s3cr3t@"));
    const error: unknown = await createJwksFetch("urn:any", { jwksUri: `${site.url}/jwks` })().catch(
      (failure: unknown) => failure,
    );
    expect(String(error)).toMatch(/\/jwks is redirected to a URL with a user or a password in it$/);
  });

  test("is not followed in circles", async () => {
    await using site = await startSite({ "/jwks": redirectTo("/jwks") });
    await expect(createJwksFetch("urn:any", { jwksUri: `${site.url}/jwks` })()).rejects.toThrowError(
      "/jwks is redirected too often",
    );
    expect(site.requests).toHaveLength(3);
  });

  const broken: Readonly<Record<string, [Answer, string]>> = {
    "an error": [(_req, res) => void res.writeHead(503).end("{}"), "/jwks was answered with status 503"],
    "text that is not JSON": [(_req, res) => void res.end("keys"), "/jwks is not JSON"],
    "a page": [(_req, res) => void res.end(" <!doctype html>"), "/jwks is HTML, not JSON"],
    "what is not UTF-8": [(_req, res) => void res.end(Buffer.of(0x22, 0xff, 0x22)), "/jwks is not UTF-8"],
    "more than 256 KiB": [
      (_req, res) => void res.end(JSON.stringify("x".repeat(256 * 1024))),
      "/jwks is larger than 262144 bytes",
    ],
    "a broken connection": [(req) => void req.socket.destroy(), "/jwks cannot be reached: UND_ERR_SOCKET"],
  };
  for (const [what, [answer, message]] of Object.entries(broken)) {
    test(`cannot be had when the answer is ${what}`, async () => {
      await using site = await startSite({ "/jwks": answer });
      await expect(createJwksFetch("urn:any", { jwksUri: `${site.url}/jwks` })()).rejects.toThrowError(
        message,
      );
    });
  }

  test("names of an error of the application's fetch its code or its name, and never the message", async () => {
    const errors: readonly (readonly [Error, string])[] = [
      [new TypeError("nope Bearer sekret"), "cannot be reached: TypeError"],
      [Object.assign(new Error("sekret"), { code: "ECONNREFUSED" }), "cannot be reached: ECONNREFUSED"],
      [
        Object.assign(new Error("sekret"), { code: "Bearer sekret", name: "a sekret" }),
        "cannot be reached: unknown error",
      ],
      [new TypeError("sekret", { cause: new RangeError("sekret") }), "cannot be reached: RangeError"],
    ];
    for (const [error, text] of errors) {
      const fetch = () => Promise.reject(error);
      const run = createJwksFetch("urn:any", { jwksUri: "https://idp.example/jwks", fetch });
      const thrown = await run().catch((each: unknown) => each);
      expect(String(thrown)).toContain(text);
      expect(String(thrown)).not.toContain("sekret");
    }
  });

  test("is fetched with a fetch of the application's, within the same bounds", async () => {
    const requests: unknown[] = [];
    const answerWith =
      (answer: () => Response | Promise<Response>): typeof globalThis.fetch =>
      async (url) => {
        requests.push(url);
        return answer();
      };
    const jwksUri = "https://private.example/jwks";
    const good = answerWith(() => Response.json(JWKS));
    expect((await createJwksFetch("urn:any", { jwksUri, fetch: good })()).json).toEqual(JWKS);
    expect(requests).toEqual([new URL(jwksUri)]);
    const large = answerWith(() => Response.json("x".repeat(256 * 1024)));
    await expect(createJwksFetch("urn:any", { jwksUri, fetch: large })()).rejects.toThrowError(
      "is larger than",
    );
    const astray = answerWith(
      () => new Response(null, { status: 302, headers: { location: "https://evil.example" } }),
    );
    await expect(createJwksFetch("urn:any", { jwksUri, fetch: astray })()).rejects.toThrowError(
      "another origin",
    );
  });

  test("does not show the query of its URL, which may hold a key", async () => {
    await using site = await startSite({});
    await expect(
      createJwksFetch("urn:any", { jwksUri: `${site.url}/jwks?key=secret` })(),
    ).rejects.toThrowError(new RegExp(`^${site.url}/jwks was answered with status 404$`));
  });

  test("may be at http:// on hosts that are named with their port", () => {
    const fetchOf = (jwksUri: string, ...hosts: readonly string[]) =>
      createJwksFetch("urn:any", { jwksUri }, { httpHosts: hosts });
    expect(fetchOf("http://keycloak:8080/certs", "keycloak:8080")).toBeTypeOf("function");
    expect(fetchOf("http://keycloak/certs", "keycloak:80")).toBeTypeOf("function");
    for (const host of ["keycloak:8081", "eycloak:8080", "keycloak.evil.example:8080"]) {
      expect(() => fetchOf("http://keycloak:8080/certs", host)).toThrowError("must be an https:// URL");
    }
    for (const host of [
      "keycloak",
      "http://keycloak:8080",
      "*:8080",
      "keycloak:8080/certs",
      "Keycloak:8080",
      "keycloak:99999",
      "keycloak:65536",
      "",
    ]) {
      expect(() => fetchOf("http://keycloak:8080/certs", host)).toThrowError(
        `insecure.allowHttpHosts: ${JSON.stringify(host)} must be a host in lower case with its port`,
      );
    }
  });

  test("has no password in it, which the error does not repeat", () => {
    for (const scheme of ["https", "http", "ftp"]) {
      const jwksUri = `${scheme}://user:s3cr3t@issuer.example/jwks`;
      expect(() => createJwksFetch("urn:any", { jwksUri })).toThrow(
        new TypeError("jwksUri must not have a user or a password in it: headers can send them"),
      );
    }
  });

  for (const url of [
    "https://user:password@issuer.example/jwks",
    "http://issuer.example/jwks",
    "ftp://issuer.example",
    "jwks.json",
    "",
    "http://127.evil.example",
    "http://keys.localhost/jwks",
  ]) {
    test(`is refused at ${JSON.stringify(url)}: not https, nor on loopback`, () => {
      expect(() => createJwksFetch("urn:any", { jwksUri: url })).toThrowError(TypeError);
    });
  }
});

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { createJwksFetch } from "../../server/gate/src/keys/jwks-location.ts";
import { createFetch } from "../../server/node/src/create-fetch.ts";
import { createSelfSigned } from "../support/self-signed.ts";

const own = createSelfSigned();

/** Serve over TLS with a certificate that no machine trusts. */
async function serve(handle: (req: IncomingMessage, res: ServerResponse) => void) {
  const server = createTlsServer({ cert: own.cert, key: own.key }, handle);
  await new Promise<void>((resolve) => void server.listen(0, "localhost", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    url: `https://localhost:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe("a fetch that trusts a private authority", () => {
  test("fetches the keys of an issuer, with header fields", async () => {
    const seen: unknown[] = [];
    await using site = await serve((req, res) => {
      seen.push([req.method, req.url, req.headers.authorization]);
      res.writeHead(200, { "cache-control": "max-age=60" }).end('{"keys":[]}');
    });
    const fetch = createFetch({ ca: own.cert });
    const headers = { authorization: "Bearer token" };
    const fetchJwks = createJwksFetch("urn:any", { jwksUri: `${site.url}/jwks?a=1`, headers, fetch });
    expect(await fetchJwks()).toEqual({ json: { keys: [] }, maxAgeSeconds: 60 });
    expect(seen).toEqual([["GET", "/jwks?a=1", "Bearer token"]]);
  });

  test("trusts that authority and no other", async () => {
    await using site = await serve((_req, res) => void res.end("{}"));
    const jwksUri = `${site.url}/jwks`;
    const fetch = createFetch({ ca: [Buffer.from(createSelfSigned().cert)] });
    await expect(createJwksFetch("urn:any", { jwksUri, fetch })()).rejects.toThrowError(
      `${jwksUri} cannot be reached: DEPTH_ZERO_SELF_SIGNED_CERT`,
    );
    await expect(createJwksFetch("urn:any", { jwksUri })()).rejects.toThrowError(
      "DEPTH_ZERO_SELF_SIGNED_CERT",
    );
  });

  test("sends a body, and gives back status, fields and body", async () => {
    await using site = await serve((req, res) => {
      res.writeHead(201, { "x-one": "1", "set-cookie": ["a=1", "b=2"] });
      req.pipe(res);
    });
    const response = await createFetch({ ca: own.cert })(site.url, { method: "POST", body: "hello" });
    expect([response.status, response.headers.get("x-one"), response.headers.getSetCookie()]).toEqual([
      201,
      "1",
      ["a=1", "b=2"],
    ]);
    expect(await response.text()).toBe("hello");
  });

  test("gives back an answer without a body", async () => {
    await using site = await serve((_req, res) => void res.writeHead(204).end());
    const response = await createFetch({ ca: own.cert })(site.url);
    expect([response.status, response.body]).toEqual([204, null]);
  });

  test("follows no redirect", async () => {
    await using site = await serve((_req, res) => void res.writeHead(302, { location: "/other" }).end());
    const fetch = createFetch({ ca: own.cert });
    expect((await fetch(site.url, { redirect: "manual" })).headers.get("location")).toBe("/other");
    await expect(fetch(site.url)).rejects.toThrowError("follows no redirects");
  });

  test("ends with its signal, before and in the midst of an answer", async () => {
    await using site = await serve((req, res) => void (req.url === "/silent" || res.write("{")));
    const fetch = createFetch({ ca: own.cert });
    const silent = new AbortController();
    const waiting = fetch(`${site.url}/silent`, { signal: silent.signal });
    silent.abort();
    await expect(waiting).rejects.toThrowError("abort");
    const endless = new AbortController();
    const response = await fetch(site.url, { signal: endless.signal });
    const reading = response.text();
    endless.abort();
    await expect(reading).rejects.toThrowError("abort");
  });

  test("asks nothing in the clear", async () => {
    let requests = 0;
    const server = createServer(() => {
      requests += 1;
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo; // it listens on TCP
    await expect(createFetch({ ca: own.cert })(`http://127.0.0.1:${port}`)).rejects.toThrowError(
      "https:// URLs only",
    );
    expect(requests).toBe(0);
    server.close();
  });

  test.each([[""], ["garbage"], [[]], [[own.cert, ""]]])("is refused without certificates: %j", (ca) => {
    expect(() => createFetch({ ca: ca as string })).toThrowError(
      new TypeError("createFetch: ca must be one certificate or more, in PEM"),
    );
  });
});

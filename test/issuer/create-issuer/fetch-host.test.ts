import { describe, expect, test } from "vitest";
import { createFetchHandler } from "../../../server/gate/src/connect/create-fetch-handler.ts";
import { createIssuer } from "../../../server/issuer/src/create-issuer.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { inFolder, serve } from "./own-issuer.ts";

const ORIGIN = "https://auth.example.com";
const CLIENT = { clientId: "billing", scopes: ["notes:read"], roles: [], mayIntrospect: false };

/** An issuer as Next, Hono, Bun or Deno would serve it: no listener of ours, and no request of Node. */
async function serveOverFetch() {
  const folder = await createTemporaryFolder();
  const issuer = await createIssuer(inFolder(folder.path));
  const { secret = "" } = await issuer.clients.create({ ...CLIENT, grants: ["client_credentials"] });
  const paths = new Map(Object.entries({ ...issuer.documents, ...issuer.endpoints }));
  const handle = createFetchHandler(serve(issuer).auth, {
    async fallback(request) {
      const endpoint = paths.get(new URL(request.url).pathname);
      return endpoint === undefined ? new Response(null, { status: 404 }) : endpoint(request);
    },
  });
  const ask = (path: string, init?: RequestInit) => handle(new Request(`${ORIGIN}${path}`, init));
  return {
    ask,
    post: (path: string, form: Readonly<Record<string, string>>) =>
      ask(path, { method: "POST", body: new URLSearchParams(form) }),
    proof: { client_id: CLIENT.clientId, client_secret: secret },
    async [Symbol.asyncDispose]() {
      await issuer.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

describe("an issuer in a host of the Fetch API", () => {
  test("publishes its documents", async () => {
    await using server = await serveOverFetch();
    const response = await server.ask("/.well-known/jwks.json");
    const { keys } = await response.json();
    expect(keys.map(({ alg, d }: JsonWebKey) => [alg, d])).toContainEqual(["ES256", undefined]);
    const etag = response.headers.get("etag") ?? "";
    const again = await server.ask("/.well-known/jwks.json", { headers: { "if-none-match": etag } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    const metadata = await (await server.ask("/.well-known/oauth-authorization-server")).json();
    expect(metadata).toMatchObject({ issuer: ORIGIN, token_endpoint: `${ORIGIN}/oauth2/token` });
    expect((await server.ask("/.well-known/jwks.json", { method: "HEAD" })).status).toBe(200);
  });

  test("grants tokens, tells of them and revokes them", async () => {
    await using server = await serveOverFetch();
    const granted = await server.post("/oauth2/token", { grant_type: "client_credentials", ...server.proof });
    const { access_token: token } = await granted.json();
    const introspect = async () =>
      (await (await server.post("/oauth2/introspect", { token, ...server.proof })).json()).active;
    expect(await introspect()).toBe(true);
    const revoked = await server.post("/oauth2/revoke", { token, ...server.proof });
    expect([revoked.status, await revoked.text()]).toEqual([200, ""]);
    expect(await introspect()).toBe(false);
  });

  test("reads no more of a form than 64 KiB", async () => {
    await using server = await serveOverFetch();
    let bytes = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        bytes += 16 * 1024;
        controller.enqueue(new Uint8Array(16 * 1024).fill(0x61));
      },
    });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const init = { method: "POST", headers, body, duplex: "half" };
    const { status } = await server.ask("/oauth2/token", init);
    expect(status).toBe(413);
    expect(bytes).toBeLessThanOrEqual(128 * 1024);
  });
});

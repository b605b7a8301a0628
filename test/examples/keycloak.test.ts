import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { findFreePort } from "../support/free-port.ts";
import { startProgram } from "../support/program.ts";
import { createSigningKey, goodClaims, signToken } from "../support/tokens.ts";
import { installExample, succeed } from "./install-example.ts";

const key = createSigningKey("RS256", "of-the-realm");

/** Serve the keys of a realm where Keycloak has them. */
async function startRealm(): Promise<AsyncDisposable & { readonly url: string }> {
  const path = "/realms/acme";
  const server = createServer(({ url }, res) => {
    res.statusCode = url === `${path}/protocol/openid-connect/certs` ? 200 : 404;
    res.setHeader("content-type", "application/json").end(JSON.stringify({ keys: [key.jwk] }));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    url: `http://127.0.0.1:${port}${path}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

test("fastify-keycloak passes its tests, serves with the keys and the roles of a realm, and ends on SIGTERM", async () => {
  await using folder = await installExample("fastify-keycloak");
  const { stdout } = await succeed({ file: "npm", args: ["test"], cwd: folder.path });
  expect(stdout).toMatch(/^ℹ pass 4$/m);
  await using realm = await startRealm();
  const env = { REALM: realm.url, PORT: String(await findFreePort()) };
  const args = ["src/server.ts"];
  await using server = startProgram({ file: process.execPath, args, cwd: folder.path, env });
  const [, origin] = await server.untilPrinted(/^listening at (.*)$/m);
  const close = async (roles: readonly string[]) => {
    const ofKeycloak = { typ: "Bearer", azp: "web", realm_access: { roles } };
    const iat = Math.floor(Date.now() / 1000);
    const claims = goodClaims({ iss: realm.url, aud: "tickets", iat, exp: iat + 300, ...ofKeycloak });
    const token = signToken(key, claims, { typ: "JWT" });
    const response = await fetch(`${origin}/tickets.v1.TicketService/CloseTicket`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: "{}",
    });
    return ((await response.json()) as { readonly code: string }).code;
  };
  expect(await close(["customer"])).toBe("permission_denied");
  expect(await close(["agent"])).toBe("not_found");
  expect(await server.end("SIGTERM")).toMatchObject({ code: 0 });
});

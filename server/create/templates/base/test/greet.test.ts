import assert from "node:assert/strict";
import { test } from "node:test";
import { createAuth, createFetchHandler } from "@countersign/server";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { routes } from "../src/routes.ts";

const ISSUER = "https://issuer.example";
const AUDIENCE = "greeter";

// An issuer for the tests alone, whose key they hold.
const { publicKey, privateKey } = await generateKeyPair("ES256");
const key = { ...(await exportJWK(publicKey)), kid: "test", alg: "ES256" };
const auth = createAuth({
  routes,
  issuers: [{ issuer: ISSUER, keys: { jwks: { keys: [key] } } }],
  audience: AUDIENCE,
});
const handle = createFetchHandler(auth);

async function signToken(roles: readonly string[]): Promise<string> {
  return new SignJWT({ client_id: "test", roles })
    .setProtectedHeader({ alg: "ES256", kid: "test", typ: "at+jwt" })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject("ada")
    .setIssuedAt()
    .setExpirationTime("5m")
    .setJti(crypto.randomUUID())
    .sign(privateKey);
}

/** Call a method with a token, or without one. Resolves to the status and the message. */
async function call(method: string, token?: string): Promise<{ status: number; body: unknown }> {
  const headers = new Headers({ "content-type": "application/json" });
  if (token !== undefined) {
    headers.set("authorization", `Bearer ${token}`);
  }
  const url = `https://greeter.example/greet.v1.GreetService/${method}`;
  const response = await handle(new Request(url, { method: "POST", headers, body: '{"greeting": "Hello"}' }));
  return { status: response.status, body: await response.json() };
}

test("who may call what is what it was: change this list when you change the proto", () => {
  const inventory = auth.policyTable.entries.map(({ method, policy }) => ({
    method: `${method.parent.typeName}/${method.name}`,
    access: policy.access,
    roles: policy.roles,
  }));
  assert.deepEqual(inventory, [
    { method: "greet.v1.GreetService/Announce", access: "authenticated", roles: ["admin"] },
    { method: "greet.v1.GreetService/Greet", access: "authenticated", roles: [] },
  ]);
});

test("a call without a token is refused", async () => {
  assert.equal((await call("Greet")).status, 401);
});

test("a call with a token is greeted", async () => {
  assert.deepEqual(await call("Greet", await signToken([])), { status: 200, body: { text: "Hello, ada" } });
});

test("only admins make announcements", async () => {
  assert.equal((await call("Announce", await signToken([]))).status, 403);
  assert.equal((await call("Announce", await signToken(["admin"]))).status, 200);
});

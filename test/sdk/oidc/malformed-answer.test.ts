import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { clientCredentials, oidc } from "@countersign/sdk/oidc";
import { afterAll, beforeAll, expect, test } from "vitest";

/** What is wrong with each is beside the tokens, so that they are in the answer that is refused. */
const ANSWERS = [
  { access_token: "secret-1", refresh_token: "secret-2", token_type: "Bearer", expires_in: "soon" },
  { access_token: "secret-1", refresh_token: "secret-2", expires_in: 60 },
  { access_token: "secret-1", refresh_token: "secret-2", token_type: "mac", expires_in: 60 },
];

let answer: object = {};
let issuer = "";
const provider = createServer((req, res) => {
  const metadata = { issuer, token_endpoint: `${issuer}/token` };
  res.setHeader("content-type", "application/json");
  res.end(JSON.stringify(req.url === "/token" ? answer : metadata));
});

beforeAll(async () => {
  await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
  issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => provider.close(resolve)));

test.each(ANSWERS)("an answer that is not understood leaves no token in the error, case %#", async (body) => {
  answer = body;
  const { signal } = new AbortController();
  const user = oidc({ issuer, clientId: "app" });
  const program = clientCredentials({ issuer, clientId: "app", proof: { kind: "secret", secret: "s" } });
  const refresh = { refreshToken: "secret-0", refreshId: "1", signal };
  for (const source of [user, program]) {
    const error = await source.refresh(refresh).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(Error);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/secret-\d/);
  }
});

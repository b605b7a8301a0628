import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { clientCredentials } from "@countersign/sdk/oidc";
import { expect, test } from "vitest";

test("a provider whose metadata did not come in time is asked for them again", async () => {
  let questions = 0;
  let issuer = "";
  const asked = Promise.withResolvers<void>();
  const provider = createServer((req, res) => {
    questions += 1;
    // The first question is never answered.
    if (questions === 1) {
      return asked.resolve();
    }
    const token = { access_token: "access-1", token_type: "Bearer", expires_in: 60 };
    res.setHeader("content-type", "application/json");
    res.end(JSON.stringify(req.url === "/token" ? token : { issuer, token_endpoint: `${issuer}/token` }));
  });
  await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
  issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  const source = clientCredentials({ issuer, clientId: "app", proof: { kind: "secret", secret: "s" } });
  const attempt = new AbortController();
  const first = source.acquire?.(attempt.signal);
  await asked.promise;
  attempt.abort(new Error("no answer in time"));
  await expect(first).rejects.toThrow("no answer in time");
  const grant = await source.acquire?.(new AbortController().signal);
  expect(grant?.accessToken).toBe("access-1");
  provider.closeAllConnections();
  await new Promise((resolve) => provider.close(resolve));
});

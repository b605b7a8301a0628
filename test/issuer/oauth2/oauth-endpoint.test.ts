import type { EndpointContext } from "@countersign/server";
import { expect, test, vi } from "vitest";
import { guardOwnSource } from "../../../server/gate/src/keys/own-source.ts";
import { createOAuthEndpoint, type OAuthAnswer } from "../../../server/issuer/src/oauth2/oauth-endpoint.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { readingBy } from "./form-reading.ts";

const post = (): Request =>
  new Request("https://issuer.example/oauth2/token", {
    method: "POST",
    body: new URLSearchParams({ a: "b" }),
  });

const createEndpoint = (answer: OAuthAnswer, onError: (error: unknown) => void = () => undefined) =>
  createOAuthEndpoint({ ...readingBy(createTestClock()), onError }, answer);

test("an endpoint answers an unexpected error also when onError throws", async () => {
  const print = vi.spyOn(console, "error").mockReturnValue();
  const failure = new Error("unexpected");
  const endpoint = createEndpoint(
    () => Promise.reject(failure),
    () => {
      throw new Error("the log is full");
    },
  );
  const response = await endpoint(post());
  expect([response.status, await response.json()]).toMatchObject([500, { error: "server_error" }]);
  expect(print.mock.calls[0]).toContain(failure);
  print.mockRestore();
});

test("an endpoint reports that a key source of the application's has failed, and asks the client to wait", async () => {
  const broken = new Error("the store of keys is broken");
  const source = guardOwnSource({ find: () => Promise.reject(broken), isTrusted: () => false }, "partner");
  const errors: unknown[] = [];
  const endpoint = createEndpoint(
    async () => ({ found: await source.find("one", "ES256") }),
    (error) => errors.push(error),
  );
  expect((await endpoint(post())).status).toBe(503);
  expect(errors).toMatchObject([{ message: "the key source of issuer partner failed", cause: broken }]);
});

// As hosts write in JavaScript: some pass a context of their own, or null.
const CONTEXTS: readonly { readonly context: unknown; readonly peer: string }[] = [
  { context: { peer: "192.0.2.7" }, peer: "192.0.2.7" },
  { context: undefined, peer: "" },
  { context: null, peer: "" },
  { context: {}, peer: "" },
  { context: { peer: null }, peer: "" },
  { context: { peer: { toString: () => "192.0.2.7" } }, peer: "" },
];
for (const [at, { context, peer }] of CONTEXTS.entries()) {
  test(`an endpoint takes the peer ${JSON.stringify(peer)} of context ${at}`, async () => {
    const endpoint = createEndpoint(async (request) => ({ peer: request.peer }));
    const response = await endpoint(post(), context as EndpointContext);
    expect(await response.json()).toEqual({ peer });
  });
}

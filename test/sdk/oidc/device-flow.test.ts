import { oidc } from "@countersign/sdk/oidc";
import { expect, test } from "vitest";
import { type FakeAnswer, type FakePaths, metadataOf, startFakeProvider, TOKENS } from "./fake-provider.ts";

const DEVICE = {
  device_code: "device-1",
  user_code: "ABCD",
  verification_uri: "https://login.example/device",
  expires_in: 60,
  interval: 0.01,
} as const;

function pathsOf(answers: FakeAnswer[]): FakePaths {
  return {
    "/.well-known/openid-configuration": (_request, own) =>
      metadataOf(own, { device_authorization_endpoint: `${own}/device` }),
    "/device": () => ({ body: DEVICE }),
    "/token": () => answers.shift() ?? { body: TOKENS },
  };
}

const pending = { status: 400, body: { error: "authorization_pending" } } as const;

async function signIn(answers: FakeAnswer[]) {
  await using provider = await startFakeProvider(pathsOf(answers));
  const source = oidc({
    issuer: provider.issuer,
    clientId: "tv",
    scopes: ["notes:read"],
    parameters: { audience: "https://api.example" },
    tokenParameters: { client_info: "1" },
  });
  const grant = await source.signInOnDevice({ onCode: () => undefined });
  return { grant, device: provider.seenAt("/device"), tokens: provider.seenAt("/token") };
}

test("a sign-in on a device has its own parameters, and those of tokens", async () => {
  const { grant, device, tokens } = await signIn([pending]);
  expect(grant.accessToken).toBe("access-1");
  expect(device.map(({ form }) => form)).toEqual([
    { client_id: "tv", scope: "notes:read", audience: "https://api.example" },
  ]);
  expect(tokens).toHaveLength(2);
  expect(tokens[1]?.form).toMatchObject({ device_code: "device-1", client_info: "1" });
});

test("an outage while the user signs in elsewhere ends nothing", async () => {
  const { tokens } = await signIn([{ status: 503 }, pending, { status: 429, body: { error: "slow" } }]);
  expect(tokens).toHaveLength(4);
});

test("a user who refuses, and a code that has expired, end it", async () => {
  for (const error of ["access_denied", "expired_token"]) {
    await expect(signIn([pending, { status: 400, body: { error } }])).rejects.toMatchObject({
      kind: "final",
      message: `the provider answered ${error}`,
    });
  }
});

import { decodeJwt } from "jose";
import { expect, it } from "vitest";
import { startSessionServer } from "../../support/session-server.ts";
import { refusal, signInRequest } from "./session-calls.ts";

const NOTES = "https://notes.example.com";
const BILLING = "https://billing.example.com";
const resources = [NOTES, BILLING];

it("SignIn and Refresh take the resources that tokens are to be for (RFC 8707)", async () => {
  await using server = await startSessionServer({ resources });
  const { tokens } = await server.client.signIn({ ...signInRequest({}), resources });
  const audOf = (token = "") => decodeJwt(token).aud;
  expect(audOf(tokens?.accessToken)).toEqual(resources);
  const { refreshToken = "" } = tokens ?? {};
  const next = await server.client.refresh({ refreshToken, resources: [BILLING] });
  expect(audOf(next.tokens?.accessToken)).toBe(BILLING);
  const last = await server.client.refresh({ refreshToken: next.tokens?.refreshToken ?? "" });
  expect(audOf(last.tokens?.accessToken)).toEqual(resources);
});

it("SignIn and Refresh refuse other resources, and none of it costs the refresh token", async () => {
  await using server = await startSessionServer({ resources });
  const wrong = { code: "InvalidArgument", fields: ["resources"] };
  const request = { ...signInRequest({}), resources: ["https://other.example"] };
  expect(await refusal(server.client.signIn(request))).toMatchObject(wrong);
  const { tokens } = await server.client.signIn({ ...signInRequest({}), resources: [NOTES] });
  const { refreshToken = "" } = tokens ?? {};
  expect(await refusal(server.client.refresh({ refreshToken, resources: [BILLING] }))).toMatchObject(wrong);
  await expect(server.client.refresh({ refreshToken })).resolves.toBeDefined();
});

it("SignIn and Refresh read no more resources, and no longer ones, than an issuer can have", async () => {
  await using server = await startSessionServer({ resources });
  const many = Array.from({ length: 66 }, (_, index) => `https://r${index}.example`);
  for (const [given, field] of [
    [many, "resources"],
    [[NOTES, "x".repeat(1_025)], "resources[1]"],
    [[""], "resources[0]"],
    [["a\u0000b"], "resources[0]"],
  ] as const) {
    const wrong = { code: "InvalidArgument", fields: [field] };
    const request = { ...signInRequest({}), resources: [...given] };
    expect(await refusal(server.client.signIn(request))).toMatchObject(wrong);
    const refresh = server.client.refresh({ refreshToken: "csr_x", resources: [...given] });
    expect(await refusal(refresh)).toMatchObject(wrong);
  }
});

import { create } from "@bufbuild/protobuf";
import { type Delivery, SignInRequestSchema } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { describe, expect, it } from "vitest";
import { startSessionServer } from "../../support/session-server.ts";
import { refusal, signIn, signInRequest } from "./session-calls.ts";

describe("SignIn", () => {
  it("answers tokens, which nothing on the way may keep", async () => {
    await using server = await startSessionServer();
    let cacheControl: string | null = null;
    const { tokens } = await server.client.signIn(signInRequest({}), {
      onHeader: (headers) => {
        cacheControl = headers.get("cache-control");
      },
    });
    expect(tokens).toMatchObject({
      accessToken: expect.stringMatching(/^ey[\w-]+\.[\w-]+\.[\w-]+$/),
      expiresIn: { seconds: 600n },
      refreshToken: expect.stringMatching(/^csr_/),
      refreshExpiresIn: { seconds: 604_800n },
      scopes: ["notes:read", "notes:write"],
      tokenType: "Bearer",
    });
    expect(cacheControl).toBe("no-store");
  });

  it("answers a wrong password and an unknown name alike, and tells the audit trail no name", async () => {
    await using server = await startSessionServer();
    for (const change of [{ password: "wrong" }, { username: "eve" }]) {
      expect(await refusal(server.client.signIn(signInRequest(change)))).toMatchObject({
        code: "Unauthenticated",
        reason: "CREDENTIALS_INVALID",
      });
    }
    const event = { type: "sign_in_failed", reason: "CREDENTIALS_INVALID" };
    expect(server.events).toEqual([event, event]);
  });

  it("says how long to wait after too many failures", async () => {
    await using server = await startSessionServer();
    for (let n = 0; n < 5; n++) {
      await refusal(server.client.signIn(signInRequest({ password: "wrong" })));
    }
    expect(await refusal(server.client.signIn(signInRequest({})))).toMatchObject({
      code: "ResourceExhausted",
      reason: "RATE_LIMITED",
      retries: 1,
    });
  });

  it("grants the scopes that are asked for, and refuses those that the account does not have", async () => {
    await using server = await startSessionServer();
    expect((await signIn(server, { scopes: ["notes:read"] })).scopes).toEqual(["notes:read"]);
    expect(await refusal(server.client.signIn(signInRequest({}, { scopes: ["root"] })))).toMatchObject({
      code: "PermissionDenied",
      reason: "INSUFFICIENT_SCOPE",
    });
  });

  const bad = [
    { what: "no credential", input: create(SignInRequestSchema), fields: ["credential"] },
    {
      what: "an empty name and password",
      input: signInRequest({ username: "", password: "" }),
      fields: ["password.username", "password.password"],
    },
    {
      what: "a huge name",
      input: signInRequest({ username: "x".repeat(10_000) }),
      fields: ["password.username"],
    },
    { what: "a name with U+0000", input: signInRequest({ username: "a\0" }), fields: ["password.username"] },
    {
      what: "a huge password",
      input: signInRequest({ password: "x".repeat(1_025) }),
      fields: ["password.password"],
    },
    {
      what: "a scope with a space",
      input: signInRequest({}, { scopes: ["notes:read", "a b"] }),
      fields: ["scopes[1]"],
    },
    {
      what: "too many scopes",
      input: signInRequest({}, { scopes: Array<string>(65).fill("a") }),
      fields: ["scopes"],
    },
    {
      what: "an unknown delivery",
      input: signInRequest({}, { delivery: 9 as Delivery }),
      fields: ["delivery"],
    },
  ];
  for (const { what, input, fields } of bad) {
    it(`refuses ${what}, and names the field`, async () => {
      await using server = await startSessionServer();
      expect(await refusal(server.client.signIn(input))).toMatchObject({ code: "InvalidArgument", fields });
      expect(server.errors).toEqual([]);
    });
  }
});

describe("Refresh", () => {
  it("answers the next tokens, and refuses forged and reused ones", async () => {
    await using server = await startSessionServer();
    const { client, issuer } = server;
    const first = await signIn(server);
    const { tokens: second } = await client.refresh({ refreshToken: first.refreshToken });
    expect(second).toMatchObject({ sessionId: first.sessionId, scopes: first.scopes });
    expect(await refusal(client.refresh({ refreshToken: "csr_forged" }))).toMatchObject({
      code: "Unauthenticated",
      reason: "REFRESH_TOKEN_INVALID",
    });
    issuer.clock.advance(60_000);
    expect(await refusal(client.refresh({ refreshToken: first.refreshToken }))).toMatchObject({
      code: "Unauthenticated",
      reason: "SESSION_REVOKED",
      metadata: { cause: "reuse_detected" },
    });
  });

  it("refuses input that makes no sense", async () => {
    await using server = await startSessionServer();
    const { client } = server;
    expect(await refusal(client.refresh({}))).toMatchObject({ reason: "REFRESH_TOKEN_INVALID" });
    const huge = { refreshToken: "x".repeat(1_025), refreshId: "too short" };
    expect(await refusal(client.refresh(huge))).toMatchObject({
      code: "InvalidArgument",
      fields: ["refresh_token", "refresh_id"],
    });
  });
});

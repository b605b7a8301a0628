import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { startSessionServer } from "../../support/session-server.ts";
import { addTestClient, createOtherIssuer } from "../../support/sign-ins.ts";
import { createWallClock } from "../../support/test-clock.ts";
import { refusal, signInRequest } from "./session-calls.ts";

const FIVE_SECONDS = { maxAccessTokenTtl: durationFromMs(5_000) };
const AN_HOUR = { maxAccessTokenTtl: durationFromMs(3_600_000) };
const OWN_SECONDS = 600n;

describe("a limit to the life of access tokens", () => {
  it("shortens the token of a sign-in, and never lengthens it", async () => {
    await using server = await startSessionServer();
    const { client } = server;
    const short = await client.signIn({ ...signInRequest({}), ...FIVE_SECONDS });
    expect(short.tokens?.expiresIn).toMatchObject({ seconds: 5n });
    const long = await client.signIn({ ...signInRequest({}), ...AN_HOUR });
    expect(long.tokens?.expiresIn).toMatchObject({ seconds: OWN_SECONDS });
  });

  it("holds for the one refresh that says it, also when that is repeated", async () => {
    await using server = await startSessionServer();
    const { client } = server;
    const { tokens } = await client.signIn({ ...signInRequest({}), ...FIVE_SECONDS });
    const request = { refreshToken: tokens?.refreshToken ?? "", refreshId: "a".repeat(22) };
    const own = await client.refresh(request);
    expect(own.tokens?.expiresIn).toMatchObject({ seconds: OWN_SECONDS });
    const repeated = await client.refresh({ ...request, ...FIVE_SECONDS });
    expect(repeated.tokens?.expiresIn).toMatchObject({ seconds: 5n });
    const next = { refreshToken: repeated.tokens?.refreshToken ?? "", refreshId: "b".repeat(22) };
    const short = await client.refresh({ ...next, ...FIVE_SECONDS });
    expect(short.tokens?.expiresIn).toMatchObject({ seconds: 5n });
  });

  it("holds for clients, and for those whom another issuer knows", async () => {
    const other = createOtherIssuer(createWallClock());
    await using server = await startSessionServer({ federated: [other.federated] });
    const { secret } = await addTestClient(server.issuer, "billing");
    const credentials = [
      { case: "clientSecret", value: { clientId: "billing", clientSecret: secret } },
      { case: "federated", value: { token: other.sign() } },
    ] as const;
    for (const credential of credentials) {
      const { tokens } = await server.client.signIn({ credential, ...FIVE_SECONDS });
      expect(tokens?.expiresIn).toMatchObject({ seconds: 5n });
    }
  });

  it("is at least two seconds, and costs no refresh token when it is not", async () => {
    await using server = await startSessionServer();
    const { client } = server;
    const tooShort = { maxAccessTokenTtl: durationFromMs(1_999) };
    const refused = { code: "InvalidArgument", fields: ["max_access_token_ttl"] };
    expect(await refusal(client.signIn({ ...signInRequest({}), ...tooShort }))).toMatchObject(refused);
    const { tokens } = await client.signIn(signInRequest({}));
    const request = { refreshToken: tokens?.refreshToken ?? "", refreshId: "a".repeat(22) };
    for (const maxAccessTokenTtl of [tooShort.maxAccessTokenTtl, durationFromMs(0), durationFromMs(-5_000)]) {
      expect(await refusal(client.refresh({ ...request, maxAccessTokenTtl }))).toMatchObject(refused);
    }
    expect((await client.refresh(request)).tokens?.expiresIn).toMatchObject({ seconds: OWN_SECONDS });
  });
});

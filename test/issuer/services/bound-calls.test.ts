import { ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { expect, it } from "vitest";
import { createAuth } from "../../../server/gate/src/connect/create-auth.ts";
import { buildRequestListener } from "../../../server/node/src/build-server.ts";
import { serveHandler } from "../../node/serving.ts";
import { startOwnIssuer } from "../../support/own-issuer.ts";
import { createProofKey, type ProofParts, signProof } from "../../support/proofs.ts";
import { addTestAccount, TEST_AUDIENCE, TEST_ISSUER } from "../../support/test-issuer.ts";
import { refusal, signInRequest } from "./session-calls.ts";

const key = createProofKey();

/** Serve an issuer that asks for nonces, behind a gate. */
async function start() {
  const own = await startOwnIssuer([], { dpop: { nonces: { secret: new Uint8Array(32).fill(5) } } });
  const { issuer, clock } = own;
  await addTestAccount(issuer.store, "ada");
  const account = await issuer.accounts.find("ada");
  const auth = createAuth({
    routes: (router) => issuer.routes(router),
    issuers: [issuer.trust],
    audience: TEST_AUDIENCE,
    publicUrls: [TEST_ISSUER],
    clock,
    onWarning: () => undefined,
  });
  const serving = await serveHandler(buildRequestListener(auth));
  const transport = createConnectTransport({ baseUrl: serving.origin, httpVersion: "1.1" });
  return {
    account,
    issuer,
    client: createClient(SessionService, transport),
    prove(method: string, { claims, ...parts }: ProofParts = {}) {
      const htu = `${TEST_ISSUER}/countersign.auth.v1.SessionService/${method}`;
      return signProof(key, { ...parts, claims: { htu, iat: clock.nowMs() / 1_000, ...claims } });
    },
    async [Symbol.asyncDispose]() {
      await serving[Symbol.asyncDispose]();
      await own[Symbol.asyncDispose]();
    },
  };
}

it("a session is refreshed with a nonce of the issuer, and its token is taken with a proof by the gate", async () => {
  await using server = await start();
  const { client, issuer, account, prove } = server;
  if (account === undefined) {
    throw new Error("there is no account");
  }
  const grant = { account, clientId: "countersign-first-party", scopes: [] };
  const { refreshToken } = await issuer.sessions.begin(grant);
  const refresh = (nonce?: string) =>
    client.refresh({ refreshToken }, { headers: { dpop: prove("Refresh", { claims: { nonce } }) } });
  const refused = await refresh().catch((error: unknown) => ConnectError.from(error));
  const nonce = refused instanceof ConnectError ? (refused.metadata.get("dpop-nonce") ?? "") : "";
  expect((await refusal(refresh())).reason).toBe("DPOP_NONCE_REQUIRED");
  expect(nonce).toMatch(/^[\w-]+$/);
  const { tokens } = await refresh(nonce);
  expect(tokens?.tokenType).toBe("DPoP");
  const token = tokens?.accessToken ?? "";
  const authorization = `DPoP ${token}`;
  const proven = await client.whoAmI({}, { headers: { authorization, dpop: prove("WhoAmI", { token }) } });
  expect(proven.binding).toBe("dpop");
  expect((await refusal(client.whoAmI({}, { headers: { authorization: `Bearer ${token}` } }))).reason).toBe(
    "TOKEN_INVALID",
  );
});

it("a proof at SignIn and Refresh counts beside an access token too, which the gate has no use for there", async () => {
  await using server = await start();
  const { client, prove } = server;
  for (const dpop of ["no proof", prove("Refresh")]) {
    const headers = { authorization: "DPoP old-token", dpop };
    // Without its proof the call would end as REFRESH_TOKEN_INVALID, and at SignIn in tokens that are bound to nothing.
    const reason = dpop === "no proof" ? "DPOP_PROOF_INVALID" : "DPOP_NONCE_REQUIRED";
    expect(await refusal(client.refresh({ refreshToken: "none" }, { headers }))).toMatchObject({ reason });
  }
  const headers = { authorization: "DPoP old-token", dpop: "no proof" };
  expect((await refusal(client.signIn(signInRequest({}), { headers }))).reason).toBe("DPOP_PROOF_INVALID");
});

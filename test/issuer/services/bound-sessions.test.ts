import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { notEmpty } from "../../support/not-empty.ts";
import { createProofKey, signProof, thumbprintOf } from "../../support/proofs.ts";
import { type SessionServer, startSessionServer } from "../../support/session-server.ts";
import { TEST_ISSUER } from "../../support/test-issuer.ts";
import type { SigningKey } from "../../support/tokens.ts";
import { refusal, signInRequest } from "./session-calls.ts";

const SERVICE = "/countersign.auth.v1.SessionService";
const own = createProofKey();
const other = createProofKey();
const jkt = thumbprintOf(own);

/** A proof that is good but for some claims, or another text in its place. */
interface HostileProof {
  readonly what: string;
  readonly claims?: Claims;
  readonly dpop?: string;
}

type Claims = Readonly<Record<string, unknown>>;

/** Prove a key with a call. */
function proofFor(server: SessionServer, method: "Refresh" | "SignIn", key: SigningKey, claims: Claims = {}) {
  const iat = server.issuer.clock.nowMs() / 1_000;
  const dpop = signProof(key, { claims: { htu: `${TEST_ISSUER}${SERVICE}/${method}`, iat, ...claims } });
  return { headers: { dpop } };
}

/** Sign ada in, with the proof of a key or without. */
async function begin(server: SessionServer, key?: SigningKey) {
  const options = key && proofFor(server, "SignIn", key);
  const { tokens } = await server.client.signIn(signInRequest({}), options);
  return { refreshToken: "", accessToken: "", tokenType: "", sessionId: "", ...tokens };
}

/** Refresh, with the proof of a key or without. */
async function refresh(
  server: SessionServer,
  refreshToken: string,
  { key, refreshId = "" }: { readonly key?: SigningKey; readonly refreshId?: string } = {},
) {
  const options = key && proofFor(server, "Refresh", key);
  const { tokens } = await server.client.refresh({ refreshToken, refreshId }, options);
  return { refreshToken: "", accessToken: "", tokenType: "", sessionId: "", ...tokens };
}

const UNPROVEN = { code: "Unauthenticated", reason: "DPOP_PROOF_INVALID" };
const ATTEMPT = "attempt-number-one";

describe("a session that begins with a DPoP proof", () => {
  it("has access tokens for that key, and goes on with it through each refresh (RFC 9449 §5)", async () => {
    await using server = await startSessionServer();
    let tokens = await begin(server, own);
    for (let times = 0; times < 3; times += 1) {
      expect(tokens.tokenType).toBe("DPoP");
      expect(decodeJwt(tokens.accessToken)).toMatchObject({ cnf: { jkt } });
      tokens = await refresh(server, tokens.refreshToken, { key: own });
    }
  });

  it("is refused to another key and to none, which costs it nothing", async () => {
    await using server = await startSessionServer();
    const { refreshToken } = await begin(server, own);
    expect(await refusal(refresh(server, refreshToken))).toMatchObject(UNPROVEN);
    expect(await refusal(refresh(server, refreshToken, { key: other }))).toMatchObject(UNPROVEN);
    expect(server.issuer.revoked).toEqual([]);
    expect(server.events.filter(({ type }) => type === "refresh_reuse")).toEqual([]);
    expect((await refresh(server, refreshToken, { key: own })).tokenType).toBe("DPoP");
  });

  it("repeats a lost answer, and what another tab has got, for its key alone", async () => {
    await using server = await startSessionServer();
    const { refreshToken } = await begin(server, own);
    const first = await refresh(server, refreshToken, { key: own, refreshId: ATTEMPT });
    for (const refreshId of [ATTEMPT, "attempt-of-a-second-tab"]) {
      expect(await refusal(refresh(server, refreshToken, { refreshId }))).toMatchObject(UNPROVEN);
      const ofOther = refresh(server, refreshToken, { key: other, refreshId });
      expect(await refusal(ofOther)).toMatchObject(UNPROVEN);
      const again = await refresh(server, refreshToken, { key: own, refreshId });
      expect(again.refreshToken).toBe(first.refreshToken);
      expect(decodeJwt(again.accessToken)).toMatchObject({ cnf: { jkt } });
    }
  });

  it("is listed as bound, and no step-up without the key goes on with it", async () => {
    await using server = await startSessionServer();
    const bound = await begin(server, own);
    const { sessionId } = bound;
    const request = { ...signInRequest({}), sessionId };
    const { tokens } = await server.client.signIn(request);
    expect(tokens?.sessionId).not.toBe(sessionId);
    const proven = await server.client.signIn(request, proofFor(server, "SignIn", own));
    expect(proven.tokens).toMatchObject({ sessionId, tokenType: "DPoP" });
    const headers = { authorization: `Bearer ${bound.accessToken}` };
    const { sessions } = await server.client.listSessions({}, { headers });
    expect(sessions.map(({ binding }) => binding).toSorted()).toEqual(["", "dpop"]);
  });
});

describe("a session that turns DPoP on", () => {
  it("is bound at that refresh, for good", async () => {
    await using server = await startSessionServer();
    const unbound = await begin(server);
    expect(unbound.tokenType).toBe("Bearer");
    const bound = await refresh(server, unbound.refreshToken, { key: own, refreshId: ATTEMPT });
    expect(decodeJwt(bound.accessToken)).toMatchObject({ cnf: { jkt } });
    expect(await refusal(refresh(server, bound.refreshToken))).toMatchObject(UNPROVEN);
    expect(await refusal(refresh(server, bound.refreshToken, { key: other }))).toMatchObject(UNPROVEN);
    const lost = refresh(server, unbound.refreshToken, { refreshId: ATTEMPT });
    expect(await refusal(lost)).toMatchObject(UNPROVEN);
    const again = await refresh(server, unbound.refreshToken, { key: own, refreshId: ATTEMPT });
    expect(again.refreshToken).toBe(bound.refreshToken);
  });

  it("ends when a thief has bound it, and its owner refreshes: the token from before proves itself", async () => {
    await using server = await startSessionServer();
    const stolen = await begin(server);
    const ofThief = await refresh(server, stolen.refreshToken, { key: other });
    server.issuer.clock.advance(11_000);
    expect(await refusal(refresh(server, stolen.refreshToken, { key: own }))).toMatchObject({
      reason: "SESSION_REVOKED",
    });
    expect(await refusal(refresh(server, ofThief.refreshToken, { key: other }))).toMatchObject({
      reason: "SESSION_REVOKED",
    });
  });
});

describe("a proof that is no good", () => {
  const hostile = notEmpty<readonly HostileProof[]>([
    { what: "for another method", claims: { htu: `${TEST_ISSUER}${SERVICE}/WhoAmI` } },
    { what: "for another server", claims: { htu: `https://evil.example${SERVICE}/Refresh` } },
    { what: "for GET", claims: { htm: "GET" } },
    { what: "without a jti", claims: { jti: undefined } },
    { what: "of an hour ago", claims: { iat: Date.UTC(2026, 5, 1, 11) / 1_000 } },
    { what: "that is nothing", dpop: "" },
    { what: "that is no JWT", dpop: "proof" },
  ]);

  it("refuses the call, and costs the session nothing", async () => {
    await using server = await startSessionServer();
    const { refreshToken } = await begin(server, own);
    for (const { what, claims, dpop } of hostile) {
      const options = dpop === undefined ? proofFor(server, "Refresh", own, claims) : { headers: { dpop } };
      const refused = await refusal(server.client.refresh({ refreshToken }, options));
      expect([what, refused.reason]).toEqual([what, "DPOP_PROOF_INVALID"]);
      expect((await refusal(server.client.signIn(signInRequest({}), options))).reason).toBe(
        "DPOP_PROOF_INVALID",
      );
    }
    const once = proofFor(server, "Refresh", own);
    await server.client.refresh({ refreshToken, refreshId: ATTEMPT }, once);
    const replayed = server.client.refresh({ refreshToken, refreshId: ATTEMPT }, once);
    expect((await refusal(replayed)).reason).toBe("DPOP_PROOF_INVALID");
    expect(server.issuer.revoked).toEqual([]);
    expect((await refresh(server, refreshToken, { key: own, refreshId: ATTEMPT })).tokenType).toBe("DPoP");
  });
});

import { describe, expect, it } from "vitest";
import type { RevocationCheck } from "../../../server/gate/src/authenticate/authenticator.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { toFederatedSubject } from "../../../server/issuer/src/credentials/federated-identity.ts";
import { createFederation } from "../../../server/issuer/src/credentials/federation.ts";
import { createOtherIssuer } from "../../support/sign-ins.ts";
import { createWallClock } from "../../support/test-clock.ts";
import { createSigningKey, goodClaims, ISSUED_AT_SECONDS, signToken } from "../../support/tokens.ts";

function start(
  exchange: Parameters<typeof createOtherIssuer>[1] = {},
  revocations: Pick<RevocationCheck, "changesOf" | "isRevoked"> = { isRevoked: () => false },
) {
  const clock = createWallClock();
  const other = createOtherIssuer(clock, exchange);
  const federation = createFederation({
    issuers: [other.federated],
    revocations,
    clock,
    toleranceSeconds: 0,
    maxTokenBytes: 8_192,
  });
  return { clock, other, federation };
}

describe("a token of another issuer", () => {
  it("stands for a subject that no other issuer has, with what was declared for it", async () => {
    const { other, federation } = start();
    const claims = { sub: "usr_ada", sid: "s-1", roles: ["ops", "root"], scope: "notes:write admin" };
    const token = other.sign(claims);
    const identity = await federation(token);
    expect(identity).toMatchObject({
      subject: toFederatedSubject("https://idp.example", "usr_ada"),
      external: { issuer: "https://idp.example", subject: "usr_ada", session: "s-1" },
      scopes: ["notes:read"],
      roles: ["admin"],
      expiresAtMs: (ISSUED_AT_SECONDS + 600) * 1_000,
      authTimeMs: undefined,
    });
    expect(identity.subject).toMatch(/^ext_[\w-]{43}$/);
    expect(toFederatedSubject("https://other.example", "usr_ada")).not.toBe(identity.subject);
  });

  it("is exchanged for the roles that its issuer says the user has by now", async () => {
    const changed: { readonly roles: readonly string[] }[] = [];
    const changesOf = () =>
      changed.length === 0 ? undefined : changed.map((claims) => ({ dimension: "sub" as const, claims }));
    const { other, federation } = start({}, { isRevoked: () => false, changesOf });
    const token = other.sign({ roles: ["ops", "root"] });
    expect(await federation(token)).toMatchObject({ roles: ["admin"] });
    changed.push({ roles: [] });
    expect(await federation(token)).toMatchObject({ roles: [] });
  });

  it("keeps the moment when a person proved who they are", async () => {
    const { other, federation } = start();
    const { authTimeMs } = await federation(other.sign({ auth_time: ISSUED_AT_SECONDS - 60 }));
    expect(authTimeMs).toBe((ISSUED_AT_SECONDS - 60) * 1_000);
  });

  it("knows of no sign-in that would come after the end of the token, such as one in milliseconds", async () => {
    const { other, federation } = start();
    for (const time of [ISSUED_AT_SECONDS * 1000, 8.64e12, 1e300]) {
      const { authTimeMs } = await federation(other.sign({ auth_time: time }));
      expect([time, authTimeMs]).toEqual([time, undefined]);
    }
  });

  it("takes over how they proved it as far as that was declared, and in our words (R27)", async () => {
    const { other, federation } = start({
      acr: new Map([["urn:silver", "mfa"]]),
      amr: new Set(["otp", "pwd"]),
    });
    const token = other.sign({ acr: "urn:silver", amr: ["pwd", "face", "otp", 7] });
    expect(await federation(token)).toMatchObject({ acr: "mfa", amr: ["pwd", "otp"] });
    const others = other.sign({ acr: "mfa", amr: "pwd" });
    expect(await federation(others)).toMatchObject({ acr: undefined, amr: [] });
    const undeclared = start();
    const silent = await undeclared.federation(undeclared.other.sign({ acr: "urn:silver", amr: ["pwd"] }));
    expect(silent).toMatchObject({ acr: undefined, amr: [] });
  });

  it("tells its subjects apart by the declared claim", async () => {
    const { other, federation } = start({ subjectClaim: "repository" });
    const { subject } = await federation(other.sign({ repository: "acme/app" }));
    expect(subject).toBe(toFederatedSubject("https://idp.example", "acme/app"));
    for (const repository of [undefined, "", 7, ["acme/app"]]) {
      await expect(federation(other.sign({ repository }))).rejects.toThrow("names its subject");
    }
  });

  it("knows its subject by what every object has neither", async () => {
    const { other, federation } = start({ subjectClaim: "constructor" });
    await expect(federation(other.sign())).rejects.toThrow("names its subject");
  });

  it("is of the subject that its issuer is verified with, when nothing else is declared", async () => {
    const { other, federation } = start({ subjectClaim: undefined });
    const { subject } = await federation(other.sign({ sub: "ada" }));
    expect(subject).toBe(toFederatedSubject("https://idp.example", "ada"));
  });

  it("needs the claims that are required, with exactly their values", async () => {
    const { other, federation } = start({ required: new Map([["repository", "acme/app"]]) });
    await federation(other.sign({ repository: "acme/app" }));
    for (const repository of [undefined, "acme/app2", ["acme/app"], "ACME/app"]) {
      await expect(federation(other.sign({ repository }))).rejects.toThrow("value that is required");
    }
  });

  it("is checked for the type that it was declared as", async () => {
    const { other, federation } = start();
    await federation(other.sign(), "access_token");
    await expect(federation(other.sign(), "id_token")).rejects.toThrow("declared an ID token");
  });

  it("that is bound to a key says so: who takes it asks its sender for the proof", async () => {
    const { federation, other } = start();
    const { principal } = await federation(other.sign({ cnf: { jkt: "x" } }), "jwt");
    expect(principal.binding).toEqual({ kind: "dpop", jwkThumbprint: "x" });
  });

  const stranger = createSigningKey("ES256", "other-key");
  const bad: readonly [string, (other: ReturnType<typeof start>["other"]) => string, string][] = [
    ["for another audience", (other) => other.sign({ aud: "them" }), "not valid here"],
    ["of the type of an ID token", (other) => other.sign({}, { typ: "JWT" }), "not valid here"],
    ["that has expired", (other) => other.sign({ exp: ISSUED_AT_SECONDS - 1, iat: 1 }), "not valid here"],
    [
      "with another's signature",
      () => signToken(stranger, goodClaims({ iss: "https://idp.example" })),
      "not valid",
    ],
    [
      "of an issuer that is not trusted",
      (other) => other.sign({ iss: "https://x.example" }),
      "not valid here",
    ],
    ["that is no token", () => "csr_token", "not valid here"],
  ];
  for (const [what, make, message] of bad) {
    it(`${what} is refused`, async () => {
      const { other, federation } = start();
      await expect(federation(make(other))).rejects.toMatchObject({
        reason: "CREDENTIALS_INVALID",
        message: expect.stringContaining(message),
      });
    });
  }

  it("is refused once it has expired, also when it was good before", async () => {
    const { clock, other, federation } = start();
    const token = other.sign();
    await federation(token);
    clock.advance(600_000);
    await expect(federation(token)).rejects.toMatchObject({ message: "the token has expired" });
  });

  it("is refused once its issuer has ended its session, also when it was good before, and while that cannot be known", async () => {
    const ended = new Set<string | undefined>();
    const { other, federation } = start(
      {},
      {
        isRevoked({ sessionId }) {
          if (ended.has("unknown")) {
            throw new AuthError("AUTH_UNAVAILABLE", "what has been revoked cannot be read just now");
          }
          return ended.has(sessionId);
        },
      },
    );
    const token = other.sign({ sid: "s-1" });
    await federation(token);
    ended.add("s-1");
    const refused = { reason: "CREDENTIALS_INVALID", message: "the token is not valid here" };
    await expect(federation(token)).rejects.toMatchObject(refused);
    ended.add("unknown");
    await expect(federation(token)).rejects.toMatchObject({ reason: "AUTH_UNAVAILABLE" });
  });

  it("is refused when no issuer's tokens are exchanged", async () => {
    const { clock, other } = start();
    const federation = createFederation({
      issuers: [],
      revocations: { isRevoked: () => false },
      clock,
      toleranceSeconds: 0,
      maxTokenBytes: 8_192,
    });
    await expect(federation(other.sign())).rejects.toMatchObject({ reason: "CREDENTIALS_INVALID" });
  });
});

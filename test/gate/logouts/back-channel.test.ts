import { describe, expect, it } from "vitest";
import { createLogoutMemory } from "../../../server/gate/src/logouts/logout-memory.ts";
import { EXPIRY_MARGIN_MS } from "../../../server/gate/src/logouts/to-revoked.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { ISSUED_AT_SECONDS } from "../../support/tokens.ts";
import { issuerKey } from "../connect/fixtures.ts";
import { logoutRequest, otherKey, sender, setUpLogouts, signLogout } from "./logout-kit.ts";
import { REFUSED_LOGOUTS } from "./refused-logouts.ts";

describe("a logout token (OpenID Connect Back-Channel Logout 1.0)", () => {
  it("ends the session that it names, and no other", async () => {
    const { send, call, received, events } = setUpLogouts();
    expect(await call()).toBeUndefined();
    const { status, body, headers } = await send(signLogout());
    expect([status, body, headers.get("cache-control")]).toEqual([200, "", "no-store"]);
    expect(await call()).toBe("SESSION_REVOKED");
    expect(await call({ iat: ISSUED_AT_SECONDS + 1, jti: "later" })).toBe("SESSION_REVOKED");
    expect(await call({ sid: "session-2" })).toBeUndefined();
    expect(await call({ iss: "https://other.example" }, otherKey)).toBeUndefined();
    expect(received).toEqual([{ kind: "back_channel", issuer: sender.issuer, result: "taken" }]);
    expect(events).toEqual([
      { type: "revoked", sessionId: "session-1", externalIssuer: sender.issuer, reason: "logged_out" },
    ]);
  });

  it("ends all that a subject has up to then, when it names no session", async () => {
    const { send, call } = setUpLogouts();
    expect((await send(signLogout({ sid: undefined, iat: ISSUED_AT_SECONDS + 2 }))).status).toBe(200);
    expect(await call()).toBe("SESSION_REVOKED");
    expect(await call({ sid: undefined, iat: ISSUED_AT_SECONDS + 2 })).toBe("SESSION_REVOKED");
    expect(await call({ sid: "session-2", iat: ISSUED_AT_SECONDS + 3 })).toBeUndefined();
    expect(await call({ sub: "usr_bob" })).toBeUndefined();
    expect(await call({ iss: "https://other.example" }, otherKey)).toBeUndefined();
  });

  it("ends all of the subject where the issuer's tokens have no session", async () => {
    const bySubject = { ...sender, logout: { audiences: ["web"], match: "subject" } } as const;
    const { send, call } = setUpLogouts([bySubject]);
    expect((await send(signLogout({ sid: "session-of-the-provider" }))).status).toBe(200);
    expect(await call({ sid: undefined })).toBe("SESSION_REVOKED");
  });

  it("ends the tokens of its subject that name no session, up to then: they may be of the one that has ended", async () => {
    const { send, call, events } = setUpLogouts();
    expect((await send(signLogout())).status).toBe(200);
    expect(await call({ sid: undefined })).toBe("SESSION_REVOKED");
    expect(await call({ sid: undefined, iat: ISSUED_AT_SECONDS + 1 })).toBeUndefined();
    expect(await call({ sid: undefined, sub: "usr_bob" })).toBeUndefined();
    expect(await call({ sid: "session-2" })).toBeUndefined();
    expect(events).toMatchObject([{ sessionId: "session-1" }]);
  });

  it("is warned of where it names no subject, unless tokens are known to name a session", async () => {
    const { match: _, ...open } = sender.logout ?? { audiences: [] };
    const said: number[] = [];
    for (const logout of notEmpty([
      open,
      { ...open, match: "subject" },
      { ...open, match: "session" },
    ] as const)) {
      const { send, call, warnings } = setUpLogouts([{ ...sender, logout }]);
      warnings.splice(0);
      expect((await send(signLogout({ sub: undefined }))).status).toBe(200);
      expect([await call(), await call({ sid: undefined })]).toEqual(["SESSION_REVOKED", undefined]);
      said.push(warnings.filter((line) => line.includes("ended no access token without sid")).length);
    }
    expect(said).toEqual([1, 1, 0]);
  });

  it("is to be sent again where 100,000 are remembered, until some of them have expired", async () => {
    const { clock } = setUpLogouts();
    const taken = createLogoutMemory({ clock, onError: (error) => expect.unreachable(String(error)) });
    const revocations = Array.from({ length: 100_000 }, (_, id) => ({
      ...{ issuer: sender.issuer, dimension: "jti" as const, value: `${id}`, beforeMs: undefined },
      ...{ maxLifeMs: 1_000, reason: "logged_out" as const },
    }));
    const take = (key: string, some = revocations.slice(0, 1)) =>
      taken.take({ key, expiresAtMs: Infinity, revocations: some });
    expect(await take("1", revocations)).toBe("taken");
    await expect(take("2")).rejects.toMatchObject({ reason: "AUTH_UNAVAILABLE" });
    clock.advance(EXPIRY_MARGIN_MS + 1_000);
    expect(await take("2")).toBe("taken");
  });

  it("covers a token without iat whenever it came", async () => {
    const undated = { ...sender, insecure: { allowMissingIssuedAt: true } };
    const { send, call } = setUpLogouts([undated]);
    await send(signLogout({ sid: undefined }));
    expect(await call({ iat: undefined })).toBe("SESSION_REVOKED");
  });

  const server = setUpLogouts();
  it.each(REFUSED_LOGOUTS)("has no effect when it is %s", async (_, token, rule) => {
    const { send, call, received, warnings, events } = server;
    received.splice(0);
    const { status, body } = await send(token);
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({
      error: "invalid_request",
      error_description: expect.stringContaining(rule),
    });
    expect(await call()).toBeUndefined();
    expect(received).toMatchObject([{ kind: "back_channel", result: "refused" }]);
    expect(warnings).toContainEqual(expect.stringContaining(rule));
    expect(events).toEqual([]);
  });

  it("has no second effect, and the same answer, when it comes again", async () => {
    const { send, clock, received, events } = setUpLogouts();
    const again = signLogout({ sid: undefined, iat: ISSUED_AT_SECONDS + 1 }); // signed anew, under the same jti
    const answers = [
      await send(signLogout({ sid: undefined })),
      await send(signLogout({ sid: undefined })),
      await send(again),
    ];
    expect(answers.map(({ status, body }) => [status, body])).toEqual([
      [200, ""],
      [200, ""],
      [200, ""],
    ]);
    expect(received.map(({ result }) => result)).toEqual(["taken", "repeated", "repeated"]);
    expect(events).toHaveLength(1);
    clock.advance(200_000);
    expect((await send(signLogout({ sid: undefined }))).status).toBe(400);
  });

  it("is remembered for as long as a token of its issuer can last", async () => {
    const long = { ...sender, insecure: { maxTokenLifeSeconds: 30 * 86_400 } };
    const { send, call, clock } = setUpLogouts([long]);
    await send(signLogout());
    clock.advance(29 * 86_400_000);
    await send(
      signLogout({
        jti: "another",
        sid: "session-2",
        iat: clock.nowMs() / 1_000,
        exp: clock.nowMs() / 1_000 + 60,
      }),
    );
    expect(await call({ exp: ISSUED_AT_SECONDS + 30 * 86_400 })).toBe("SESSION_REVOKED");
  });

  it("never passes for an access token, whatever types the issuer's tokens have", async () => {
    const loose = { ...sender, types: ["at+jwt", "JWT", "logout+jwt"], insecure: { allowMissingType: true } };
    const { auth, call } = setUpLogouts([loose]);
    const use = (typ: string | undefined) =>
      auth.explain({
        method: "test.v1.EchoService/Call",
        token: signLogout({ aud: ["web", "ledger"] }, { typ }),
      });
    for (const typ of notEmpty(["JWT", "logout+jwt", undefined])) {
      expect(await use(typ)).toMatchObject({
        reason: "TOKEN_INVALID",
        detail: "the token is a security event, and not an access token",
      });
    }
    expect(await call()).toBeUndefined();
  });
});

describe("the endpoint of logouts", () => {
  const good = signLogout();
  const cases = notEmpty([
    ["GET", new Request("https://ledger.example/backchannel-logout"), 405],
    [
      "a query",
      new Request(`https://ledger.example/backchannel-logout?logout_token=${good}`, { method: "POST" }),
      400,
    ],
    ["JSON", logoutRequest(good, { headers: { "content-type": "application/json" } }), 400],
    [
      "two tokens",
      logoutRequest(good, {
        body: new URLSearchParams([
          ["logout_token", good],
          ["logout_token", good],
        ]),
      }),
      400,
    ],
    ["none", logoutRequest(good, { body: new URLSearchParams() }), 400],
    [
      "a form that is too large",
      logoutRequest(good, { body: new URLSearchParams({ logout_token: "x".repeat(70_000) }) }),
      413,
    ],
    ["another path", new Request("https://ledger.example/logout", { method: "POST" }), 404],
  ] as const);

  it.each(cases)("refuses %s", async (_, request, status) => {
    const { logouts, call } = setUpLogouts();
    const response = await logouts.endpoints(request);
    expect(response.status).toBe(status);
    expect(response.headers.get("allow")).toBe(status === 405 ? "POST" : null);
    expect(await call()).toBeUndefined();
  });

  it("has the provider send again what cannot be verified or written just now", async () => {
    const keys = { source: { find: () => Promise.reject(new Error("down")), isTrusted: () => true } };
    const down = setUpLogouts([{ ...sender, keys }]);
    const full = setUpLogouts([sender], { sink: { take: () => Promise.reject(new Error("disk full")) } });
    const unverified = await down.send(good);
    expect([unverified.status, unverified.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(down.errors).toMatchObject([
      { message: "the key source of issuer https://issuer.example failed" },
    ]);
    expect((await full.send(good)).status).toBe(500);
    expect([down.received, full.received].flat().map(({ result }) => result)).toEqual(["failed", "failed"]);
  });

  it("counts forged tokens against their peer, and takes a good one all the same", async () => {
    const taken: string[] = [];
    const { send } = setUpLogouts([sender], {
      tokenFailureLimit: {
        assertAllowed: () => undefined,
        take: (peer) => void taken.push(peer),
      },
    });
    await send(signLogout({}, { key: otherKey, kid: issuerKey.kid }), "192.0.2.1");
    await send("garbage", "192.0.2.1");
    await send(signLogout({ aud: "mobile" }), "192.0.2.2");
    await send(good, "192.0.2.1");
    expect(taken).toEqual(["192.0.2.1", "192.0.2.1"]);
  });
});

import { describe, expect, test } from "vitest";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { createVerificationState } from "../../../server/gate/src/security-events/verification-state.ts";
import { CAEP, RISC, SSF } from "../../support/event-transmitter.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { LOGOUT_EVENT } from "../logouts/logout-kit.ts";
import { ISSUER, SESSION_REVOKED, setUpReceiving, signEvent } from "./receiving.ts";

const DAY_MS = 86_400_000;
const NOW_S = Math.floor(Date.now() / 1_000);
const ADA = { format: "iss_sub", iss: ISSUER, sub: "ada" };

const of = (type: string, event: object = {}, subject: object = ADA) => ({
  sub_id: subject,
  events: { [type]: event },
});

describe("an event that is pushed", () => {
  test.each(
    notEmpty([
      { claims: {}, ends: ["sid", "s-1", undefined, "session_revoked"] },
      {
        claims: of(SESSION_REVOKED, { event_timestamp: NOW_S - 60 }),
        ends: ["sub", "ada", NOW_S - 60, "session_revoked"],
      },
      {
        claims: of(SESSION_REVOKED, {}, { format: "jwt_id", iss: ISSUER, jti: "t-1" }),
        ends: ["jti", "t-1", undefined, "session_revoked"],
      },
      {
        claims: of(`${CAEP}credential-change`, { change_type: "update", credential_type: "password" }),
        ends: ["sub", "ada", NOW_S, "account_changed"],
      },
      {
        claims: of(`${CAEP}token-claims-change`, { claims: { role: "reader" } }),
        ends: ["sub", "ada", NOW_S, "claims_changed"],
        changedClaims: { role: "reader" },
      },
      { claims: of(`${CAEP}token-claims-change`), ends: ["sub", "ada", NOW_S, "claims_changed"] },
      {
        claims: of(`${CAEP}token-claims-change`, { claims: { groups: "ä".repeat(1_024) } }),
        ends: ["sub", "ada", NOW_S, "claims_changed"],
      },
      {
        claims: of(`${RISC}account-disabled`, { reason: "hijacking" }),
        ends: ["sub", "ada", NOW_S, "account_changed"],
      },
    ]),
  )(
    "$ends.0 $ends.1: it ends what it names ($ends.3), and is answered 202",
    async ({ claims, ends, ...change }) => {
      await using receiving = setUpReceiving();
      const { status, json, headers } = await receiving.push(signEvent({ iat: NOW_S, ...claims }));
      expect([status, json, headers.get("cache-control")]).toEqual([202, undefined, "no-store"]);
      const [dimension, value, beforeS, reason] = ends;
      const [taken, ...others] = receiving.taken;
      // Beside a session, the tokens of its user that name none.
      expect(others).toMatchObject(
        dimension === "sid" ? [{ dimension: "sub", value: "ada", withoutSession: true }] : [],
      );
      expect([taken]).toEqual([
        {
          issuer: ISSUER,
          dimension,
          value,
          beforeMs: typeof beforeS === "number" ? beforeS * 1_000 : undefined,
          maxLifeMs: DAY_MS,
          reason,
          ...change,
        },
      ]);
      expect(receiving.received).toMatchObject([{ kind: "push", issuer: ISSUER, result: "taken" }]);
    },
  );

  test("ends all tokens of its subject, where tokens name no session", async () => {
    await using receiving = setUpReceiving({ signals: { match: "subject" } });
    await receiving.push(signEvent());
    expect(receiving.taken).toMatchObject([{ dimension: "sub", value: "ada" }]);
  });

  test("has the same answer when it is repeated, and no second effect", async () => {
    await using receiving = setUpReceiving();
    const token = signEvent();
    const signedAgain = signEvent({ jti: "the-same" });
    const other = signEvent({ jti: "the-same", txn: "2" });
    const answers = await Promise.all([token, token, signedAgain].map((each) => receiving.push(each)));
    expect([...answers, await receiving.push(other)].map(({ status }) => status)).toEqual([
      202, 202, 202, 202,
    ]);
    expect(receiving.taken.filter(({ dimension }) => dimension === "sid").length).toBe(2);
    expect(receiving.received.map(({ result }) => result).sort()).toEqual([
      "repeated",
      "repeated",
      "taken",
      "taken",
    ]);
  });

  test("and a logout of the same issuer are two, also under the same jti", async () => {
    await using receiving = setUpReceiving({ logoutAudiences: ["web"] });
    await receiving.push(signEvent({ jti: "1" }));
    const logout = { jti: "1", aud: "web", exp: NOW_S + 60, sid: "s-2", events: { [LOGOUT_EVENT]: {} } };
    const body = new URLSearchParams({
      logout_token: signEvent({ ...logout, sub_id: undefined }, { typ: "logout+jwt" }),
    });
    const request = new Request("https://notes.example.com/backchannel-logout", { method: "POST", body });
    await receiving.receiver.endpoints(request, { peer: "192.0.2.1" });
    expect(receiving.received).toMatchObject([{ kind: "push" }, { kind: "back_channel", result: "taken" }]);
    expect(receiving.taken.map(({ value }) => value)).toEqual(["s-1", "ada", "s-2"]);
  });

  test.each(
    notEmpty([
      { what: "of a type that is not known", claims: of("https://evil.example/made-up"), event: "other" },
      {
        what: "of a credential that is added",
        claims: of(`${CAEP}credential-change`, { change_type: "create" }),
      },
      {
        what: "about what no token names",
        claims: of(SESSION_REVOKED, {}, { format: "ip-addresses" }),
        note: true,
      },
      {
        what: "about a user of another issuer",
        claims: of(SESSION_REVOKED, {}, { ...ADA, iss: "https://other.example" }),
        note: true,
      },
      {
        what: "that verifies the stream",
        claims: of(`${SSF}verification`, { state: "by hand" }),
        event: "verification",
      },
      {
        what: "of a stream that is paused",
        claims: of(`${SSF}stream-updated`, { status: "paused" }),
        note: true,
      },
    ]),
  )("$what is answered 202, and has no effect", async ({ claims, event, note = false }) => {
    await using receiving = setUpReceiving();
    expect((await receiving.push(signEvent(claims))).status).toBe(202);
    expect(receiving.taken).toEqual([]);
    expect(receiving.received).toMatchObject([
      { result: "ignored", ...(event === undefined ? {} : { event }) },
    ]);
    expect(receiving.warnings.length).toBe(note ? 1 : 0);
  });

  test("that verifies the stream must repeat a state that was asked for, where one was", async () => {
    await using receiving = setUpReceiving({
      signals: { streamId: "stream-1", fetch: () => new Promise(() => {}) },
    });
    const verify = async (event: object) =>
      (await receiving.push(signEvent(of(`${SSF}verification`, event, { format: "opaque", id: "stream-1" }))))
        .json;
    const mine = await createVerificationState("stream-1");
    const others = await createVerificationState("stream-2");
    expect([await verify({}), await verify({ state: mine })]).toEqual([undefined, undefined]);
    for (const state of [others, `${mine}x`, "", 1, mine.replace(/^./, "z")]) {
      expect(await verify({ state })).toMatchObject({ err: "invalid_state" });
    }
  });

  test("must have the header authorization that was given to the transmitter", async () => {
    await using receiving = setUpReceiving({ signals: { push: { authorization: "Bearer given" } } });
    for (const headers of [{}, { authorization: "Bearer other" }, { authorization: "bearer given" }]) {
      const { status, json } = await receiving.push(signEvent(), { headers });
      expect({ status, json }).toMatchObject({ status: 400, json: { err: "authentication_failed" } });
    }
    expect(receiving.taken).toEqual([]);
    expect((await receiving.push(signEvent(), { headers: { authorization: "Bearer given" } })).status).toBe(
      202,
    );
  });

  test("is to be sent again when it cannot be kept, or its signature not be checked", async () => {
    await using receiving = setUpReceiving();
    receiving.next.failure = new AuthError("AUTH_UNAVAILABLE", "the store is away", { retryAfterMs: 7_000 });
    const token = signEvent();
    const failed = await receiving.push(token);
    expect([failed.status, failed.headers.get("retry-after"), failed.json]).toEqual([503, "7", undefined]);
    receiving.next.failure = undefined;
    expect((await receiving.push(token)).status).toBe(202);
    expect(receiving.taken.map(({ value }) => value)).toEqual(["s-1", "ada"]);
  });
});

import { expect, test } from "vitest";
import type { LogoutEvent } from "../../../server/gate/src/logouts/logout-sink.ts";
import { toFederatedSubject } from "../../../server/issuer/src/credentials/federated-identity.ts";
import { createLogoutSink } from "../../../server/issuer/src/revoke/logout-sink.ts";
import { findSession } from "../../../server/issuer/src/store/sessions.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { exchange, startClaimIssuer } from "../create-issuer/claim-issuer.ts";

const HOUR_MS = 3_600_000;

const logoutOf = (key: string): LogoutEvent => ({
  key,
  expiresAtMs: Number.MAX_SAFE_INTEGER,
  revocations: [
    {
      issuer: "https://idp.example",
      dimension: "sid",
      value: "s-1",
      beforeMs: undefined,
      maxLifeMs: HOUR_MS,
      reason: "logged_out",
    },
  ],
});

/** Requests that begin a session with a token of another issuer. */
const REQUESTS = notEmpty([
  { what: "exchange", toForm: exchange },
  {
    what: "sign-in",
    toForm: (token: string) => ({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      assertion: token,
    }),
  },
]);

test.each(REQUESTS)(
  "one $what that is under way while its provider ends the session, at whichever server, leaves none here",
  async ({ toForm }) => {
    const begun: string[] = [];
    let end = async (): Promise<unknown> => undefined;
    await using started = await startClaimIssuer(async ({ sessionId }) => {
      begun.push(sessionId);
      await end();
      return {};
    });
    const { issuer, other, token } = started;
    const begin = async () => {
      const { status, body } = await token(toForm(other.sign({ sid: "s-1" })));
      const session = await findSession(issuer.store, begun.at(-1) ?? "");
      return { status, refreshToken: body.refresh_token, reason: session?.revokeReason };
    };
    const good = await begin();
    expect(good).toMatchObject({ status: 200, reason: undefined });
    // Another server on the store, of whose message this one has not heard yet.
    const elsewhere = createLogoutSink({
      ...{ store: { ...issuer.store, bus: { ...issuer.store.bus, publish: async () => undefined } } },
      ...{ clock: issuer.clock, toOwnSubject: toFederatedSubject },
      revocations: { learn: () => undefined, hold: () => undefined },
      audit: { record: () => undefined },
    });
    end = () => elsewhere.take(logoutOf("elsewhere"));
    expect(await begin()).toEqual({ status: 400, refreshToken: undefined, reason: "logged_out" });
  },
);

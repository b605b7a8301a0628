import { describe, expect, test } from "vitest";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { principalOf, settle, setUpSignals } from "./signalled.ts";

const STREAM_ID = "a".repeat(22);

describe("a server that cannot verify the token of a renewal just now", () => {
  for (const reason of notEmpty(["AUTH_UNAVAILABLE", "RATE_LIMITED"] as const)) {
    test(`refuses no stream, and says so to its own callers: ${reason}`, async () => {
      const { signals, hubs, errors, last } = await setUpSignals();
      signals.addServer({
        audience: "ledger",
        renew: () => Promise.reject(new AuthError(reason, "not just now")),
      });
      await settle();
      hubs.begin(last());
      const streamIds = [STREAM_ID];
      last()?.say({ case: "renewal", value: { renewalId: "r1", streamIds, accessToken: "token" } });
      await settle();
      expect([hubs.answers, errors]).toEqual([[], []]);
      const by = { principal: principalOf("ada"), accessToken: "token" };
      await expect(signals.renew([{ streamId: STREAM_ID }], by)).rejects.toMatchObject({ reason });
      expect(hubs.forwarded).toEqual([]);
    });
  }
});

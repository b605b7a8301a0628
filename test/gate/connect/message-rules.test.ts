import { describe, expect, test } from "vitest";
import { kinds, mine, other, outcomeOf, service, setUp } from "./ruled-echo.ts";

const DENIED = "PermissionDenied POLICY_DENIED";

describe("message rules (S3)", () => {
  for (const [kind, call] of Object.entries(kinds)) {
    test(`let a ${kind} pass while every message is allowed`, async () => {
      const { client, seen, events } = setUp();
      expect(await outcomeOf(() => call(client, [mine, mine]))).toBe("passed");
      expect(new Set(seen)).toEqual(new Set(["usr_ada"]));
      expect(events).toEqual([]);
    });

    test(`end a ${kind} at the first message that is not, which its handler never sees`, async () => {
      const { client, seen, events } = setUp();
      expect(await outcomeOf(() => call(client, [mine, other]))).toBe(DENIED);
      expect(seen).not.toContain("usr_eve");
      expect(events).toEqual([
        expect.objectContaining({
          type: "call_denied",
          reason: "POLICY_DENIED",
          detail: "the rule of the method does not allow this request",
        }),
      ]);
    });

    test(`only say so in shadow mode: ${kind}`, async () => {
      const { client, seen, events } = setUp({ enforce: new Map([[service, "shadow" as const]]) });
      expect(await outcomeOf(() => call(client, [mine, other]))).toBe("passed");
      expect(seen).toContain("usr_eve");
      expect(events).toMatchObject([{ type: "call_would_be_denied", reason: "POLICY_DENIED" }]);
    });
  }

  for (const kind of ["client stream", "bidi stream"] as const) {
    test(`end a ${kind} whose handler hangs when a message is refused`, async () => {
      const { client, seen } = setUp({ hangs: true });
      expect(await outcomeOf(() => kinds[kind](client, [mine, other]))).toBe(DENIED);
      expect(seen).toEqual(["usr_ada"]);
    });
  }
});

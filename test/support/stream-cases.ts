import { Code } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { LIVES, runImport, runSync, runWatch, signInSession } from "./stream-runs.ts";

/** What the streams of {@link describeStreams} must have been renewed together: each in every life but its first. */
export const LEAST_RENEWALS = 4 * (LIVES - 1);

/** Prove that streams of all kinds go on over the lives of their token, all at the same time. */
export function describeStreams(baseUrlOf: () => string): void {
  describe.concurrent(`streams over ${LIVES} lives of their token`, () => {
    for (const way of ["grpc", "web"] as const) {
      test(`of messages from the server go on without a gap, over ${way}`, async () => {
        await using client = await signInSession(baseUrlOf());
        const { written, seen, end } = await runWatch(client, way);
        expect(end).toMatchObject({ code: Code.Canceled });
        // The other runs write to the same account: what this one wrote must be there, once and in order.
        expect(seen.filter((own) => written.includes(own))).toEqual(written);
        expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => (a < b ? -1 : 1)));
      });
    }

    test("of messages from the client end with all of them", async () => {
      await using client = await signInSession(baseUrlOf());
      const { sent, created } = await runImport(client);
      expect(created).toBe(sent);
    });

    test("of messages both ways acknowledge every one", async () => {
      await using client = await signInSession(baseUrlOf());
      const { sent, seen } = await runSync(client);
      expect(seen).toHaveLength(sent);
    });
  });
}

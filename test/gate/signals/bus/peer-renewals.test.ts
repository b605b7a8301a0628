import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { AuthError } from "../../../../server/gate/src/errors/auth-error.ts";
import type { SignalledServer } from "../../../../server/gate/src/signals/signals.ts";
import { refuseStrangers, type StreamRef } from "../../../../server/gate/src/streams/renewal.ts";
import { principalOf } from "../../authorize/fixtures.ts";
import { createLinkedServers, type LinkedServer } from "./linked-servers.ts";

const nameOf = (letters: string): string => letters.padEnd(22, "_");

/** A server with some streams, which takes one token. */
function serverWith(
  streams: readonly string[],
  token = "good",
): SignalledServer & { readonly asked: string[][] } {
  const asked: string[][] = [];
  return {
    audience: "billing",
    asked,
    async renew(streamIds, accessToken) {
      asked.push([...streamIds]);
      if (accessToken === "other party" && streamIds.some((id) => streams.includes(id))) {
        throw refuseStrangers();
      }
      if (accessToken !== token && accessToken !== "other party") {
        throw new AuthError("TOKEN_INVALID", "the token is not for this server");
      }
      const renewed = streamIds.filter((id) => streams.includes(id));
      return {
        renewed: renewed.map((streamId) => ({ streamId, expiresInMs: 60_000 })),
        ended: [],
        unknown: [],
        absent: streamIds.filter((id) => !streams.includes(id)),
      };
    },
  };
}

function setUp() {
  const linked = createLinkedServers();
  const [a, b] = [nameOf("a"), nameOf("b")];
  const server = serverWith([a]);
  const here = linked.join();
  const there = linked.join({ servers: [server] });
  const reports = linked.join({ servers: [serverWith([b], "of another audience")] });
  /** Renew, while time passes. */
  const renew = async (streams: readonly StreamRef[], accessToken = "good", at: LinkedServer = here) => {
    let settled: unknown;
    at.signals.renew(streams, { principal: principalOf(), accessToken }).then(
      (result) => {
        settled = { ...result, renewed: result.renewed.map(({ streamId }) => streamId) };
      },
      (error: AuthError) => {
        settled = error.reason;
      },
    );
    await linked.until(() => settled !== undefined);
    return settled;
  };
  return { ...linked, a, b, server, here, there, reports, renew };
}

test("a stream is renewed where it is open, whether its owner is named or not", async () => {
  const { renew, a, there, here, untilReady } = setUp();
  await untilReady(here, there);
  const renewed = { renewed: [a], ended: [], unknown: [] };
  expect(await renew([{ streamId: a, owner: there.id }])).toEqual(renewed);
  expect(await renew([{ streamId: a }])).toEqual(renewed);
  const nobodys = nameOf("nobodys");
  expect(await renew([{ streamId: a }, { streamId: nobodys }])).toEqual({ ...renewed, unknown: [nobodys] });
});

test("an owner that is gone, one that is this server, and one of another audience have nothing to renew", async () => {
  const { renew, a, b, here, reports, clock, server } = setUp();
  const gone = randomBytes(16).toString("base64url");
  const sinceMs = clock.monotonicMs();
  expect(await renew([{ streamId: a, owner: gone }])).toEqual({ renewed: [], ended: [], unknown: [a] });
  // It is looked up, and not waited for.
  expect(clock.monotonicMs() - sinceMs).toBeLessThan(1_000);
  expect(await renew([{ streamId: a, owner: here.id }])).toEqual({ renewed: [], ended: [], unknown: [a] });
  expect(server.asked).toEqual([]);
  expect(await renew([{ streamId: b, owner: reports.id }])).toBe("POLICY_DENIED");
  expect(await renew([{ streamId: b }])).toEqual({ renewed: [], ended: [], unknown: [b] });
});

test("a stream that no server has is unknown at once, when the servers are known", async () => {
  const { renew, here, there, reports, until, untilReady, clock } = setUp();
  await untilReady(here, there, reports);
  const timeOf = async (server: LinkedServer = here): Promise<number> => {
    const sinceMs = clock.monotonicMs();
    const nowhere = nameOf("nowhere");
    expect(await renew([{ streamId: nowhere }], "good", server)).toMatchObject({ unknown: [nowhere] });
    return clock.monotonicMs() - sinceMs;
  };
  // Others may be there that have not said anything yet.
  expect(await timeOf()).toBeGreaterThanOrEqual(1_000);
  const startedMs = clock.monotonicMs();
  await until(() => clock.monotonicMs() - startedMs >= 25_000);
  expect(await timeOf()).toBeLessThan(1_000);
  // One that hangs has its time, and one that is gone is left out until it says something.
  there.isDeaf = true;
  expect(await timeOf()).toBeGreaterThanOrEqual(1_000);
  await there.signals.close();
  expect(await timeOf()).toBeLessThan(1_000);
  here.heal();
  expect(await timeOf()).toBeGreaterThanOrEqual(1_000);
});

test("another party's token renews nothing, and is refused", async () => {
  const { renew, a, there } = setUp();
  expect(await renew([{ streamId: a, owner: there.id }], "other party")).toBe("POLICY_DENIED");
  expect(await renew([{ streamId: a }], "other party")).toBe("POLICY_DENIED");
});

test("many streams are asked for in several messages, and a token that fits into none is told to no server", async () => {
  const { renew, there, published, server } = setUp();
  const streams = Array.from({ length: 130 }, (_, index) => ({
    streamId: nameOf(String(index)),
    owner: there.id,
  }));
  expect(await renew(streams)).toMatchObject({ unknown: streams.map(({ streamId }) => streamId) });
  // In whichever order the checks of their token end.
  expect(server.asked.map(({ length }) => length).toSorted((a, b) => b - a)).toEqual([50, 50, 30]);
  const { length } = published;
  expect(await renew(streams.slice(0, 1), "x".repeat(6_000))).toMatchObject({ unknown: [nameOf("0")] });
  expect(published.slice(length).filter(({ channel }) => channel !== "countersign_signals")).toEqual([]);
  expect(await renew(streams.slice(0, 30), "x".repeat(5_500))).toBe("POLICY_DENIED");
});

test("without a bus, and for an account that asks too often, the others cannot be asked", async () => {
  const { renew, a, there, here } = setUp();
  here.cut();
  expect(await renew([{ streamId: a, owner: there.id }])).toBe("AUTH_UNAVAILABLE");
  const requests = Array.from({ length: 120 }, () => renew([{ streamId: a, owner: there.id }]));
  expect(await Promise.all(requests)).toContain("RATE_LIMITED");
});

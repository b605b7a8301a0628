import { describe, expect, test } from "vitest";
import { createPoller } from "../../../server/gate/src/security-events/poller.ts";
import { SetError } from "../../../server/gate/src/security-events/set-error.ts";
import type { SignalsError } from "../../../server/gate/src/signals/signals-error.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { settle } from "../signals/signalled.ts";

type Answer = () => Response | Promise<Response>;

interface PollBody {
  readonly maxEvents: number;
  readonly ack: readonly string[];
  readonly setErrs: Readonly<Record<string, unknown>>;
}

const sets =
  (...ids: readonly string[]): Answer =>
  () =>
    Response.json({ sets: Object.fromEntries(ids.map((id) => [id, `token of ${id}`])) });
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  () =>
    new Response(null, { status: code, headers });
/** Holds its answer back for ever. */
const hold: Answer = () => new Promise<Response>(() => {});

/** Poll a transmitter that answers by a script, and then no more. */
function setUp(answers: readonly Answer[], outcomes: Readonly<Record<string, unknown>> = {}) {
  const clock = createTestClock();
  const asked: { readonly body: PollBody; readonly headers: Headers; readonly atMs: number }[] = [];
  const taken: string[] = [];
  const errors: SignalsError[] = [];
  const left = [...answers];
  const poller = createPoller({
    target: {
      url: new URL("https://login.example.com/poll"),
      headers: { authorization: "Bearer secret" },
      tokens: undefined,
      fetch: async (_url, init) => {
        const body = JSON.parse(init?.body as string) as PollBody; // as the poller writes it
        asked.push({ body, headers: new Headers(init?.headers), atMs: clock.monotonicMs() });
        return (left.shift() ?? hold)();
      },
    },
    take: async (token) => {
      const outcome = outcomes[token];
      if (outcome !== undefined) {
        throw outcome;
      }
      taken.push(token);
      return "taken";
    },
    clock,
    random: () => 0.5,
    onError: (error) => errors.push(error),
  });
  poller.start();
  return {
    clock,
    asked,
    taken,
    errors,
    /** Let time pass until so many polls were made. */
    async untilAsked(count: number) {
      await settle();
      while (asked.length < count) {
        clock.advance(Math.min(...clock.scheduledMs));
        await settle();
      }
    },
    [Symbol.asyncDispose]: () => poller.close(),
  };
}

describe("a poller", () => {
  test("acknowledges what it has taken with the next poll, at once", async () => {
    await using polling = setUp([sets("a", "b")]);
    await polling.untilAsked(2);
    expect(polling.taken).toEqual(["token of a", "token of b"]);
    expect(polling.asked.map(({ body }) => body)).toEqual([
      { maxEvents: 50, returnImmediately: false, ack: [], setErrs: {} },
      { maxEvents: 50, returnImmediately: false, ack: ["a", "b"], setErrs: {} },
    ]);
    expect(polling.asked[0]?.headers.get("authorization")).toBe("Bearer secret");
    expect(polling.asked[1]?.atMs).toBe(0);
  });

  test("reports what is no good, and acknowledges the rest", async () => {
    const outcomes = { "token of b": new SetError("invalid_audience", "aud does not name this server") };
    await using polling = setUp([sets("a", "b")], outcomes);
    await polling.untilAsked(2);
    expect(polling.asked[1]?.body).toMatchObject({
      ack: ["a"],
      setErrs: { b: { err: "invalid_audience", description: "aud does not name this server" } },
    });
  });

  test("refuses what is no text", async () => {
    await using polling = setUp([() => Response.json({ sets: { a: { not: "text" }, __proto__: 1 } })]);
    await polling.untilAsked(2);
    expect(polling.asked[1]?.body.setErrs).toMatchObject({ a: { err: "invalid_request" } });
  });

  test("takes no more at a time than it has asked for", async () => {
    const ids = Array.from({ length: 51 }, (_, at) => `event-${at}`);
    await using polling = setUp([sets(...ids)]);
    await polling.untilAsked(2);
    expect(polling.asked[1]?.body.ack).toEqual(ids.slice(0, 50));
  });

  test("asks for fewer where the answer is too long, as long as there are more", async () => {
    const tooLong: Answer = () => new Response("x".repeat(1_048_577));
    const more = (id: string, moreAvailable: boolean): Answer => {
      return () => Response.json({ sets: { [id]: `token of ${id}` }, moreAvailable });
    };
    await using polling = setUp([sets("a"), tooLong, tooLong, more("b", true), more("c", false)]);
    await polling.untilAsked(6);
    expect(polling.asked.map(({ body }) => [body.maxEvents, body.ack[0]])).toEqual([
      [50, undefined],
      [50, "a"],
      [25, "a"],
      [12, "a"],
      [12, "b"],
      [50, "c"],
    ]);
    expect([polling.errors, polling.asked.at(-1)?.atMs]).toEqual([[], 0]);
  });

  test("neither acknowledges nor refuses what cannot be kept just now: it comes again", async () => {
    const outcomes: Record<string, unknown> = { "token of b": new Error("the store is away") };
    await using polling = setUp([sets("a", "b"), sets("b")], outcomes);
    await settle();
    delete outcomes["token of b"];
    await polling.untilAsked(3);
    expect(polling.asked.map(({ body }) => body.ack)).toEqual([[], ["a"], ["b"]]);
    expect(polling.asked[1]?.atMs).toBeGreaterThan(0);
  });

  test("acknowledges again what a poll that failed may not have said", async () => {
    await using polling = setUp([sets("a"), status(503)]);
    await polling.untilAsked(3);
    expect(polling.asked.map(({ body }) => body.ack)).toEqual([[], ["a"], ["a"]]);
  });

  test("asks once a second where answers are not held back", async () => {
    await using polling = setUp([sets(), sets(), sets()]);
    await polling.untilAsked(3);
    expect(polling.asked.map(({ atMs }) => atMs)).toEqual([0, 1_000, 2_000]);
  });

  test("slows down where acknowledged events come again and again", async () => {
    await using polling = setUp(Array.from({ length: 6 }, () => sets("a")));
    await polling.untilAsked(6);
    const waits = polling.asked.map(({ atMs }, at) => atMs - (polling.asked[at - 1]?.atMs ?? 0));
    expect(waits).toEqual([0, 0, 375, 750, 1_500, 3_000]);
  });

  test("gives a poll up after 100 s, and asks again", async () => {
    await using polling = setUp([hold]);
    await settle();
    polling.clock.advance(99_999);
    expect(polling.asked.length).toBe(1);
    await polling.untilAsked(2);
  });

  test("asks again at once, and reports nothing, where a proxy cuts polls that are held back", async () => {
    const cut: Answer = () => {
      polling.clock.advance(60_000);
      return new Response(null, { status: 504 });
    };
    await using polling = setUp([hold, cut, cut, cut]);
    await settle();
    polling.clock.advance(100_000);
    await polling.untilAsked(5);
    expect(polling.asked.map(({ atMs }) => atMs)).toEqual([0, 100_000, 160_000, 220_000, 280_000]);
    expect(polling.errors).toEqual([]);
  });

  test("waits as long as the transmitter says", async () => {
    await using polling = setUp([status(429, { "retry-after": "30" })]);
    await polling.untilAsked(2);
    expect(polling.asked[1]?.atMs).toBe(30_000);
  });

  test.each(
    notEmpty([
      {
        what: "a credential that is not taken",
        answer: status(401),
        says: "does not take the credential",
        polls: 1,
      },
      { what: "an outage that lasts", answer: status(500), says: "sends no events just now", polls: 2 },
      { what: "a page", answer: () => new Response("<html>"), says: "check its URL", polls: 2 },
      { what: "no events", answer: () => Response.json({ sets: [] }), says: "check its URL", polls: 2 },
      {
        what: "a redirect",
        answer: status(302, { location: "https://evil.example" }),
        says: "status 302",
        polls: 2,
      },
      {
        what: "more than 1 MiB",
        answer: () => new Response("x".repeat(1_048_577)),
        says: "with more than 1 MiB",
        polls: 7,
      },
    ]),
  )("reports $what once", async ({ answer, says, polls }) => {
    await using polling = setUp(Array.from({ length: polls + 3 }, () => answer));
    await polling.untilAsked(polls + 1);
    await polling.untilAsked(polls + 3);
    expect(polling.errors.map(({ message }) => message)).toEqual([expect.stringContaining(says)]);
    expect(polling.errors[0]?.message).not.toContain("secret");
  });
});

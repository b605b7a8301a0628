import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { WatchResponseSchema } from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { describe, expect, test } from "vitest";
import { createFeed } from "../../../server/gate/src/signals/feed.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { ISSUED_AT_MS, tokenOf } from "../revoked/tokens.ts";
import { REVOCATION_CASES, type RevocationInit, revocationOf, SUBJECT_KEY } from "./revocation-cases.ts";

type Kind = NonNullable<MessageInitShape<typeof WatchResponseSchema>["kind"]>;

const begin = (epoch = "one", isSnapshot = true): Kind => ({
  case: "begin",
  value: { epoch, isSnapshot, subjectKey: SUBJECT_KEY },
});
const alive = (cursor = 0n, readAtMs = ISSUED_AT_MS, ageMs = 0): Kind => ({
  case: "alive",
  value: { cursor, readAtMs: BigInt(readAtMs), ageMs: BigInt(ageMs) },
});
const revoked = (revocations: RevocationInit[], cursor = 0n): Kind => ({
  case: "revocations",
  value: { cursor, revocations },
});
function setUp() {
  const clock = createTestClock(ISSUED_AT_MS);
  const feed = createFeed({ clock, onError: (error) => expect.unreachable(String(error)) });
  const watch = (number: number) => {
    const take = feed.read(number);
    return (kind: Kind) => take(create(WatchResponseSchema, { kind }));
  };
  return { clock, feed, watch };
}

describe("a revocation on the wire", () => {
  for (const { what, revocation, covered, spared } of notEmpty(REVOCATION_CASES)) {
    test(`covers by ${what}, and no other token`, () => {
      const { feed, watch } = setUp();
      const say = watch(1);
      say(begin());
      say(revoked([revocation]));
      expect([feed.known.covers(tokenOf(covered)), feed.known.covers(tokenOf(spared))]).toEqual([
        true,
        false,
      ]);
    });
  }

  test("is forgotten when both clocks say that no token can be good any more, and not before", () => {
    const { clock, feed, watch } = setUp();
    const say = watch(1);
    say(begin());
    say(
      revoked([
        revocationOf({ match: { case: "value", value: "s" }, expiresAtMs: BigInt(ISSUED_AT_MS + 1_000) }),
      ]),
    );
    const isKnown = () => feed.known.covers(tokenOf({ subject: "s" }));
    // Ours runs fast: the hub's does not say so yet.
    clock.advance(2_000);
    say(alive(0n, ISSUED_AT_MS + 500));
    expect(isKnown()).toBe(true);
    say(alive(0n, ISSUED_AT_MS + 1_000));
    expect(isKnown()).toBe(false);
  });
});

describe("the feed", () => {
  test("goes on behind what was said last, and in a snapshot only behind its end", () => {
    const { feed, watch } = setUp();
    const say = watch(1);
    expect(feed.position).toEqual({ epoch: "", after: 0n });
    say(begin("one", true));
    say(revoked([revocationOf({})], 5n));
    expect(feed.position).toEqual({ epoch: "", after: 0n });
    say(alive(7n));
    expect(feed.position).toEqual({ epoch: "one", after: 7n });
    say(revoked([revocationOf({})], 8n));
    say(revoked([revocationOf({})], 0n));
    expect(feed.position).toEqual({ epoch: "one", after: 8n });
  });

  test("of two watches goes by the later one, once all is known with it", () => {
    const { feed, watch } = setUp();
    const [former, next] = [watch(1), watch(2)];
    former(begin("one", true));
    former(alive(3n));
    next(begin("two", true));
    former(alive(4n));
    expect(feed.position).toEqual({ epoch: "one", after: 4n });
    next(alive(1n));
    former(alive(5n));
    former(revoked([], 6n));
    expect(feed.position).toEqual({ epoch: "two", after: 1n });
  });

  test("knows nothing of the time before all is known", () => {
    const { feed, watch } = setUp();
    const say = watch(1);
    say(begin());
    expect(feed.readAtMs).toBeNaN();
    say(alive(0n, ISSUED_AT_MS, 250));
    expect(feed.readAtMs).toBe(-250);
  });

  test("goes back in time with no hub that lags behind", () => {
    const { clock, feed, watch } = setUp();
    const say = watch(1);
    clock.advance(5_000);
    say(begin());
    say(alive(0n, ISSUED_AT_MS));
    const another = watch(2);
    another(begin("two"));
    another(alive(0n, ISSUED_AT_MS - 60_000, 60_000));
    expect(feed.readAtMs).toBe(5_000);
  });

  for (const { what, kinds, says } of notEmpty<readonly { what: string; kinds: Kind[]; says: string }[]>([
    { what: "says that all is known before it begins", kinds: [alive()], says: "which history" },
    { what: "says what is revoked before it begins", kinds: [revoked([])], says: "which history" },
    { what: "has no epoch", kinds: [begin("")], says: "was not asked for" },
    {
      what: "goes on in a history that is not known",
      kinds: [begin("one", false)],
      says: "was not asked for",
    },
    { what: "says what is not understood", kinds: [{ case: undefined }], says: "update it" },
  ])) {
    test(`takes nothing of a hub that ${what}`, () => {
      const say = setUp().watch(1);
      expect(() => kinds.map(say)).toThrow(says);
    });
  }
});

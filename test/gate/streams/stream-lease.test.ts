import { expect, test } from "vitest";
import type { Principal } from "../../../server/gate/src/authenticate/principal.ts";
import type { Policy } from "../../../server/gate/src/authorize/policy-fields.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { createDeadlines } from "../../../server/gate/src/kernel/deadlines.ts";
import type { Observer } from "../../../server/gate/src/kernel/observe.ts";
import { isolateObserver } from "../../../server/gate/src/kernel/observers.ts";
import { createStreamLease } from "../../../server/gate/src/streams/stream-lease.ts";
import { createStreamRegistry } from "../../../server/gate/src/streams/stream-registry.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { principal, RENEWABLE } from "./fixtures.ts";

const START_MS = 1_000_000;
const TOLERANCE_SECONDS = 5;
/** A token of ten minutes from the start. */
const FIRST = principal({ expiresAtSeconds: 1_600 });
const NEWER = principal({ expiresAtSeconds: 2_200, tokenId: "token-2" });

/** What one test works with: a registry, and a clock in the hands of the test. */
function createStage() {
  const clock = createTestClock(START_MS);
  const seen: string[] = [];
  const revoked = new Set<string | undefined>();
  const current = new Map<Principal, Principal>();
  const registry = createStreamRegistry();
  const observer: Observer = {
    streamRenewed: () => void seen.push("renewed"),
    streamEnded: ({ reason, lateMs }) =>
      void seen.push(`${reason}${lateMs === undefined ? "" : ` ${lateMs}`}`),
  };
  const context = {
    registry,
    revocations: { isRevoked: ({ tokenId }: Principal) => revoked.has(tokenId) },
    staleWatch: { update: () => undefined },
    findCurrent: (principal: Principal) => current.get(principal) ?? principal,
    clock,
    deadlines: createDeadlines(clock),
    toleranceSeconds: TOLERANCE_SECONDS,
    observer,
  };
  return { clock, seen, revoked, current, registry, context };
}

interface Given {
  readonly policy?: Policy;
  readonly refusal?: AuthError;
}

function open({ context }: ReturnType<typeof createStage>, { policy = RENEWABLE, refusal }: Given = {}) {
  const caller = { principal: FIRST };
  const opened = createStreamLease(context, {
    streamId: "stream-1",
    method: "test.v1.EchoService/Watch",
    policy,
    caller,
    adopt(next) {
      if (refusal === undefined) {
        caller.principal = next;
      }
      return refusal;
    },
  });
  if (opened === undefined) {
    throw new Error("the identifier is taken");
  }
  return opened;
}

const REFUSED = new AuthError("POLICY_DENIED", "the handler does not go on with the new token");

const RENEWALS: readonly {
  readonly name: string;
  readonly given?: Given;
  readonly afterMs: number;
  readonly with: Principal;
  readonly revokes?: string;
  readonly leftMs: number;
  readonly deadlineMs: number;
  readonly holds: Principal;
  readonly ended?: string;
  readonly seen: readonly string[];
}[] = [
  {
    name: "goes on until the end of the newer token and what clocks may differ by",
    ...{ afterMs: 300_000, with: NEWER, leftMs: 905_000, deadlineMs: 2_205_000 },
    ...{ holds: NEWER, seen: ["renewed"] },
  },
  {
    name: "goes on no longer than its policy allows",
    given: { policy: { ...RENEWABLE, streamMaxAgeMs: 700_000 } },
    ...{ afterMs: 300_000, with: NEWER, leftMs: 400_000, deadlineMs: 1_700_000 },
    ...{ holds: NEWER, seen: ["renewed"] },
  },
  {
    name: "is what it was when the new token has run out on its way",
    ...{ afterMs: 300_000, with: principal({ expiresAtSeconds: 1_295 }), leftMs: 0, deadlineMs: 1_605_000 },
    ...{ holds: FIRST, seen: [] },
  },
  {
    name: "ends when the new token is revoked",
    ...{ afterMs: 300_000, with: NEWER, revokes: "token-2", leftMs: 0, deadlineMs: 1_605_000 },
    ...{ holds: FIRST, ended: "SESSION_REVOKED", seen: ["SESSION_REVOKED"] },
  },
  {
    name: "ends when its handler does not go on with the new token",
    given: { refusal: REFUSED },
    ...{ afterMs: 300_000, with: NEWER, leftMs: 0, deadlineMs: 1_605_000 },
    ...{ holds: FIRST, ended: "POLICY_DENIED", seen: ["POLICY_DENIED"] },
  },
  {
    name: "is over when its time had come before",
    ...{ afterMs: 605_000, with: NEWER, leftMs: 0, deadlineMs: 1_605_000 },
    ...{ holds: FIRST, ended: "STREAM_EXPIRED", seen: ["STREAM_EXPIRED 0"] },
  },
];

test.each(RENEWALS)("a stream that is renewed $name", (row) => {
  const stage = createStage();
  const { lease, lifetime } = open(stage, row.given);
  stage.clock.advance(row.afterMs);
  stage.revoked.add(row.revokes);
  expect(lease.renew(row.with)).toBe(row.leftMs);
  expect(lifetime.deadlineMs).toBe(row.deadlineMs);
  expect(lease.principal).toBe(row.holds);
  expect(lifetime.ended?.reason).toBe(row.ended);
  expect(stage.seen).toEqual(row.seen);
});

test("a stream ends with its token, and what clocks may differ by", () => {
  const stage = createStage();
  const { lifetime } = open(stage);
  stage.clock.advance(604_999);
  expect(lifetime.ended).toBeUndefined();
  stage.clock.advance(1);
  expect(lifetime.ended).toMatchObject({
    reason: "STREAM_EXPIRED",
    message: "the token that the stream runs on has expired",
  });
});

test("a stream that closes by itself is counted as closed, once", () => {
  const stage = createStage();
  const opened = open(stage);
  const { lifetime } = opened;
  expect(stage.registry.size).toBe(1);
  opened.release("done");
  opened.release("done");
  expect(stage.registry.size).toBe(0);
  expect(lifetime.signal.reason).toBe("done");
  expect(stage.seen).toEqual(["CLOSED"]);
});

test("a stream whose session is revoked while it opens ends", () => {
  const stage = createStage();
  const opened = open(stage);
  const { lifetime } = opened;
  opened.judgeAtOpening();
  expect(lifetime.ended).toBeUndefined();
  stage.revoked.add(FIRST.tokenId);
  opened.judgeAtOpening();
  expect(lifetime.ended).toMatchObject({
    reason: "SESSION_REVOKED",
    message: "the session has been revoked",
  });
});

test("an identifier names one open stream", () => {
  const stage = createStage();
  const first = open(stage);
  expect(() => open(stage)).toThrow("the identifier is taken");
  expect(stage.registry.find("stream-1")).toBe(first.lease);
  first.release(undefined);
  expect(stage.clock.scheduledMs).toEqual([]);
  open(stage);
});

test("an observer that throws neither keeps a stream from ending nor from going on", () => {
  const stage = createStage();
  const warnings: string[] = [];
  const broken = () => {
    throw new Error("no figures");
  };
  const observer = isolateObserver(
    { streamRenewed: broken, streamEnded: broken },
    { clock: stage.clock, onWarning: (warning) => void warnings.push(warning) },
  );
  const opened = open({ ...stage, context: { ...stage.context, observer } });
  expect(opened.lease.renew(NEWER)).toBe(1_205_000);
  opened.lease.end(REFUSED);
  expect(opened.lifetime.ended).toBe(REFUSED);
  expect(warnings).toEqual(["an observer failed in streamRenewed, and an event is lost: Error: no figures"]);
});

const NARROWER = principal({ expiresAtSeconds: 1_600, roles: ["reader"] });
const JUDGED: readonly {
  readonly name: string;
  readonly current?: Principal;
  readonly given?: Given;
  readonly reason: string | undefined;
  readonly seesRoles: readonly string[];
}[] = [
  { name: "of which nothing has changed goes on as it is", reason: undefined, seesRoles: [] },
  {
    name: "that still qualifies goes on with what is known",
    current: NARROWER,
    reason: undefined,
    seesRoles: ["reader"],
  },
  {
    name: "that lacks a scope by now ends",
    current: principal({ scopes: [] }),
    reason: "INSUFFICIENT_SCOPE",
    seesRoles: [],
  },
  {
    name: "whose rule does not allow it by now ends",
    current: NARROWER,
    given: { refusal: REFUSED },
    reason: "POLICY_DENIED",
    seesRoles: [],
  },
];
for (const { name, current, given, reason, seesRoles } of notEmpty(JUDGED)) {
  for (const judge of ["judgeAgain", "judgeAtOpening"] as const) {
    test(`a stream ${name}, with its deadline: ${judge}`, () => {
      const stage = createStage();
      const opened = open(stage, given);
      const { lease, lifetime } = opened;
      if (current !== undefined) {
        stage.current.set(FIRST, current);
      }
      if (judge === "judgeAgain") {
        lease.judgeAgain();
      } else {
        opened.judgeAtOpening();
      }
      expect(lifetime.ended?.reason).toBe(reason);
      expect(lease.principal.roles).toEqual(seesRoles);
      expect(lifetime.deadlineMs).toBe(1_605_000);
    });
  }
}

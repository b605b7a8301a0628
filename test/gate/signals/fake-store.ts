import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type Revocation,
  RevocationDimension,
  RevocationSchema,
  WatchResponseSchema,
} from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import type { HubCalls } from "../../../server/gate/src/signals/hub-calls.ts";
import { SignalsError } from "../../../server/gate/src/signals/signals-error.ts";
import { createTestClock } from "../../support/test-clock.ts";

/** Something that was revoked. */
interface StoredRevocation {
  readonly subject: string;
  readonly atMs: number;
  readonly expiresAtMs: number;
  readonly revocation: Revocation;
}

interface OpenCall {
  /** How many revocations were sent, in the order of the store. */
  read: number;
  /** What is left of a snapshot. */
  snapshot: readonly StoredRevocation[];
  say(kind: NonNullable<MessageInitShape<typeof WatchResponseSchema>["kind"]>): void;
  cut(error?: Error): void;
}

const LIFE_MS = 20_000;
const PAGE = 2_000;

/** Numbers that are the same in every run. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A store whose history becomes another from time to time, and hubs that read it, lag, break, hang and drain. */
export function createFakeStore(random: () => number) {
  const clock = createTestClock(0);
  const history: StoredRevocation[] = [];
  const open = new Set<OpenCall>();
  let epoch = 1;

  const watch: HubCalls["watch"] = (request, { signal }, onMessage) =>
    new Promise((resolve, reject) => {
      if (random() < 0.2) {
        reject(new SignalsError("unreachable", "down"));
        return;
      }
      const goesOn = request.epoch === `epoch ${epoch}`;
      const call: OpenCall = {
        read: goesOn ? Number(request.after) : history.length,
        snapshot: goesOn ? [] : history.filter(({ expiresAtMs }) => expiresAtMs > clock.nowMs()),
        say(kind) {
          try {
            onMessage(create(WatchResponseSchema, { kind }));
          } catch (error) {
            call.cut(error as Error);
          }
        },
        cut(error) {
          open.delete(call);
          return error === undefined ? resolve() : reject(error);
        },
      };
      signal.addEventListener("abort", () => call.cut(new Error("aborted")));
      open.add(call);
      call.say({ case: "begin", value: { epoch: `epoch ${epoch}`, isSnapshot: !goesOn } });
    });

  const speak = (call: OpenCall): void => {
    const page = Math.ceil(random() * PAGE);
    const isSnapshot = call.snapshot.length > 0;
    const sent = isSnapshot ? call.snapshot.slice(0, page) : history.slice(call.read, call.read + page);
    call.snapshot = call.snapshot.slice(page);
    call.read += isSnapshot ? 0 : sent.length;
    const cursor = isSnapshot ? 0n : BigInt(call.read);
    const revocations = sent.map(({ revocation }) => revocation);
    call.say({ case: "revocations", value: { cursor, revocations } });
    if (call.snapshot.length === 0 && call.read === history.length) {
      const value = { cursor: BigInt(call.read), readAtMs: BigInt(clock.nowMs()), ageMs: 0n };
      call.say({ case: "alive", value });
    }
  };

  const disturb = (call: OpenCall): void => {
    const dice = random();
    if (dice < 0.01) {
      call.cut(dice < 0.005 ? new SignalsError("unreachable", "cut") : undefined);
    } else if (dice < 0.013) {
      call.say({ case: "drain", value: {} });
    } else if (dice < 0.016) {
      open.delete(call); // it hangs: it is open, and says nothing
    }
  };

  return {
    clock,
    history: history as readonly StoredRevocation[],
    calls: { watch, unary: () => Promise.reject(new Error("nothing is renewed here")) } satisfies HubCalls,
    revoke(count: number): void {
      for (let one = 0; one < count; one += 1) {
        const [subject, atMs] = [`subject ${history.length}`, clock.nowMs()];
        const expiresAtMs = atMs + LIFE_MS;
        const revocation = create(RevocationSchema, {
          dimension: RevocationDimension.SUB,
          issuer: "https://a.test",
          match: { case: "value", value: subject },
          expiresAtMs: BigInt(expiresAtMs),
        });
        history.push({ subject, atMs, expiresAtMs, revocation });
      }
    },
    /** Have every hub say the next page of what it has not said yet, and with all of it said, that all is known. */
    speak: (): void => [...open].forEach(speak),
    disturb(): void {
      [...open].forEach(disturb);
      epoch += random() < 0.005 ? 1 : 0;
    },
  };
}

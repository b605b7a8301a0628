import type { Clock } from "../kernel/clock.ts";
import { KEEPS_PROCESS_ALIVE } from "../kernel/timers.ts";
import { type RemoteRenewal, type RenewedStream, refuseStrangers } from "./renewal.ts";

/** What a server says of the streams that it was asked to renew. */
export interface CollectedResponse extends RemoteRenewal {
  /** Whether one of them runs for another subject: then none was changed. */
  readonly isRefused: boolean;
}

/** The responses to one request: of one server, or of several that may each have a part. */
export interface CollectedResponses {
  /** Add one. @param from the server that responds */
  take(response: CollectedResponse, from: string): void;
  /** The servers that have responded. */
  readonly responded: ReadonlySet<string>;
  /** Look again whether they are enough. */
  check(): void;
  /**
   * Wait until every stream is accounted for, or enough servers have responded, but no longer than that.
   *
   * @throws AuthError `POLICY_DENIED` when one was refused and no other server has it
   */
  within(waitMs: number): Promise<RemoteRenewal>;
}

/** What {@link collectResponses} needs. */
export interface CollectOptions {
  readonly clock: Clock;
  /** Whether no other server than those that have responded can have a stream. */
  readonly isEnough: (responded: ReadonlySet<string>) => boolean;
}

/** Collect the responses to a request about some streams. */
export function collectResponses(
  streamIds: readonly string[],
  { clock, isEnough }: CollectOptions,
): CollectedResponses {
  const left = new Set(streamIds);
  const renewed: RenewedStream[] = [];
  const ended: string[] = [];
  const unknown: string[] = [];
  const { promise: complete, resolve } = Promise.withResolvers<void>();
  const responded = new Set<string>();
  let isRefused = false;
  const check = (): void => {
    if (left.size === 0 || isEnough(responded)) {
      resolve();
    }
  };
  return {
    responded,
    take(response, from) {
      // A refusal may be about a stranger's stream of the same name: the server with the right one is still waited for.
      isRefused ||= response.isRefused;
      renewed.push(...response.renewed.filter(({ streamId }) => left.delete(streamId)));
      ended.push(...response.ended.filter((streamId) => left.delete(streamId)));
      unknown.push(...response.unknown.filter((streamId) => left.delete(streamId)));
      responded.add(from);
      check();
    },
    check,
    async within(waitMs) {
      check();
      const cancelTimer = clock.schedule(resolve, waitMs, KEEPS_PROCESS_ALIVE);
      await complete;
      cancelTimer();
      if (isRefused && left.size > 0) {
        throw refuseStrangers();
      }
      return { renewed, ended, unknown: [...unknown, ...left] };
    },
  };
}

import { base64Decode } from "@bufbuild/protobuf/wire";
import { type Clock, resolveClock } from "../../kernel/clock.ts";
import { isolateSink } from "../../kernel/isolate-sink.ts";
import { assertPositive } from "../../kernel/limits.ts";
import type { MessageBus } from "../../kernel/message-bus.ts";
import {
  assertOptions,
  FUNCTION,
  NUMBER,
  OBJECT,
  type OptionForm,
  required,
  SWITCH,
  withMethods,
} from "../../kernel/option-forms.ts";
import { printSignalsError, STALE_AFTER_MS } from "../signals-defaults.ts";

/** What {@link createSignals} takes for servers that have no hub: they tell each other. */
export interface BusSignalsOptions {
  /**
   * Carries messages between the servers, and each one's own back to it: such as `createPostgresBus` or `createNatsBus` of
   * `@countersign/issuer/bus`. It stays open when the signals are closed.
   */
  readonly bus: MessageBus;
  /** What all the servers have, and no one else: at least 32 random bytes, or these as base64url. Messages are sealed with it. */
  readonly secret: Uint8Array | string;
  /**
   * How long calls are accepted while the bus carries nothing, in milliseconds, counted from the last message that came back.
   * Then they get `AUTH_UNAVAILABLE`. Default: 60,000.
   */
  readonly staleAfterMs?: number | undefined;
  /** The time. The servers' wall clocks must not lie further apart than 30 s. Default: the machine's. */
  readonly clock?: Clock | undefined;
  /** Receives why servers learn nothing of each other, with what to do, and no secret. Default: console.error. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** What makes it less safe. `createAuth` says it to its `onWarning`. */
  readonly insecure?: InsecureBusSignalsOptions | undefined;
}

/** Relaxations of {@link createSignals} over a bus. */
export interface InsecureBusSignalsOptions {
  /**
   * Accept calls for as long as the bus carries nothing, although what other servers learn meanwhile is accepted here. Default:
   * false.
   */
  readonly failOpen?: boolean | undefined;
}

/** Every option, with its default filled in. */
export interface ResolvedBusSignalsOptions {
  readonly bus: MessageBus;
  readonly secret: Uint8Array;
  /** Infinity: calls are accepted for as long as the bus carries nothing. */
  readonly staleAfterMs: number;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
  readonly relaxations: readonly string[];
}

const SECRET_BYTES = 32;

const FORMS: Readonly<Record<keyof BusSignalsOptions, OptionForm>> = {
  bus: required(withMethods("publish", "subscribe"), "must be a MessageBus, such as createPostgresBus makes"),
  secret: required({
    says: `must be ${SECRET_BYTES} random bytes or more, or these as base64url`,
    accepts: (value) => (toBytes(value)?.length ?? 0) >= SECRET_BYTES,
  }),
  staleAfterMs: NUMBER,
  clock: OBJECT,
  onError: FUNCTION,
  insecure: OBJECT,
};

const INSECURE_FORMS: Readonly<Record<keyof InsecureBusSignalsOptions, OptionForm>> = { failOpen: SWITCH };

/**
 * Fill in the defaults.
 *
 * @throws TypeError when an option is wrong, or there is none of its name
 */
export function resolveBusSignalsOptions(options: BusSignalsOptions): ResolvedBusSignalsOptions {
  assertOptions("createSignals over a bus", options, FORMS);
  const { bus, staleAfterMs = STALE_AFTER_MS, insecure = {} } = options;
  assertOptions("option insecure of createSignals over a bus", insecure, INSECURE_FORMS);
  assertPositive("createSignals: staleAfterMs", staleAfterMs);
  const { failOpen = false } = insecure;
  return {
    bus,
    secret: toBytes(options.secret) ?? new Uint8Array(),
    staleAfterMs: failOpen ? Infinity : staleAfterMs,
    clock: resolveClock(options.clock),
    onError: isolateSink(options.onError ?? printSignalsError),
    relaxations: failOpen ? ["signals: revoked tokens are accepted while the bus carries nothing"] : [],
  };
}

function toBytes(secret: unknown): Uint8Array | undefined {
  if (secret instanceof Uint8Array) {
    return Uint8Array.from(secret);
  }
  if (typeof secret !== "string" || !/^[\w-]+$/.test(secret.trim())) {
    return undefined;
  }
  try {
    return base64Decode(secret.trim());
  } catch {
    return undefined; // it is of no length that base64 has
  }
}

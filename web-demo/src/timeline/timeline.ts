import type { Delivery } from "./delivery.ts";

/** When an access token was good. Times are milliseconds since 1970. */
export interface TokenSpan {
  readonly generation: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A stretch of time; without an end it goes on. */
export interface Span {
  readonly fromMs: number;
  readonly untilMs: number | undefined;
}

/** The stream went over to a token: when it was opened, renewed in place, or opened again after an interruption. */
export interface Move {
  readonly atMs: number;
  readonly generation: number;
  readonly how: "opened" | "renewed" | "resumed";
}

/** How many messages arrived in a second of the clock. */
export interface Second {
  readonly second: number;
  readonly messages: number;
}

/** What is counted since the stream was opened. */
export interface Totals {
  /** How many tokens the stream has run on. */
  readonly tokens: number;
  readonly renewals: number;
  readonly interruptions: number;
  readonly messages: number;
}

/** One stream and the tokens under it, over the last minutes; each list is oldest first. */
export interface Timeline {
  readonly tokens: readonly TokenSpan[];
  readonly moves: readonly Move[];
  readonly interruptions: readonly Span[];
  readonly cuts: readonly Span[];
  readonly seconds: readonly Second[];
  /** When the stream is tried again; undefined while it is open. */
  readonly retryAtMs: number | undefined;
  readonly totals: Totals;
  /** Undefined until the stream is opened. */
  readonly delivery: Delivery | undefined;
}

/** What happens to the stream, its tokens and its network. */
export type TimelineEvent =
  | { readonly type: "opened"; readonly after: bigint }
  | ({ readonly type: "token" } & TokenSpan)
  | { readonly type: "renewed" }
  | { readonly type: "message"; readonly sequence: bigint }
  | { readonly type: "confirmed"; readonly sequence: bigint }
  | { readonly type: "interrupted"; readonly retryAtMs: number }
  | { readonly type: "resumed" }
  | { readonly type: "cut" }
  | { readonly type: "restored" };

/** Nothing counted yet. */
export const NO_TOTALS: Totals = { tokens: 0, renewals: 0, interruptions: 0, messages: 0 };

/** The timeline before anything has happened. */
export const EMPTY_TIMELINE: Timeline = {
  tokens: [],
  moves: [],
  interruptions: [],
  cuts: [],
  seconds: [],
  retryAtMs: undefined,
  totals: NO_TOTALS,
  delivery: undefined,
};

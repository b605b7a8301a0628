import { formatLength } from "../model/time.ts";
import type { Delivery } from "./delivery.ts";
import type { Totals } from "./timeline.ts";

/** A number and what it counts. */
export interface Count {
  readonly value: number;
  readonly what: string;
}

/** Write the point in four numbers: one stream, so many tokens, no interruptions, so many messages. */
export function describeTotals({ tokens, interruptions, messages }: Totals): readonly Count[] {
  return [
    { value: 1, what: "stream" },
    { value: tokens, what: plural(tokens, "token") },
    { value: interruptions, what: plural(interruptions, "interruption") },
    { value: messages, what: plural(messages, "message") },
  ];
}

/** Check whether all that the server confirmed has arrived; undefined when it has confirmed nothing yet. */
export function describeDelivery(delivery: Delivery | undefined): string | undefined {
  if (delivery === undefined) {
    return undefined;
  }
  const { confirmed, arrived, missed, twice, awaited } = delivery;
  if (confirmed === 0 && twice === 0) {
    return undefined;
  }
  const onTheWay = awaited.length === 0 ? "" : `, ${awaited.length} on the way`;
  return `${confirmed} ${plural(confirmed, "note")} confirmed by the server, ${arrived} arrived${onTheWay}: ${none(missed)} missed, ${none(twice)} twice.`;
}

/** Describe in words what the chart shows. @param windowMs how much of the past it shows */
export function describeChart(
  { tokens, renewals, interruptions, messages }: Totals,
  windowMs: number,
): string {
  return (
    `Timeline of the last ${formatLength(windowMs)}. Since it was opened, one stream has run on ${tokens} ` +
    `${plural(tokens, "token")}: it was renewed ${renewals} ${plural(renewals, "time")}, interrupted ` +
    `${interruptions} ${plural(interruptions, "time")}, and delivered ${messages} ${plural(messages, "message")}.`
  );
}

function plural(count: number, noun: string): string {
  return count === 1 ? noun : `${noun}s`;
}

function none(count: number): string {
  return count === 0 ? "none" : String(count);
}

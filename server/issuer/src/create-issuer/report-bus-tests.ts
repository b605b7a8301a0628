import type { BusTest } from "@countersign/server";
import type { ResolvedIssuerOptions } from "./resolve-options.ts";

const LOST =
  "a message of this server to itself did not come back: a pooler that hands out connections by transaction carries none, " +
  "and a broker only those on subjects that it grants";

/** Make what is told of the messages of a bus to itself. It reports when they begin to get lost; an outage reports itself. */
export function reportBusTests({
  observer,
  onError,
}: Pick<ResolvedIssuerOptions, "observer" | "onError">): (test: BusTest) => void {
  let isLosing = false;
  return (test) => {
    observer.busTested?.(test);
    if (test.result === "lost" && !isLosing) {
      onError(new Error(LOST), "servers on this store get no messages from each other");
    }
    isLosing = test.result === "lost" || (isLosing && test.result !== "delivered");
  };
}

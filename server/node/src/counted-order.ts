import { createByteBudget, resolveWaitingLimits } from "@countersign/server/internal";
import { createRequestOrder, type RequestOrder } from "./exchange/request-order.ts";
import { findMaxWaitingBytes, holdRequest, type WaitingCount } from "./exchange/waiting-bytes.ts";
import { createPeerReader } from "./read-peer.ts";

/** What waits for its turn on the connections of all servers that are guarded: they share the heap of the process. */
const WAITING: WaitingCount = {
  budget: createByteBudget(resolveWaitingLimits({}, findMaxWaitingBytes())),
  peerOf: createPeerReader(() => ""),
};

/** Create the order of a server of the application's, whose requests count while they wait with those of all such servers. */
export function createCountedOrder(): RequestOrder {
  return createRequestOrder(undefined, (req, res) => holdRequest(req, res, WAITING));
}

// What the other packages of Countersign need of this one, in the same release. It changes without notice.

export type { PageHandler } from "./build-server.ts";
export { isFresh } from "./documents.ts";
export { createArrivals, toArriving } from "./exchange/arrivals.ts";
export { packParts } from "./exchange/pack-parts.ts";
export { stopUnreadBody } from "./exchange/reject-early.ts";
export type { CallRequest } from "./handler.ts";
export { deferHandler, isGone } from "./handler.ts";
export { readPeer } from "./peer.ts";
export type { Readiness } from "./readiness.ts";
export { watchReadiness } from "./readiness.ts";
export { respond, respondJson } from "./respond.ts";

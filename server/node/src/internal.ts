// What the other packages of Countersign need of this one, in the same release. It changes without notice.

export { assertHosts } from "./allowed-hosts.ts";
export { assertCertificate } from "./assert-certificate.ts";
export { assertFieldNames } from "./field-names.ts";
export type { CallRequest } from "./handler.ts";
export { readPeer } from "./read-peer.ts";
export type { Readiness } from "./readiness.ts";
export { monitorReadiness } from "./readiness.ts";
export { respondJson } from "./respond.ts";

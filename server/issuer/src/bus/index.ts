export type { ClosableBus } from "./closable-bus.ts";
export { createNatsBus } from "./nats-bus.ts";
export type { NatsBusOptions, NatsCredentials, NatsTls } from "./nats-options.ts";
export type { PostgresBusOptions } from "./postgres-bus.ts";
export { createPostgresBus } from "./postgres-bus.ts";

import type { ConnectRouterOptions } from "@connectrpc/connect";

/** How JSON is read and written. */
export type JsonOptions = NonNullable<ConnectRouterOptions["jsonOptions"]>;

/** Refuse unknown fields, unless the options say otherwise: a misspelt field would be a silent default. */
export function resolveJsonOptions(options: JsonOptions = {}): JsonOptions {
  return { ...options, ignoreUnknownFields: options.ignoreUnknownFields ?? false };
}

/** Fields that are about one connection of HTTP/1.1. HTTP/2 has none of them (RFC 9113 §8.2.2). */
const CONNECTION_FIELDS = [
  "connection",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
] as const;

/** Check whether a field is about one connection. @param name in lower case */
export function isConnectionField(name: string): boolean {
  return CONNECTION_FIELDS.some((field) => field === name);
}

/**
 * Take out of a trailer what HTTP/2 does not allow. A handler that passes on what another server has answered can put
 * it there, and Node throws where no code can catch it: the process would end.
 *
 * @param fields names in lower case
 */
export function dropConnectionFields(fields: Record<string, unknown>): void {
  for (const name of CONNECTION_FIELDS) {
    delete fields[name];
  }
}

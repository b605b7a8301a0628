/** Where callers say how answers may be compressed: gRPC, streams of Connect, its unary calls. */
const FIELDS = ["grpc-accept-encoding", "connect-accept-encoding", "accept-encoding"] as const;

/** Node compresses with its highest quality unless told otherwise: 200 ms for 64 KiB, where gzip takes 6. */
const COSTLY = "br";

/** Have a handler not compress answers in the way that costs most, which is for the caller to choose otherwise. */
export function dropCostlyEncoding(header: Headers): void {
  for (const field of FIELDS) {
    const names = header.get(field)?.split(",") ?? [];
    const others = names.filter((name) => name.trim() !== COSTLY);
    if (others.length === names.length) {
      continue;
    }
    if (others.length === 0) {
      header.delete(field);
    } else {
      header.set(field, others.join(","));
    }
  }
}

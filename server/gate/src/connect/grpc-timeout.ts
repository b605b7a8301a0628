/** The units of `grpc-timeout` ([gRPC over HTTP/2](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md)), in milliseconds. */
const UNITS_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** Read the header `grpc-timeout`, in milliseconds; undefined when it is none. Any number of digits is taken. */
export function parseGrpcTimeout(text: string): number | undefined {
  const [, amount = "", unit = ""] = /^(\d+)([HMSmun])$/.exec(text) ?? [];
  const unitMs = UNITS_MS[unit];
  return unitMs === undefined ? undefined : Number(amount) * unitMs;
}

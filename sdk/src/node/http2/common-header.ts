import { RequestHeaders } from "./request-headers.ts";
import type { HeaderExtras } from "./wire-protocol.ts";

/** Makes the header of a request, as Connect does. */
export type MakeHeader = (timeoutMs: number | undefined, header: HeadersInit) => Headers;

/** The field that says how long the caller waits. */
export interface TimeoutField {
  readonly name: string;
  /** What comes behind the milliseconds. */
  readonly unit: string;
}

/** Create what makes headers of requests: one to which the caller adds nothing is made without true `Headers`. */
export function createHeaderMaker(
  make: MakeHeader,
  { name, unit }: TimeoutField,
): (extras: HeaderExtras) => Headers {
  const common = Object.fromEntries(make(undefined, {}));
  return ({ timeoutMs, header }) =>
    header === undefined
      ? new RequestHeaders({
          ...common,
          ...(timeoutMs === undefined ? {} : { [name]: `${timeoutMs}${unit}` }),
        })
      : make(timeoutMs, header);
}

import type { Interceptor, UnaryResponse } from "@connectrpc/connect";
import type { Variant } from "./side.ts";

/** Calls take the fast path, which is the default. */
export const fastPath: Variant = {
  listener: (options) => ({ ...options, unaryFastPath: true, streamFastPath: true }),
};

/** All calls are handled by connect's own handler. */
export const connectHandler: Variant = {
  listener: (options) => ({ ...options, unaryFastPath: false, streamFastPath: false }),
};

let observed = 0;
const observe = (): never => {
  observed += 1;
  throw new Error("an observer that fails");
};

/** How often an observer of {@link observedFastPath} was called. */
export const observedEvents = (): number => observed;

/** As {@link fastPath}, with an observer of everything, which fails each time. */
export const observedFastPath: Variant = {
  ...fastPath,
  observe: {
    callDecided: observe,
    audited: observe,
    streamOpened: observe,
    streamRenewed: observe,
    renewalAsked: observe,
    streamEnded: observe,
    signalReceived: observe,
    feedServed: observe,
    busTested: observe,
    schemaRead: observe,
  },
};

type Change = Variant["listener"];

function altered(alter: (res: UnaryResponse) => UnaryResponse): Change {
  const interceptor: Interceptor = (next) => async (req) => {
    const res = await next(req);
    return res.stream ? res : alter(res);
  };
  return (options) => ({ ...options, interceptors: [interceptor, ...options.interceptors] });
}

const CHANGES: Readonly<Record<string, Change>> = {
  "a response header more": altered((res) => {
    res.header.set("x-more", "");
    return res;
  }),
  "a trailer more": altered((res) => {
    res.trailer.set("x-more", "1");
    return res;
  }),
  "a character of the content type": altered((res) => {
    const type = res.header.get("content-type") ?? "";
    res.header.set("content-type", type.replace("application/grpc+", "application/Grpc+"));
    return res;
  }),
  "another message": altered((res) => ({ ...res, message: { ...res.message, count: 1n } })),
  "a byte more that may arrive": ({ readMaxBytes, ...options }) => ({
    ...options,
    ...(readMaxBytes === undefined ? {} : { readMaxBytes: readMaxBytes + 1 }),
  }),
  "a byte less that may leave": ({ writeMaxBytes, ...options }) => ({
    ...options,
    ...(writeMaxBytes === undefined ? {} : { writeMaxBytes: writeMaxBytes - 1 }),
  }),
  "a request header that the handler sees": (options) => ({
    ...options,
    requestGate: (ctx) => {
      ctx.requestHeader.set("x-more", "1");
      return options.requestGate(ctx);
    },
  }),
  "no gate": (options) => ({ ...options, requestGate: () => undefined }),
  "no interceptors": (options) => ({ ...options, interceptors: [] }),
  "the options for JSON ignored": (options) => ({ ...options, jsonOptions: {} }),
};

/** Servers that are wrong in one small thing each, and answer all the same. */
export const MUTANTS: Readonly<Record<string, Variant>> = {
  ...Object.fromEntries(Object.entries(CHANGES).map(([name, listener]) => [name, { listener }])),
  "the options of the service for JSON ignored": {
    ...connectHandler,
    service: (options) => ({ ...options, jsonOptions: {} }),
  },
  "the interceptors of the service ignored": {
    ...connectHandler,
    service: (options) => ({ ...options, interceptors: [] }),
  },
};

/** Servers that do not answer where a right one does. */
export const SILENT_MUTANTS: Readonly<Record<string, Variant>> = {
  "another shutdown signal": {
    listener: (options) => ({ ...options, shutdownSignal: new AbortController().signal }),
  },
  "more time for a request to arrive": {
    listener: (options) => ({ ...options, arrivalTimeoutMs: (options.arrivalTimeoutMs ?? 0) + 600_000 }),
  },
};

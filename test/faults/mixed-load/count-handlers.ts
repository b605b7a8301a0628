import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";

/** Routes whose handlers are counted while they run. */
export interface CountedRoutes {
  readonly routes: (router: ConnectRouter) => void;
  /** How many handlers have begun, and are neither done nor collected. */
  readonly running: () => number;
}

type Handler = (...args: readonly unknown[]) => unknown;

/**
 * Count the handlers of routes while they run. One of a stream begins with the first message that is asked of it. Connect's
 * own handler lets go of the generator of a stream that was reset without ending it: then it is gone once it is collected.
 */
export function countHandlers(routes: (router: ConnectRouter) => void): CountedRoutes {
  const running = new Set<symbol>();
  const dropped = new FinalizationRegistry<symbol>((call) => running.delete(call));
  const counted =
    (handler: Handler): Handler =>
    async (...args) => {
      const call = Symbol();
      running.add(call);
      try {
        return await handler(...args);
      } finally {
        running.delete(call);
      }
    };
  const countedStream =
    (handler: Handler): Handler =>
    (...args) => {
      const call = Symbol();
      const generator = follow(handler(...args) as AsyncIterable<unknown>, call); // a handler of its kind
      dropped.register(generator, call);
      return generator;
    };
  async function* follow(given: AsyncIterable<unknown>, call: symbol): AsyncGenerator<unknown> {
    running.add(call);
    try {
      yield* given;
    } finally {
      running.delete(call);
    }
  }
  const wrap = (service: DescService, implementation: object): object =>
    Object.fromEntries(
      Object.entries(implementation).map(([name, handler]: [string, Handler]) => {
        const isStream = /^(?:bidi|server)_/.test(service.method[name]?.methodKind ?? "");
        return [name, isStream ? countedStream(handler) : counted(handler)];
      }),
    );
  return {
    routes: (router) =>
      routes({
        ...router,
        service: (service, implementation, options) =>
          router.service(service, wrap(service, implementation) as typeof implementation, options),
      }),
    running: () => running.size,
  };
}

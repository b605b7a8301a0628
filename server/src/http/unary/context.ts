import type { DescMethod, DescService } from "@bufbuild/protobuf";
import type { ContextValues, HandlerContext } from "@connectrpc/connect";
import type { UnaryCall } from "./call.ts";

/**
 * The context of a call, each part of which is made when somebody asks for it.
 *
 * What it is over is private, so that who logs it logs no header of the request.
 */
class LazyContext implements HandlerContext {
  readonly #call: UnaryCall;

  constructor(call: UnaryCall) {
    this.#call = call;
  }

  get method(): DescMethod {
    return this.#call.parts.method.desc;
  }

  get service(): DescService {
    return this.#call.parts.method.desc.parent;
  }

  get values(): ContextValues {
    return this.#call.parts.values;
  }

  get requestMethod(): string {
    return "POST";
  }

  get protocolName(): string {
    return this.#call.parts.head.protocol;
  }

  get url(): string {
    return this.#call.parts.exchange.url;
  }

  get signal(): AbortSignal {
    return this.#call.signal.signal;
  }

  get timeoutMs(): () => number | undefined {
    return this.#call.signal.remainingMs;
  }

  /** The gate looks up a field or two; everybody else gets true Headers. */
  get requestHeader(): Headers {
    return this.#call.isGated ? this.#call.header : this.#call.header.toHeaders();
  }

  get responseHeader(): Headers {
    return this.#call.responseHeader;
  }

  get responseTrailer(): Headers {
    return this.#call.responseTrailer;
  }

  get abort(): (reason?: unknown) => void {
    return (reason) => this.#call.signal.abort(reason);
  }
}

/** In the order in which Connect sets them. */
const KEYS: readonly (keyof LazyContext)[] = [
  "method",
  "service",
  "requestMethod",
  "protocolName",
  "url",
  "signal",
  "timeoutMs",
  "requestHeader",
  "responseHeader",
  "responseTrailer",
  "abort",
  "values",
];

const isKey = (key: PropertyKey): boolean => (KEYS as readonly PropertyKey[]).includes(key);

/** Makes the parts look like properties of the object itself: contexts are spread, by Connect and by handlers. */
const handler: ProxyHandler<LazyContext> = {
  get: (target, key) => Reflect.get(target, key, target),
  set: (target, key, value) =>
    Reflect.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true }),
  ownKeys: (target) => [...new Set([...KEYS, ...Reflect.ownKeys(target)])],
  getOwnPropertyDescriptor: (target, key) =>
    Reflect.getOwnPropertyDescriptor(target, key) ??
    (isKey(key)
      ? { value: Reflect.get(target, key, target), writable: true, enumerable: true, configurable: true }
      : undefined),
};

/** Create the context of a call, for the gate, the interceptors and the handler. */
export function createContext(call: UnaryCall): HandlerContext {
  return new Proxy(new LazyContext(call), handler);
}

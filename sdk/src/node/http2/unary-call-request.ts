import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { UnaryRequest } from "@connectrpc/connect";
import type { CallSignal, EndSignal } from "./call-signal.ts";

/** What {@link UnaryCallRequest} is made of. */
export type UnaryCallParts<I extends DescMessage, O extends DescMessage> = Omit<
  UnaryRequest<I, O>,
  "stream" | "signal" | "message"
>;

const END = Symbol("end");

/** What a property `signal` is read from: also where an interceptor stands for the request with an object of its own. */
interface Ending {
  readonly [END]: CallSignal;
}

/** One for all requests: they keep one shape. */
const SIGNAL: PropertyDescriptor & ThisType<Ending> = {
  get() {
    return this[END].signal;
  },
  set(value: AbortSignal) {
    Object.defineProperty(this, "signal", { value, writable: true, enumerable: true, configurable: true });
  },
  enumerable: true,
  configurable: true,
};

/**
 * The request of a call as interceptors get it. Its signal is made when it is read. They can spread and change it as they
 * can any other.
 */
export class UnaryCallRequest<I extends DescMessage, O extends DescMessage> implements UnaryRequest<I, O> {
  readonly stream = false as const;
  readonly service: UnaryRequest<I, O>["service"];
  readonly method: UnaryRequest<I, O>["method"];
  readonly requestMethod: string;
  readonly url: string;
  readonly header: Headers;
  readonly contextValues: UnaryRequest<I, O>["contextValues"];
  readonly message: MessageShape<I>;
  declare readonly signal: AbortSignal;
  readonly [END]: CallSignal;
  /** Copies and objects that stand for the request have none. */
  readonly #end: CallSignal;

  constructor(parts: UnaryCallParts<I, O>, message: MessageShape<I>, end: CallSignal) {
    this.service = parts.service;
    this.method = parts.method;
    this.requestMethod = parts.requestMethod;
    this.url = parts.url;
    this.header = parts.header;
    this.contextValues = parts.contextValues;
    this.message = message;
    this[END] = end;
    this.#end = end;
    // A property of its own: spreading takes no others.
    Object.defineProperty(this, "signal", SIGNAL);
  }

  /** What says that a call is over: the signal of its request, which need not be made for that. */
  static endOf(req: Pick<UnaryRequest, "signal">): EndSignal {
    const isOwn = #end in req && Object.getOwnPropertyDescriptor(req, "signal")?.get === SIGNAL.get;
    return isOwn ? req.#end : req.signal;
  }
}

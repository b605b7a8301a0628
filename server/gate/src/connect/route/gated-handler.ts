import {
  type ConnectRouter,
  type ConnectRouterOptions,
  type ContextValues,
  createConnectRouter,
  createContextKey,
} from "@connectrpc/connect";
import { systemClock } from "../../kernel/clock.ts";
import { createCallValues } from "../call-state.ts";
import type { Gate } from "../gate.ts";
import { dropCostlyEncoding } from "../message/accepted-encodings.ts";
import { inspectRequest, type RequestInspection } from "../message/inspect-request.ts";
import { lacksNodeRequest } from "../node-request.ts";
import { boundResponse, type HandlerResponse } from "./bound-response.ts";
import { limitTimeout, shortenTimeout } from "./call-timeout.ts";
import { serveWebText } from "./web-text.ts";
import { type HandlerRequest, withoutMessage } from "./without-message.ts";

/** What {@link gateHandler} needs. */
export interface GatedHandlerOptions {
  readonly gate: Gate;
  /** How its messages are looked at before it reads them. */
  readonly inspection: RequestInspection;
  /** Whether Connect asks a gate before it reads the body of a call. */
  readonly isEarly: boolean;
  /** The options of the router, as far as they are known: refusals leave as its other errors do. */
  readonly routerOptions: ConnectRouterOptions;
  /** Whether how answers can be compressed was left to the adapter. */
  readonly hasDefaultCompression: boolean;
  /** Called for a call over a network whose adapter does not say what request it came in. */
  readonly onBareCall: () => void;
}

/** What serves one RPC, over every protocol. Connect exports the type from its inner parts only. */
type Handler = ConnectRouter["handlers"][number];

/** Where the gate's refusal is kept for the handler that answers with it. */
const refusalKey = createContextKey<unknown>(undefined, { description: "countersign refusal" });

type RefusedCall = { readonly values: ContextValues };

function throwRefusal(ctx: RefusedCall): never {
  throw ctx.values.get(refusalKey);
}

/**
 * Put the gate before what serves an RPC, for routers and adapters that know no gate. Nothing of the body is read
 * before it has decided, and no interceptor of the adapter runs.
 *
 * @param handler what the router made of the route
 */
export function gateHandler(handler: Handler, options: GatedHandlerOptions): Handler {
  const { gate, inspection, isEarly, routerOptions, hasDefaultCompression, onBareCall } = options;
  const { method, service } = handler;
  const refuse = createRefusingHandler(handler, routerOptions);
  const serve = async (received: HandlerRequest): Promise<HandlerResponse> => {
    if (!isServed(handler, received)) {
      return handler(received); // it refuses the request by itself
    }
    const request = limitTimeout(received);
    const values = createCallValues(request.contextValues, request.signal);
    if (lacksNodeRequest(values) && !request.url.startsWith(IN_MEMORY)) {
      onBareCall();
    }
    // A copy: the client of a router in the same process may send its header again.
    const requestHeader = new Headers(request.header);
    // By the clock of the machine, whichever the server goes by: Connect counts deadlines by it.
    const startedMs = systemClock.monotonicMs();
    let inspected: HandlerRequest;
    try {
      const { url, method: requestMethod } = request;
      const verdict = gate({ method, service, requestHeader, requestMethod, url, values });
      if (verdict !== undefined) {
        await verdict;
        shortenTimeout(requestHeader, systemClock.monotonicMs() - startedMs);
      }
      const admitted = { ...request, header: requestHeader, contextValues: values };
      const looked = inspectRequest(admitted, inspection);
      inspected = looked instanceof Promise ? await looked : looked;
      if (hasDefaultCompression) {
        dropCostlyEncoding(requestHeader);
      }
    } catch (refusal) {
      const contextValues = values.set(refusalKey, refusal);
      return boundResponse(await refuse({ ...(isEarly ? request : withoutMessage(request)), contextValues }));
    }
    return boundResponse(await handler(inspected));
  };
  const result = Object.assign((request: HandlerRequest) => serveWebText(request, serve), { ...handler });
  gated.add(result);
  return result;
}

const gated = new WeakSet<Handler>();

/** Check whether a gate stands before a handler. */
export function hasGate(handler: Handler): boolean {
  return gated.has(handler);
}

/** Where `createRouterTransport` says that it sends calls: there is no network, and nothing is lost. */
const IN_MEMORY = "https://in-memory/";

/** Check whether a handler takes a request at all, which its method and content type decide. */
function isServed(handler: Handler, { method, header }: HandlerRequest): boolean {
  const contentType = header.get("content-type") ?? "";
  return (
    handler.allowedMethods.includes(method) &&
    (contentType === "" || handler.supportedContentType(contentType))
  );
}

/**
 * Make what answers with a refusal in the protocol of the call. Before Connect 2.2 there is no gate to throw it from:
 * it is thrown where the handler would be, and the call must have a message that gets there.
 */
function createRefusingHandler(
  { method, protocolNames }: Handler,
  routerOptions: ConnectRouterOptions,
): Handler {
  const router = createConnectRouter({
    ...routerOptions,
    interceptors: [],
    connect: protocolNames.includes("connect"),
    grpc: protocolNames.includes("grpc"),
    grpcWeb: protocolNames.includes("grpc-web"),
    requestGate: throwRefusal,
  });
  // The arguments of every kind end with the context, and throwing is any kind of result.
  const impl = (_: unknown, ctx: RefusedCall): never => throwRefusal(ctx);
  router.rpc(method, impl as never);
  const [refusing] = router.handlers;
  if (refusing === undefined) {
    throw new TypeError(`the router made no handler for ${method.parent.typeName}/${method.name}`);
  }
  return refusing;
}

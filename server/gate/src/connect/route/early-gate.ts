import {
  Code,
  ConnectError,
  type ConnectRouter,
  type ConnectRouterOptions,
  createConnectRouter,
} from "@connectrpc/connect";

/**
 * Check whether the version of Connect that is installed asks a gate before it reads the body of a call, as it does
 * from 2.2 on.
 *
 * A trial call shows it: the handlers of such a version reach their gate without waiting for anything.
 *
 * @param handlers any of its handlers; none: there is nothing to ask for
 */
export function hasEarlyGate([any]: ConnectRouter["handlers"]): boolean {
  if (any === undefined) {
    return true;
  }
  const { method, requestPath } = any;
  let isEarly = false;
  const requestGate = (): never => {
    isEarly = true;
    throw new ConnectError("tried", Code.Unimplemented);
  };
  const options: ConnectRouterOptions = { grpc: false, grpcWeb: false, requestGate };
  const router = createConnectRouter(options);
  // An implementation of any kind: where it is called, the gate was not.
  router.rpc(method, (() => Promise.reject(new ConnectError("tried", Code.Unimplemented))) as never);
  const type = method.methodKind === "unary" ? "application/proto" : "application/connect+proto";
  void router.handlers[0]?.({
    httpVersion: "2.0",
    method: "POST",
    url: `http://localhost${requestPath}`,
    header: new Headers({ "content-type": type }),
    body: (async function* () {})(),
    signal: new AbortController().signal,
  }).catch(() => undefined);
  return isEarly;
}

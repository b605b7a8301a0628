import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter, HandlerContext, Interceptor, ServiceImpl } from "@connectrpc/connect";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { optionalPrincipalOf } from "@countersign/server";
import { echoService } from "../../support/echo-service.ts";

const rule = 'request.text != "forbidden"';

/** Every kind of RPC, every kind of condition. */
export const service = echoService(
  {
    Open: { policy: { access: Access.PUBLIC } },
    Call: { policy: { access: Access.AUTHENTICATED } },
    Read: { policy: { access: Access.AUTHENTICATED }, isReadOnly: true },
    Scoped: { policy: { access: Access.AUTHENTICATED, scopes: ["admin"] } },
    Ruled: { policy: { access: Access.AUTHENTICATED, rule } },
    Watch: { kind: "server_streaming" },
    Collect: { policy: { access: Access.AUTHENTICATED, rule }, kind: "client_streaming" },
    Chat: { policy: { access: Access.AUTHENTICATED, rule }, kind: "bidi_streaming" },
  },
  { access: Access.AUTHENTICATED },
);

interface Echo {
  readonly text?: string;
}

const echo = ({ text = "" }: Echo, ctx: HandlerContext): Echo => ({
  text: `${optionalPrincipalOf(ctx)?.subject ?? "nobody"}:${text}`,
});

/** A handler that would hang for ever: only what is around it ends the stream. */
async function* watch(request: Echo, ctx: HandlerContext): AsyncIterable<Echo> {
  yield echo(request, ctx);
  await new Promise(() => {});
}

/** What the service does. It never looks at tokens, so whatever reaches it is answered. */
const implementation = {
  open: echo,
  call: echo,
  read: echo,
  scoped: echo,
  ruled: echo,
  watch,
  async collect(requests: AsyncIterable<Echo>, ctx: HandlerContext) {
    let text = "";
    for await (const request of requests) {
      text += request.text;
    }
    return echo({ text }, ctx);
  },
  async *chat(requests: AsyncIterable<Echo>, ctx: HandlerContext) {
    for await (const request of requests) {
      yield echo(request, ctx);
    }
  },
} as unknown as Partial<ServiceImpl<DescService>>; // the service is made at run time and has no types of its own

/** How the application registers its service. */
export type RouteOptions = Parameters<ConnectRouter["service"]>[2];

/** Register the service at once. */
export const asService =
  (options?: RouteOptions) =>
  (router: ConnectRouter): void =>
    void router.service(service, implementation, options);

/** Register its methods one by one. */
export const asMethods =
  (options?: RouteOptions) =>
  (router: ConnectRouter): void => {
    for (const method of service.methods) {
      const handler = implementation[method.localName];
      // As above: no types tell that the handler is of the kind of the method.
      if (handler !== undefined) {
        router.rpc(method, handler as never, options);
      }
    }
  };

/** The header in which the application's own interceptor leaves what it saw. */
export const SEEN = "x-seen";

/** The guarded methods for which the application's own interceptor saw a call of nobody. */
export const seenUnguarded = new Set<string>();

/** An interceptor of the application's own, as one for logs is. */
export const own: Interceptor = (next) => async (req) => {
  const { name } = req.method;
  if (name !== "Open" && optionalPrincipalOf(req) === undefined) {
    seenUnguarded.add(name);
  }
  const res = await next(req);
  res.header.set(SEEN, optionalPrincipalOf(req)?.subject ?? "nobody");
  return res;
};

import type { Message } from "@bufbuild/protobuf";
import type { ConnectRouter, ConnectRouterOptions, HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { BEHAVIOURS, type Received } from "./behaviours.ts";
import { describeContext, describeMessage, type Journal } from "./journal.ts";
import { ECHO_SCHEMA, ECHO_SERVICE } from "./service.ts";
import { performScript } from "./stream-script.ts";

/** What the service is registered with, beside what implements it. */
export type ServiceOptions = Pick<ConnectRouterOptions, "jsonOptions" | "binaryOptions" | "interceptors">;

/** Register handlers that behave as header `x-do` says, and write down what they are given. */
export function createRecordedRoutes(
  journal: Journal,
  options: ServiceOptions = {},
): (router: ConnectRouter) => void {
  const answer = (message: Message, ctx: HandlerContext): unknown => {
    // All methods take the one message of the service.
    const req = message as Received;
    journal.note("handler", { context: describeContext(ctx), message: describeMessage(ECHO_SCHEMA, req) });
    const [name = "", ...words] = (ctx.requestHeader.get("x-do") ?? "echo").split(" ");
    const behaviour = BEHAVIOURS[name];
    if (behaviour === undefined) {
      throw new Error(`there is no behaviour ${name}`);
    }
    return journal.follow("handler", () => behaviour({ req, ctx, argument: words.join(" "), journal }));
  };
  const isScripted = ({ requestHeader }: HandlerContext): boolean => requestHeader.has("x-script");
  const handlers = {
    unary: answer,
    async *server_streaming(req: Message, ctx: HandlerContext) {
      if (isScripted(ctx)) {
        yield* performScript({ inputs: only(req), ctx, journal });
        return;
      }
      yield await answer(req, ctx);
      yield { text: "and another" };
    },
    async client_streaming(requests: AsyncIterable<Message>, ctx: HandlerContext) {
      if (isScripted(ctx)) {
        let given: unknown = {};
        for await (const message of performScript({ inputs: requests, ctx, journal })) {
          given = message;
        }
        return given;
      }
      let last: unknown = {};
      for await (const req of requests) {
        last = await answer(req, ctx);
      }
      return last;
    },
    async *bidi_streaming(requests: AsyncIterable<Message>, ctx: HandlerContext) {
      if (isScripted(ctx)) {
        yield* performScript({ inputs: requests, ctx, journal });
        return;
      }
      for await (const req of requests) {
        yield await answer(req, ctx);
      }
    },
  };
  const served = ECHO_SERVICE.methods.filter(({ name }) => name !== "Missing");
  const implementation = Object.fromEntries(
    served.map((method) => [method.localName, handlers[method.methodKind]]),
  ) as unknown as Partial<ServiceImpl<typeof ECHO_SERVICE>>; // each method has the handler of its kind
  return (router) => void router.service(ECHO_SERVICE, implementation, options);
}

async function* only(message: Message): AsyncGenerator<Message> {
  yield message;
}

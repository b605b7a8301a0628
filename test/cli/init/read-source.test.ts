import { describe, expect, test } from "vitest";
import { readSource } from "../../../server/cli/src/init/read-source.ts";
import { wireAdapters } from "../../../server/cli/src/init/wire-adapters.ts";
import { notEmpty } from "../../support/not-empty.ts";

const NODE = 'import { connectNodeAdapter } from "@connectrpc/connect-node";\n';

/** Put the gate before the routes of a module. */
function wire(text: string): string {
  const { adapters, importsEnd } = readSource(text, "server.ts");
  return wireAdapters(text, { path: "server.ts", adapters, importsEnd }, "./guard-routes.js");
}

describe("routes are guarded", () => {
  test.each(
    notEmpty([
      ["connectNodeAdapter({ routes })", "connectNodeAdapter({ ...guardRoutes(routes) })"],
      [
        "connectNodeAdapter({ routes: (r) => r.service(A, {}), fallback })",
        "connectNodeAdapter({ ...guardRoutes((r) => r.service(A, {})), fallback })",
      ],
      [
        "connectNodeAdapter({ routes(router) { router.service(A, {}); } })",
        "connectNodeAdapter({ ...guardRoutes(function (router) { router.service(A, {}); }) })",
      ],
      // Spread behind them, the gate's own list would take their place.
      [
        "connectNodeAdapter({\n  interceptors: [log],\n  routes,\n})",
        "connectNodeAdapter({\n  ...guardRoutes(routes),\n  interceptors: [log],\n})",
      ],
      [
        "connectNodeAdapter({ ...options, routes: all(db) })",
        "connectNodeAdapter({ ...guardRoutes(all(db)), ...options })",
      ],
    ]),
  )("in %s", (before, after) => {
    expect(wire(`${NODE}${before};\n`)).toBe(
      `${NODE}import { guardRoutes } from "./guard-routes.js";\n${after};\n`,
    );
  });

  test("in the module of NestJS that mounts Connect", () => {
    const text = `import { expressConnectMiddleware } from "@connectrpc/connect-express";
export class AppModule implements NestModule {
  constructor(private readonly rpc: Rpc) {}
  configure(consumer: MiddlewareConsumer) {
    consumer.apply(expressConnectMiddleware({ routes: this.rpc.routes })).forRoutes("*");
  }
}
`;
    expect(wire(text)).toContain("expressConnectMiddleware({ ...guardRoutes(this.rpc.routes) })");
  });

  test("as a plugin of Fastify, whatever it is called, with imports as they are written there", () => {
    const text =
      "import { fastifyConnectPlugin as rpc } from '@connectrpc/connect-fastify'\nawait app.register(rpc, { routes })\n";
    expect(wire(text)).toBe(
      text
        .replace("fastify'\n", "fastify'\nimport { guardRoutes } from './guard-routes.js'\n")
        .replace("{ routes }", "{ ...guardRoutes(routes) }"),
    );
  });
});

describe("what is registered is read", () => {
  test.each(
    notEmpty([
      ['import { A } from "./a_pb.js"; router.service(A, {});', [{ name: "A", specifier: "./a_pb.js" }]],
      ['import { A as B } from "./a_pb.js"; r.service(B, {});', [{ name: "A", specifier: "./a_pb.js" }]],
      [
        'import * as pb from "./a_pb.js"; r.rpc(pb.A.method.get, f);',
        [{ name: "A", specifier: "./a_pb.js" }],
      ],
      ['import { A, B } from "x"; r.service(A, {}).service(B, {});', [{ name: "B" }, { name: "A" }]],
      [
        'import { A } from "./a_pb.js"; export default ({ service }) => { service(A, {}); };',
        [{ name: "A" }],
      ],
      ['import { A } from "./a_pb.js"; const { service: add } = router; add(A, {});', [{ name: "A" }]],
      [
        'import { A } from "./a_pb.js"; const add = router.service.bind(router); add(A, {});',
        [{ name: "A", specifier: "./a_pb.js" }],
      ],
      // A controller of NestJS.
      [
        `import { A } from "./a_pb.js";
        @Injectable() class Rpc {
          constructor(@Inject(STORE) private readonly store: Store) {}
          readonly routes = (router: ConnectRouter) => router.service(A, this.store);
        }`,
        [{ name: "A", specifier: "./a_pb.js" }],
      ],
    ]),
  )("%s", (text, expected) => {
    const { services, unsure } = readSource(text, "routes.ts");
    expect({ services, unsure }).toMatchObject({ services: expected, unsure: [] });
  });
});

test.each(
  notEmpty([
    [`${NODE}connectNodeAdapter(options);`, "server.ts:2 connectNodeAdapter has its options from elsewhere"],
    [
      `${NODE}connectNodeAdapter({ ...auth });`,
      "server.ts:2 connectNodeAdapter has its routes from elsewhere",
    ],
    ["router.service(found, {});", "server.ts:1 a router gets a service that is not imported by name"],
    [
      'import { A } from "./a_pb.js"; registerAll(router.service);',
      "server.ts:1 a method of a router is handed on, and what it registers is not known",
    ],
    [
      'import type { ConnectRouter } from "@connectrpc/connect"; export const routes = ({ service }: ConnectRouter) => service(a, {});',
      "server.ts:1 a router gets a service that is not imported by name",
    ],
    [
      'import { createConnectRouter } from "@connectrpc/connect"; const all = routes(createConnectRouter());',
      "server.ts:1 createConnectRouter makes a router: register with guardRoutes(routes).routes(router) all",
    ],
    ["router.service(;", "server.ts cannot be parsed"],
  ]),
)("of %j it says what is not known", (text, expected) => {
  expect(readSource(text, "server.ts").unsure).toEqual([expect.stringContaining(expected)]);
});

test.each(
  notEmpty([
    `${NODE}connectNodeAdapter({ ...guardRoutes(routes) });`,
    "locator.service(found);",
    'import { A } from "./a_pb.js"; const { service } = props; page(service);',
    "app.use(router.service); const { rpc } = wallet; rpc(call);",
    'import { connectNodeAdapter } from "./mine.ts"; connectNodeAdapter({ routes });',
  ]),
)("%s concerns it not", (text) => {
  expect(readSource(text, "server.ts")).toMatchObject({ adapters: [], services: [], unsure: [] });
});

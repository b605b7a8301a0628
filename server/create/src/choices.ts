/** One value of a question. */
interface Choice {
  /** What it means, for a person who has to choose. */
  readonly about: string;
  /** The folders of `templates` that it brings. */
  readonly parts: readonly string[];
}

/** How the project listens. */
export const SERVERS = {
  listen: { about: "one port for gRPC, gRPC-Web and Connect", parts: ["server/listen"] },
  express: {
    about: "among the routes of an Express app, over HTTP/1.1",
    parts: ["server/documents", "server/express"],
  },
  fastify: {
    about: "among the routes of a Fastify app, over HTTP/1.1",
    parts: ["server/documents", "server/fastify"],
  },
  next: { about: "as a route of Next's app router, over HTTP/1.1", parts: ["server/fetch", "server/next"] },
  hono: {
    about: "among the routes of a Hono app, on Node, over HTTP/1.1",
    parts: ["server/fetch", "server/hono"],
  },
  bun: { about: "on Bun, over HTTP/1.1", parts: ["server/fetch", "server/bun"] },
  deno: {
    about: "on Deno, over HTTP/1.1; not with the issuer built-in",
    parts: ["server/fetch", "server/deno"],
  },
} as const satisfies Readonly<Record<string, Choice>>;

/** What calls it. */
export const CLIENTS = {
  browser: { about: "a page in plain TypeScript, with Vite", parts: ["client/page", "client/browser"] },
  react: { about: "a page with React and Connect-Query", parts: ["client/page", "client/react"] },
  node: { about: "a program on Node", parts: ["client/node"] },
  none: { about: "nothing yet", parts: ["client/none"] },
} as const satisfies Readonly<Record<string, Choice>>;

/** What was chosen. */
export interface Choices {
  readonly server: keyof typeof SERVERS;
  readonly client: keyof typeof CLIENTS;
  /** `built-in`, or the URL of an issuer. */
  readonly issuer: string;
}

/** The value of `--issuer` that names no URL. */
export const BUILT_IN = "built-in";

/** Say why there is no such project. Undefined: there is. */
export function findObstacle({ server, issuer }: Pick<Choices, "server" | "issuer">): string | undefined {
  return server === "deno" && issuer === BUILT_IN
    ? "Deno has no argon2, which the issuer built-in hashes passwords with: choose another --server, or the URL of an OpenID provider as --issuer"
    : undefined;
}

/** Whether the page of a project is one of Next, and not of Vite. */
export const isPageOfNext = ({ server, client }: Pick<Choices, "server" | "client">): boolean =>
  server === "next" && client === "react";

/** List the folders of `templates` that make a project, in the order in which their texts follow each other. */
export function listParts(choices: Choices): readonly string[] {
  const { server, client, issuer } = choices;
  const kind = issuer === BUILT_IN ? BUILT_IN : "url";
  return [
    "base",
    ...SERVERS[server].parts,
    `issuer/${kind}`,
    ...CLIENTS[client].parts,
    ...JOINTS[client](choices, kind),
  ];
}

/** What a client needs that depends on the server, or on how it signs in. */
const JOINTS: Readonly<
  Record<Choices["client"], (choices: Choices, kind: "built-in" | "url") => readonly string[]>
> = {
  browser: (_, kind) => [...listPageParts("vite", kind), `sign-in/browser-${kind}`],
  react(choices, kind) {
    const bundler = isPageOfNext(choices) ? "next" : "vite";
    return [...listPageParts(bundler, kind), `client/react-${bundler}`, `sign-in/react-${kind}`];
  },
  node: ({ server }, kind) => [
    `protocol/${server === "listen" ? "grpc" : "connect"}`,
    `sign-in/node-${kind}`,
  ],
  none: () => [],
};

function listPageParts(bundler: "vite" | "next", kind: "built-in" | "url"): readonly string[] {
  return [
    ...(bundler === "vite" ? ["client/vite"] : []),
    `sign-in/page-${kind}`,
    ...(kind === "url" ? [`sign-in/${bundler}-url`] : []),
  ];
}

import { execFile } from "node:child_process";
import { access, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { CONNECT_SETS, copyConnect, installVersions } from "../compat/sets.ts";
import { findFreePort } from "../support/free-port.ts";
import { startProgram } from "../support/program.ts";
import { fillFolder } from "./create-folder.ts";
import type { StartHost } from "./runtimes.ts";

// Next bundles each route by itself: what they share stands where all of them find it.
const GET_APP = `import { createApp } from "./runtimes/program/app.ts";
export function getApp() {
  return (globalThis.app ??= createApp(JSON.parse(process.env.SETTINGS ?? '{"jwksUri":"http://127.0.0.1:1/"}')));
}
`;

const APP_ROUTE = `import { createFetchHandler } from "@countersign/server";
import { getApp } from "../../../get-app.js";
const { auth, controls } = getApp();
const handler = createFetchHandler(auth, {
  prefix: "/rpc",
  async fallback(request) {
    return controls[new URL(request.url).pathname.slice("/rpc".length)]?.(request) ?? new Response(null, { status: 404 });
  },
});
export { handler as GET, handler as POST };
`;

const PAGES_ROUTE = `import { nextJsApiRouter } from "@connectrpc/connect-next";
import { getApp } from "../../get-app.js";
export const config = { api: { bodyParser: false } };
export default nextJsApiRouter({ ...getApp().auth }).handler;
`;

const PAGES_CONTROL = `import { getApp } from "../../../get-app.js";
export default async function control({ url }, res) {
  const request = new Request(new URL(url.slice("/api".length), "http://localhost"));
  res.json(await (await getApp().controls[new URL(request.url).pathname](request)).json());
}
`;

/** Next looks for packages in the whole repository. */
const configOf = (root: string): string => `const root = ${JSON.stringify(root)};
export default { turbopack: { root }, outputFileTracingRoot: root };
`;

const FILES = {
  "package.json": '{ "name": "next-app", "private": true, "type": "module" }',
  "get-app.js": GET_APP,
  "app/rpc/[...rpc]/route.js": APP_ROUTE,
  "pages/api/[...connect].js": PAGES_ROUTE,
  "pages/api/control/[name].js": PAGES_CONTROL,
};

/**
 * Serve with an app of Next, which is built the first time.
 *
 * @param prefix before the paths of its calls: that of the router of its app, or of its pages
 */
export function startNext(prefix: "/rpc" | "/api"): StartHost {
  return async (settings, programs) => {
    const folder = join(programs, "../../next");
    const isBuilt = await access(join(folder, ".next/BUILD_ID")).then(
      () => true,
      () => false,
    );
    if (!isBuilt) {
      await buildApp(folder);
    }
    const port = await findFreePort();
    const program = startProgram({
      file: process.execPath,
      args: [NEXT, "start", "--port", String(port), "--hostname", "127.0.0.1"],
      cwd: folder,
      env: { SETTINGS: JSON.stringify(settings), NEXT_TELEMETRY_DISABLED: "1" },
    });
    await program.untilPrinted(/Ready in/);
    const origin = `http://127.0.0.1:${port}${prefix}`;
    return { origin, program, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
  };
}

const NEXT = "node_modules/next/dist/bin/next";

/** With the release of Connect that connect-next demands. */
async function buildApp(folder: string): Promise<void> {
  await installVersions();
  await fillFolder(folder, ["next", "react", "react-dom"]);
  for (const set of CONNECT_SETS.filter(({ next }) => next !== undefined)) {
    await copyConnect(set, folder);
  }
  const root = join(folder, "../../../..");
  for (const [path, text] of Object.entries({ ...FILES, "next.config.js": configOf(root) })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };
  await promisify(execFile)(process.execPath, [NEXT, "build"], { cwd: folder, env });
}

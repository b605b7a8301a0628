import { createAuth, type Endpoint } from "@countersign/server";
import { routes } from "./routes.ts";
import { setting } from "./setting.ts";

/** The service with its rules. The issuer's metadata say where its keys are. */
export const auth = createAuth({
  routes,
  issuers: [{ issuer: setting("ISSUER"), keys: { discovery: true } }],
  audience: setting("AUDIENCE"),
});

/** What is served beside the calls, by its path: nothing. */
export const documents: Readonly<Record<string, Endpoint>> = {};

/** Close what the service has open, when the server has stopped: nothing. */
export const close = (): Promise<void> => Promise.resolve();

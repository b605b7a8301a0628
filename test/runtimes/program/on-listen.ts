import { buildRequestListener, listen } from "@countersign/node";
import { announce, startApp } from "./start.ts";

// Our own listener, on any runtime that has Node's modules.
const { auth, controls } = startApp();
const { origin } = await listen(buildRequestListener({ ...auth, endpoints: controls }));
announce(origin);

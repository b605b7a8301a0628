import { buildRequestListener, listen } from "@countersign/node";
import { auth, close, documents } from "./auth.ts";
import { setting } from "./setting.ts";

const listener = await listen(buildRequestListener({ ...auth, endpoints: documents }), {
  port: Number(setting("PORT")),
});
console.log(`listening at ${listener.origin}`);

// Calls have ten seconds to end.
const stop = () => void listener.close(10_000).then(close);
process.once("SIGTERM", stop).once("SIGINT", stop);

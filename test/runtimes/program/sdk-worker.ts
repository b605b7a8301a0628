import type { Settings } from "./app.ts";
import { liveOverFetch } from "./use-session.ts";

/** What workerd calls. */
export const worker = {
  async fetch(_request: Request, { SETTINGS }: { readonly SETTINGS: string }): Promise<Response> {
    const { jwksUri } = JSON.parse(SETTINGS) as Settings; // the test writes it
    return new Response(await liveOverFetch(new URL(jwksUri).origin));
  },
};

import { type App, createApp, type Settings } from "./app.ts";

interface Environment {
  /** What the test tells, as JSON. */
  readonly SETTINGS: string;
}

let app: App | undefined;

/** What workerd calls. */
export const worker = {
  fetch(request: Request, { SETTINGS }: Environment): Promise<Response> {
    // With the first request: workerd has no timers and no random numbers while it loads a worker.
    app ??= createApp(JSON.parse(SETTINGS) as Settings);
    return app.fetch(request);
  },
};

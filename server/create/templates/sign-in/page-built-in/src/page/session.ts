import { createSession } from "@countersign/sdk/browser";

/** The session of the user. All tabs share it, and it goes on after a reload. */
export const session = createSession({ baseUrl: "/" });

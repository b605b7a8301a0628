import { createSession, type Session } from "@countersign/sdk/node";
import { setting } from "./setting.ts";

/** Sign in as the account that the project begins with. */
export async function openSession(): Promise<Session> {
  const session = createSession({ baseUrl: setting("ADDRESS") });
  await session.signIn({ username: "demo", password: setting("DEMO_PASSWORD") });
  return session;
}

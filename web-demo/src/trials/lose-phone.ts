import { createClient } from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { openDevice } from "../devices/open-device.ts";
import type { Services } from "../session/services.ts";
import { ask, type Note } from "./finding.ts";
import { noteStreamEnd } from "./note-stream-end.ts";

/** End the session of a phone from this page. */
export async function losePhone(services: Services, note: Note): Promise<void> {
  const phone = await openDevice(services, "Lost phone");
  note({ what: "A phone signs in", answer: "its stream is open", tone: "fact" });

  const sessions = createClient(SessionService, services.transport);
  const sentAtMs = performance.now();
  await ask(note, {
    what: "You revoke its session",
    call: () => sessions.revokeSession({ sessionId: phone.sessionId }),
    describe: () => "its access token had minutes left",
  });
  await noteStreamEnd(note, phone, sentAtMs);
}

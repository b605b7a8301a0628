import { openDevice } from "../devices/open-device.ts";
import type { Services } from "../session/services.ts";
import { ask, type Note } from "./finding.ts";
import { noteStreamEnd } from "./note-stream-end.ts";

/** Copy the refresh token of a phone, and send the copy after the phone has used the original. */
export async function stealRefreshToken(services: Services, note: Note): Promise<void> {
  const phone = await openDevice(services, "Robbed phone");
  note({ what: "A phone signs in", answer: "its stream is open", tone: "fact" });

  const copy = phone.refreshToken;
  note({ what: "A thief copies its refresh token", answer: "no server can know yet", tone: "fact" });

  await ask(note, {
    what: "The phone refreshes, twice",
    call: async () => phone.refresh(await phone.refresh(phone.refreshToken)),
    describe: () => "it has the third token now",
  });

  const sentAtMs = performance.now();
  await ask(note, {
    what: "The thief sends the first",
    call: () => phone.refresh(copy),
    describe: () => "the thief is in",
  });
  await noteStreamEnd(note, phone, sentAtMs);
}

import { createClient } from "@connectrpc/connect";
import { TrialService } from "@countersign/gen/countersign/demo/v1/trials_pb.js";
import type { Services } from "../session/services.ts";
import type { Note } from "./finding.ts";

/** Let the demo put a second server together: `createAuth` with a service on it that has a method without a rule. */
export async function startWithoutRule({ transport }: Services, note: Note): Promise<void> {
  const { started, error } = await createClient(TrialService, transport).startForgotten({});
  note({
    what: "The second server",
    answer: started ? "starts" : "does not start",
    tone: started ? "allowed" : "refused",
    detail: error,
  });
}

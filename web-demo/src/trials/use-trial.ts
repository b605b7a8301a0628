import { createConnectQueryKey } from "@connectrpc/connect-query";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { useState } from "react";
import { useServices } from "../session/services-context.tsx";
import { describeRefusal, type Finding } from "./finding.ts";
import type { Trial } from "./trials.ts";

/** A trial as its row sees it. */
export interface RunningTrial {
  readonly findings: readonly Finding[];
  readonly pending: boolean;
  /** Try it; does nothing while it goes on. */
  readonly start: () => void;
}

/** Run a trial, and collect what it finds. */
export function useTrial({ run }: Trial): RunningTrial {
  const services = useServices();
  const [findings, setFindings] = useState<readonly Finding[]>([]);
  const [pending, setPending] = useState(false);
  const note = (finding: Finding): void => {
    setFindings((before) => [...before, finding]);
    // A trial may begin sessions and end them.
    const queryKey = createConnectQueryKey({
      schema: SessionService.method.listSessions,
      cardinality: "finite",
    });
    void services.queryClient.invalidateQueries({ queryKey });
  };
  const start = async (): Promise<void> => {
    setPending(true);
    setFindings([]);
    try {
      await run(services, note);
    } catch (err) {
      note({ what: "The trial", ...describeRefusal(err) });
    }
    setPending(false);
  };
  return { findings, pending, start: () => void (pending ? undefined : start()) };
}

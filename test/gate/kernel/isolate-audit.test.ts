import { expect, test } from "vitest";
import { type AuditSink, isolateAudit } from "../../../server/gate/src/kernel/audit.ts";

const sinks: Readonly<Record<string, AuditSink>> = {
  throws: {
    record() {
      throw new Error("disk full");
    },
  },
  rejects: { record: (() => Promise.reject(new Error("disk full"))) as AuditSink["record"] },
};

test.each(Object.entries(sinks))("a sink that %s decides nothing, and is told of", async (_, sink) => {
  const warnings: string[] = [];
  isolateAudit(sink, (warning) => void warnings.push(warning)).record({ type: "call_denied" });
  await expect
    .poll(() => warnings)
    .toEqual(["the audit sink failed, and an event is lost: Error: disk full"]);
});

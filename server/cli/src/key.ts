import type { Issuer } from "@countersign/issuer";
import { KeyTooNewError, listSigningKeys } from "@countersign/issuer/internal";
import { type ObjectAnswer, toAnswer, toListAnswer } from "./answer.ts";
import { explainIssuerError } from "./issuer-errors.ts";
import { onStore, type StoreCall } from "./on-store.ts";
import { secretOf } from "./store-settings.ts";
import { formatTime } from "./table.ts";
import { CommandError } from "./usage-error.ts";

const COLUMNS = ["kid", "algorithm", "state", "created", "active", "retired"] as const;

/** What `countersign key` does. */
export const keyActions = {
  list: onStore(async (call) => {
    const keys = await (await openKeys(call)).list();
    const rows = keys.map(({ kid, algorithm, state, createdAtMs, activeAtMs, retiredAtMs }) => ({
      kid,
      algorithm,
      state,
      created: formatTime(createdAtMs),
      active: formatTime(activeAtMs),
      retired: formatTime(retiredAtMs),
    }));
    return toListAnswer(COLUMNS, rows);
  }),
  rotate: onStore(async (call) => {
    const ring = await openKeys(call);
    const force = call.line.values.force === true;
    const kid = await orNothing("rotated", () => ring.rotate({ force }));
    return showActive(kid);
  }),
  compromise: onStore(async (call) => {
    const ring = await openKeys(call);
    const kid = await orNothing("removed", () => ring.compromise(call.argument));
    return showActive(kid, [`${call.argument} is removed: its tokens are refused.`]);
  }),
};

function showActive(kid: string, before: readonly string[] = []): ObjectAnswer {
  return toAnswer([...before, `${kid} signs from now on.`], { kid });
}

/** @throws CommandError that says that nothing was changed, and why */
async function orNothing<T>(changed: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new CommandError(`nothing was ${changed}: ${explain(cause)}`, { cause });
  }
}

function explain(cause: unknown): string {
  if (cause instanceof KeyTooNewError) {
    return `the next key is known to all verifiers only from ${cause.readyAt}: wait until then, or rotate with --force`;
  }
  return cause instanceof Error ? cause.message : "unknown error";
}

async function openKeys({ backend, line: { config } }: StoreCall): Promise<Issuer["keys"]> {
  if ((await listSigningKeys(backend.store)).length === 0) {
    throw new CommandError("there are no keys yet: the first server that starts on this store makes them");
  }
  const times = {
    accessTtlMs: config.accessTtlMs,
    clockToleranceMs: config.clockToleranceMs,
    publishBeforeMs: config.keyPublishBeforeMs,
    jwksMaxAgeMs: config.jwksMaxAgeMs,
  };
  return backend.openKeys({ secret: secretOf(config), times }).catch((error: unknown) => {
    throw explainIssuerError(error, config);
  });
}

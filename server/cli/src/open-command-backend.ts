import { type IssuerAdmin, openIssuerAdmin } from "@countersign/issuer/internal";
import type { Config } from "./config.ts";
import { explainIssuerError } from "./issuer-errors.ts";
import { openAudit } from "./open-audit.ts";
import { storeOf } from "./store-settings.ts";

/**
 * Open what a command runs on. Servers that run on the same store learn from it of what has changed.
 *
 * @throws CommandError when the store or the audit file is not usable
 */
export async function openCommandBackend(config: Config): Promise<IssuerAdmin> {
  await using opened = new AsyncDisposableStack();
  const audit = opened.use(
    openAudit(config, (error) => {
      throw error;
    }),
  );
  const admin = opened.use(await openAdmin(config, audit));
  const resources = opened.move();
  return { ...admin, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

async function openAdmin(config: Config, audit: ReturnType<typeof openAudit>): Promise<IssuerAdmin> {
  try {
    return await openIssuerAdmin({ store: storeOf(config), audit });
  } catch (error) {
    throw explainIssuerError(error, config);
  }
}

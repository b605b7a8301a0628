import { hasExtension } from "@bufbuild/protobuf";
import { default_policy, policy } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { CommandError } from "../usage-error.ts";
import { readGenerated } from "./generated.ts";
import type { NamedService } from "./name-services.ts";
import type { Project } from "./project.ts";

/**
 * Check that generated code of the project has the rules. Code that git ignores is not looked at.
 *
 * @throws CommandError when a module was not generated anew
 */
export function assertGenerated(project: Project, services: readonly NamedService[]): void {
  for (const { generated, isOurs, registration } of services) {
    if (generated === undefined || !isOurs) {
      continue;
    }
    const service = readGenerated(project.read(generated))?.service.find(
      ({ name }) => name === registration.name,
    );
    const hasDefault = service?.options !== undefined && hasExtension(service.options, default_policy);
    const isGuarded = service?.method.every(
      ({ options }) => options !== undefined && hasExtension(options, policy),
    );
    if (!hasDefault && isGuarded !== true) {
      throw new CommandError(
        `buf generate has not made ${generated} anew: does its template name the folder of the proto?`,
      );
    }
  }
}

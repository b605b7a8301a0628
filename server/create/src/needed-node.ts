/** What a project needs of Node. */
export type NodeNeed =
  /** The machine's own will do. */
  | "present"
  /** npm brings it, for this project alone. */
  | "brought"
  /** The user installs it. */
  | "missing";

/** The machine, as far as it is asked here. */
export interface Machine {
  /** The version of its Node, as `process.versions.node`. */
  readonly node: string;
  readonly platform: string;
  readonly arch: string;
}

/** Say where the project's Node comes from: it needs 24.15 or newer. */
export function findNodeNeed({ node, platform, arch }: Machine): NodeNeed {
  const [major = 0, minor = 0] = node.split(".").map(Number);
  if (major > 24 || (major === 24 && minor >= 15)) {
    return "present";
  }
  return platform === "linux" && ["x64", "arm64"].includes(arch) ? "brought" : "missing";
}

/**
 * The version of the user's Node. `npm exec` puts `node_modules/.bin` of the folder that it is run in before the PATH, so
 * this program may run on a Node that only that folder has; npm itself runs on the user's, and says so.
 *
 * @param userAgent `npm_config_user_agent` of the environment, as npm, pnpm and Yarn set it
 * @param own the version that this program runs on
 */
export function readUserNode(userAgent: string | undefined, own: string): string {
  return /^(?:npm|pnpm|yarn)\/.* node\/v(\d+\.\d+\.\d+)/.exec(userAgent ?? "")?.[1] ?? own;
}

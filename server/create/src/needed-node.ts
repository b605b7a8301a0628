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
  /** As `process.versions.node`. */
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

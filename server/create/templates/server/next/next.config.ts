import type { NextConfig } from "next";

const config: NextConfig = {
  // Loaded as they are installed, and not bundled: routes and issuer have one copy of each.
  serverExternalPackages: [
    "@bufbuild/protobuf",
    "@connectrpc/connect",
    "@countersign/gen",
    "@countersign/issuer",
    "@countersign/server",
  ],
};

export default config;

export type {
  ProofHeaders,
  ProofKey,
  Provable,
  ProvenRequest,
  Prover,
  RunRequest,
  TokenBinding,
} from "../core/token-binding.ts";
export type { DpopOptions } from "./dpop.ts";
export { dpop } from "./dpop.ts";

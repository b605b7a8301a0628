// The setup of the project that compares with another release of Connect.
export { installVersions as setup } from "../compat/sets.ts";

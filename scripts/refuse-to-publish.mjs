// `prepublishOnly` of every package: its folder is not what is published. Its manifest leads to sources that no package holds,
// and what is in `dist` may be old.
console.error("countersign: packages are published by `npm run release`, from tarballs that it makes anew");
process.exitCode = 1;

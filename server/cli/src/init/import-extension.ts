import type { NamedService } from "./name-services.ts";
import { findPackageEnding } from "./package-ending.ts";
import type { Project } from "./project.ts";
import { withEnding } from "./specifier.ts";

/**
 * Have templates of buf write imports as the project does. Generated code that has imported nothing of the project until now
 * imports the rules, and Node finds no module without the ending of its file.
 *
 * @returns whether a template has changed
 */
export async function setImportExtension(
  project: Project,
  services: readonly NamedService[],
): Promise<boolean> {
  const [ending] = services
    .filter(({ generated }) => generated !== undefined && hasBareImport(project.read(generated)))
    .flatMap(({ registration: { specifier, path } }) => {
      const packaged = findPackageEnding(project, project.packageOf(path));
      return /\.([jt]s)$/.exec(withEnding(specifier, packaged))?.[1] ?? [];
    });
  let isChanged = false;
  for (const path of project.files.filter((file) => /(?:^|\/)buf\.gen\.yaml$/.test(file))) {
    const text = project.read(path);
    const changed = ending === undefined ? text : addImportExtension(text, ending);
    if (changed !== text) {
      await project.write(path, changed);
      isChanged = true;
    }
  }
  return isChanged;
}

const hasBareImport = (text: string): boolean => /from "[./]+countersign\/auth\/v1\/options_pb"/.test(text);

/** Add the option to each plugin of Protobuf-ES in a template that does not have it. */
export function addImportExtension(template: string, ending: string): string {
  const option = `import_extension=${ending}`;
  // Each plugin begins with the dash of its list.
  return template
    .split(/^(?=[ \t]*- (?:local|remote|plugin|name):)/m)
    .map((plugin) =>
      isOfProtobufEs(plugin) && !plugin.includes("import_extension") ? addOption(plugin, option) : plugin,
    )
    .join("");
}

const isOfProtobufEs = (plugin: string): boolean =>
  /^[ \t]*- (?:local|remote|plugin|name):.*(?:protoc-gen-es|bufbuild\/es|[ "']es["']?[ \t]*$)/m.test(plugin);

/** Options are a text, a list in brackets, a list with dashes, or not there. */
function addOption(plugin: string, option: string): string {
  const [all, before = "", value = ""] = /^([ \t]+opt:[ \t]*)([^#\n]*?)[ \t]*(?=#|$)/m.exec(plugin) ?? [];
  const start = all === undefined ? -1 : plugin.indexOf(all);
  if (all === undefined) {
    const [first = ""] = plugin.split("\n");
    const indent = first.replace(/- .*$/, "  ");
    return plugin.replace(first, `${first}\n${indent}opt: ${option}`);
  }
  const end = start + all.length;
  if (value.trim() === "") {
    const indent = /\n([ \t]*)- /.exec(plugin.slice(end))?.[1] ?? `${before.replace(/opt:.*/, "")}  `;
    return `${plugin.slice(0, end)}\n${indent}- ${option}${plugin.slice(end)}`;
  }
  const longer = value.startsWith("[") ? value.replace("[", `[${option}, `) : `${value.trim()},${option}`;
  return `${plugin.slice(0, start)}${before}${longer}${plugin.slice(end)}`;
}

/** Import a package that is none of the repository's: only where the programs run is it installed. */
export async function load<Module>(name: string): Promise<Module> {
  return (await import(name)) as Module; // its parts are declared where they are used
}

/**
 * Find an element of the page.
 *
 * @throws Error when there is none
 */
export function find(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) {
    throw new Error(`index.html has no ${selector}`);
  }
  return found;
}

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder that Tallyhouse is installed in, with a slash behind it: this code may run from one of several depths below. */
export const PACKAGE = fileURLToPath(findPackage(new URL('./', import.meta.url)));

function findPackage(folder: URL): URL {
  return existsSync(new URL('package.json', folder)) ? folder : findPackage(new URL('../', folder));
}

import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'

/** The folder of the templates that come with the gate, found beside `src/` as well as beside the built `dist/`. */
const findBuiltIn = (): string => {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, 'templates')
    if (existsSync(join(candidate, 'layout.eta'))) return candidate
  }
  throw new Error('the folder templates/ is missing beside the program')
}

export const BUILT_IN_TEMPLATES = findBuiltIn()

/**
 * Where pages, mails, texts and static files are looked for, first one first: a region replaces one file at a time.
 * @param override absolute path of the site's own folder (`templates` of its policy)
 */
export const templateFolders = (override?: string): readonly string[] =>
  override === undefined ? [BUILT_IN_TEMPLATES] : [override, BUILT_IN_TEMPLATES]

/**
 * The files of `subfolder` in all the folders whose name fits: name (relative, with `/`) to absolute path, where the first
 * folder that has a name wins. Hidden files and folders are never part of it (P-13).
 * @throws {Error} when a folder of the list does not exist: a misspelt one must not pass for an empty one (G-06)
 */
export const layeredFiles = (
  folders: readonly string[],
  subfolder: string,
  pattern: RegExp,
): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  for (const folder of folders) {
    if (!statSync(folder).isDirectory()) throw new Error(`${folder} is not a folder`)
    const root = join(folder, subfolder)
    if (!existsSync(root)) continue
    for (const entry of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
      const name = entry.split(sep).join('/')
      const isHidden = name.split('/').some((part) => part.startsWith('.'))
      if (isHidden || found.has(name) || !pattern.test(name) || !statSync(join(root, entry)).isFile()) continue
      found.set(name, join(root, entry))
    }
  }
  return found
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folders = new Set<string>()

process.once('exit', () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

/** A folder of this test process alone (mode 0700), removed with all it holds when the process ends, or sooner by `using`. */
export const createTempFolder = (name = 'test'): { readonly path: string } & Disposable => {
  const path = mkdtempSync(join(tmpdir(), `portillon-${name}-`))
  folders.add(path)
  return {
    path,
    [Symbol.dispose]: () => {
      folders.delete(path)
      rmSync(path, { recursive: true, force: true })
    },
  }
}

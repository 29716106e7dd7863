import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Absolute path of a file or folder that comes with the program, found beside `src/` as well as beside the built `dist/`.
 * @param name from the root of the package, such as `policies/demo.yaml`
 * @throws {Error} when the installation lacks it
 */
export const shippedFile = (name: string): string => {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, name)
    if (existsSync(candidate)) return candidate
  }
  throw new Error(`${name} is missing beside the program`)
}

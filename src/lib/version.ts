import { readFileSync } from 'node:fs'
import { shippedFile } from './shipped-file.ts'

/** Which version of the gate this is, as package.json says. @throws when the installation lacks it */
export const versionOfGate = (): string => {
  const { version } = JSON.parse(readFileSync(shippedFile('package.json'), 'utf8')) as { version: string }
  return version
}

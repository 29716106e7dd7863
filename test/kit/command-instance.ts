import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createTempFolder } from './temp-folder.ts'

/** The files of an instance, on which commands run, with a gate beside them or without. */
export interface CommandInstance {
  /** What `--config` says. */
  readonly config: string
  /** A file of its folder. */
  at(name: string): string
  /** Its database, unless `write` has named another one. */
  readonly databaseUrl: string
  /** Writes the instance file anew, with these settings in place of some. */
  write(settings?: Readonly<Record<string, unknown>>): void
}

const SETTINGS = {
  listen: { 'trusted-proxies': ['127.0.0.1'] },
  smtp: { host: 'localhost', port: 25, security: 'none' },
  store: 'embedded',
  database: { url: 'sqlite:gate.sqlite' },
  keys: 'keys',
  sites: ['demo.yaml'],
}

/** An instance of the demonstration's site alone, in a folder that goes with the test process. */
export const createCommandInstance = (name: string): CommandInstance => {
  const { path: folder } = createTempFolder(name)
  const at = (file: string) => join(folder, file)
  const config = at('portillon.yaml')
  const write: CommandInstance['write'] = (settings = {}) =>
    writeFileSync(config, JSON.stringify({ ...SETTINGS, ...settings }), { mode: 0o600 })
  writeFileSync(at('demo.yaml'), readFileSync(resolve('policies/demo.yaml'), 'utf8'))
  write()
  return { config, at, databaseUrl: `sqlite:${at('gate.sqlite')}`, write }
}

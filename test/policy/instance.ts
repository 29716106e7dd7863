import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LoadedConfig } from '../../src/config/instance.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { Result } from '../../src/lib/result.ts'
import type { Problem } from '../../src/lib/settings/problem.ts'
import { loadSite, type LoadedSite } from '../../src/policy/load.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { NOW, siteText } from './site-text.ts'

/** A folder with an instance: the files that a test writes, read with a given environment. */
export const createInstanceFolder = () => {
  const folder = createTempFolder('instance')
  const pathOf = (name: string) => join(folder.path, name)
  const write = (name: string, content: string, mode = 0o600): string => {
    mkdirSync(join(pathOf(name), '..'), { recursive: true })
    writeFileSync(pathOf(name), content)
    chmodSync(pathOf(name), mode)
    return pathOf(name)
  }
  write('site.yaml', siteText())
  return {
    ...folder,
    pathOf,
    write,
    load: (
      text: string,
      {
        environment = {},
        now = NOW,
        mode = 0o600,
      }: { environment?: Record<string, string>; now?: number; mode?: number } = {},
    ): Result<LoadedConfig<LoadedSite>, readonly Problem[]> =>
      loadConfig(write('config.yaml', text, mode), { environment, now, loadSite: (file) => loadSite(file, { now }) }),
  }
}

const SECTIONS = {
  listen: 'listen: { trusted-proxies: [127.0.0.1] }',
  store: 'store: embedded',
  database: 'database: { url: "sqlite:data/portillon.sqlite" }',
  smtp: 'smtp: { host: smtp.example.test }',
  keys: 'keys: keys',
  sites: 'sites: [site.yaml]',
} as const

/** An instance file without a fault, with some sections written otherwise; an empty text leaves one out. */
export const instanceText = ({
  more = '',
  ...changes
}: Partial<Record<keyof typeof SECTIONS, string>> & { more?: string } = {}): string =>
  [...Object.values({ ...SECTIONS, ...changes }), more].filter((section) => section !== '').join('\n') + '\n'

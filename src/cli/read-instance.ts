import type { LoadedConfig } from '../config/instance.ts'
import { loadConfig } from '../config/load.ts'
import { systemClock } from '../lib/clock.ts'
import { loadSite, type LoadedSite } from '../policy/load.ts'
import { failWithProblems } from './failure.ts'

/** Reads an instance file and its sites; says every fault and gives null when there is one. */
export const readInstance = (file: string): LoadedConfig<LoadedSite> | null => {
  const now = systemClock.now()
  const loaded = loadConfig(file, {
    environment: process.env,
    now,
    loadSite: (site) => loadSite(site, { now }),
  })
  if (loaded.ok) return loaded.value
  failWithProblems(loaded.reason)
  return null
}

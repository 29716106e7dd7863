import { readdirSync, readFileSync } from 'node:fs'

/** What the kernel counts for processes and everything they started: CPU time and memory, from /proc. */

/** Clock ticks of /proc/<pid>/stat in a second: USER_HZ, 100 on every Linux that Debian builds. */
const TICKS_PER_SECOND = 100

interface Stat {
  readonly pid: number
  readonly parent: number
  /** User and system time, ended children included. */
  readonly ticks: number
}

const readStat = (pid: number): Stat | undefined => {
  try {
    // The name in parentheses may hold blanks; the fields are counted after it (proc(5)): 4 ppid, 14-17 the times.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    return { pid, parent: Number(fields[1]), ticks }
  } catch {
    return undefined
  }
}

/** The processes and their descendants. */
const treeOf = (roots: readonly number[]): readonly Stat[] => {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(Number(name)) ?? [])
  const tree = all.filter(({ pid }) => roots.includes(pid))
  for (const { pid } of tree) tree.push(...all.filter(({ parent }) => parent === pid))
  return tree
}

/** CPU microseconds used so far. */
export const cpuOf = (...roots: readonly number[]): number =>
  (treeOf(roots).reduce((sum, { ticks }) => sum + ticks, 0) * 1_000_000) / TICKS_PER_SECOND

const kilobytes = (file: string, field: string): number => {
  try {
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'latin1'))?.[1] ?? 0)
  } catch {
    // It has ended meanwhile.
    return 0
  }
}

/** Resident memory in bytes. */
export interface Memory {
  /** Pages that several of the processes share count for each of them. */
  readonly rss: number
  /** They count once. */
  readonly pss: number
}

export const memoryOf = (...roots: readonly number[]): Memory =>
  treeOf(roots).reduce<Memory>(
    ({ rss, pss }, { pid }) => ({
      rss: rss + kilobytes(`/proc/${pid}/status`, 'VmRSS') * 1_024,
      pss: pss + kilobytes(`/proc/${pid}/smaps_rollup`, 'Pss') * 1_024,
    }),
    { rss: 0, pss: 0 },
  )

/** CPU microseconds used so far by all processes of the machine. */
export const cpuOfMachine = (): number => {
  // The first line of proc(5) stat: user nice system idle iowait irq softirq …
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] =
    /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1]?.split(' ').map(Number) ?? []
  return ((user + nice + system + irq + softirq) * 1_000_000) / TICKS_PER_SECOND
}

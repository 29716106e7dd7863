import { readdirSync, readFileSync } from 'node:fs'

/** What the kernel counts for a process and everything it started: CPU time and memory, from /proc. */

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

/** The process and its descendants. */
const treeOf = (root: number): readonly Stat[] => {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(Number(name)) ?? [])
  const tree = all.filter(({ pid }) => pid === root)
  for (const { pid } of tree) tree.push(...all.filter(({ parent }) => parent === pid))
  return tree
}

/** CPU microseconds used so far. */
export const cpuOf = (root: number): number =>
  (treeOf(root).reduce((sum, { ticks }) => sum + ticks, 0) * 1_000_000) / TICKS_PER_SECOND

/** Resident memory in bytes; pages that two of the processes share count twice. */
export const memoryOf = (root: number): number =>
  treeOf(root)
    .map(({ pid }) => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0))
    .reduce((sum, kilobytes) => sum + kilobytes * 1_024, 0)

/** CPU microseconds used so far by all processes of the machine. */
export const cpuOfMachine = (): number => {
  // The first line of proc(5) stat: user nice system idle iowait irq softirq …
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] =
    /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1]?.split(' ').map(Number) ?? []
  return ((user + nice + system + irq + softirq) * 1_000_000) / TICKS_PER_SECOND
}

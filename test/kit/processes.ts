import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/**
 * Child processes that cannot outlive the test: each has its own process group, which is ended by its number when the test
 * stops it, when the test process ends, and when that is told to end (Ctrl-C, the runner's time limit).
 */

const root = resolve(import.meta.dirname, '../..')

/** A signal's usual exit code is 128 and its number. */
const ENDING_SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

const groups = new Set<number>()

const signalGroup = (group: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-group, signal)
  } catch {
    groups.delete(group)
  }
}

/** The processes that a process has started and that still run. */
export const childrenOf = (pid: number): number[] => {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
    return children.map(Number)
  } catch {
    return []
  }
}

/** Descendants that lead groups of their own, as PostgreSQL's and Chromium's do, are found through /proc. */
const descendantsOf = (pid: number): number[] => childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)])

const endAllGroups = (): void => {
  for (const group of [...groups].flatMap((leader) => [leader, ...descendantsOf(leader)])) signalGroup(group, 'SIGKILL')
}

let guarded = false
const guardOnce = (): void => {
  if (guarded) return
  guarded = true
  process.once('exit', endAllGroups)
  for (const [signal, code] of Object.entries(ENDING_SIGNALS)) process.once(signal, () => process.exit(code))
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Written to standard input, which is then closed. */
  readonly input?: string
  /** Numeric user, for servers that refuse to run as root. */
  readonly uid?: number
  readonly gid?: number
  /** A descriptor of this process that the program finds as its descriptor 3. */
  readonly handOver?: number
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Running {
  readonly pid: number
  /** Everything written so far. */
  readonly stdout: () => string
  readonly stderr: () => string
  readonly ended: Promise<Ended>
  /**
   * The first match in what was or will be written on either output.
   * @throws {Error} with the outputs, when the process ends first or `timeout` milliseconds pass
   */
  waitFor(pattern: RegExp, timeout?: number): Promise<RegExpExecArray>
  /** Asks the process to end, insists after `grace` milliseconds, and waits until its group is gone. */
  stop(signal?: NodeJS.Signals, grace?: number): Promise<Ended>
}

const collect = (child: ChildProcess) => {
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8')
    child[name]?.on('data', (text: string) => (written[name] += text))
  }
  return written
}

/** Starts a program in a process group of its own. */
export const startProcess = (command: string, args: readonly string[], options: StartOptions = {}): Running => {
  guardOnce()
  const { input, env, handOver, ...rest } = options
  const child = spawn(command, [...args], {
    ...rest,
    env: { ...process.env, ...env },
    detached: true,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', ...(handOver === undefined ? [] : [handOver])],
  })
  const written = collect(child)
  const what = `${command} ${args.join(' ')}`
  const report = (why: string) => new Error(`${why}: ${what}\n${written.stdout}${written.stderr}`)
  const ended = once(child, 'close').then(([code, signal]): Ended => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
  }))
  // Whoever does not wait for the end must not be ended by it.
  ended.catch(() => undefined)
  const pid = child.pid
  if (pid === undefined) throw report('cannot start')
  groups.add(pid)
  // What the program itself left behind would keep the outputs open.
  child.once('exit', () => {
    signalGroup(pid, 'SIGKILL')
    groups.delete(pid)
  })
  child.stdin?.end(input)

  return {
    pid,
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    ended,
    waitFor: (pattern, timeout = 30_000) =>
      new Promise((found, reject) => {
        const look = () => {
          const match = pattern.exec(written.stdout) ?? pattern.exec(written.stderr)
          if (match === null) return false
          settle()
          found(match)
          return true
        }
        const fail = (why: string) => {
          settle()
          reject(report(why))
        }
        const timer = setTimeout(() => fail(`no ${pattern} within ${timeout} ms`), timeout)
        const onClose = () => look() || fail(`ended before ${pattern}`)
        const settle = () => {
          clearTimeout(timer)
          child.stdout?.off('data', look)
          child.stderr?.off('data', look)
          child.off('close', onClose)
        }
        child.stdout?.on('data', look)
        child.stderr?.on('data', look)
        child.on('close', onClose)
        if (!look() && child.exitCode !== null) onClose()
      }),
    stop: async (signal = 'SIGTERM', grace = 10_000) => {
      signalGroup(pid, signal)
      const insist = setTimeout(() => signalGroup(pid, 'SIGKILL'), grace)
      const end = await ended
      clearTimeout(insist)
      return end
    },
  }
}

/** Runs a program to its end. Its exit code is for the caller to judge. */
export const runProcess = async (
  command: string,
  args: readonly string[],
  { timeout = 30_000, ...options }: StartOptions & { readonly timeout?: number } = {},
): Promise<Ended & { readonly stdout: string; readonly stderr: string }> => {
  const running = startProcess(command, args, options)
  const limit = setTimeout(() => signalGroup(running.pid, 'SIGKILL'), timeout)
  const end = await running.ended
  clearTimeout(limit)
  return { ...end, stdout: running.stdout(), stderr: running.stderr() }
}

/** What `portillon <args>` is, from the sources. */
export const cliArgs = (args: readonly string[]): readonly string[] => [resolve(root, 'src/main.ts'), ...args]

/** `portillon <args>` from the sources, to its end. */
export const runCli = (args: readonly string[], options?: StartOptions & { readonly timeout?: number }) =>
  runProcess(process.execPath, cliArgs(args), options)

/** `portillon <args>` from the sources, left running: `serve`, `demo`. */
export const startCli = (args: readonly string[], options?: StartOptions): Running =>
  startProcess(process.execPath, cliArgs(args), options)

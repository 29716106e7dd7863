import { resolve } from 'node:path'
import { runProcess } from '../kit/processes.ts'
import { measureCards } from './cards/measure.ts'
import { measureCalls } from './calls/measure.ts'
import { measureCrew } from './crew.ts'
import { endure } from './endurance.ts'
import { measureIdle } from './idle.ts'
import { machine } from './machine.ts'
import { readOptions, type Options } from './options.ts'
import { startGate } from './peers/gate.ts'
import type { Peer } from './peers/peer.ts'
import { formatReport } from './report.ts'
import { CREWS } from './scenarios.ts'
import type { Results, Table } from './summary.ts'
import { judge } from './targets.ts'
import { measureSignIns } from './sign-ins/measure.ts'
import { startUpstream } from './upstream.ts'
import { verify } from './verify.ts'

/**
 * `npm run bench`: what a request costs behind the gate, beside other gates and the bare proxy, in one run on one machine.
 * Everything listens on loopback and is stopped at the end. Progress goes to standard error, the report to standard output, as
 * Markdown. Targets are reported, not enforced: the exit code tells only whether the measurements can be believed.
 *
 *   npm run bench                                everything, about 24 minutes
 *   npm run bench -- --quick                     one short round with one worker, about 2 minutes
 *   npm run bench -- --long                      also 10 minutes of load in which memory is watched
 *   npm run bench -- --scenarios cards           what a card costs, and loading a list of 5 MB, half a minute
 *   npm run bench -- --scenarios sign-ins        sign-ins alone, about 4 minutes
 *   npm run bench -- --scenarios calls           contextual calls alone, about a minute
 *   npm run bench -- --peers nginx,gate --scenarios 100b-32,idle --crew one --rounds 5 --seconds 3 --json
 *
 * Peers, application and load share the cores, so requests/s of a cheap peer say more about the load generator: compare
 * the CPU time per request first. The rounds are interleaved, each begins with another peer, and ratios are taken within a
 * round, because a shared machine changes its speed from one minute to the next.
 */

const ROOT = resolve(import.meta.dirname, '../..')
const INSTALL = resolve(import.meta.dirname, 'install')

const began = Date.now()

const tell = (text: string): void => {
  const seconds = Math.round((Date.now() - began) / 1_000)
  process.stderr.write(
    `${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, '0')} ${text}\n`,
  )
}

/** @throws {Error} with the command's own words */
const run = async (command: string, ...args: readonly string[]): Promise<void> => {
  const { code, stdout, stderr } = await runProcess(command, args, { timeout: 600_000, cwd: ROOT })
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`)
}

/** The programs of the peers, and the gate as it is installed. */
const prepare = async (): Promise<void> => {
  if ((await runProcess('/bin/bash', [INSTALL, '--check'])).code !== 0) {
    tell('installing Debian packages (bash test/bench/install)')
    await run('/bin/bash', INSTALL)
  }
  tell('building the gate (npm run build)')
  await run('npm', 'run', '--silent', 'build')
}

/** The gate alone and freshly started, so that its memory is not that of another load. */
const withGate = async <T>(use: (gate: Peer) => Promise<T>): Promise<T> => {
  const upstream = await startUpstream()
  const gate = await startGate(upstream, 1)
  try {
    await verify(gate)
    return await use(gate)
  } finally {
    await gate.stop()
    await upstream.stop()
  }
}

/** Seconds that may be spent on measuring again what was disturbed. */
const PATIENCE = 180

const measureAll = async (options: Options): Promise<Results> => {
  const tables: Table[] = []
  const patience = { left: PATIENCE }
  for (const crew of CREWS) tables.push(...(await measureCrew(crew, options, patience, tell)))
  if (options.idle) tell('idle connections')
  const idle = options.idle ? await withGate(measureIdle) : undefined
  const cards = options.cards ? await measureCards(tell) : undefined
  const signIns = options.signIns ? await measureSignIns(tell) : undefined
  const calls = options.calls ? await measureCalls(tell) : undefined
  const { endurance: seconds } = options
  if (seconds > 0) tell(`${seconds / 60} minutes of load`)
  const endurance = seconds > 0 ? await withGate((gate) => endure(gate, seconds, tell)) : undefined
  return {
    tables,
    ...(idle === undefined ? {} : { idle }),
    ...(endurance === undefined ? {} : { endurance }),
    ...(cards === undefined ? {} : { cards }),
    ...(signIns === undefined ? {} : { signIns }),
    ...(calls === undefined ? {} : { calls }),
  }
}

const options = readOptions(process.argv.slice(2))
await prepare()
const results = await measureAll(options)
const facts = await machine(options)
process.stdout.write(
  options.json
    ? `${JSON.stringify({ facts, ...results, verdicts: judge(results) })}\n`
    : `${facts.map((fact) => `- ${fact}`).join('\n')}\n\n${formatReport(results)}\n`,
)
const unproven = results.tables.flatMap(({ rows }) => rows).filter((row) => row.unproven > 0)
if (
  unproven.length > 0 ||
  (results.endurance?.unproven ?? 0) +
    (results.signIns?.failed ?? 0) +
    (results.cards?.wrong ?? 0) +
    (results.calls?.failed ?? 0) >
    0
) {
  tell('some answers could not be shown to be right: the figures of those peers do not count')
  process.exitCode = 1
}

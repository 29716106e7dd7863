import assert from 'node:assert/strict'
import { existsSync, globSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { runProcess } from './processes.ts'
import { createTempFolder } from './temp-folder.ts'
import { requireTool } from './tools.ts'

/** The verifier kit of deploy/verifier, built and set up as its README says. */

const KIT = resolve(import.meta.dirname, '../../deploy/verifier')
const VECTORS = resolve(import.meta.dirname, '../fixtures/verifier/Vectors.java')

/** Short-lived: start quickly rather than run fast. */
const JVM = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto']

const run = async (command: string, ...args: readonly string[]): Promise<void> => {
  const { code, stdout, stderr } = await runProcess(command, args, { timeout: 120_000 })
  assert.equal(code, 0, `${command}: ${stdout}${stderr}`)
}

export interface BuiltVerifier {
  /** What goes into Tomcat's `lib`. */
  readonly jar: string
  /** Judges one vector a line of JSON; gives `ok` or the reason of the refusal for each. */
  judge(vectors: readonly unknown[]): Promise<readonly string[]>
}

/** Compiles the kit for Java 11, against Tomcat 10 alone, without a warning. */
export const buildVerifier = async (): Promise<BuiltVerifier> => {
  const folder = createTempFolder('verifier').path
  const [classes, tests, jar] = ['classes', 'tests', 'portillon-verifier.jar'].map((name) => join(folder, name))
  assert.ok(classes !== undefined && tests !== undefined && jar !== undefined)
  mkdirSync(classes)
  const home = requireTool('tomcat-home')
  const tomcat = `${home}/lib/*:${home}/bin/tomcat-juli.jar`
  const javac = requireTool('javac')
  const strict = [...JVM.map((option) => `-J${option}`), '--release', '11', '-Xlint:all,-path', '-Werror']
  await run(javac, ...strict, '-cp', tomcat, '-d', classes, ...globSync(join(KIT, 'portillon/verifier/*.java')))
  await run(requireTool('jar'), '--create', '--file', jar, '-C', classes, '.')
  return {
    jar,
    judge: async (vectors) => {
      if (!existsSync(tests)) await run(javac, ...strict, '-cp', classes, '-d', tests, VECTORS)
      const file = join(folder, 'vectors.jsonl')
      writeFileSync(file, vectors.map((vector) => `${JSON.stringify(vector)}\n`).join(''))
      const args = [...JVM, '-cp', `${classes}:${tests}`, 'portillon.verifier.Vectors', file]
      const { code, stdout, stderr } = await runProcess(requireTool('java'), args, { timeout: 60_000 })
      assert.equal(code, 0, stderr)
      return stdout.trimEnd().split('\n')
    },
  }
}

/** `conf/context.xml` with the valve and its settings. */
export const contextWith = (settings: Readonly<Record<string, string>>): string => {
  const attributes = Object.entries(settings).map(([name, value]) => `${name}="${value}"`)
  return `<Context><Valve className="portillon.verifier.PortillonValve" ${attributes.join(' ')} /></Context>\n`
}

import type { TestContext } from 'node:test'
import { Command } from 'commander'

export interface CommandOutcome {
  readonly out: string
  readonly err: string
  readonly status: number
}

/**
 * Runs `portillon <words>` in this process with what it writes caught, as an operator would see it. Commands write text;
 * bytes are the test runner's own reports, which pass: caught, they would take tests out of the count unseen.
 */
export const runCommand = async (
  t: TestContext,
  register: (program: Command) => void,
  words: readonly string[],
): Promise<CommandOutcome> => {
  const texts = { out: '', err: '' }
  const program = new Command().exitOverride()
  register(program)
  const catchText = (stream: NodeJS.WriteStream, name: keyof typeof texts) => {
    const write = stream.write.bind(stream)
    return t.mock.method(stream, 'write', (chunk: string | Uint8Array) => {
      if (typeof chunk !== 'string') return write(chunk)
      texts[name] += chunk
      return true
    })
  }
  const caught = [catchText(process.stdout, 'out'), catchText(process.stderr, 'err')]
  try {
    await program.parseAsync(words, { from: 'user' })
    return { ...texts, status: Number(process.exitCode ?? 0) }
  } finally {
    process.exitCode = 0
    for (const method of caught) method.mock.restore()
  }
}

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { startProcess } from './processes.ts'
import { requireTool } from './tools.ts'

/** A screen that nobody sees, with a keyboard: for the windows of a browser that are no page, which its driver cannot reach. */
export interface Display {
  /** As programs are told of it (`:99`). */
  readonly name: string
  /** Number of the window with this title; null when none is shown. */
  window(title: string): Promise<string | null>
  type(text: string): Promise<void>
  press(key: 'Return' | 'Escape'): Promise<void>
  stop(): Promise<void>
}

/** Starts an X server of its own, on a number that it finds free. */
export const startDisplay = async (): Promise<Display> => {
  const running = startProcess(requireTool('Xvfb'), [
    ...['-displayfd', '1', '-screen', '0', '1280x1000x24', '-nolisten', 'tcp'],
  ])
  const [, number = ''] = await running.waitFor(/^(\d+)\n/)
  const name = `:${number}`
  const xdotool = (...args: readonly string[]) =>
    promisify(execFile)(requireTool('xdotool'), args, { env: { ...process.env, DISPLAY: name } })
  return {
    name,
    window: (title) =>
      xdotool('search', '--onlyvisible', '--name', `^${title}$`).then(
        ({ stdout }) => stdout.trim(),
        () => null,
      ),
    type: async (text) => {
      await xdotool('type', text)
    },
    press: async (key) => {
      await xdotool('key', key)
    },
    stop: async () => {
      await running.stop()
    },
  }
}

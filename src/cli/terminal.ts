import { styleText } from 'node:util'

/** Where a command writes; tests give their own. */
export interface Terminal {
  write(text: string): void
  /** Colours are for people: only where the output is a screen and NO_COLOR is not set. */
  readonly hasColours: boolean
  /** The status with which the process ends. */
  setExitCode(code: number): void
}

export const processTerminal: Terminal = {
  write: (text) => {
    process.stdout.write(text)
  },
  hasColours: process.stdout.isTTY && !process.env['NO_COLOR'],
  setExitCode: (code) => {
    process.exitCode = code
  },
}

export type Colour = 'red' | 'yellow' | 'green' | 'dim' | 'bold'

/** Puts colours where there is a screen, and nothing anywhere else. */
export const createPaint =
  ({ hasColours }: Terminal) =>
  (colour: Colour, text: string): string =>
    hasColours ? styleText(colour, text, { validateStream: false }) : text

#!/usr/bin/env node
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { registerDemo } from './cli/demo.ts'

const program = new Command('portillon')
  .description('authentication gateway in front of the DCC')
  .showHelpAfterError('(portillon --help lists the commands)')

registerDemo(program, fileURLToPath(new URL('../policies/demo.yaml', import.meta.url)))

await program.parseAsync()

#!/usr/bin/env node
import { Command } from 'commander'
import { registerAccounts } from './cli/accounts.ts'
import { registerCheck } from './cli/check.ts'
import { registerDemo } from './cli/demo.ts'
import { registerExplain } from './cli/explain.ts'
import { registerKeys } from './cli/keys.ts'
import { registerServe } from './cli/serve.ts'
import { registerSessions } from './cli/sessions.ts'
import { registerWorker } from './cli/worker.ts'
import { shippedFile } from './lib/shipped-file.ts'

const program = new Command('portillon')
  .description('authentication gateway in front of the DCC')
  .showHelpAfterError('(portillon --help lists the commands)')

registerServe(program)
registerDemo(program, shippedFile('policies/demo.yaml'))
registerCheck(program)
registerExplain(program)
registerAccounts(program)
registerSessions(program)
registerKeys(program)
registerWorker(program)

await program.parseAsync()

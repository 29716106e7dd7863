#!/usr/bin/env node
import { Command } from 'commander'
import { shippedFile } from './lib/shipped-file.ts'

const program = new Command('portillon')
  .description('authentication gateway in front of the DCC')
  .showHelpAfterError('(portillon --help lists the commands)')

/**
 * Each is loaded when it is asked for: the main process of `serve`, which stays, carries nothing of what only its workers
 * need. In the order of the help.
 */
const COMMANDS: Readonly<Record<string, () => Promise<void>>> = {
  serve: async () => (await import('./cli/serve.ts')).registerServe(program),
  demo: async () => (await import('./cli/demo.ts')).registerDemo(program, shippedFile('policies/demo.yaml')),
  check: async () => (await import('./cli/check.ts')).registerCheck(program),
  explain: async () => (await import('./cli/explain.ts')).registerExplain(program),
  accounts: async () => (await import('./cli/accounts.ts')).registerAccounts(program),
  sessions: async () => (await import('./cli/sessions.ts')).registerSessions(program),
  'contextual-call': async () => (await import('./cli/contextual-call.ts')).registerContextualCall(program),
  keys: async () => (await import('./cli/keys.ts')).registerKeys(program),
  audit: async () => (await import('./cli/audit.ts')).registerAudit(program),
  worker: async () => (await import('./cli/worker.ts')).registerWorker(program),
}

const [, , asked = ''] = process.argv
for (const load of Object.hasOwn(COMMANDS, asked) ? [COMMANDS[asked]] : Object.values(COMMANDS)) await load?.()

await program.parseAsync()

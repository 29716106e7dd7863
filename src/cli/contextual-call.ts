import type { Command } from 'commander'
import { withOfficeOptions } from './accounts.ts'
import { registerCallExplain } from './contextual-call-explain.ts'
import { registerCallExport } from './contextual-call-export.ts'
import { registerCallSuspend } from './contextual-call-suspend.ts'
import { registerCallTest } from './contextual-call-test.ts'

/** `portillon contextual-call …`: calls from the record systems of establishments. */
export const registerContextualCall = (program: Command): void => {
  const calls = program.command('contextual-call').description('calls from the record systems of establishments (DPI)')
  const command = (usage: string, description: string): Command => calls.command(usage).description(description)

  registerCallTest(command('test', 'build a call, judge it by the policy, send it, and say what is wrong with it'))
  registerCallExplain(
    withOfficeOptions(command('explain <reference>', 'what became of the call whose page showed this reference')),
  )
  registerCallSuspend(
    withOfficeOptions(
      command('suspend <partner>', 'refuse all calls of a partner, on all nodes at once, and end their sessions'),
    ),
    withOfficeOptions(command('resume <partner>', 'take that back')),
  )
  registerCallExport(withOfficeOptions(command('export', 'calls by partner, day and result, for the partners (CSV)')))
}

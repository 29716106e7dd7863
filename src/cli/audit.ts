import type { Command } from 'commander'
import { registerAuditExport } from './audit-export.ts'
import { registerAuditList } from './audit-list.ts'
import { registerAuditVerify } from './audit-verify.ts'

/** `portillon audit …`: who did what, when, from where, with what result. */
export const registerAudit = (program: Command): void => {
  const audit = program.command('audit').description('who did what, when, from where, with what result')
  registerAuditList(audit)
  registerAuditExport(audit)
  registerAuditVerify(audit)
}

import { fail } from './failure.ts'

/** Says that a site has no account with this login, and where to look for the person. */
export const nobody = (login: string, realm: string): void =>
  fail(`no account ${JSON.stringify(login)} in ${realm}`, 'look for it: portillon accounts list --search NAME')

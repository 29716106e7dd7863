import type { Response } from 'express'
import type { MethodId } from '../policy/schema.ts'
import type { ContinueRefusal } from '../sign-in/answer.ts'
import { errorOf, showCode, type CodeShown } from './code-page.ts'
import type { Message } from './pages.ts'
import { passkeyErrorOf, showPasskey } from './passkey-page.ts'
import type { PortalParts } from './portal-parts.ts'
import { recoveryErrorOf, showRecoveryCode } from './recovery-page.ts'
import { showTotp, totpErrorOf } from './totp-page.ts'
import { visitOf } from './visit.ts'

interface QuestionPage {
  readonly show: (parts: PortalParts, response: Response, shown: CodeShown) => void | Promise<void>
  readonly errorOf: (response: Response, refusal: ContinueRefusal) => { error: Message; status: number }
}

/** The page that takes the answer of each method that is asked for. */
const PAGES: Readonly<Partial<Record<MethodId, QuestionPage>>> = {
  'email-code': {
    show: showCode,
    errorOf: (response, refusal) => errorOf(refusal, visitOf(response.req).site.site),
  },
  totp: { show: showTotp, errorOf: (_response, refusal) => totpErrorOf(refusal) },
  passkey: { show: showPasskey, errorOf: (_response, refusal) => passkeyErrorOf(refusal) },
  'recovery-code': { show: showRecoveryCode, errorOf: (_response, refusal) => recoveryErrorOf(refusal) },
}

/** @throws {Error} when nothing is asked for, or something that has no page */
export const questionPage = ({ underWay: { stage } }: Pick<CodeShown, 'underWay'>): QuestionPage => {
  const page = stage.kind === 'answer' ? PAGES[stage.offer.method] : undefined
  if (page === undefined) throw new Error(`there is no page for a sign-in that stands at ${stage.kind}`)
  return page
}

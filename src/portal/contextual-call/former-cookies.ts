import type { Response } from 'express'
import type { ContextualCall } from '../../policy/contextual-call.ts'
import { isOurCookie } from '../cookies.ts'
import { visitOf } from '../visit.ts'

const namesIn = (header: string | undefined): string[] =>
  (header ?? '').split(';').flatMap((pair) => {
    const name = pair.split('=', 1)[0]?.trim() ?? ''
    return /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(name) ? [name] : []
  })

/** `/dcc` of `/dcc/patient`: where a servlet container sets its cookie. */
const contextPathOf = (path: string): string[] => {
  const [, first = '', ...rest] = path.split('/')
  return rest.length > 0 && first !== '' ? [`/${first}`, `/${first}/`] : []
}

/**
 * Takes away what the application has given the browser for another person or patient: its own session would go on with them
 * (R28). A cookie goes only under the path that it was set for, so every known name is taken away under every likely one.
 * @param isOtherPerson also what scripts have kept, and pages in the cache
 */
export const dropFormerCookies = (response: Response, policy: ContextualCall, isOtherPerson: boolean): void => {
  const { request, site } = visitOf(response.req)
  const seen = namesIn(request.headers.cookie).filter((name) => !isOurCookie(name))
  const names = new Set([...policy['clear-cookies'], ...seen])
  const paths = new Set(['/', ...policy['clear-paths'], ...contextPathOf(policy.deliver.path)])
  for (const name of names)
    for (const path of paths)
      response.append('Set-Cookie', `${name}=; Path=${path}; Max-Age=0${site.secure ? '; Secure' : ''}; HttpOnly`)
  response.set('Clear-Site-Data', isOtherPerson ? '"cache", "storage"' : '"cache"')
}

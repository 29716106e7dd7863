import type { Asserted, Exchange, Resent } from './exchange.ts'
import { keptFormPage, pressedFor, type FormParts } from './forms.ts'
import type { KeptForm } from '../kept-forms/kept-forms.ts'

/** What belongs to the form and not to the press of the button. */
const OF_THE_FORM: ReadonlySet<string> = new Set(['content-type', 'content-length', 'referer'])

const headersOf = (headers: readonly string[], { type, referer }: KeptForm): string[] => {
  const kept: string[] = []
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? ''
    if (!OF_THE_FORM.has(name.toLowerCase())) kept.push(name, headers[at + 1] ?? '')
  }
  kept.push('Content-Type', type, 'Referer', referer)
  return kept
}

/**
 * Before `forward`: the press of « Envoyer à nouveau » becomes the form that was kept, taken once: its own address, which
 * was judged like that of any request, its content type, its body to the byte, and the identity of this session. A press that
 * is not one, or the second of two, is led to the page that says what became of the form, and nothing is forwarded.
 */
export const resend = (parts: FormParts, dress: (exchange: Exchange) => void) => {
  const { kept, owners, log } = parts

  const claim = async ({ exchange, subject }: Asserted, handle: string): Promise<KeptForm | null> => {
    const browser = parts.browserOf(exchange)
    const { realm, site } = exchange.site
    if (browser === undefined || subject.kind === 'anonymous') return null
    const form = await kept.find({ site: site.site, browser }, handle)
    const isTheirs = form !== null && owners.isMarkOf(form.owner, { realm, account: subject.account })
    return isTheirs && form.target === exchange.target.raw && (await kept.take(handle)) ? form : null
  }

  const explain = (exchange: Exchange, handle: string): null => {
    dress(exchange)
    exchange.response.writeHead(303, {
      Location: keptFormPage(exchange, handle),
      'Cache-Control': 'no-store',
      'Content-Length': 0,
    })
    exchange.response.end()
    return null
  }

  const resentOf = (handle: string, form: KeptForm): Resent => ({
    body: form.body,
    failed: (isUnsure) => {
      kept.putBack(handle, form, isUnsure).catch((thrown: unknown) => {
        log.error({ err: thrown }, 'a form that could not be sent could not be kept again')
      })
    },
  })

  const send = async (input: Asserted, handle: string): Promise<Asserted | null> => {
    const form = await claim(input, handle)
    if (form === null) return explain(input.exchange, handle)
    parts.onSent(input)
    return { ...input, headers: headersOf(input.headers, form), resent: resentOf(handle, form) }
  }

  return (input: Asserted): Asserted | Promise<Asserted | null> => {
    if (input.exchange.target.method !== 'POST') return input
    const handle = pressedFor(input.exchange)
    return handle === null ? input : send(input, handle)
  }
}

import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import { digest, type PurposeKey } from '../lib/digest.ts'
import type { Random } from '../lib/random.ts'
import { closeEnvelope, NONCE_BYTES, openEnvelope } from '../lib/envelope.ts'
import { FORM_HANDLE } from '../lib/return-target.ts'
import { keys } from '../store/keys.ts'
import type { Store } from '../store/store.ts'

/** How long a form waits for its owner to sign in again and to decide. */
export const KEPT_FORM_LIFETIME = 30 * 60_000
/** From the press of « Envoyer à nouveau » to the request that it leads to. */
const RELEASED_FOR = 60_000
const STATE_LIFETIME = 60 * 60_000
/** Forms kept of one session that has ended: enough for every open tab, too few to fill the store with. */
const FORMS_PER_SESSION = 8

/** In place of an owner: a form of another site, which belongs to whoever signs in where it was sent from, once. */
export const UNOWNED = 'unowned'
/** Of those, from one address: a hospital stands behind one. */
export const UNOWNED_PER_ADDRESS = 200
export const UNOWNED_BYTES = 65_536

const formSchema = z.object({
  site: z.string(),
  /** Digest of the browser's identifier. */
  browser: z.string(),
  /** Mark of whoever had the session (`owners`). */
  owner: z.string(),
  /** Path and query as they were asked for; the method is POST. */
  target: z.string(),
  /** The Content-Type, whole. */
  type: z.string(),
  /** The Referer, whole, as the application would have seen it. */
  referer: z.string(),
  /** Path and query of the page that the form was on. */
  behind: z.string(),
  /** Milliseconds since the epoch. */
  keptAt: z.number(),
})

/** A form that arrived when its session had ended. */
export interface KeptForm extends z.output<typeof formSchema> {
  readonly body: Buffer
}

/**
 * What became of a form that is no longer there, or is about to go. `released`: its owner has said that it shall be sent;
 * `unsure`: it was sent, and the application may or may not have taken it; `foreign`: another person signed in.
 */
const STATES = ['released', 'sent', 'unsure', 'declined', 'foreign'] as const
export type FormState = (typeof STATES)[number]

/** Forms that wait for their owner (R7, G1). Every operation throws `Fault('store-unavailable')` with the store. */
export interface KeptForms {
  /** Gives the handle, which the browser alone will have; null when this session has had its share. */
  keep(form: Omit<KeptForm, 'keptAt'>, session: string, most?: number): Promise<string | null>
  /** Whoever has signed in where an unowned form was sent from takes it for theirs. */
  adopt(handle: string, form: KeptForm, by: Pick<KeptForm, 'browser' | 'owner'>): Promise<void>
  /** The form of a handle, only on its site and for the browser that sent it. */
  find(at: Pick<KeptForm, 'site' | 'browser'>, handle: string): Promise<KeptForm | null>
  state(handle: string): Promise<FormState | null>
  /** The owner has pressed the button: for one minute, `take` may follow. */
  release(handle: string): Promise<void>
  /** Takes the form away to be sent: among all callers on all nodes one gets true, and only after `release`. */
  take(handle: string): Promise<boolean>
  /** A form that was taken and did not arrive, or perhaps did not (`unsure`), waits again. */
  putBack(handle: string, form: KeptForm, isUnsure: boolean): Promise<void>
  drop(handle: string, why: 'declined' | 'foreign'): Promise<void>
}

const pack = ({ body, ...rest }: KeptForm): Buffer => {
  const head = Buffer.from(JSON.stringify(rest))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(head.length)
  return Buffer.concat([length, head, body])
}

const unpack = (bytes: Buffer): KeptForm | null => {
  try {
    const end = 4 + bytes.readUInt32BE(0)
    return { ...formSchema.parse(JSON.parse(bytes.toString('utf8', 4, end))), body: bytes.subarray(end) }
  } catch {
    return null
  }
}

export interface KeptFormsParts {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly key: PurposeKey
}

export const createKeptForms = ({ store, clock, random, key }: KeptFormsParts): KeptForms => {
  const formKey = (handle: string) => keys.keptForm(digest(handle))
  const stateKey = (handle: string) => keys.keptFormState(digest(handle))

  const put = async (handle: string, form: KeptForm): Promise<void> => {
    const nonce = Buffer.from(random.token(NONCE_BYTES), 'base64url')
    const text = closeEnvelope(key.current(), nonce, { what: 'kept form', site: form.site, handle }, pack(form))
    await store.set(formKey(handle), text, KEPT_FORM_LIFETIME, 'if-absent')
  }
  const state = async (handle: string): Promise<FormState | null> => {
    const text = await store.get(stateKey(handle))
    return STATES.find((known) => known === text) ?? null
  }
  const become = (handle: string, next: FormState) =>
    store.set(stateKey(handle), next, next === 'released' ? RELEASED_FOR : STATE_LIFETIME)

  return {
    keep: async (form, session, most = FORMS_PER_SESSION) => {
      const kept = await store.increment(keys.count('kept-forms', session), KEPT_FORM_LIFETIME)
      if (kept > most) return null
      const handle = random.token(18)
      await put(handle, { ...form, keptAt: clock.now() })
      return handle
    },
    find: async ({ site, browser }, handle) => {
      if (!FORM_HANDLE.test(handle)) return null
      const text = await store.get(formKey(handle))
      const content = text === null ? null : openEnvelope(key.every(), { what: 'kept form', site, handle }, text)
      const form = content === null ? null : unpack(content)
      return form?.site === site && form.browser === browser ? form : null
    },
    adopt: async (handle, form, by) => {
      // Taken first: of two who come with it at once, one has it.
      if ((await store.take(formKey(handle))) !== null) await put(handle, { ...form, ...by })
    },
    state,
    release: async (handle) => {
      await become(handle, 'released')
    },
    take: async (handle) => {
      if ((await state(handle)) !== 'released' || (await store.take(formKey(handle))) === null) return false
      await become(handle, 'sent')
      return true
    },
    putBack: async (handle, form, isUnsure) => {
      await put(handle, form)
      if (isUnsure) await become(handle, 'unsure')
      else await store.delete(stateKey(handle))
    },
    drop: async (handle, why) => {
      if ((await store.take(formKey(handle))) !== null) await become(handle, why)
    },
  }
}

import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express'
import { z } from 'zod'
import { accept, refuse, type Result } from '../lib/result.ts'
import type { Browsers } from './browser.ts'
import { visitOf } from './visit.ts'

/** Forms of ours are small: what is larger is not one of them (C-15). */
const MAX_FORM = '32kb'

/** The slowest line that a form of ours comes through, milliseconds. */
const PATIENCE = 30_000

const parseForm: RequestHandler = express.urlencoded({ extended: false, limit: MAX_FORM, parameterLimit: 30 })

/**
 * Reads form bodies; flat names and texts only, so that `login[]=` is a name of its own and never an array of ours. One that
 * does not come is not waited for as long as an upload may take (L-01).
 * @param patience milliseconds from the header section to the last byte
 */
export const createFormReader =
  (patience = PATIENCE): RequestHandler =>
  (request, response, next) => {
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      next('request-timeout')
    }, patience)
    const onRead = (thrown?: unknown): void => {
      clearTimeout(timer)
      // What comes after the refusal is nobody's.
      if (!isLate) next(thrown)
    }
    parseForm(request, response, onRead)
  }

export const readForm = createFormReader()

/** A field is one text, once: a repeated name, a number or an object is not a form of ours (C-15, R-04). */
export const field = (max: number) => z.string().max(max)

/** One text of a query or a form, by name; empty for anything that is not one text. */
export const textOf = (fields: unknown, name: string): string => {
  if (typeof fields !== 'object' || fields === null || !Object.hasOwn(fields, name)) return ''
  const value: unknown = Reflect.get(fields, name)
  return typeof value === 'string' ? value : ''
}

export type FormRefusal =
  /** Fields missing, repeated, too long, or not form-encoded. */
  | 'form-invalid'
  /** The form does not come from a page of this site. */
  | 'cross-site'
  /** The browser sent no cookie of ours back. */
  | 'cookies-refused'
  /** A page of ours, but of before: the browser has another identifier now. */
  | 'stale'

/** What the browser itself says about where the form comes from; null when it says nothing. */
export const saysSameOrigin = (request: Request): boolean | null => {
  const { site } = visitOf(request)
  const fetchSite = request.headers['sec-fetch-site']
  const { origin } = request.headers
  if (fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none') return false
  if (origin !== undefined && !siteOrigins(site).includes(origin)) return false
  return fetchSite === undefined && origin === undefined ? null : true
}

const siteOrigins = ({ site, origin }: { site: { hosts: readonly string[] }; origin: string }): readonly string[] => [
  origin,
  ...site.hosts.map((host) => `${origin.slice(0, origin.indexOf('//'))}//${host}`),
]

export interface TakenForm<Schema extends z.ZodType> {
  readonly fields: z.output<Schema>
  /** Identifier of the browser that sent it. */
  readonly browser: string
}

/**
 * The fields of a form, once it is certain that it comes from a page of ours in this browser: what the browser says of its
 * origin, and a token that only our page could carry (C-16, W-09). Both must hold.
 */
export const takeForm = <Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
  browsers: Browsers,
): Result<TakenForm<Schema>, FormRefusal> => {
  const same = saysSameOrigin(request)
  if (same === false) return refuse('cross-site')
  const browser = browsers.known(visitOf(request))
  if (browser === undefined)
    return refuse(same === true && request.headers.cookie === undefined ? 'cookies-refused' : 'cross-site')
  const token = textOf(request.body, 'csrf')
  if (!browsers.isOwnForm(browser, token)) return refuse(same === true && token !== '' ? 'stale' : 'cross-site')
  const parsed = schema.safeParse(request.body)
  return parsed.success ? accept({ fields: parsed.data, browser }) : refuse('form-invalid')
}

/** Answers the methods that a page does not have (F-15). */
export const onlyMethods =
  (...methods: readonly string[]) =>
  (request: Request, response: Response, next: NextFunction): void => {
    if (methods.includes(request.method)) {
      next()
      return
    }
    response.setHeader('Allow', methods.join(', '))
    next('method-not-allowed')
  }

import type { Response } from 'express'
import { languageOf } from './language.ts'
import type { PageModels, PageName } from './pages.ts'
import type { Views } from './views.ts'
import { visitOf } from './visit.ts'

export interface Pages {
  /** Answers with a page of the visitor's language and site; never cached (R27). */
  show<Name extends PageName>(response: Response, name: Name, model: PageModels[Name], status?: number): void
  /** Goes to an address of the site; 303, so that a form is never posted on. */
  go(response: Response, location: string): void
}

export const createPages = (views: Views): Pages => ({
  show: (response, name, model, status = 200) => {
    const { site } = visitOf(response.req)
    const language = languageOf(response.req.headers['accept-language'])
    response
      .status(status)
      .set('Content-Type', 'text/html; charset=utf-8')
      .set('Content-Language', language)
      .send(views.render({ site: site.site, language }, name, model))
  },
  go: (response, location) => {
    response.status(303).set('Location', location).set('Content-Length', '0').end()
  },
})

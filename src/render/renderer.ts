import { templateFolders } from './folders.ts'
import { createMessages, type Language, type Messages, type MessageValues } from './messages.ts'
import { formatDay, formatMoment } from './moments.ts'
import { createTemplates } from './templates.ts'

/**
 * Templates and texts of one site, joined: what pages and mails are made with.
 *
 * Besides its data, a template finds in `it`: `language`, `t(key, values)`, `day('2026-12-31')`, `moment(iso or ms)`.
 */
export interface Renderer {
  render(name: string, language: Language, data: object): string
  text(language: Language, key: string, values?: MessageValues): string
  readonly messages: Messages
}

const renderers = new Map<string | undefined, Renderer>()

/**
 * The renderer of a folder, made once: sites without files of their own share one.
 * @param override absolute path of the site's own templates folder
 * @throws when a template or a text is broken; meant to happen at start
 */
export const createRenderer = (override?: string): Renderer => {
  const known = renderers.get(override)
  if (known !== undefined) return known

  const folders = templateFolders(override)
  const messages = createMessages(folders)
  const templates = createTemplates(folders)
  const renderer: Renderer = {
    messages,
    text: (language, key, values) => messages.text(language, key, values),
    render: (name, language, data) =>
      templates.render(name, {
        ...data,
        language,
        t: (key: string, values?: MessageValues) => messages.text(language, key, values),
        day: (day: string) => formatDay(language, day),
        moment: (moment: number | string) => formatMoment(language, moment),
      }),
  }
  renderers.set(override, renderer)
  return renderer
}

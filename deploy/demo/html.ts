/** Markup that is safe to send; everything else that enters a page is escaped on the way. */
export interface Html {
  readonly markup: string
}

type Piece = string | number | Html | readonly Html[]

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character)

const render = (piece: Piece): string => {
  if (typeof piece === 'string') return escape(piece)
  if (typeof piece === 'number') return String(piece)
  return 'markup' in piece ? piece.markup : piece.map(render).join('')
}

/** Template tag: `html`\``<td>${name}</td>`\`. Values are escaped unless they are markup made by this tag. */
export const html = (strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html => ({
  markup: strings.reduce((text, part, index) => {
    const piece = pieces[index - 1]
    return text + (piece === undefined ? '' : render(piece)) + part
  }),
})

export const nothing: Html = { markup: '' }

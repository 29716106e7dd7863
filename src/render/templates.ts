import { readFileSync } from 'node:fs'
import { Eta, type EtaConfig } from 'eta/core'
import { layeredFiles } from './folders.ts'

/** Compiled templates by name: `pages/sign-in`, `mail/code.html`, `mail/code.text`. */
export interface Templates {
  /** @throws when there is no such template, or when it reads something it was not given */
  render(name: string, data: object): string
  has(name: string): boolean
}

/** The only raw output a template may make: another template, the page inside the layout, our own stylesheet. */
const RAW_OUTPUT = /^(?:include\(.*\)|it\.body|it\.frame\.style\.inline)$/s
/** Other doors to unescaped output that the template language has. */
const RAW_CODE = /\boutput\s*\(|\b__eta\b|\bcapture\s*\(/

/**
 * Escaping is on by default; this keeps it on, in our templates and in those of a region, by refusing at start any tag that
 * would write a value as it is (W-10).
 */
const escapedOnly: EtaConfig['plugins'][number] = {
  processAST: (nodes) => {
    for (const node of nodes) {
      if (typeof node === 'string') continue
      const isRaw = node.t === 'r' ? !RAW_OUTPUT.test(node.val.trim()) : RAW_CODE.test(node.val)
      if (isRaw) throw new SyntaxError(`unescaped output is not allowed: ${node.val.trim()}`)
    }
    return nodes
  },
}

const isText = (name: string): boolean => name.endsWith('.text')

/** In a plain-text mail nothing is markup, but a line break in a value could draw lines of its own (T-12). */
const oneLine = (value: unknown): string => String(value).replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')

/**
 * Compiles every template of the folders once, first folder first, so that a broken one stops the start and not a visitor.
 * Nothing is read from disk afterwards; a name is looked up, never resolved as a path.
 * @throws {SyntaxError} naming the file that does not compile
 */
export const createTemplates = (folders: readonly string[]): Templates => {
  const options: Partial<EtaConfig> = { autoEscape: true, autoTrim: [false, 'nl'], cache: true, plugins: [escapedOnly] }
  const html = new Eta(options)
  // In a text, line ends are content; a tag that stands on a line of its own says so with `-%>`.
  const text = new Eta({ ...options, autoTrim: false, escapeFunction: oneLine })
  const names = new Set<string>()

  for (const [file, path] of layeredFiles(folders, '.', /\.eta$/)) {
    const name = file.slice(0, -'.eta'.length)
    const source = readFileSync(path, 'utf8')
    try {
      const engine = isText(name) ? text : html
      engine.loadTemplate(`@${name}`, engine.compile(source))
    } catch (cause) {
      throw new SyntaxError(`${path} does not compile: ${cause instanceof Error ? cause.message : ''}`, { cause })
    }
    names.add(name)
  }

  return {
    has: (name) => names.has(name),
    render: (name, data) => (isText(name) ? text : html).render(`@${name}`, data),
  }
}

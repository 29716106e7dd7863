import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ALLOWED_SIDEWAYS, ENTRIES, LAYERS, NEVER, NOT_SHIPPED, PACKAGES } from './rules.ts'
import { readSources, readText, type Import, type Source } from './source.ts'

// The reasons for these walls are told in rules.ts.

const sources = [...readSources('src'), ...readSources('deploy')]

/** `lib`, `gateway`, `app.ts` for a file that stands directly in src, `deploy/demo` for what lies outside. */
const folderOf = (file: string): string => {
  const [top = '', next = ''] = file.split('/')
  return top === 'src' ? next : `${top}/${next}`
}
const rankOf = (folder: string): number => LAYERS.findIndex((row) => row.includes(folder))

const breaches = (judge: (source: Source, to: Import) => string | undefined): string[] =>
  sources.flatMap((source) =>
    source.imports.flatMap((to) => {
      const rule = judge(source, to)
      return rule === undefined ? [] : [`${source.file}:${to.line}: imports ${to.specifier}: ${rule}`]
    }),
  )

const none = (found: readonly string[]) => assert.equal(found.join('\n'), '')

/** Whether a file is the place or lies in it. */
const isIn = (file: string, place: string): boolean => {
  const below = file.replace(/^src\//, '')
  return below === place || below.startsWith(`${place}/`)
}

const isAllowedSideways = (source: Source, file: string): boolean =>
  ALLOWED_SIDEWAYS.some(({ from, to }) => isIn(source.file, from) && isIn(file, to))

/** The methods' folders below src/methods. */
const methodOf = (file: string): string | undefined => /^src\/methods\/([^/]+)\//.exec(file)?.[1]

describe('imports', () => {
  it('start from folders that have a place among the layers', () => {
    const unknown = [...new Set(sources.map(({ file }) => folderOf(file)))].filter((folder) => rankOf(folder) === -1)
    none(unknown.map((folder) => `${folder}: give it a row in LAYERS of test/arch/rules.ts`))
  })

  it('lead to files that exist', () => {
    const files = new Set(sources.map(({ file }) => file))
    none(breaches((_, { file }) => (file === undefined || files.has(file) ? undefined : 'there is no such file')))
  })

  it('go only downwards', () => {
    none(
      breaches((source, { file }) => {
        if (file === undefined || isAllowedSideways(source, file)) return undefined
        const [from, to] = [folderOf(source.file), folderOf(file)]
        if (from === to || rankOf(from) > rankOf(to)) return undefined
        return `${from}/ lies ${rankOf(from) === rankOf(to) ? 'beside' : 'below'} ${to}/`
      }),
    )
  })

  it('never lead from one method to another', () => {
    none(
      breaches((source, { file }) => {
        const [from, to] = [methodOf(source.file), methodOf(file ?? '')]
        return from === undefined || to === undefined || from === to ? undefined : `${from} must not know ${to}`
      }),
    )
  })

  it('never cross the walls that have a reason of their own', () => {
    none(
      breaches((source, to) => {
        const target = to.file === undefined ? to.package : folderOf(to.file)
        return NEVER.find((wall) => wall.from === folderOf(source.file) && wall.to.some((name) => name === target))
          ?.because
      }),
    )
  })

  it('form no cycle between files', () => {
    const edges = new Map(sources.map(({ file, imports }) => [file, imports.flatMap((to) => to.file ?? [])]))
    const finished = new Set<string>()
    const cycles: string[] = []
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' → '))
      else if (!finished.has(file)) for (const next of edges.get(file) ?? []) visit(next, [...path, file])
      finished.add(file)
    }
    for (const file of edges.keys()) visit(file, [])
    none(cycles)
  })

  it('lead to every file from an entry: nothing is left over', () => {
    const edges = new Map(sources.map(({ file, imports }) => [file, imports.flatMap((to) => to.file ?? [])]))
    const reached = new Set<string>(ENTRIES)
    for (const file of reached) for (const next of edges.get(file) ?? []) reached.add(next)
    none(sources.filter(({ file }) => !reached.has(file)).map(({ file }) => `${file}: nobody imports it`))
  })

  it('speak to a package only from its folder', () => {
    none(
      breaches((source, to) => {
        if (to.package === undefined || to.package.startsWith('node:')) return undefined
        const places = PACKAGES[to.package]
        if (places === undefined) return `${to.package} has no row in PACKAGES of test/arch/rules.ts`
        const isAtHome = places.some((place) => isIn(source.file, place))
        return isAtHome ? undefined : `${to.package} is spoken to from ${places.join(', ')} alone`
      }),
    )
  })

  it('use every permission that a package has', () => {
    const unused = Object.entries(PACKAGES).flatMap(([name, places]) =>
      places
        .filter(
          (place) =>
            !sources.some((source) => isIn(source.file, place) && source.imports.some((to) => to.package === name)),
        )
        .map((place) => `PACKAGES of test/arch/rules.ts: ${place} does not import ${name}`),
    )
    none(unused)
  })

  it('use every package that is shipped, and ship every package that is used', () => {
    const { dependencies } = JSON.parse(readText('package.json')) as { dependencies: Record<string, string> }
    const used = new Set(sources.flatMap(({ imports }) => imports.map((to) => to.package)))
    const shipped = Object.keys(dependencies)
    none([
      ...shipped
        .filter((name) => !used.has(name))
        .map((name) => `package.json: ${name} is shipped and nobody imports it`),
      ...[...used]
        .filter(
          (name) =>
            name !== undefined && !name.startsWith('node:') && !shipped.includes(name) && !NOT_SHIPPED.has(name),
        )
        .map((name) => `package.json: ${name} is imported and not among the dependencies`),
    ])
  })
})

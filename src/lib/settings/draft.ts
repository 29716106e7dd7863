import { z } from 'zod'

/**
 * A file that may have faults: what can be understood has its type, everything else is undefined, and list entries keep
 * their positions. It lets the checks between settings run even when some of them are wrong, so that one run reports all.
 */
export type Draft<T> = T extends readonly (infer Entry)[]
  ? readonly (Draft<Entry> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Draft<T[Key]> | undefined }
    : T

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const ofObject = (schema: z.ZodObject, value: Record<string, unknown>): unknown =>
  Object.fromEntries(
    Object.entries<z.core.$ZodType>(schema.shape).map(([key, field]) => [
      key,
      read(field, Object.hasOwn(value, key) ? value[key] : undefined),
    ]),
  )

const read = (schema: z.core.$ZodType, value: unknown): unknown => {
  const parsed = z.safeParse(schema, value)
  if (parsed.success) return parsed.data
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return read(schema.unwrap(), value)
  }
  if (schema instanceof z.ZodUnion) {
    const kind = Array.isArray(value) ? z.ZodArray : z.ZodObject
    const option = schema.options.find((candidate) => candidate instanceof kind)
    return option === undefined ? undefined : read(option, value)
  }
  if (schema instanceof z.ZodArray && Array.isArray(value)) return value.map((entry) => read(schema.element, entry))
  if (schema instanceof z.ZodObject && isObject(value)) return ofObject(schema, value)
  if (schema instanceof z.ZodRecord && isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, read(schema.valueType, entry)]))
  }
  return undefined
}

/** What of the content fits the schema, defaults filled in. */
export const draftOf = <Schema extends z.ZodType>(schema: Schema, content: unknown): Draft<z.output<Schema>> =>
  (read(schema, content) ?? (schema instanceof z.ZodArray ? [] : {})) as Draft<z.output<Schema>>

/** The entries of a list that could be read, with their positions. */
export const entriesOf = <Entry>(list: readonly (Entry | undefined)[] | undefined): [number, Entry][] =>
  (list ?? []).flatMap((entry, at): [number, Entry][] => (entry === undefined ? [] : [[at, entry]]))

import { AsnConvert } from '@peculiar/asn1-schema'
import type { ReadCertificate } from './certificate.ts'

/** What an extension says; undefined where it is not there, null where it cannot be read. */
export const extensionValue = <Value>(
  { extensions }: Pick<ReadCertificate, 'extensions'>,
  id: string,
  form: new () => Value,
): Value | undefined | null => {
  const extension = extensions.get(id)
  if (extension === undefined) return undefined
  try {
    return AsnConvert.parse(extension.extnValue.buffer, form)
  } catch {
    return null
  }
}

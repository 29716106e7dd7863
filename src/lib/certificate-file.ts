import { X509Certificate } from 'node:crypto'
import { createRequire } from 'node:module'

const PEM = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g

const require = createRequire(import.meta.url)

/** The reader of PKCS #7, which no process loads that has not been given such a file. */
const reader = () => ({
  ...(require('@peculiar/asn1-schema') as typeof import('@peculiar/asn1-schema')),
  ...(require('@peculiar/asn1-cms') as typeof import('@peculiar/asn1-cms')),
})

const fromPkcs7 = (der: Uint8Array): X509Certificate[] => {
  const { AsnConvert, ContentInfo, id_signedData, SignedData } = reader()
  const { contentType, content } = AsnConvert.parse(der, ContentInfo)
  if (contentType !== id_signedData) throw new Error('not a list of certificates')
  const { certificates } = AsnConvert.parse(content, SignedData)
  return Array.from(certificates ?? []).flatMap(({ certificate }) =>
    certificate === undefined ? [] : [new X509Certificate(Buffer.from(AsnConvert.serialize(certificate)))],
  )
}

const fromDer = (der: Uint8Array): X509Certificate[] => {
  try {
    return [new X509Certificate(der)]
  } catch {
    return fromPkcs7(der)
  }
}

/**
 * The certificates of a file, in the forms in which authorities publish theirs: PEM with any number of them, DER, or a
 * chain as PKCS #7 (.p7b), in DER or PEM.
 * @throws when there is something else in it
 */
export const readCertificates = (content: Uint8Array): readonly X509Certificate[] => {
  const blocks = [...Buffer.from(content).toString('latin1').matchAll(PEM)]
  if (blocks.length === 0) return fromDer(content)
  return blocks.flatMap(([block, label]) => {
    if (label === 'CERTIFICATE') return [new X509Certificate(block)]
    return fromPkcs7(Buffer.from(block.replace(/-----[^-]+-----/g, ''), 'base64'))
  })
}

/** What an authority calls itself, to say which one is meant; nobody is identified by it. */
export const commonNameOf = (certificate: X509Certificate): string => {
  const { CN } = certificate.toLegacyObject().subject
  return typeof CN === 'string' ? CN : (CN?.[0] ?? '')
}

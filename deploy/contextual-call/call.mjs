// A contextual call in Node, without a package: node call.mjs KEY.pem KID FINESS AUDIENCE USER
// Prints the token. The record system puts it into a form and lets the browser send that (see contextual-call.md).
import { createPrivateKey, randomBytes, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'

const [keyFile, kid, finess, audience, user] = process.argv.slice(2)
const key = createPrivateKey(readFileSync(keyFile)) // EC, P-256
const now = Math.floor(Date.now() / 1000)

const claims = {
  iss: finess,
  aud: audience,
  iat: now,
  exp: now + 60, // made when the user clicks, never before
  jti: randomBytes(18).toString('base64url'), // new for each click
  sub: user, // PS_IdNat
  auth_time: now - 600, // when the user signed in to the record system
  amr: ['sc', 'pin', 'mfa'], // how
  patient: {
    ins: { matricule: '250029912345672', oid: '1.2.250.1.213.1.4.8' },
    status: 'VALI', // without a qualified identity: no `ins`
    birth_name: 'FICTIVE-DURAND',
    first_given_name: 'Jeanne',
    birth_date: '1950-02-01',
    sex: 'F',
    birth_place: '99123',
    local_id: 'IPP-0001',
  },
}

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const input = `${encode({ alg: 'ES256', kid, typ: 'JWT' })}.${encode(claims)}`
// r and s together, 64 bytes: not the DER form.
const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
process.stdout.write(`${input}.${signature.toString('base64url')}\n`)

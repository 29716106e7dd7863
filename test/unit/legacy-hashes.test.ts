import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { hash as argon2Hash } from '@node-rs/argon2'
import { hash as bcryptHash } from '@node-rs/bcrypt'
import { passwordBytes } from '../../src/accounts/legacy/password-bytes.ts'
import { createReadHash } from '../../src/accounts/legacy/read-hash.ts'

const readHash = createReadHash({})

const PASSWORD = 'Clé de Zoé'

/** Form, hash and password; made by other programs than the gate: the publishers' own examples, Python, slappasswd, crypt(3). */
const KNOWN: readonly (readonly [form: string, hash: string, password?: string])[] = [
  ['bcrypt', '$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe', 'a'],
  ['bcrypt', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'U*U'],
  ['bcrypt', '{bcrypt}$2a$10$dXJ3SW6G7P50lGmMkkmwe.20cQQubK3.HZWzG3YB1tlRy.fqvM/BG', 'password'],
  ['argon2', '{ARGON2}$argon2i$v=19$m=4096,t=3,p=1$w0EO598pqcupNIvXmICSzg$pf10bKzEEduzFo55DxXaB08mOqKkhb7SleHjnkZ8pqY'],
  [
    'scrypt',
    'scrypt$4096$seasalt$8$1$LxugYBq44qAA/cOgfEdwN+NmM7S1vp2vO2ryRnS0PIA+u2ICyjaTddIBOJY5qRxNoIqcYBkA/sH5QG140fCzJA==',
  ],
  [
    'scrypt',
    'scrypt:4096:8:1$seasalt$2f1ba0601ab8e2a000fdc3a07c477037e36633b4b5be9daf3b6af24674b43c803ebb6202ca369375d201389639a91c4da08a9c601900fec1f9406d78d1f0b324',
  ],
  ['scrypt', '$scrypt$ln=12,r=8,p=1$8PHy8/T19vf4+fr7/P3+/w$t88bAuB48pwPGZKn3+Qdk+qYSM1VEOAjY6cSKp7fVGE'],
  [
    'scrypt',
    '{scrypt}$e0801$8bWJaSu2IKSn9Z9kM+TPXfOc/9bdYSrN1oD9qfVThWEwdRTnO7re7Ei+fUZRJ68k9lTyuTeUp4of4g24hHnazw==$OAOec05+bXxvuu/1qZ6NUR+xQYvYv7BeL1QxwRpY5Pc=',
    'password',
  ],
  ['pbkdf2', 'pbkdf2_sha256$20000$seasalt$3hjyFVfLfvXqwfyfQtsHgQPj5IK9dKZ/gTVxJewYJhk='],
  [
    'pbkdf2',
    'pbkdf2:sha512:20000$seasalt$0b39aa792feb509f9c1721908b1859ad9a8cc8182d1e1f235b7a7aec6d92915be29183121b8c1bf3be5ecc72f32f515fbbdf38a586d9d61a28a28b056f007e63',
  ],
  ['pbkdf2', '$pbkdf2-sha256$20000$8PHy8/T19vf4.fr7/P3./w$Zoi/uoXf6OJngigsIvH60it7/g6sazH/2Urh1yjw.DI'],
  ['pbkdf2', '$pbkdf2$20000$8PHy8/T19vf4.fr7/P3./w$m3NsPocodlV2XoMeJCUCS0IK2Yc'],
  [
    'pbkdf2',
    '{PBKDF2-SHA512}10000$8PHy8/T19vf4.fr7/P3./w$cny4CGytcMlPE5F.6fzz60uiaxHvhyiv8bri32TrtrAf3hURuwMyikiSjO5V1nH7Pyk5brQR.YdoWopfFJAwng',
  ],
  ['pbkdf2', '{pbkdf2}5d923b44a6d129f3ddf3e3c8d29412723dcbde72445e8ef6bf3b508fbf17fa4ed4d6b99ca763d8dc', 'password'],
  ['{SSHA}', '{SSHA}bvm/LeZvdzZitpIRMQzEkSmeXxSnhigg'],
  ['{SSHA}', '{ssha}gftTAMG9pAYaEf1UW5i71caMs03w8fLz'],
  ['{SSHA256}', '{SSHA256}6lk2UvPeQqdTMrVEcl+NqJF/HGiRPqzVfuqGGxqZZTLw8fLz9PX29/j5+vv8/f7/'],
  [
    '{SSHA512}',
    '{SSHA512}ZALT5lNi3GVozi4ofruuR40yNtPN4OngkJ6NGH/ka3jbr1PBFUuCCFaB9EeMUB+ePYpyVmym1XpOoH9FrY6ir/Dx8vP09fb3+Pn6+/z9/v8=',
  ],
  ['{SMD5}', '{SMD5}ZFTCl3keYHAB2BzQ6xy8nPDx8vP09fb3+Pn6+/z9/v8='],
  ['{SHA}', '{SHA}6jVtfpXmJB2owsHWEy838zC+mWI='],
  ['{MD5}', '{MD5}xD/2nDo6aJo3KdL9M1AoWg=='],
  ['salted sha1', 'sha1$seasalt$cb995784a3a996f2264c3ed8d1647dbd83a951ad'],
  ['salted md5', 'md5$seasalt$6b49e9d91e049419742c51bc3d9bdcdc'],
  ['{SHA-256}', '{SHA-256}{thesalt}f4730a0ee3d3658821efe4d9b9e1e271c979370f5d3699862066d41c3554a596'],
]

/** The examples of « Unix crypt using SHA-256 and SHA-512 », but for the two of 123,456 rounds, which say nothing more. */
const LONG = 'a very much longer text to encrypt.  This one even stretches over morethan one line.'
const DREPPER: readonly (readonly [hash: string, password: string])[] = [
  ['$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5', 'Hello world!'],
  ['$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA', 'Hello world!'],
  ['$5$rounds=5000$toolongsaltstrin$Un/5jzAHMgOGZ5.mWJpuVolil07guHPvOW8mGRcvxa5', 'This is just a test'],
  ['$5$rounds=1400$anotherlongsalts$Rx.j8H.h8HjEDGomFU8bDkXm3XIUnzyxf12oP84Bnq1', LONG],
  [
    '$5$rounds=77777$short$JiO1O3ZpDAxGJeaDIuqCoEFysAe1mZNJRs3pw0KQRd/',
    'we have a short salt string but not a short password',
  ],
  ['$5$rounds=1000$roundstoolow$yfvwcWrQ8l/K0DAWyuPMDNHpIVlTQebY9l/gL972bIC', 'the minimum number is still observed'],
  [
    '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
    'Hello world!',
  ],
  [
    '$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.',
    'Hello world!',
  ],
  [
    '$6$rounds=5000$toolongsaltstrin$lQ8jolhgVRVhY4b5pZKaysCLi0QBxGoNeKQzQ3glMhwllF7oGDZxUhx1yxdYcz/e1JSbq3y6JMxxl8audkUEm0',
    'This is just a test',
  ],
  [
    '$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1',
    LONG,
  ],
  [
    '$6$rounds=1000$roundstoolow$kUMsbe306n21p9R.FRkW3IGn.S9NPN0x50YhH1xhLsPuWGsUSklZt58jaTfF4ZEQpyUNGc0dqbpBYYBaHHrsX.',
    'the minimum number is still observed',
  ],
]

const verifies = async (hash: string, password: string | Buffer, salt: string | null = null): Promise<boolean> => {
  const read = readHash(hash, salt)
  return (await read.verify?.(Buffer.from(password))) ?? false
}

describe('hashes of other applications', () => {
  it('are known by their form, lead to the right password and to no other', async () => {
    for (const [form, hash, password = PASSWORD] of KNOWN) {
      assert.equal(readHash(hash, null).form, form, hash)
      assert.equal(await verifies(hash, password), true, hash)
      for (const other of [`${password} `, password.toUpperCase(), '', 'x'.repeat(1_024)])
        assert.equal(await verifies(hash, other), other === password, `${hash} ${other}`)
    }
  })

  it('of SHA-crypt are those of its specification', async () => {
    for (const [hash, password] of DREPPER) {
      assert.equal(readHash(hash, null).form, hash.startsWith('$5') ? 'sha256-crypt' : 'sha512-crypt')
      assert.equal(await verifies(hash, password), true, hash)
    }
    const [[hash, password] = ['', '']] = DREPPER
    for (const other of [`${password}!`, 'hello world!', '']) assert.equal(await verifies(hash, other), false, other)
    assert.equal(await verifies(`{CRYPT}${hash}`, password), true)
  })

  it('of every version of bcrypt and argon2 are taken, and Django’s wrappings of them', async () => {
    for (const version of ['2a', '2b', '2y'] as const) {
      // The three name the same computation for what people type.
      const hash = (await bcryptHash(PASSWORD, 4)).replace(/^\$2b\$/, `$${version}$`)
      assert.equal(await verifies(hash, PASSWORD), true, version)
      assert.equal(await verifies(`bcrypt$${hash}`, PASSWORD), true, version)
    }
    const argon = [
      await argon2Hash(PASSWORD, { memoryCost: 1_024 }),
      // By slappasswd.
      '$argon2i$v=19$m=4096,t=3,p=1$w0EO598pqcupNIvXmICSzg$pf10bKzEEduzFo55DxXaB08mOqKkhb7SleHjnkZ8pqY',
    ]
    for (const hash of argon) {
      assert.equal(await verifies(hash, PASSWORD), true, hash)
      assert.equal(await verifies(`argon2${hash}`, PASSWORD), true, hash)
    }
    const digest = createHash('sha256').update('x'.repeat(100)).digest('hex')
    const wrapped = `bcrypt_sha256$${await bcryptHash(digest, 4)}`
    assert.equal(await verifies(wrapped, 'x'.repeat(100)), true)
    assert.equal(await verifies(wrapped, 'x'.repeat(101)), false)
  })

  it('whose costs would stop the service for everybody verify nothing, and say so', () => {
    const costly = [
      '$2b$16$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe',
      '$argon2id$v=19$m=4194304,t=3,p=1$w0EO598pqcupNIvXmICSzg$pf10bKzEEduzFo55DxXaB08mOqKkhb7SleHjnkZ8pqY',
      '$scrypt$ln=24,r=8,p=1$8PHy8/T19vf4+fr7/P3+/w$t88bAuB48pwPGZKn3+Qdk+qYSM1VEOAjY6cSKp7fVGE',
      '$pbkdf2-sha256$99999999$8PHy8/T19vf4.fr7/P3./w$Zoi/uoXf6OJngigsIvH60it7/g6sazH/2Urh1yjw.DI',
      '$5$rounds=999999999$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5',
    ]
    for (const hash of costly) {
      const read = readHash(hash, null)
      assert.match(read.form, /, too costly$/)
      assert.equal(read.verify, undefined, hash)
    }
  })

  it('of an unknown form verify nothing, never fail, and are reported without a part that tells anything', () => {
    const looks = [
      [null, 'none'],
      ['  ', 'none'],
      ['$1$abcdefgh$K3n5c0hW1t8qXo2yVbJ7Z.', 'unknown, begins with $1$'],
      ['{noop}azerty', 'unknown, begins with {noop}'],
      ['{CLEARTEXT}azerty', 'unknown, begins with {CLEARTEXT}'],
      ['5f4dcc3b5aa765d61d8327deb882cf99', 'unknown, 32 characters of hexadecimal'],
      ['azerty', 'unknown, 6 characters'],
      ['$2b$10$short', 'unknown, begins with $2b$'],
      ['{SSHA}!!!', 'unknown, begins with {SSHA}'],
      ['{SSHA}6jVtfpXmJB2owsHWEy838zC+mWI=', 'unknown, begins with {SSHA}'],
      ['scrypt$4097$seasalt$8$1$LxugYBq44qAA/cOgfEdwN+NmM7S1vp2vO2ryRnS0PIA=', 'unknown, 68 characters'],
      ['x'.repeat(100_000), 'unknown, 100000 characters'],
    ] as const
    for (const [text, form] of looks) {
      const read = readHash(text, null)
      assert.deepEqual([read.form, read.verify], [form, undefined], text?.slice(0, 40))
    }
  })
})

describe('digests that do not say what they are', () => {
  const sha1 = (...parts: readonly string[]) => createHash('sha1').update(parts.join('')).digest()

  it('are read as the settings say: order, layout, salt in its own column', async () => {
    const cases = [
      ['salt-password', 'hash', sha1('pepper', PASSWORD).toString('hex'), 'pepper'],
      ['password-salt', 'hash', sha1(PASSWORD, 'pepper').toString('base64'), 'pepper'],
      ['password-{salt}', 'hash', sha1(PASSWORD, '{pepper}').toString('hex').toUpperCase(), 'pepper'],
      ['password', 'hash', sha1(PASSWORD).toString('hex'), null],
      ['salt-password', 'salt:hash', `pep:per:${sha1('pep:per', PASSWORD).toString('hex')}`, null],
      ['password-salt', 'hash$salt', `${sha1(PASSWORD, 'pep$per').toString('hex')}$pep$per`, null],
    ] as const
    for (const [order, layout, text, salt] of cases) {
      const { form, verify } = createReadHash({ digest: { algorithm: 'sha-1', order, layout } })(text, salt)
      assert.equal(form, order === 'password' ? 'plain sha-1' : 'salted sha-1')
      assert.ok(verify)
      assert.equal(await verify(Buffer.from(PASSWORD)), true, `${order} ${layout}`)
      assert.equal(await verify(Buffer.from('Clé de Zoe')), false, `${order} ${layout}`)
    }
  })

  it('that have another length, or whose salt is missing, are unknown; a form that says what it is comes first', async () => {
    const digest = { algorithm: 'sha-256', order: 'salt-password', layout: 'hash' } as const
    const read = createReadHash({ digest })
    assert.match(read(sha1('x', PASSWORD).toString('hex'), 'x').form, /^unknown/)
    assert.match(read('a'.repeat(64), null).form, /^unknown/)
    assert.match(createReadHash({ digest: { ...digest, layout: 'salt:hash' } })('a'.repeat(64), null).form, /^unknown/)
    const hash = await bcryptHash(PASSWORD, 4)
    assert.equal(read(hash, 'x').form, 'bcrypt')
  })
})

describe('C-12: the bytes of a password that another application may have hashed', () => {
  const hex = (password: string, ...encodings: ('utf-8' | 'iso-8859-1')[]) =>
    passwordBytes(password, encodings).map((bytes) => bytes.toString('latin1'))

  it('are one spelling for plain letters, whatever is configured', () => {
    assert.deepEqual(hex(' Muguet 2026 ', 'utf-8', 'iso-8859-1'), [' Muguet 2026 '])
  })

  it('are composed first, then as typed, in each encoding', () => {
    assert.deepEqual(hex('e\u0301', 'utf-8'), ['Ã©', 'eÌ\u0081'])
    assert.deepEqual(hex('é', 'iso-8859-1', 'utf-8'), ['é', 'Ã©'])
  })

  it('are none in an encoding that does not have the letter: another application’s « ? » is not what was typed', () => {
    assert.deepEqual(hex('Œ', 'iso-8859-1'), [])
    assert.deepEqual(hex('пароль', 'iso-8859-1'), [])
  })
})

import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import fc from 'fast-check'
import { AS_PAGE, startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { CONTAINER_PATHS } from '../kit/container-paths.ts'
import { sendRaw, type RawAnswer } from '../kit/raw-http.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { probe, readProbe, startTomcat, type Probe, type RecordingTomcat } from '../kit/tomcat.ts'

/**
 * What a servlet container keeps to itself, and what the gate keeps to itself, against a real Tomcat that would serve it:
 * which application and which servlet answered, for which path. Its manager is the probe under that name.
 */

/** An application with a login form of its own: Tomcat takes `j_security_check` below it for a sign-in. */
const FORM_LOGIN = `<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
  <security-constraint>
    <web-resource-collection><web-resource-name>all</web-resource-name><url-pattern>/closed/*</url-pattern></web-resource-collection>
    <auth-constraint><role-name>*</role-name></auth-constraint>
  </security-constraint>
  <login-config>
    <auth-method>FORM</auth-method>
    <form-login-config><form-login-page>/login.html</form-login-page><form-error-page>/login.html</form-error-page></form-login-config>
  </login-config>
</web-app>
`

let tomcat: RecordingTomcat
let behind: BehindGate

before(async () => {
  const folder = createTempFolder('form-login').path
  mkdirSync(join(folder, 'WEB-INF'))
  writeFileSync(join(folder, 'WEB-INF/web.xml'), FORM_LOGIN)
  writeFileSync(join(folder, 'login.html'), 'form of Tomcat\n')
  tomcat = await startTomcat({ applications: { '/manager': probe, '/host-manager': probe, '/form': folder } })
  behind = await startBehindGate({
    application: tomcat.url,
    site: {
      rules: [
        { id: 'public', match: { path: '/public/**' }, allow: 'anyone' },
        { id: 'admin', match: { path: ['/admin', '/admin/**'] }, allow: { roles: ['administrator'] } },
      ],
    },
  })
})
beforeEach(() => tomcat.served())
after(async () => {
  await behind.stop()
  await tomcat.stop()
})

/** What Tomcat by itself makes of a path. */
const straight = (path: string, method = 'GET'): Promise<RawAnswer> =>
  sendRaw(
    { port: tomcat.port },
    [`${method} ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close', 'Content-Length: 0', '', ''].join('\r\n'),
  )

/** What the probe says, where it is what answered. */
const probeOf = ({ status, text }: RawAnswer): Probe | null =>
  status === 200 && text.includes('servlet: ') ? readProbe(text) : null

describe('P-14: what belongs to the servlet container', () => {
  for (const path of CONTAINER_PATHS)
    it(`P-14: ${path} is 403 for everybody, and Tomcat is not asked`, async () => {
      for (const ask of [behind.ask, behind.askSignedIn])
        for (const method of ['GET', 'POST']) {
          const answer = await ask(`${method} ${path}`, ...AS_PAGE, 'Content-Length: 0')
          assert.deepEqual([answer.status, answer.header('x-portillon')], [403, 'forbidden'])
        }
      assert.deepEqual(await tomcat.served(), [])
    })

  it('P-14: Tomcat by itself serves its manager in these spellings, so that the gate is what closes it', async () => {
    for (const path of ['/manager/html', '/manager;x/html', '/%6danager/html', '/manager/text/deploy?path=/x'])
      assert.equal(probeOf(await straight(path))?.context, '/manager', path)
    assert.equal(probeOf(await straight('/host-manager/html'))?.context, '/host-manager')
  })

  it('P-14: a sign-in to Tomcat itself is no way in, in whatever spelling it takes one', async () => {
    let taken = 0
    for (const path of [
      ...['/form/j_security_check', '/form/closed/j_security_check', '/form/j_security_check;jsessionid=1'],
      ...[
        '/form/%6a_security_check',
        '/form/j%5fsecurity%5fcheck',
        '/form//j_security_check',
        '/form;x/j_security_check',
      ],
    ]) {
      const target = `${path}?j_username=a&j_password=b`
      if ((await straight(target, 'POST')).status !== 404) taken += 1
      for (const ask of [behind.ask, behind.askSignedIn])
        assert.equal((await ask(`POST ${target}`, ...AS_PAGE, 'Content-Length: 0')).status, 403, path)
    }
    assert.ok(taken > 2, `Tomcat takes ${taken} of them`)
    assert.equal((await tomcat.served()).length, 7, 'those that were sent to it straight')
  })

  it('P-14: names that only look like it are the application’s', async () => {
    for (const path of ['/managers', '/dcc/manager/', '/x/WEB-INFO/a', '/dcc/j_security_checks', '/manage']) {
      const seen = probeOf(await behind.askSignedIn(`GET ${path}`))
      assert.deepEqual([seen?.context, seen?.path], ['', path])
    }
  })

  it('P-14, P-01, P-02: whatever anybody writes, neither the manager answers nor what lies in WEB-INF', async () => {
    const piece = fc.constantFrom(
      ...['/', '/', '//', '.', '..', ';', ';a=b', '%2e', '%2f', '%5c', '\\', '%00', '%20', '?', '#', '%3b', '%25', ' '],
      ...['manager', 'manager', 'MANAGER', '%6danager', 'host-manager', 'html', 'examples', 'public', 'dcc', 'admin'],
      ...['WEB-INF', 'web-inf', 'WEB%2DINF', 'META-INF', 'web.xml', 'probe.jsp', 'j_security_check', 'form'],
    )
    const start = fc.constantFrom('/', '/', '/manager', '/%6danager', '/manager;', '/host-manager', '/;/manager')
    const path = fc
      .tuple(start, fc.array(piece, { minLength: 1, maxLength: 6 }))
      .map(([first, pieces]) => first + pieces.join(''))
    let opened = 0
    await fc.assert(
      fc.asyncProperty(path, async (target) => {
        const alone = probeOf(await straight(target.replaceAll(' ', '%20')))
        if (alone !== null && alone.context !== '') opened += 1
        for (const ask of [behind.ask, behind.askSignedIn]) {
          const answer = await ask(`GET ${target}`)
          const seen = probeOf(answer)
          assert.equal(seen?.context ?? '', '', target)
          assert.doesNotMatch(seen?.path ?? '', /\/(?:web-inf|meta-inf)(?:\/|$)|\/j_security_check$/i, target)
          assert.doesNotMatch(answer.text, /<web-app|<%@ page|form of Tomcat/, target)
          if (ask === behind.ask && seen !== null) assert.equal(seen.servlet, 'public', target)
          assert.notEqual(seen?.servlet, 'admin', target)
        }
      }),
      { numRuns: 200 },
    )
    assert.ok(opened > 5, `Tomcat’s own applications would have answered ${opened} times`)
  })
})

/** Special paths and targets of security.md, family P, beside those of test/contract/tomcat.test.ts. */
const STRETCHED: Readonly<Record<string, readonly string[]>> = {
  'P-07': [
    ...['/publicX', '/x/public', '/xpublic/a', '/public.', '/PUBLIC/a', '/admin%0a/public', '/PUBLIC/../admin'],
    `/public${'a'.repeat(4_000)}`,
    `/${'public/'.repeat(900)}..;/admin`,
  ],
  'P-10': [
    ...['*', '*/public/a', 'admin', 'public/a', 'public/../admin', 'dcc.example.test:80', 'http:/public/a'],
    ...['http://evil.test/public/a', 'http://dcc.example.test@evil.test/public/a', 'http://dcc.example.test/admin'],
    ...['http://dcc.example.test/public/../admin', 'http://dcc.example.test\\admin', '//dcc.example.test/public/a'],
  ],
}

describe('what a rule for a part of the site is stretched to', () => {
  for (const [row, targets] of Object.entries(STRETCHED))
    for (const target of targets)
      it(`${row}: ${JSON.stringify(target.slice(0, 50))} reaches neither the administration nor, without a session, anything`, async () => {
        assert.equal(probeOf(await behind.ask(`GET ${target}`, ...AS_PAGE)), null)
        assert.deepEqual(await tomcat.served(), [])
        assert.notEqual(probeOf(await behind.askSignedIn(`GET ${target}`, ...AS_PAGE))?.servlet, 'admin')
      })

  it('P-09: a public path is public for reading, by whatever method somebody asks', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const { status } = await behind.ask(`${method} /public/a`, 'Content-Length: 0')
      assert.ok([303, 401].includes(status), `${method}: ${status}`)
    }
    assert.deepEqual(await tomcat.served(), [])
    assert.equal(probeOf(await behind.ask('GET /public/a'))?.servlet, 'public')
  })

  it('P-10: OPTIONS of the whole server, and the absolute form of this host, mean one thing', async () => {
    assert.equal((await behind.askSignedIn('OPTIONS *', 'Content-Length: 0')).status, 400)
    assert.deepEqual(await tomcat.served(), [])
    const seen = probeOf(await behind.askSignedIn('GET http://dcc.example.test/public/a?b=1'))
    assert.deepEqual([seen?.servlet, seen?.uri, seen?.query], ['public', '/public/a', 'b=1'])
    assert.deepEqual(
      (await tomcat.served()).map(({ startLine }) => startLine),
      ['GET /public/a?b=1 HTTP/1.1'],
    )
  })
})

describe('P-12, P-13: what the gate keeps to itself', () => {
  for (const path of [
    ...['/_portillon/sign-out/..;/x', '/_PORTILLON/sign-in', '/%5fportillon/sign-in', '/_portillon;x/public/a'],
    ...['/;/_portillon/x', '/_portillon//public/a', '/_portillon/..%2fpublic/a', '/_portillon/%2e%2e/public/a'],
    ...[
      '/public/..;/_portillon/x',
      '/_portillon',
      '/_portillon/',
      '/_portillon/public/a',
      '/_portillon/WEB-INF/web.xml',
    ],
    ...['/_portillon/assets/..%2f..%2fpackage.json', '/_portillon/assets/%00', '/_portillon/assets/.env'],
    ...['/_portillon/assets/portillon.css.map', '/_portillon/assets/', '/_portillon/assets/%2e%2e/%2e%2e/package.json'],
  ])
    it(`P-12: ${path} is answered by the gate, with nothing, and never by Tomcat`, async () => {
      for (const ask of [behind.ask, behind.askSignedIn])
        assert.ok([400, 403, 404].includes((await ask(`GET ${path}`, ...AS_PAGE)).status))
      assert.deepEqual(await tomcat.served(), [])
    })
})

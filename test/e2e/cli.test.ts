// The commands as a user types them: the real command line, a real state, exit codes and what stands on which stream.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const bin = path.resolve('bin/audit-relay.js')
let folder: string
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'audit-relay-e2e-cli-'))
})
afterAll(() => fs.rmSync(folder, { recursive: true }))

function relay(argv: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...argv], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
    env: { PATH: process.env['PATH'], HOME: folder, ...env },
  })
  return { code: status, out: stdout, err: stderr }
}

function write(name: string, text: string): string {
  const file = path.join(folder, name)
  fs.writeFileSync(file, text)
  return file
}

function event(id: number, outcome = 'success'): string {
  const at = new Date(Date.UTC(2026, 4, 17, 8, 0, id)).toISOString()
  return JSON.stringify({ event_id: `e-${id}`, event_type: 'user.signed_in', occurred_at: at, outcome, data: { id } })
}

const config = `
state: ./state.db
sources:
  app: { type: outbox, path: ./outbox.jsonl }
destinations:
  archive: { type: file, path: ./archive }
  failures: { type: file, path: ./failures, filter: { outcome: failure } }
  later: { type: file, path: ./later, enabled: false }
`

test('an old Node is named, and what brings another', () => {
  const old = "Object.defineProperty(process, 'versions', { value: { node: '20.1.0' } })"
  const given = ['--import', `data:text/javascript,${encodeURIComponent(old)}`, bin, '--version']
  const { status, stdout, stderr } = spawnSync(process.execPath, given, { encoding: 'utf8', timeout: 60_000 })
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(
    /^audit-relay needs Node 22\.19 or newer, and this is Node 20\.1\.0 .*\n.*npm run -s relay -- COMMAND/,
  )
})

describe('validate', () => {
  test('a good configuration: 0, a summary on stdout, nothing on stderr', () => {
    write('good.yaml', config)
    const { code, out, err } = relay(['validate', '--config', 'good.yaml'])
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/good\.yaml is good: 1 source, 3 destinations/)
    expect(out).toMatch(/failures\s+file\s+all\s+outcome failure/)
    expect(out).toMatch(/later\s+file\s+all\s+every event\s+disabled/)
  })

  test('a broken one: 78, every fault with its place on stderr, nothing on stdout', () => {
    write('broken.yaml', config.replace('type: outbox', 'tpye: outbox').replace('outcome: failure', 'outcome: failed'))
    const { code, out, err } = relay(['validate', '--config', 'broken.yaml'])
    expect([code, out]).toEqual([78, ''])
    expect(err).toMatch(/broken\.yaml:4:\d+/)
    expect(err).toMatch(/broken\.yaml:7:\d+/)
  })

  test('as JSON, for editors and pipelines', () => {
    const good = relay(['validate', '--json', '--config', 'good.yaml'])
    expect(JSON.parse(good.out)).toMatchObject({ valid: true, faults: [], sources: [{ name: 'app', type: 'outbox' }] })
    const bad = relay(['validate', '--json', '--config', 'broken.yaml'])
    expect(bad.code).toBe(78)
    const report = JSON.parse(bad.out) as { valid: boolean; faults: { line: number }[] }
    expect(report.valid).toBe(false)
    expect(report.faults.map(({ line }) => line)).toEqual(expect.arrayContaining([4, 7]))
  })

  test('AUDIT_RELAY_CONFIG names the file, and --config wins over it', () => {
    const env = { AUDIT_RELAY_CONFIG: 'broken.yaml' }
    expect(relay(['validate'], env).code).toBe(78)
    expect(relay(['validate', '-c', 'good.yaml'], env).code).toBe(0)
  })

  test('the example that ships with the repository is good', () => {
    expect(relay(['validate', '--config', path.resolve('config.example.yaml')])).toMatchObject({ code: 0, err: '' })
  })
})

describe('status, check and backup after a run', () => {
  test('before the first run there is no state: 1 and one sentence', () => {
    write('audit-relay.yaml', config)
    for (const command of [['status'], ['check'], ['backup', 'copy.db']]) {
      const { code, out, err } = relay(command)
      expect([code, out]).toEqual([1, ''])
      expect(err).toMatch(/^audit-relay: there is no state at .*state\.db/)
    }
  })

  test('run --once, then the balance holds', () => {
    write('outbox.jsonl', `${[1, 2, 3].map((id) => event(id)).join('\n')}\n${event(4, 'failure')}\nnot json\n`)
    expect(relay(['run', '--once', '--max-wait', '20s'])).toMatchObject({ code: 0, out: '' })
    const { code, out, err } = relay(['status'])
    expect([code, err]).toEqual([0, ''])
    // Besides the 4 of the outbox, that three destinations were created: for each of the others.
    expect(out).toContain('archive   7 offered = 1 filtered + 6 routed; 6 routed = 6 delivered')
    expect(out).toContain('failures  7 offered = 6 filtered + 1 routed; 1 routed = 1 delivered')
    expect(out).toContain('1 record quarantined')
    expect(out).toMatch(/later .*Inactive/)
    expect(out).not.toContain('\u001b')
  })

  test('status --json tells the same', () => {
    const { code, out } = relay(['status', '--json'])
    expect(code).toBe(0)
    const status = JSON.parse(out) as { destinations: { name: string }[] }
    expect(status).toMatchObject({
      relay: { running: false },
      sources: [
        { name: 'app', new: 4, quarantined: 1 },
        { name: 'relay', new: 3, quarantined: 0 },
      ],
    })
    const archive = status.destinations.find(({ name }) => name === 'archive')
    expect(archive).toMatchObject({ offered: 7, delivered: 6, waiting: 0, balanced: true, last_error: null })
  })

  test('status --check: the relay does not run, and something was quarantined just now', () => {
    const { code, out } = relay(['status', '--check'])
    expect(code).toBe(1)
    expect(out.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^relay: does not run; last sign of life/),
      expect.stringMatching(/^app: 1 record quarantined/),
    ])
    expect(relay(['status', '--check', '--scheduled']).out).not.toContain('does not run')
  })

  test('check recomputes all of it', () => {
    expect(relay(['check'])).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining('everything adds up') as string,
    })
  })

  test('backup makes a private copy that checks, and overwrites nothing', () => {
    expect(relay(['backup', 'copy.db']).code).toBe(0)
    expect(fs.statSync(path.join(folder, 'copy.db')).mode & 0o777).toBe(0o600)
    expect(relay(['check', '--state', 'copy.db']).out).toContain('everything adds up')
    expect(relay(['backup', 'copy.db'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('overwrites nothing') as string,
    })
  })

  test('a file that is no state is refused with a sentence', () => {
    write('letter.db', 'Dear Sir or Madam')
    for (const command of ['status', 'check']) {
      const { code, err } = relay([command, '--state', 'letter.db'])
      expect(code).toBe(1)
      expect(err.trimEnd().split('\n')).toHaveLength(1)
    }
  })
})

test('what `validate` warns of stands in the log of `run`, too, without a secret', () => {
  write('warned.jsonl', `${event(1)}\n`)
  const text = config.replace('state.db', 'warned.db').replace('outbox.jsonl', 'warned.jsonl')
  const datadog = `site: datadoghq.eu, api_key: a-s3cret-key, enabled: false, start: 7d`
  write('warned.yaml', `${text}  logs: { type: datadog, ${datadog} }\n`)
  expect(relay(['validate', '--config', 'warned.yaml']).err).toContain('Datadog takes events of the last 18h')
  const { code, err } = relay(['run', '--once', '--config', 'warned.yaml'])
  expect(code).toBe(0)
  expect(err).toMatch(
    /"type":"config_warning".*"line":9,"text":"starts with events of the last 7d: Datadog takes events/,
  )
  expect(err).not.toContain('a-s3cret-key')
})

describe('beside a running relay', () => {
  /** Starts `run` and gives a way to wait for a line of its log. */
  function start(argv: readonly string[]) {
    const child = spawn(process.execPath, [bin, 'run', ...argv], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
    const lines: Record<string, unknown>[] = []
    const log = createInterface({ input: child.stderr })
    log.on('line', (line) => void lines.push(JSON.parse(line) as Record<string, unknown>))
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    const line = async (fields: Record<string, unknown>) => {
      const fits = () => lines.find((one) => Object.entries(fields).every(([key, value]) => one[key] === value))
      while (!fits() && child.exitCode === null) await Promise.race([once(log, 'line'), ended])
      return fits()
    }
    return { child, ended, line, lines }
  }

  test('status --check is silent, a second run ends with 4, SIGHUP checks the file, SIGTERM ends with 0', async () => {
    write('beside.jsonl', `${event(1)}\n`)
    const text = config.replace('state.db', 'beside.db').replace('outbox.jsonl', 'beside.jsonl')
    write('beside.yaml', text.replaceAll('./archive', './beside').replaceAll('./failures', './beside-failures'))
    const run = start(['--config', 'beside.yaml'])
    try {
      expect(await run.line({ type: 'delivering', destination: 'archive' })).toBeDefined()
      expect(relay(['status', '--check', '--config', 'beside.yaml'])).toEqual({ code: 0, out: '', err: '' })
      expect(relay(['status', '--config', 'beside.yaml']).out).toMatch(/^audit-relay runs/)
      expect(relay(['check', '--config', 'beside.yaml']).code).toBe(0)
      expect(relay(['run', '--config', 'beside.yaml'])).toMatchObject({ code: 4, out: '' })
      fs.appendFileSync(path.join(folder, 'beside.yaml'), 'surprise: 1\n')
      run.child.kill('SIGHUP')
      const told = await run.line({ type: 'config_changed_on_disk', valid: false })
      expect(told?.['message']).toMatch(/surprise/)
    } finally {
      run.child.kill('SIGTERM')
    }
    expect(await run.ended).toBe(0)
    expect(run.lines.at(-1)).toMatchObject({ type: 'relay_stopped' })
  })
})

test('a reader that goes away early is no failure', async () => {
  const child = spawn(process.execPath, [bin, 'schema'], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.destroy()
  let err = ''
  child.stderr.on('data', (chunk: Buffer) => void (err += chunk.toString()))
  const code = await new Promise((resolve) => child.once('close', resolve))
  expect([code, err]).toEqual([0, ''])
})

test('the JSON Schema is one', () => {
  const { code, out } = relay(['schema'])
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ $schema: expect.stringContaining('2020-12') as string })
})

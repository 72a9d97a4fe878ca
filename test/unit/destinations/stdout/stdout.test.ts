import { describe, expect, it } from 'vitest'
import { stdoutKind } from '../../../../src/destinations/stdout/index.ts'
import type { Output } from '../../../../src/destinations/stdout/output.ts'
import type { Verdict } from '../../../../src/model/verdict.ts'
import { batchNamed } from '../../../fakes/batches.ts'
import { destinationTools } from '../../../fakes/destination-tools.ts'

type WriteSome = Output['write']

const { signal } = new AbortController()
const kindOver = (write: WriteSome) => stdoutKind(() => ({ write, close: () => Promise.resolve() }))

async function verdictOf(writeSome: WriteSome, tools = destinationTools()): Promise<Verdict | undefined> {
  const outcome = await kindOver(writeSome).open({}, tools).send(batchNamed('a', 2), signal)
  return 'verdicts' in outcome ? outcome.verdicts[1] : undefined
}

const failing =
  (code: string): WriteSome =>
  () =>
    Promise.reject(Object.assign(new Error(code), { code }))

describe('stdout', () => {
  it('writes a line for each event, however few bytes are taken at once, and batches never mix', async () => {
    const written: Buffer[] = []
    const few: WriteSome = async (bytes) => {
      await Promise.resolve()
      written.push(Buffer.from(bytes.subarray(0, 7)))
      return Math.min(7, bytes.length)
    }
    const destination = kindOver(few).open({}, destinationTools())
    await Promise.all(['a', 'b', 'c'].map((name) => destination.send(batchNamed(name, 3), signal)))
    const lines = Buffer.concat(written).toString().trimEnd().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { event_id: string }).event_id)).toEqual(
      ['a', 'b', 'c'].flatMap((name) => [0, 1, 2].map((index) => `${name}-${index}`)),
    )
  })

  it.each([
    ['EPIPE', 'halt', 'output_closed'],
    ['EBADF', 'halt', 'output_closed'],
    ['ENOSPC', 'retry', 'disk_full'],
    ['EIO', 'retry', 'output_failed'],
  ])('%s is %s', async (code, kind, reason) => {
    expect(await verdictOf(failing(code))).toMatchObject({ kind, reason: { code: reason } })
  })

  it('looks again when a pipe is full', async () => {
    const tools = destinationTools()
    let tries = 0
    const sending = verdictOf(
      (bytes) => (tries++ < 3 ? failing('EAGAIN')(bytes) : Promise.resolve(bytes.length)),
      tools,
    )
    while (tries < 4) await tools.clock.advanceToNext()
    expect(await sending).toEqual({ kind: 'delivered' })
  })

  it('closing ends a wait for a reader that has stopped', async () => {
    const tools = destinationTools()
    const destination = kindOver(failing('EAGAIN')).open({}, tools)
    const sending = destination.send(batchNamed('a', 1), signal)
    await tools.clock.settle()
    expect(tools.clock.pending).toBe(1)
    await destination.close()
    await sending.catch(() => undefined)
    expect(tools.clock.pending).toBe(0)
  })
})

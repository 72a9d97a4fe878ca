import { describe, expect, it } from 'vitest'
import { stdoutKind, type WriteSome } from '../../../../src/destinations/stdout/index.ts'
import type { Verdict } from '../../../../src/model/verdict.ts'
import { batchNamed } from '../../../fakes/batches.ts'
import { destinationTools } from '../../../fakes/destination-tools.ts'

const { signal } = new AbortController()

async function verdictOf(writeSome: WriteSome, tools = destinationTools()): Promise<Verdict | undefined> {
  const outcome = await stdoutKind(writeSome).open({}, tools).send(batchNamed('a', 2), signal)
  return 'verdicts' in outcome ? outcome.verdicts[1] : undefined
}

const failing = (code: string): WriteSome => () => Promise.reject(Object.assign(new Error(code), { code }))

describe('stdout', () => {
  it('writes a line for each event, however few bytes are taken at once, and batches never mix', async () => {
    const written: Buffer[] = []
    const few: WriteSome = async (bytes) => {
      await Promise.resolve()
      written.push(Buffer.from(bytes.subarray(0, 7)))
      return Math.min(7, bytes.length)
    }
    const destination = stdoutKind(few).open({}, destinationTools())
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
    const sending = verdictOf((bytes) => (tries++ < 3 ? failing('EAGAIN')(bytes) : Promise.resolve(bytes.length)), tools)
    while (tries < 4) await tools.clock.advance(10)
    expect(await sending).toEqual({ kind: 'delivered' })
  })
})

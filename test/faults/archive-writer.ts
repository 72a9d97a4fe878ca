// Writes batches into an archive until it is killed, saying after each that it was delivered. Run as a process of its own.
import { fileKind } from '../../src/destinations/file/index.ts'
import { batchNamed } from '../fakes/batches.ts'
import { destinationTools } from '../fakes/destination-tools.ts'

/** Batches are the same in every life: number `n` has this many events. */
export function sizeOfBatch(number: number): number {
  return [1, 3, 400, 25, 2_000][number % 5] as number
}

async function writeFrom(path: string, gzip: boolean, first: number): Promise<void> {
  const archive = fileKind().open({ path, gzip }, destinationTools())
  for (let number = first; ; number++) {
    const outcome = await archive.send(batchNamed(`b${number}`, sizeOfBatch(number)), new AbortController().signal)
    if (!('verdicts' in outcome) || outcome.verdicts.some(({ kind }) => kind !== 'delivered'))
      throw new Error(JSON.stringify(outcome))
    process.stdout.write(`${number}\n`)
  }
}

if (import.meta.main) await writeFrom(process.argv[2] ?? '', process.argv[3] === 'gzip', Number(process.argv[4]))

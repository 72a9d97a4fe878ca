// Takes the lock when the other does, again and again, and says how many of them got it.
import { workerData } from 'node:worker_threads'
import { StateHeldError } from '../../../../src/model/errors.ts'
import { StateLock } from '../../../../src/store/sqlite/lock.ts'

const { path, rounds, takers, shared } = workerData as {
  path: string
  rounds: number
  takers: number
  shared: SharedArrayBuffer
}
const got = new Int32Array(shared, 0, rounds)
const arrived = new Int32Array(shared, rounds * 4, rounds * 3)

for (let round = 0; round < rounds; round++) {
  meet(round * 3)
  const lock = take()
  if (lock) Atomics.add(got, round, 1)
  meet(round * 3 + 1)
  lock?.release()
  meet(round * 3 + 2)
}

function take(): StateLock | undefined {
  try {
    return StateLock.take(path)
  } catch (error) {
    if (error instanceof StateHeldError) return undefined
    throw error
  }
}

/** Goes on when all have come: at the same moment, if they can. */
function meet(place: number): void {
  Atomics.add(arrived, place, 1)
  Atomics.notify(arrived, place)
  for (let come = 0; (come = Atomics.load(arrived, place)) < takers;) Atomics.wait(arrived, place, come, 1000)
}

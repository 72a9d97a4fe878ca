// Writes to standard output without end, says on standard error when the pipe is full, and ends cleanly on SIGTERM.
import { stdout } from '../../src/destinations/stdout/index.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { batchNamed } from '../fakes/batches.ts'
import { destinationTools } from '../fakes/destination-tools.ts'

const controller = new AbortController()
process.once('SIGTERM', () => controller.abort())
const tools = destinationTools()
const destination = stdout.open(
  {},
  {
    ...tools,
    clock: {
      now: () => systemClock.now(),
      monotonic: () => systemClock.monotonic(),
      sleep: (ms, signal) => {
        process.stderr.write('full\n')
        return systemClock.sleep(ms, signal)
      },
    },
  },
)
while (!controller.signal.aborted)
  await destination.send(batchNamed('a', 1_000), controller.signal).catch(() => undefined)
await destination.close()
process.exit(0)

// The entry of the CLI: ties the program to this process. Everything else is in `program.ts`, where tests can reach it.
import { failureText } from './exit-codes.ts'
import { runProgram } from './program.ts'
import { processWorld } from './world.ts'

// A closed pipe (`audit-relay status | head`) is no failure of ours; the `stdout` destination watches its own writes.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })

// Never go on after a bug: the state is safe, and whoever supervises us starts us again.
process.on('uncaughtException', (error) => {
  process.stderr.write(failureText(error, process.argv.includes('--debug')))
  process.exit(1)
})

const code = await runProgram(process.argv.slice(2), processWorld())
await Promise.all([flushed(process.stdout), flushed(process.stderr)])
process.exit(code)

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => void stream.write('', () => resolve()))
}

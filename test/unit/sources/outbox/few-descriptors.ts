// Started by a test under a low limit of open files: reads an outbox until everything was had and says how many events there were.
import fs from 'node:fs'
import { Workspace } from './workspace.ts'

const pattern = process.argv[2] ?? ''
using work = new Workspace()
// What is left is less than the outbox would like to hold open.
const taken: number[] = []
while (fs.readdirSync('/proc/self/fd').length < 36) taken.push(fs.openSync('/dev/null', 'r'))
work.open({ path: pattern })
let events = 0
for (let round = 0; round < 400 && events < 200; round++) {
  events += (await work.read()).ids.length
  await work.clock.advance(1000)
}
const ran = work.codes().every((code) => code === 'warning too_many_open_files') ? 'short' : work.codes().join()
process.stdout.write(JSON.stringify({ events, ran }))
for (const descriptor of taken) fs.closeSync(descriptor)

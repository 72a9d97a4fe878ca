// From what a test found to what a colleague would say about it: a class that scripts can rely on, and what to check.
import type { Reason } from '../../model/verdict.ts'
import { answerFinding } from './answer-findings.ts'
import { connectionFinding } from './connection-findings.ts'
import type { Facts, Finding, Here } from './facts.ts'

/** Did it go well? A web page is no delivery, whatever its status says. */
export function isTaken({ verdict, exchange }: Facts): boolean {
  return verdict.kind === 'delivered' && exchange?.answer?.isPage !== true
}

export function findingOf(facts: Facts, here: Here): Finding {
  if (isTaken(facts)) return { class: 'delivered', checks: [] }
  const general = generalFinding(facts, here)
  // The kind knows its receiver better than anything that can be said of all.
  const { hints = [] } = facts
  return hints.length === 0 ? general : { ...general, checks: hints }
}

function generalFinding(facts: Facts, here: Here): Finding {
  const { verdict, exchange } = facts
  const reason = verdict.kind === 'delivered' ? undefined : verdict.reason
  if (reason?.code === 'setup') return setupFinding()
  if (exchange?.failure) return connectionFinding(exchange, exchange.failure, facts, here)
  if (exchange?.answer && (!reason || reason.status !== undefined || exchange.answer.isPage))
    return answerFinding(exchange, exchange.answer, here)
  return localFinding(reason)
}

function setupFinding(): Finding {
  return {
    class: 'setup',
    checks: [
      'Nothing was sent. What is missing must be there for the process that runs the relay: your shell has another environment than a service or a crontab.',
      'Under systemd, give it with LoadCredential= and read it with "${file:…}", or with Environment=; then restart the relay, which reads its environment only at the start.',
      'A secret file must be readable for the user of the relay, and hold the secret alone.',
    ],
  }
}

const LOCAL: Readonly<Record<string, readonly string[]>> = {
  file_denied: [
    'Run the test as the user of the relay: `sudo -u audit-relay audit-relay test-destination …`; as another user it says nothing about what the relay may do.',
    'See who may write there: `namei -l` and the folder. Under systemd, ReadWritePaths= must name the folder.',
  ],
  disk_full: ['Make room: `df -h` and `df -i` on the folder. The relay goes on by itself.'],
  file_changed: [
    'Another program writes into the folder, or another test ran at the same moment. Try again, then look who it is.',
  ],
  output_closed: [
    'Nobody reads standard output any more. Start the command without the pipe, or with a reader that stays.',
  ],
  timeout: [
    'It took longer than `timeout` of this destination. A network file system that hangs, or a pipe that nobody reads, does that.',
  ],
  internal: ['This is a defect of the relay. Please report it, with the output of `--debug`.'],
}

function localFinding(reason: Reason | undefined): Finding {
  const code = reason?.code ?? 'unknown'
  return {
    class: code,
    checks: LOCAL[code] ?? [
      'Read what it says above: the destination itself refused. Its page under docs/destinations/ says what it needs.',
    ],
  }
}

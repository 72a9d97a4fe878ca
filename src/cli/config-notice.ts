// Leaves word in the state that the configuration on disk is no longer the one in force, so that `status`, which is another
// process, can say it. It is kept as a notice of the built-in source `relay`.
import { reservedSource } from '../config/shared-schema.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Store } from '../store/store.ts'
import type { ConfigChange } from './config-watch.ts'

/** For `watchConfig`'s `found`: writes the change down, or that there is none. */
export function noticeInState(
  store: Pick<Store, 'savePull'>,
  clock: Pick<Clock, 'now'>,
  file: string,
): (change: ConfigChange | undefined) => Promise<void> {
  return async (change) => {
    const at = clock.now()
    const notice = change && {
      level: change.valid ? 'warning' : 'error',
      code: 'config_changed',
      subject: file,
      text: change.text,
    }
    await store.savePull(reservedSource, { at, ok: true, error: null, notices: notice ? [notice] : [] }, at)
  }
}

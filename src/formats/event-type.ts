// Finds the rule for an event by its type. Types of all systems are told apart by their words: `user.signed_in`, `userSignedIn` and
// `USER-SIGNED-IN` are the same to a rule.

/** Types are few; a source that puts ids into them must not fill the memory. */
const remembered = 4096

/** The words of a type, parted and surrounded by dots: `.user.signed.in.` */
function wordsOf(eventType: string): string {
  const parted = eventType.replace(/([a-z0-9])([A-Z])/g, '$1.$2').toLowerCase()
  return `.${parted.replace(/[^a-z0-9]+/g, '.')}.`.replace(/^\.{2,}/, '.').replace(/\.{2,}$/, '.')
}

/** A pattern over words: alternatives parted by `|`, each a run of words, as in `signed.in|log.in`. */
export function wordPattern(runs: string): RegExp {
  return new RegExp(`\\.(?:${runs.replaceAll(' ', '').replaceAll('.', '\\.')})\\.`)
}

/** The text of a JSON string whose characters are its bytes. */
export function decoded(json: string): string {
  return String(JSON.parse(Buffer.from(json, 'latin1').toString()))
}

/** The same text in memory of its own. A slice would keep the whole event that it was cut from. */
function ownText(json: string): string {
  return Buffer.from(json, 'latin1').toString('latin1')
}

/** `find` by the type's JSON text, remembered. */
export function byType<Found>(find: (words: string) => Found): (json: string) => Found {
  const known = new Map<string, Found>()
  return (json) => {
    let found = known.get(json)
    if (found === undefined) {
      const said = json.includes('\\') ? decoded(json) : json
      if (known.size >= remembered) known.clear()
      known.set(ownText(json), (found = find(wordsOf(said))))
    }
    return found
  }
}

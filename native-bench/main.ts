/**
 * `npm run bench`: the benchmark that the first argument names (catalogue.ts), or the default set without a name.
 * Options go to the benchmark as they are.
 *
 *   node dist/native-bench/main.js [name] [options]
 */
import { benches, benchList, isBench } from './catalogue.ts'

const name = process.argv[2]
if (name === undefined || (name.startsWith('-') && name !== '--help')) await import('./default-set.ts')
else if (isBench(name)) {
  process.argv.splice(2, 1)
  await benches[name].start()
} else {
  const isAsked = name === 'help' || name === '--help'
  if (!isAsked) console.error(`there is no bench "${name}"`)
  console.error(benchList())
  process.exitCode = isAsked ? 0 : 2
}
